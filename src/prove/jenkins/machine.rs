//! Runs the file's Groovy for all outcomes at once.
//!
//! Every place of the program is reached under a formula, the path condition `pc`. A step that may fail splits it: what
//! throws goes to [`Machine::thrown`] with its formula, the rest goes on. Variables hold values with guards. Both sides
//! of every branch run, each under its own condition, so one pass gives the formula of each call.

use super::ast::{Block, Call, Does, Expr, File, Function, Is, Operator, Statement};
use super::build::Build;
use super::text::Regex;
use super::token::Name;
use super::value::{ByAddress, Guarded, Thrown, Value};
use crate::prove::{
    Call as Seen, CallOutcome, Diagrams, Node, Outcome, Outcomes, Unreadable, Value as Source,
};
use std::collections::HashMap;
use std::rc::Rc;

/// Calls of functions and blocks in each other.
const DEPTH: usize = 40;

pub(super) type Result<T> = std::result::Result<T, Unreadable>;

pub(super) fn refuse<T>(line: usize, what: impl Into<String>) -> Result<T> {
    Err(Unreadable { line, what: what.into() })
}

/// What a call of the script comes to.
#[derive(Debug)]
pub(super) enum Oracle<'a> {
    /// As the proof's variables say.
    Known(&'a Outcomes),
    /// Anything: the next new variable.
    Fresh(u32),
}

impl Oracle<'_> {
    pub(super) fn of(&mut self, args: &[String], d: &mut Diagrams) -> Option<CallOutcome> {
        match self {
            Self::Known(all) => all.of_call(args),
            Self::Fresh(next) => {
                let v = *next;
                *next += 1;
                Some(CallOutcome {
                    success: d.is(v, &[Outcome::Success]),
                    failure: d.is(v, &[Outcome::Failure, Outcome::Timeout]),
                    cancelled: d.is(v, &[Outcome::Cancelled]),
                })
            }
        }
    }
}

/// A `@Field` map or list.
#[derive(Debug)]
pub(super) enum Object {
    /// Entries by key, each with the job that wrote it last.
    Map(HashMap<Name, (Guarded, usize)>),
    /// Texts that it has, each with the formula under which it does and the level that added it.
    List(HashMap<Name, (Node, usize)>),
}

/// What lies in the agent's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folder {
    /// What another build left.
    Old,
    /// Nothing.
    Empty,
    /// The build's commit.
    Fresh,
    /// The build's commit, and what another build left.
    Mixed,
}

/// What one job did.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) folder: Folder,
    /// A call was made in a folder that had something else than the build's commit.
    pub(super) stale: bool,
    /// Calls of the script, with their formulas.
    pub(super) calls: Vec<(Seen, Node)>,
    /// Patterns that were stashed, archived, and shown as a report, each with its formula.
    pub(super) stashed: Vec<(Name, Name, Node)>,
    pub(super) archived: Vec<(Name, Node)>,
    pub(super) junit: Vec<(Name, Node)>,
    /// Stashes that were taken.
    pub(super) taken: Vec<Name>,
    /// A lock that was taken by a step.
    pub(super) lock: Option<(Name, usize)>,
    /// The build was marked as failed.
    pub(super) marked: Node,
    /// A call was cancelled.
    pub(super) hit: Node,
}

impl Default for Trace {
    fn default() -> Self {
        Self {
            folder: Folder::Old,
            stale: false,
            calls: Vec::new(),
            stashed: Vec::new(),
            archived: Vec::new(),
            junit: Vec::new(),
            taken: Vec::new(),
            lock: None,
            marked: Node::NO,
            hit: Node::NO,
        }
    }
}

/// Variables of one call, innermost last.
pub(super) type Frame = Vec<(Name, Guarded)>;

/// The interpreter.
pub(super) struct Machine<'a> {
    pub(super) file: &'a File,
    pub(super) build: &'a Build,
    pub(super) d: &'a mut Diagrams,
    pub(super) oracle: Oracle<'a>,
    pub(super) fields: HashMap<Name, Guarded>,
    pub(super) objects: Vec<Object>,
    /// Stashes: under which formula there is one, the job and the level that made it.
    pub(super) stashes: HashMap<Name, (Node, usize, usize)>,
    pub(super) frames: Vec<Frame>,
    pub(super) frame: usize,
    pub(super) thrown: Vec<(Node, Thrown)>,
    pub(super) returned: Vec<(Node, Guarded)>,
    /// Variables that blocks around the place at hand set.
    pub(super) env: Vec<(Name, Source)>,
    /// Time limits around the place at hand, in seconds.
    pub(super) limits: Vec<u64>,
    /// Line of the stage's own script.
    pub(super) site: usize,
    pub(super) trace: Trace,
    /// The job at hand, and its level.
    pub(super) job: usize,
    pub(super) level: usize,
    /// Jobs whose entries were looked up.
    pub(super) looked_up: Vec<usize>,
    depth: usize,
}

