//! Runs the file's Groovy for all outcomes at once.
//!
//! Every place of the program is reached under a formula, the path condition `pc`. A step that may fail splits it: what
//! throws goes to [`Machine::thrown`] with its formula, the rest goes on. Variables hold values with guards. Both sides
//! of every branch run, each under its own condition, so one pass gives the formula of each call.

use super::ast::{Block, Does, Expr, File, Is, Statement};
use super::build::Build;
use super::token::Name;
use super::value::{Guarded, Thrown, Value};
use crate::prove::{
    Call as Seen, CallOutcome, Diagrams, Node, Outcome, Outcomes, Unreadable, Value as Source,
};
use rustc_hash::FxHashMap;

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
    Map(FxHashMap<Name, (Guarded, usize)>),
    /// Texts that it has, each with the formula under which it does and the level that added it.
    List(FxHashMap<Name, (Node, usize)>),
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
    /// Stashes that were taken: under which formula each was there, and under which it was taken.
    pub(super) taken: Vec<(Name, Node, Node)>,
    /// What stands in the wrong order, or under a limit that may end it: line and sentence part.
    pub(super) misplaced: Vec<(usize, String)>,
    /// The limits of blocks, in seconds, each with the calls made under it.
    pub(super) limits: Vec<(u64, Vec<usize>)>,
    /// An agent that was taken by a step, and under which formula.
    pub(super) node: Option<(Name, Node)>,
    /// Seconds for which it slept, under which formula, and whether an agent was held.
    pub(super) slept: Vec<(u64, Node, bool)>,
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
            misplaced: Vec::new(),
            limits: Vec::new(),
            node: None,
            slept: Vec::new(),
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
    pub(super) fields: FxHashMap<Name, Guarded>,
    pub(super) objects: Vec<Object>,
    /// Stashes: under which formula there is one, the job and the level that made it.
    pub(super) stashes: FxHashMap<Name, (Node, usize, usize)>,
    pub(super) frames: Vec<Frame>,
    pub(super) frame: usize,
    pub(super) thrown: Vec<(Node, Thrown)>,
    pub(super) returned: Vec<(Node, Guarded)>,
    /// Variables that blocks around the place at hand set.
    pub(super) env: Vec<(Name, Source)>,
    /// Time limits around the place at hand, by index into those of the trace.
    pub(super) limits: Vec<usize>,
    /// How many of them are the stage's own.
    pub(super) stage_limits: usize,
    /// Line of the stage's own script.
    pub(super) site: usize,
    /// An agent is held.
    pub(super) agent: bool,
    pub(super) trace: Trace,
    /// The job at hand, and its level.
    pub(super) job: usize,
    pub(super) level: usize,
    /// Stages by name.
    pub(super) names: FxHashMap<Name, usize>,
    /// Jobs whose entries were looked up, there or not.
    pub(super) looked_up: Vec<usize>,
    /// Calls in each other.
    pub(super) depth: usize,
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
            fields: FxHashMap::default(),
            objects: Vec::new(),
            stashes: FxHashMap::default(),
            frames: vec![Vec::new()],
            frame: 0,
            thrown: Vec::new(),
            returned: Vec::new(),
            env: Vec::new(),
            limits: Vec::new(),
            stage_limits: 0,
            site: 0,
            agent: true,
            trace: Trace::default(),
            job: 0,
            level: 0,
            names: FxHashMap::default(),
            looked_up: Vec::new(),
            depth: 0,
        };
        for f in &file.fields {
            let value = match &f.start.is {
                Is::Text(t) => Value::Text(t.clone()),
                Is::EmptyMap => m.object(Object::Map(FxHashMap::default())),
                Is::List(items) if items.is_empty() => m.object(Object::List(FxHashMap::default())),
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
                if self.frames[frame].iter().any(|(n, _)| n == name) {
                    return refuse(s.line, format!("a second variable `{name}`"));
                }
                self.frames[frame].push((name.clone(), value));
            }
            Does::Assign(place, e) => self.assign(place, e, pc)?,
            Does::If(condition, then, other) => {
                let value = self.evaluate(condition, pc)?;
                let yes = self.truth(&value, condition.line)?;
                let mut a = self.d.and(*pc, yes);
                if a == *pc {
                    self.block(then, pc)?;
                    return Ok(Value::Nothing.into());
                }
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
}
