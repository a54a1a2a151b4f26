//! One build with one vector of outcomes, played plainly: exceptions unwind, branches are taken or not. It shares the
//! tree with the reader and nothing of its formulas, so that the tests can compare the two.

use super::ast::{Block, Call, Does, Expr, File, Is, Operator, Statement};
use super::build::Build;
use super::declarative::{Pipeline, Stage};
use super::text::{Regex, words};
use super::token::Name;
use super::{Jenkinsfile, run};
use crate::prove::play::{Play, Played, Vector};
use crate::prove::{Diagrams, Outcome, Situation, Unreadable};
use rustc_hash::FxHashMap;
use std::collections::{BTreeSet, HashSet};

/// Plays the build that a situation starts: one entry for each job, in the order of the file; none when no build is
/// started.
///
/// A cancel hits the job in which it happens and everything behind that one; jobs beside it have run.
///
/// # Errors
/// As [`super::read`].
pub fn simulate(text: &str, s: &Situation, vector: &Vector<'_>) -> Result<Vec<Played>, Unreadable> {
    Player::new(text)?.play(s, vector)
}

/// A file that was read once and is played many times.
#[derive(Debug)]
pub struct Player(Jenkinsfile);

impl Player {
    /// Reads the file.
    ///
    /// # Errors
    /// As [`super::read`].
    pub fn new(text: &str) -> Result<Self, Unreadable> {
        Jenkinsfile::new(text).map(Self)
    }
}

impl Play for Player {
    fn play(&self, s: &Situation, vector: &Vector<'_>) -> Result<Vec<Played>, Unreadable> {
        self.build(s, vector, false)
    }
}

impl Player {
    /// Plays one build. With `ends`, an abort that nothing catches ends it, as on Jenkins: what stands behind the job
    /// does not start, whether it needs it or not.
    pub(super) fn build(
        &self,
        s: &Situation,
        vector: &Vector<'_>,
        ends: bool,
    ) -> Result<Vec<Played>, Unreadable> {
        let build = Build::of(s, &self.0.pipeline);
        if !run::starts(&self.0.file, &self.0.pipeline, &build, s, &mut Diagrams::default())? {
            return Ok(Vec::new());
        }
        let mut world = World::new(&self.0.file, &build, vector.call);
        let stages = self.0.pipeline.levels.iter().flatten();
        let mut all: Vec<Played> =
            stages.zip(&self.0.facts.jobs).map(|(s, f)| idle(s, f.calls.len())).collect();
        if !vector.cancelled {
            world.stages(&self.0.pipeline, ends, &mut all).map_err(Stop::wrong)?;
        }
        for (played, facts) in all.iter_mut().zip(&self.0.facts.jobs) {
            // The same call twice in one job is two calls, made in this order.
            let mut made = world.made.remove(played.job.as_str()).unwrap_or_default();
            for (call, was) in facts.calls.iter().zip(&mut played.calls) {
                if let Some(at) = made.iter().position(|m| *m == call.args) {
                    made.remove(at);
                    *was = true;
                }
            }
        }
        Ok(all)
    }

    /// How many stages, or groups of them, stand before this one.
    #[cfg(test)]
    pub(super) fn level(&self, stage: &str) -> Option<usize> {
        self.0.pipeline.levels.iter().position(|l| l.iter().any(|s| &*s.name == stage))
    }
}

fn idle(stage: &Stage, calls: usize) -> Played {
    Played {
        job: stage.name.to_string(),
        started: false,
        calls: vec![false; calls],
        result: "skipped",
        red: false,
    }
}

/// The stages that a condition looks at, by the texts in it.
fn looks_at(block: &Block, names: &FxHashMap<Name, usize>) -> BTreeSet<usize> {
    fn walk(e: &Expr, names: &FxHashMap<Name, usize>, found: &mut BTreeSet<usize>) {
        let all: Vec<&Expr> = match &e.is {
            Is::Not(a) => vec![a],
            Is::Binary(Operator::And | Operator::Either, a, b) | Is::Binary(_, a, b) => vec![a, b],
            Is::Call(c) => c.target.iter().map(|t| &**t).collect(),
            Is::Index(_, key) => vec![key],
            Is::List(items) => items.iter().collect(),
            Is::Text(t) => {
                found.extend(names.get(t));
                Vec::new()
            }
            _ => Vec::new(),
        };
        all.into_iter().for_each(|e| walk(e, names, found));
    }
    let mut found = BTreeSet::new();
    for s in block.iter() {
        if let Does::Evaluate(e) = &s.does {
            walk(e, names, &mut found);
        }
    }
    found
}