impl<'a> Machine<'a> {
    /// At the beginning of a build.
    pub(super) fn new(
        file: &'a File,
        build: &'a Build,
        oracle: Oracle<'a>,
        d: &'a mut Diagrams,
    ) -> Result<Self> {
        let mut m = Self {
            file,
            build,
            d,
            oracle,
            fields: HashMap::new(),
            objects: Vec::new(),
            stashes: HashMap::new(),
            frames: vec![Vec::new()],
            frame: 0,
            thrown: Vec::new(),
            returned: Vec::new(),
            env: Vec::new(),
            limits: Vec::new(),
            site: 0,
            trace: Trace::default(),
            job: 0,
            level: 0,
            looked_up: Vec::new(),
            depth: 0,
        };
        for f in &file.fields {
            let value = match &f.start.is {
                Is::Text(t) => Value::Text(t.clone()),
                Is::EmptyMap => m.object(Object::Map(HashMap::new())),
                Is::List(items) if items.is_empty() => m.object(Object::List(HashMap::new())),
                _ => return refuse(f.start.line, format!("the beginning of `{}`", f.name)),
            };
            m.fields.insert(f.name.clone(), value.into());
        }
        Ok(m)
    }

    fn object(&mut self, o: Object) -> Value {
        self.objects.push(o);
        Value::Object(self.objects.len() - 1)
    }

    // ---- statements

    /// The statements, and the value of the last one if it is an expression.
    pub(super) fn block(&mut self, block: &Block, pc: &mut Node) -> Result<Guarded> {
        let frame = self.frame;
        let mark = self.frames[frame].len();
        let mut last = Guarded::One(Value::Nothing);
        for s in block.iter() {
            if *pc == Node::NO {
                break;
            }
            last = self.statement(s, pc)?;
        }
        self.frames[frame].truncate(mark);
        Ok(last)
    }

    fn statement(&mut self, s: &Statement, pc: &mut Node) -> Result<Guarded> {
        if self.frame == 0 {
            self.site = s.line;
        }
        match &s.does {
            Does::Evaluate(e) => return self.evaluate(e, pc),
            Does::Define(name, e) => {
                let value = self.evaluate(e, pc)?;
                let frame = self.frame;
                self.frames[frame].push((name.clone(), value));
            }
            Does::Assign(place, e) => self.assign(place, e, pc)?,
            Does::If(condition, then, other) => {
                let value = self.evaluate(condition, pc)?;
                let yes = self.truth(&value, condition.line)?;
                let mut a = self.d.and(*pc, yes);
                let mut b = self.d.without(*pc, yes);
                if a != Node::NO {
                    self.block(then, &mut a)?;
                }
                if let Some(other) = other
                    && b != Node::NO
                {
                    self.block(other, &mut b)?;
                }
                *pc = self.d.or(a, b);
            }
            Does::For(name, list, body) => {
                let list = self.value(list, pc)?;
                let Value::List(items) = list else {
                    return refuse(s.line, "a loop over something else than a list");
                };
                for item in items.iter() {
                    let frame = self.frame;
                    self.frames[frame].push((name.clone(), item.clone().into()));
                    self.block(body, pc)?;
                    self.frames[frame].pop();
                }
            }
            Does::Return(e) => {
                let value = match e {
                    Some(e) => self.evaluate(e, pc)?,
                    None => Value::Null.into(),
                };
                self.returned.push((*pc, value));
                *pc = Node::NO;
            }
            Does::Throw(e) => {
                let value = self.evaluate(e, pc)?;
                for (guard, v) in value.parts() {
                    let Value::Thrown(t) = v else {
                        return refuse(s.line, "throws something else than what was caught");
                    };
                    let guard = self.d.and(*pc, guard);
                    self.throws(guard, t);
                }
                *pc = Node::NO;
            }
            Does::Try(body, caught, last) => self.attempt(body, caught.as_ref(), last.as_ref(), pc)?,
        }
        Ok(Value::Nothing.into())
    }

    pub(super) fn throws(&mut self, guard: Node, t: Thrown) {
        if guard != Node::NO {
            self.thrown.push((guard, t));
        }
    }

    fn assign(&mut self, place: &Expr, e: &Expr, pc: &mut Node) -> Result<()> {
        let value = self.evaluate(e, pc)?;
        match &place.is {
            Is::Variable(name) => {
                let frame = self.frame;
                if let Some(at) = self.frames[frame].iter().rposition(|(n, _)| n == name) {
                    let old = self.frames[frame][at].1.clone();
                    self.frames[frame][at].1 = value.over(*pc, &old, self.d);
                } else if let Some(old) = self.fields.get(name) {
                    let new = value.over(*pc, old, self.d);
                    self.fields.insert(name.clone(), new);
                } else {
                    return refuse(place.line, format!("`{name}` is set and never declared"));
                }
            }
            Is::Index(target, key) => {
                let target = self.value(target, pc)?;
                let (Value::Object(o), Value::Text(key)) = (target, self.value(key, pc)?) else {
                    return refuse(place.line, "an entry of something else than a map");
                };
                let job = self.job;
                let Object::Map(entries) = &mut self.objects[o] else {
                    return refuse(place.line, "an entry of a list");
                };
                let none = Guarded::One(Value::Null);
                let old = entries.get(&key).map_or(&none, |e| &e.0);
                let new = value.over(*pc, old, self.d);
                entries.insert(key, (new, job));
            }
            _ => return refuse(place.line, "this cannot be set"),
        }
        Ok(())
    }

    fn attempt(
        &mut self,
        body: &Block,
        caught: Option<&(Name, Block)>,
        last: Option<&Block>,
        pc: &mut Node,
    ) -> Result<()> {
        let outer = (std::mem::take(&mut self.thrown), std::mem::take(&mut self.returned));
        self.block(body, pc)?;
        if let Some((name, handler)) = caught {
            let thrown: Vec<(Node, Value)> =
                std::mem::take(&mut self.thrown).into_iter().map(|(g, t)| (g, Value::Thrown(t))).collect();
            let mut inner = self.d.any(thrown.iter().map(|t| t.0));
            if inner != Node::NO {
                let frame = self.frame;
                self.frames[frame].push((name.clone(), thrown.into()));
                self.block(handler, &mut inner)?;
                self.frames[frame].pop();
                *pc = self.d.or(*pc, inner);
            }
        }
        let (mut thrown, mut returned) =
            (std::mem::replace(&mut self.thrown, outer.0), std::mem::replace(&mut self.returned, outer.1));
        if let Some(last) = last {
            let ways = thrown.iter().map(|t| t.0).chain(returned.iter().map(|r| r.0)).chain([*pc]);
            let ways: Vec<Node> = ways.collect();
            let before = self.d.any(ways);
            let mut after = before;
            self.block(last, &mut after)?;
            // What the last block throws takes the place of what was on its way.
            if after != before {
                *pc = self.d.and(*pc, after);
                for t in &mut thrown {
                    t.0 = self.d.and(t.0, after);
                }
                for r in &mut returned {
                    r.0 = self.d.and(r.0, after);
                }
            }
        }
        self.thrown.extend(thrown.into_iter().filter(|t| t.0 != Node::NO));
        self.returned.extend(returned.into_iter().filter(|r| r.0 != Node::NO));
        Ok(())
    }

    // ---- expressions

    /// A value that no outcome changes.
    pub(super) fn value(&mut self, e: &Expr, pc: &mut Node) -> Result<Value> {
        match self.evaluate(e, pc)? {
            Guarded::One(v) => Ok(v),
            Guarded::Many(_) => refuse(e.line, "a value here that depends on how jobs end"),
        }
    }