#[derive(Debug, Clone)]
enum Stop {
    Failure,
    Abort,
    Return(V),
    Wrong(Unreadable),
}

impl Stop {
    fn wrong(self) -> Unreadable {
        match self {
            Self::Wrong(u) => u,
            other => Unreadable { line: 0, what: format!("{other:?} at the top") },
        }
    }
}

#[derive(Debug, Clone)]
enum V {
    Null,
    Bool(bool),
    Number,
    Text(Name),
    List(Vec<V>),
    Named(Vec<(Name, V)>),
    Map(usize),
    Set(usize),
    Block(Block, usize),
    Caught(Box<Stop>),
    Commit,
}

type R<T> = Result<T, Stop>;

fn no<T>(line: usize, what: &str) -> R<T> {
    Err(Stop::Wrong(Unreadable { line, what: what.to_owned() }))
}

struct World<'a> {
    file: &'a File,
    build: &'a Build,
    vector: &'a dyn Fn(&[String]) -> Outcome,
    fields: FxHashMap<Name, V>,
    maps: Vec<FxHashMap<Name, V>>,
    sets: Vec<HashSet<Name>>,
    stashes: HashSet<Name>,
    frames: Vec<Vec<(Name, V)>>,
    frame: usize,
    /// The job at hand, whether it marked the build as failed, and the calls of each job.
    job: Name,
    marked: bool,
    made: FxHashMap<Name, Vec<Vec<String>>>,
}

impl<'a> World<'a> {
    fn new(file: &'a File, build: &'a Build, vector: &'a dyn Fn(&[String]) -> Outcome) -> Self {
        let mut w = Self {
            file,
            build,
            vector,
            fields: FxHashMap::default(),
            maps: Vec::new(),
            sets: Vec::new(),
            stashes: HashSet::new(),
            frames: vec![Vec::new()],
            frame: 0,
            job: "".into(),
            marked: false,
            made: FxHashMap::default(),
        };
        for f in &file.fields {
            let v = match &f.start.is {
                Is::Text(t) => V::Text(t.clone()),
                Is::EmptyMap => {
                    w.maps.push(FxHashMap::default());
                    V::Map(w.maps.len() - 1)
                }
                _ => {
                    w.sets.push(HashSet::new());
                    V::Set(w.sets.len() - 1)
                }
            };
            w.fields.insert(f.name.clone(), v);
        }
        w
    }

    fn stages(&mut self, p: &Pipeline, ends: bool, all: &mut [Played]) -> R<()> {
        let names: FxHashMap<Name, usize> =
            p.levels.iter().flatten().enumerate().map(|(i, s)| (s.name.clone(), i)).collect();
        let mut behind: Vec<BTreeSet<usize>> = Vec::new();
        let (mut aborted, mut failed) = (BTreeSet::new(), false);
        for level in &p.levels {
            let first = behind.len();
            let mut run = Vec::new();
            for stage in level {
                let mut before: BTreeSet<usize> =
                    stage.when.iter().flat_map(|(b, _)| looks_at(b, &names)).filter(|i| *i < first).collect();
                for i in before.clone() {
                    before.extend(&behind[i]);
                }
                let stopped = if ends { !aborted.is_empty() } else { !before.is_disjoint(&aborted) };
                run.push(!failed && !stopped && self.when(stage)?);
                behind.push(before);
            }
            for (i, stage) in level.iter().enumerate().filter(|(i, _)| run[*i]) {
                (self.job, self.marked) = (stage.name.clone(), false);
                let played = &mut all[first + i];
                played.started = true;
                match self.closure(&stage.body, None) {
                    Ok(_) => played.result = if self.succeeded(stage) { "success" } else { "failure" },
                    Err(Stop::Failure) => {
                        failed = true;
                        self.marked = true;
                        played.result = if self.succeeded(stage) { "success" } else { "failure" };
                    }
                    Err(Stop::Abort) => {
                        aborted.insert(first + i);
                        self.marked = false;
                        played.result = "cancelled";
                    }
                    Err(stop) => return Err(stop),
                }
                played.red = self.marked;
            }
        }
        Ok(())
    }