    pub(super) fn evaluate(&mut self, e: &Expr, pc: &mut Node) -> Result<Guarded> {
        Ok(match &e.is {
            Is::Null => Value::Null.into(),
            Is::Bool(b) => Value::from(*b).into(),
            Is::Number(n) => Value::Number(*n).into(),
            Is::Text(t) => Value::Text(t.clone()).into(),
            Is::Variable(name) => return self.variable(name, e.line, *pc),
            Is::List(items) => {
                let items = items.iter().map(|i| self.value(i, pc)).collect::<Result<_>>()?;
                Value::List(Rc::new(items)).into()
            }
            Is::EmptyMap => return refuse(e.line, "a map here"),
            Is::Property(target, name) => return self.property(target, name, e.line, pc),
            Is::Index(target, key) => return self.entry(target, key, e.line, pc),
            Is::Call(call) => return self.call(call, e.line, pc),
            Is::Not(inner) => {
                let value = self.evaluate(inner, pc)?;
                let yes = self.truth(&value, e.line)?;
                Value::Bool(self.d.not(yes)).into()
            }
            Is::Binary(op, a, b) => Value::from_result(self.binary(*op, a, b, pc)?),
            Is::Choice(c, a, b) => {
                let value = self.evaluate(c, pc)?;
                match self.truth(&value, e.line)? {
                    Node::YES => return self.evaluate(a, pc),
                    Node::NO => return self.evaluate(b, pc),
                    _ => return refuse(e.line, "a choice that depends on how jobs end"),
                }
            }
            Is::Or(a, b) => {
                let value = self.evaluate(a, pc)?;
                match self.truth(&value, e.line)? {
                    Node::YES => value,
                    Node::NO => return self.evaluate(b, pc),
                    _ => return refuse(e.line, "a choice that depends on how jobs end"),
                }
            }
        })
    }

    fn variable(&mut self, name: &Name, line: usize, pc: Node) -> Result<Guarded> {
        let local = self.frames[self.frame].iter().rev().find(|(n, _)| n == name).map(|(_, v)| v);
        match local.or_else(|| self.fields.get(name)) {
            Some(v) => Ok(v.clone().under(pc, self.d)),
            None => refuse(line, format!("`{name}` is not known here")),
        }
    }

    fn is_local(&self, name: &str) -> bool {
        self.frames[self.frame].iter().any(|(n, _)| &**n == name) || self.fields.contains_key(name)
    }

    fn property(&mut self, target: &Expr, name: &Name, line: usize, pc: &mut Node) -> Result<Guarded> {
        if let Is::Variable(of) = &target.is
            && !self.is_local(of)
        {
            return match &**of {
                "env" => match self.build.env(name) {
                    Some(v) => Ok(Value::from(v).into()),
                    None => refuse(line, format!("`env.{name}` is not known here")),
                },
                "params" => Ok(match self.build.param(name) {
                    Some((v, true)) => Value::from(&*v == "true").into(),
                    v => Value::from(v.map(|v| v.0)).into(),
                }),
                _ => refuse(line, format!("`{of}.{name}` is not known here")),
            };
        }
        match self.value(target, pc)? {
            Value::Arguments(all) => {
                Ok(all.iter().find(|(n, _)| n == name).map_or(Value::Null, |(_, v)| v.clone()).into())
            }
            Value::Checkout => Ok(Value::Commit("".into(), name.clone()).into()),
            _ => refuse(line, format!("`.{name}` is not known here")),
        }
    }

    fn entry(&mut self, target: &Expr, key: &Expr, line: usize, pc: &mut Node) -> Result<Guarded> {
        let target = self.value(target, pc)?;
        let (Value::Object(o), Value::Text(key)) = (target, self.value(key, pc)?) else {
            return refuse(line, "an entry of something else than a map");
        };
        let Object::Map(entries) = &self.objects[o] else { return refuse(line, "an entry of a list") };
        match entries.get(&key) {
            Some((v, job)) => {
                self.looked_up.push(*job);
                Ok(v.clone())
            }
            None => Ok(Value::Null.into()),
        }
    }

    /// Under which outcomes the value counts as true.
    pub(super) fn truth(&mut self, v: &Guarded, line: usize) -> Result<Node> {
        let mut ways = Vec::new();
        for (guard, value) in v.parts() {
            let yes = match value {
                Value::Bool(n) => n,
                Value::Null => Node::NO,
                Value::Text(t) => Node::from(!t.is_empty()),
                Value::List(items) => Node::from(!items.is_empty()),
                // The checkout gives both of its values.
                Value::Commit(..) => Node::YES,
                _ => return refuse(line, "a condition that is none"),
            };
            ways.push(self.d.and(guard, yes));
        }
        Ok(self.d.any(ways))
    }

    fn binary(&mut self, op: Operator, a: &Expr, b: &Expr, pc: &mut Node) -> Result<Value> {
        let left = self.evaluate(a, pc)?;
        if matches!(op, Operator::And | Operator::Either) {
            let left = self.truth(&left, a.line)?;
            // The right side is asked only where the left one leaves it open.
            let mut open =
                if op == Operator::And { self.d.and(*pc, left) } else { self.d.without(*pc, left) };
            if open == Node::NO {
                return Ok(Value::Bool(left));
            }
            let asked = open;
            let right = self.evaluate(b, &mut open)?;
            if asked != open {
                return refuse(b.line, "a condition that may fail");
            }
            let right = self.truth(&right, b.line)?;
            return Ok(Value::Bool(if op == Operator::And {
                self.d.and(left, right)
            } else {
                self.d.or(left, right)
            }));
        }
        let right = self.evaluate(b, pc)?;
        match op {
            Operator::Plus => match (left, right) {
                (Guarded::One(x), Guarded::One(y)) => plus(x, y, a.line),
                _ => refuse(a.line, "a text that depends on how jobs end"),
            },
            _ => {
                let mut ways = Vec::new();
                for (g, x) in left.parts() {
                    for (h, y) in right.parts() {
                        if compare(op, &x, &y, a.line)? {
                            ways.push(self.d.and(g, h));
                        }
                    }
                }
                Ok(Value::Bool(self.d.any(ways)))
            }
        }
    }

    // ---- calls

    fn call(&mut self, call: &Call, line: usize, pc: &mut Node) -> Result<Guarded> {
        if call.target.is_some() {
            return self.method(call, line, pc);
        }
        let local =
            self.frames[self.frame].iter().rev().find(|(n, _)| *n == call.name).map(|(_, v)| v.clone());
        if let Some(v) = local {
            return match v {
                Guarded::One(Value::Block(b, frame))
                    if call.plain.is_empty() && call.named.is_empty() && call.block.is_none() =>
                {
                    self.within(frame, |m, pc| m.inner(&b.0, None, pc), pc)
                }
                _ => refuse(line, format!("a call of `{}`", call.name)),
            };
        }
        if let Some(f) = self.file.functions.get(&call.name) {
            return self.function(&f.clone(), call, line, pc);
        }
        self.step(call, line, pc)
    }

    /// Runs a block that belongs to another frame.
    fn within<T>(
        &mut self,
        frame: usize,
        f: impl FnOnce(&mut Self, &mut Node) -> Result<T>,
        pc: &mut Node,
    ) -> Result<T> {
        let here = std::mem::replace(&mut self.frame, frame);
        let out = f(self, pc);
        self.frame = here;
        out
    }

    /// Runs a block behind a call: `return` leaves the block only.
    pub(super) fn inner(&mut self, block: &Block, it: Option<Value>, pc: &mut Node) -> Result<Guarded> {
        if self.depth == DEPTH {
            return refuse(self.site, "too many calls in each other");
        }
        self.depth += 1;
        let outer = std::mem::take(&mut self.returned);
        let frame = self.frame;
        let bound = it.is_some();
        if let Some(v) = it {
            self.frames[frame].push(("it".into(), v.into()));
        }
        let last = self.block(block, pc)?;
        if bound {
            self.frames[frame].pop();
        }
        self.depth -= 1;
        let returned = std::mem::replace(&mut self.returned, outer);
        Ok(self.results(returned, last, pc))
    }

    /// The value of what returned early or ran to its end; all of that goes on.
    fn results(&mut self, returned: Vec<(Node, Guarded)>, last: Guarded, pc: &mut Node) -> Guarded {
        if returned.is_empty() {
            return last;
        }
        let mut parts = Vec::new();
        if *pc != Node::NO {
            parts.extend(last.parts().into_iter().map(|(g, v)| (self.d.and(g, *pc), v)));
        }
        for (guard, value) in returned {
            *pc = self.d.or(*pc, guard);
            parts.extend(value.parts().into_iter().map(|(g, v)| (self.d.and(g, guard), v)));
        }
        parts.into()
    }

    fn function(&mut self, f: &Rc<Function>, call: &Call, line: usize, pc: &mut Node) -> Result<Guarded> {
        let mut given: Vec<Guarded> = Vec::new();
        if !call.named.is_empty() {
            let mut all = Vec::new();
            for (name, e) in &call.named {
                all.push((name.clone(), self.value(e, pc)?));
            }
            given.push(Value::Arguments(Rc::new(all)).into());
        }
        for e in &call.plain {
            given.push(self.evaluate(e, pc)?);
        }
        if let Some(b) = &call.block {
            given.push(Value::Block(ByAddress(b.clone()), self.frame).into());
        }
        if given.len() != f.parameters.len() {
            return refuse(line, format!("`{}` with {} arguments", call.name, given.len()));
        }
        self.frames.push(f.parameters.iter().cloned().zip(given).collect());
        let frame = self.frames.len() - 1;
        let out = self.within(frame, |m, pc| m.inner(&f.body, None, pc), pc);
        self.frames.pop();
        out
    }