    fn succeeded(&self, stage: &Stage) -> bool {
        let Some(V::Map(m)) = self.fields.get("S") else { return false };
        matches!(self.maps[*m].get(&stage.name), Some(V::Text(t)) if &**t == "success")
    }

    fn when(&mut self, stage: &Stage) -> R<bool> {
        match &stage.when {
            None => Ok(true),
            Some((block, _)) => {
                let v = self.closure(block, None)?;
                Ok(truth(&v))
            }
        }
    }

    fn block(&mut self, block: &Block) -> R<V> {
        let (frame, mark) = (self.frame, self.frames[self.frame].len());
        let mut last = Ok(V::Null);
        for s in block.iter() {
            last = self.statement(s);
            if last.is_err() {
                break;
            }
        }
        self.frames[frame].truncate(mark);
        last
    }

    fn closure(&mut self, block: &Block, it: Option<V>) -> R<V> {
        let frame = self.frame;
        let mark = self.frames[frame].len();
        self.frames[frame].extend(it.map(|v| ("it".into(), v)));
        let out = self.block(block);
        self.frames[frame].truncate(mark);
        match out {
            Err(Stop::Return(v)) => Ok(v),
            other => other,
        }
    }

    fn statement(&mut self, s: &Statement) -> R<V> {
        match &s.does {
            Does::Evaluate(e) => return self.evaluate(e),
            Does::Define(name, e) => {
                let v = self.evaluate(e)?;
                self.frames[self.frame].push((name.clone(), v));
            }
            Does::Assign(place, e) => {
                let v = self.evaluate(e)?;
                match &place.is {
                    Is::Variable(name) => {
                        let local = self.frames[self.frame].iter_mut().rev().find(|(n, _)| n == name);
                        match local {
                            Some(l) => l.1 = v,
                            None => drop(self.fields.insert(name.clone(), v)),
                        }
                    }
                    Is::Index(target, key) => match (self.evaluate(target)?, self.evaluate(key)?) {
                        (V::Map(m), V::Text(k)) => drop(self.maps[m].insert(k, v)),
                        _ => return no(place.line, "entry"),
                    },
                    _ => return no(place.line, "place"),
                }
            }
            Does::If(c, then, other) => {
                let c = self.evaluate(c)?;
                if truth(&c) {
                    self.block(then)?;
                } else if let Some(other) = other {
                    self.block(other)?;
                }
            }
            Does::For(name, list, body) => {
                let V::List(items) = self.evaluate(list)? else { return no(s.line, "loop") };
                for item in items {
                    let frame = self.frame;
                    self.frames[frame].push((name.clone(), item));
                    let out = self.block(body);
                    self.frames[frame].pop();
                    out?;
                }
            }
            Does::Return(e) => {
                let v = e.as_ref().map_or(Ok(V::Null), |e| self.evaluate(e))?;
                return Err(Stop::Return(v));
            }
            Does::Throw(e) => match self.evaluate(e)? {
                V::Caught(stop) => return Err(*stop),
                _ => return no(s.line, "throw"),
            },
            Does::Try(body, caught, last) => {
                let mut out = self.block(body);
                if let (Err(stop @ (Stop::Failure | Stop::Abort)), Some((name, handler))) = (&out, caught) {
                    let frame = self.frame;
                    let caught = V::Caught(Box::new(stop.clone()));
                    self.frames[frame].push((name.clone(), caught));
                    out = self.block(handler);
                    self.frames[frame].pop();
                }
                if let Some(last) = last {
                    self.block(last)?;
                }
                out?;
            }
        }
        Ok(V::Null)
    }

    fn evaluate(&mut self, e: &Expr) -> R<V> {
        Ok(match &e.is {
            Is::Null | Is::EmptyMap => V::Null,
            Is::Bool(b) => V::Bool(*b),
            Is::Number(_) => V::Number,
            Is::Text(t) => V::Text(t.clone()),
            Is::Variable(name) => {
                let local = self.frames[self.frame].iter().rev().find(|(n, _)| n == name).map(|l| &l.1);
                match local.or_else(|| self.fields.get(name)) {
                    Some(v) => v.clone(),
                    None => return no(e.line, name),
                }
            }
            Is::List(items) => V::List(items.iter().map(|i| self.evaluate(i)).collect::<R<_>>()?),
            Is::Property(target, name) => match &target.is {
                Is::Variable(v) if &**v == "env" => self.build.env(name).flatten().map_or(V::Null, V::Text),
                Is::Variable(v) if &**v == "params" => self
                    .build
                    .param(name)
                    .map_or(V::Null, |(t, flag)| if flag { V::Bool(&*t == "true") } else { V::Text(t) }),
                _ => match self.evaluate(target)? {
                    V::Named(all) => all.into_iter().find(|(n, _)| n == name).map_or(V::Null, |(_, v)| v),
                    V::Commit => V::Commit,
                    _ => return no(e.line, "property"),
                },
            },
            Is::Index(target, key) => match (self.evaluate(target)?, self.evaluate(key)?) {
                (V::Map(m), V::Text(k)) => self.maps[m].get(&k).cloned().unwrap_or(V::Null),
                _ => return no(e.line, "entry"),
            },
            Is::Not(inner) => V::Bool(!truth(&self.evaluate(inner)?)),
            Is::Choice(c, a, b) => {
                let side = if truth(&self.evaluate(c)?) { a } else { b };
                return self.evaluate(side);
            }
            Is::Or(a, b) => {
                let v = self.evaluate(a)?;
                if truth(&v) { v } else { return self.evaluate(b) }
            }
            Is::Binary(op, a, b) => return self.binary(*op, a, b),
            Is::Call(call) => return self.call(call, e.line),
        })
    }

    fn binary(&mut self, op: Operator, a: &Expr, b: &Expr) -> R<V> {
        let left = self.evaluate(a)?;
        match op {
            Operator::And if !truth(&left) => return Ok(V::Bool(false)),
            Operator::Either if truth(&left) => return Ok(V::Bool(true)),
            _ => {}
        }
        let right = self.evaluate(b)?;
        let same = |a: &V, b: &V| match (a, b) {
            (V::Text(a), V::Text(b)) => a == b,
            (a, b) => matches!(a, V::Null) && matches!(b, V::Null),
        };
        Ok(V::Bool(match (op, &left, &right) {
            (Operator::And | Operator::Either, ..) => truth(&right),
            (Operator::Equal, a, b) => same(a, b),
            (Operator::Unequal, a, b) => !same(a, b),
            (Operator::In, a, V::List(all)) => all.iter().any(|x| same(a, x)),
            (Operator::Matches, V::Text(t), V::Text(p)) => Regex::new(p).is_some_and(|p| p.matches(t)),
            (Operator::Matches, ..) => false,
            (Operator::Plus, V::Text(a), V::Text(b)) => return Ok(V::Text(format!("{a}{b}").into())),
            (Operator::Plus, V::Text(_), V::Commit) => return Ok(V::Commit),
            _ => return no(a.line, "operator"),
        }))
    }