    fn method(&mut self, call: &Call, line: usize, pc: &mut Node) -> Result<Guarded> {
        let Some(target) = &call.target else { return refuse(line, "a call of nothing") };
        let unknown = || refuse(line, format!("`.{}` is not known here", call.name));
        if !call.named.is_empty() {
            return unknown();
        }
        if let (Is::Variable(v), "getBuildCauses", [class], None) =
            (&target.is, &*call.name, call.plain.as_slice(), &call.block)
            && &**v == "currentBuild"
        {
            let Value::Text(class) = self.value(class, pc)? else { return unknown() };
            return Ok(Value::from(self.build.caused_by(&class)).into());
        }
        let target = self.value(target, pc)?;
        if let ("every" | "any", [], Some(block)) = (&*call.name, call.plain.as_slice(), &call.block) {
            let Value::List(items) = target else { return unknown() };
            let mut all = Vec::new();
            for item in items.iter() {
                let before = *pc;
                let value = self.inner(block, Some(item.clone()), pc)?;
                if before != *pc {
                    return refuse(line, "a condition that may fail");
                }
                all.push(self.truth(&value, line)?);
            }
            let all = if &*call.name == "every" { self.d.all(all) } else { self.d.any(all) };
            return Ok(Value::Bool(all).into());
        }
        let mut given = Vec::new();
        for e in &call.plain {
            given.push(self.value(e, pc)?);
        }
        match (target, &*call.name, given.as_slice(), &call.block) {
            (Value::Object(o), "add", [Value::Text(t)], None) => {
                let Object::List(items) = &mut self.objects[o] else { return unknown() };
                let old = items.get(t).map_or(Node::NO, |i| i.0);
                items.insert(t.clone(), (self.d.or(old, *pc), self.level));
                Ok(Value::Nothing.into())
            }
            (Value::Object(o), "contains", [Value::Text(t)], None) => {
                let Object::List(items) = &self.objects[o] else { return unknown() };
                // Whatever a job beside this one adds comes too late, or may do so.
                let found = items.get(t).filter(|i| i.1 != self.level).map_or(Node::NO, |i| i.0);
                Ok(Value::Bool(found).into())
            }
            (Value::Text(t), "replaceAll", [Value::Text(pattern), Value::Text(with)], None)
                if with.is_empty() =>
            {
                let Some(pattern) = Regex::new(pattern) else { return unknown() };
                Ok(Value::Text(pattern.remove(&t).into()).into())
            }
            _ => unknown(),
        }
    }
}

impl Value {
    fn from_result(v: Self) -> Guarded {
        v.into()
    }
}

fn plus(a: Value, b: Value, line: usize) -> Result<Value> {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => Ok(Value::Text(format!("{a}{b}").into())),
        (Value::Text(a), Value::Commit(b, name)) => Ok(Value::Commit(format!("{a}{b}").into(), name)),
        _ => refuse(line, "a sum of something else than texts"),
    }
}

/// `a == b` and its like; null is equal to itself only, and matches nothing.
fn compare(op: Operator, a: &Value, b: &Value, line: usize) -> Result<bool> {
    let equal = |a: &Value, b: &Value| match (a, b) {
        (Value::Text(a), Value::Text(b)) => Ok(a == b),
        (Value::Null, Value::Null) => Ok(true),
        (Value::Text(_) | Value::Commit(..), Value::Null)
        | (Value::Null, Value::Text(_) | Value::Commit(..)) => Ok(false),
        _ => refuse(line, "a comparison of something else than texts"),
    };
    match (op, a, b) {
        (Operator::Equal, a, b) => equal(a, b),
        (Operator::Unequal, a, b) => Ok(!equal(a, b)?),
        (Operator::In, a, Value::List(all)) => {
            let mut found = false;
            for x in all.iter() {
                found |= equal(a, x)?;
            }
            Ok(found)
        }
        (Operator::Matches, Value::Null, Value::Text(_)) => Ok(false),
        (Operator::Matches, Value::Text(t), Value::Text(p)) => match Regex::new(p) {
            Some(p) => Ok(p.matches(t)),
            None => refuse(line, format!("the pattern `{p}`")),
        },
        _ => refuse(line, "a comparison of something else than texts"),
    }
}