    fn call(&mut self, call: &Call, line: usize) -> R<V> {
        if let Some(target) = &call.target {
            return self.method(target, call, line);
        }
        let local = self.frames[self.frame].iter().rev().find(|(n, _)| *n == call.name).map(|l| l.1.clone());
        if let Some(V::Block(block, frame)) = local {
            let here = std::mem::replace(&mut self.frame, frame);
            let out = self.closure(&block, None);
            self.frame = here;
            return out;
        }
        if &*call.name == "checkout" {
            return Ok(V::Commit);
        }
        let named: Vec<(Name, V)> =
            call.named.iter().map(|(n, e)| Ok((n.clone(), self.evaluate(e)?))).collect::<R<_>>()?;
        let plain: Vec<V> = call.plain.iter().map(|e| self.evaluate(e)).collect::<R<_>>()?;
        let Some(f) = self.file.functions.get(&call.name).cloned() else {
            return self.step(call, &named, &plain, line);
        };
        let mut given = if named.is_empty() { Vec::new() } else { vec![V::Named(named)] };
        given.extend(plain);
        given.extend(call.block.iter().map(|b| V::Block(b.clone(), self.frame)));
        self.frames.push(f.parameters.iter().cloned().zip(given).collect());
        let here = std::mem::replace(&mut self.frame, self.frames.len() - 1);
        let out = self.closure(&f.body, None);
        self.frame = here;
        self.frames.pop();
        out
    }

    fn step(&mut self, call: &Call, named: &[(Name, V)], plain: &[V], line: usize) -> R<V> {
        let get = |name: &str| named.iter().find(|(n, _)| &**n == name).map(|(_, v)| v);
        match (&*call.name, &call.block) {
            ("catchError", Some(block)) => match self.closure(block, None) {
                Err(Stop::Failure) => {
                    self.marked |= !matches!(get("buildResult"), Some(V::Text(t)) if &**t != "FAILURE");
                }
                Err(Stop::Abort) if !matches!(get("catchInterruptions"), Some(V::Bool(false))) => {}
                Err(other) => return Err(other),
                Ok(_) => {}
            },
            (_, Some(block)) => drop(self.closure(block, None)?),
            ("error", _) => return Err(Stop::Failure),
            ("sh", _) => {
                let Some(V::Text(script)) = get("script") else { return no(line, "sh") };
                let args: Vec<String> = words(script).unwrap_or_default().into_iter().skip(2).collect();
                let outcome = (self.vector)(&args);
                self.made.entry(self.job.clone()).or_default().push(args);
                return match outcome {
                    Outcome::Success => Ok(V::Null),
                    Outcome::Failure | Outcome::Timeout => Err(Stop::Failure),
                    Outcome::Cancelled => Err(Stop::Abort),
                };
            }
            ("stash", _) => {
                if let Some(V::Text(t)) = get("name") {
                    self.stashes.insert(t.clone());
                }
            }
            ("unstash", _) => {
                if let [V::Text(t)] = plain
                    && !self.stashes.contains(t)
                {
                    return Err(Stop::Failure);
                }
            }
            _ => {}
        }
        Ok(V::Null)
    }

    fn method(&mut self, target: &Expr, call: &Call, line: usize) -> R<V> {
        if &*call.name == "getBuildCauses" {
            let Some(class) = call.plain.first() else { return no(line, "cause") };
            let class = self.evaluate(class)?;
            return Ok(V::Bool(matches!(class, V::Text(c) if self.build.caused_by(&c))));
        }
        let target = self.evaluate(target)?;
        let given: Vec<V> = call.plain.iter().map(|e| self.evaluate(e)).collect::<R<_>>()?;
        match (target, &*call.name, given.as_slice()) {
            (V::List(items), "every" | "any", []) => {
                let Some(block) = &call.block else { return no(line, "block") };
                let stop = &*call.name == "any";
                for item in items {
                    let v = self.closure(block, Some(item))?;
                    if truth(&v) == stop {
                        return Ok(V::Bool(stop));
                    }
                }
                Ok(V::Bool(!stop))
            }
            (V::Set(s), "add", [V::Text(t)]) => Ok(V::Bool(self.sets[s].insert(t.clone()))),
            (V::Set(s), "contains", [V::Text(t)]) => Ok(V::Bool(self.sets[s].contains(t))),
            (V::Text(t), "replaceAll", [V::Text(p), _]) => match Regex::new(p) {
                Some(p) => Ok(V::Text(p.remove(&t).into())),
                None => no(line, "pattern"),
            },
            _ => no(line, &call.name),
        }
    }
}

fn truth(v: &V) -> bool {
    match v {
        V::Null => false,
        V::Bool(b) => *b,
        V::Text(t) => !t.is_empty(),
        V::List(l) => !l.is_empty(),
        _ => true,
    }
}
