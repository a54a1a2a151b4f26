//! One build in one situation: which job starts under which outcomes, and how it ends.

use super::ast::{Call, Expr, File, Is};
use super::build::{Build, EVENT_NAME};
use super::declarative::{Pipeline, Stage};
use super::machine::{Machine, Object, Oracle, Result, Trace, refuse};
use super::value::{Guarded, Thrown, Value};
use crate::plan::EventKind;
use crate::prove::{Diagrams, FileFacts, JobRun, Node, Outcomes, Situation};
use std::collections::BTreeSet;

/// How a stage ended.
pub(super) struct End {
    /// With an error that nothing caught.
    failed: Node,
    /// With an abort that nothing caught.
    aborted: Node,
}

/// What is known of a job that stands earlier in the file.
struct Before {
    aborted: Node,
    /// A cancel may hit it and the build goes on.
    swallows: bool,
    ancestors: BTreeSet<usize>,
    level: usize,
}

/// The run that the situation starts.
pub(super) fn run(
    file: &File,
    pipeline: &Pipeline,
    facts: &FileFacts,
    s: &Situation,
    outcomes: &Outcomes,
    d: &mut Diagrams,
) -> Result<Vec<JobRun>> {
    let build = Build::of(s, pipeline);
    same_whoever_starts(file, &build, d)?;
    if !starts(file, pipeline, &build, s, d)? {
        return Ok(Vec::new());
    }
    let mut m = Machine::new(file, &build, Oracle::Known(outcomes), d)?;
    m.names = pipeline.levels.iter().flatten().enumerate().map(|(i, s)| (s.name.clone(), i)).collect();
    let mut out = Vec::new();
    let mut before: Vec<Before> = Vec::new();
    let mut reached = Node::YES;
    for stages in &pipeline.levels {
        let first = before.len();
        let asked = stages.iter().map(|s| asked(&mut m, s, reached)).collect::<Result<Vec<_>>>()?;
        let mut failed = Vec::new();
        for (i, (stage, (when, ancestors))) in stages.iter().zip(asked).enumerate() {
            m.job = first + i;
            let ancestors = all_ancestors(ancestors, &before);
            let starts = start(&mut m, when, &ancestors, &before, outcomes);
            let known = &facts.jobs[first + i].calls;
            let (run, end, trace) = job(&mut m, stage, starts, known)?;
            failed.push(end.failed);
            let swallows = m.d.without(trace.hit, end.aborted) != Node::NO;
            before.push(Before { aborted: end.aborted, swallows, ancestors, level: m.level });
            if starts != Node::NO {
                out.push(run);
            }
        }
        m.level += 1;
        let failed = m.d.any(failed);
        reached = m.d.without(reached, failed);
    }
    Ok(out)
}

/// Does the situation start a build of its own?
pub(super) fn starts(
    file: &File,
    pipeline: &Pipeline,
    build: &Build,
    s: &Situation,
    d: &mut Diagrams,
) -> Result<bool> {
    match &s.event {
        EventKind::Schedule => Ok(!cron(file, pipeline, build, d)?.is_empty()),
        // A choice that is not on the list is refused, and without the parameter nobody can name an event.
        EventKind::Named(name) => Ok(pipeline.parameters.iter().any(|p| {
            &*p.name == EVENT_NAME && p.choices.as_ref().is_none_or(|all| all.iter().any(|c| **c == **name))
        })),
        EventKind::Manual => {
            let repeated = Build::of(s, pipeline).without_person();
            Ok(event(file, build, d)? != event(file, &repeated, d)?)
        }
        _ => Ok(true),
    }
}

/// A push, a tag and a change request stay what they are, whoever starts their build and whatever is given along: a fork's
/// code would get what a person's run gets.
fn same_whoever_starts(file: &File, build: &Build, d: &mut Diagrams) -> Result<()> {
    let others = build.started_otherwise();
    if others.is_empty() {
        return Ok(());
    }
    let own = event(file, build, d)?;
    for (other, how) in others {
        if event(file, &other, d)? != own {
            let line = file.functions.get("event").and_then(|f| f.body.first()).map_or(file.line, |s| s.line);
            return refuse(line, format!("the event `{}` is taken for another one {how}", build.word));
        }
    }
    Ok(())
}

/// What `event()` returns at the beginning of a build.
fn event(file: &File, build: &Build, d: &mut Diagrams) -> Result<Guarded> {
    let call = Call { target: None, name: "event".into(), plain: Vec::new(), named: Vec::new(), block: None };
    if !file.functions.contains_key(&call.name) {
        return refuse(file.line, "no function `event`");
    }
    let mut m = Machine::new(file, build, Oracle::Fresh(0), d)?;
    m.evaluate(&Expr { line: file.line, is: Is::Call(call) }, &mut Node::YES.clone())
}

/// The cron text of this build's branch; empty when there is none.
pub(super) fn cron(file: &File, pipeline: &Pipeline, build: &Build, d: &mut Diagrams) -> Result<String> {
    let Some(e) = &pipeline.cron else { return Ok(String::new()) };
    let mut m = Machine::new(file, build, Oracle::Fresh(0), d)?;
    match m.value(e, &mut Node::YES.clone())? {
        Value::Text(t) => Ok(t.to_string()),
        _ => refuse(e.line, "a schedule that is no text"),
    }
}

/// Under which outcomes the stage's condition is asked and holds, and the jobs that it looks at.
fn asked(m: &mut Machine<'_>, stage: &Stage, reached: Node) -> Result<(Node, BTreeSet<usize>)> {
    m.looked_up.clear();
    let Some((block, line)) = &stage.when else { return Ok((reached, BTreeSet::new())) };
    let mut pc = reached;
    let value = m.inner(block, None, &mut pc)?;
    if !m.thrown.is_empty() {
        return refuse(*line, format!("the condition of `{}` fails", stage.name));
    }
    let holds = m.truth(&value, *line)?;
    Ok((m.d.and(pc, holds), m.looked_up.drain(..).collect()))
}

fn all_ancestors(mut direct: BTreeSet<usize>, before: &[Before]) -> BTreeSet<usize> {
    for d in direct.clone() {
        if let Some(b) = before.get(d) {
            direct.extend(&b.ancestors);
        }
    }
    direct
}

/// From the condition to the start: no ancestor was aborted, and the run was not cancelled at another moment.
fn start(
    m: &mut Machine<'_>,
    when: Node,
    ancestors: &BTreeSet<usize>,
    before: &[Before],
    outcomes: &Outcomes,
) -> Node {
    if when == Node::NO {
        return when;
    }
    let aborted: Vec<Node> = ancestors.iter().filter_map(|a| before.get(*a)).map(|b| b.aborted).collect();
    let aborted = m.d.any(aborted);
    let starts = m.d.without(when, aborted);
    let goes_on =
        before.iter().enumerate().any(|(i, b)| b.swallows && b.level < m.level && !ancestors.contains(&i));
    if goes_on { starts } else { m.d.without(starts, outcomes.cancelled()) }
}

fn job(
    m: &mut Machine<'_>,
    stage: &Stage,
    starts: Node,
    known: &[crate::prove::Call],
) -> Result<(JobRun, End, Trace)> {
    let mut run =
        JobRun { job: m.job, starts, calls: vec![Node::NO; known.len()], succeeds: Node::NO, red: Node::NO };
    if starts == Node::NO {
        return Ok((run, End { failed: Node::NO, aborted: Node::NO }, Trace::default()));
    }
    let end = body(m, stage, starts)?;
    let trace = std::mem::take(&mut m.trace);
    let mut at = 0;
    for (call, guard) in &trace.calls {
        let found = known[at..].iter().position(|k| k.line == call.line && k.args == call.args);
        let Some(i) = found else {
            return refuse(
                call.line,
                format!("a call of `{}` that other builds do not make", call.args.join(" ")),
            );
        };
        run.calls[at + i] = *guard;
        at += i + 1;
    }
    run.succeeds = success(m, stage);
    let red = m.d.or(trace.marked, end.failed);
    run.red = m.d.without(red, end.aborted);
    Ok((run, end, trace))
}

/// Runs the stage's script from here on.
pub(super) fn body(m: &mut Machine<'_>, stage: &Stage, starts: Node) -> Result<End> {
    m.looked_up.clear();
    m.trace = Trace::default();
    // Beside a question, the limit says how long that one stands.
    let limit = stage.limit.filter(|_| stage.input.is_none());
    m.trace.limits = limit.iter().map(|seconds| (*seconds, Vec::new())).collect();
    m.limits = (0..m.trace.limits.len()).collect();
    m.stage_limits = m.limits.len();
    m.agent = !stage.bare;
    let mut pc = starts;
    m.inner(&stage.body, None, &mut pc)?;
    m.agent = true;
    if !m.looked_up.is_empty() {
        return refuse(stage.line, format!("the steps of `{}` ask how other jobs ended", stage.name));
    }
    let (mut failed, mut aborted) = (Vec::new(), Vec::new());
    for (guard, t) in std::mem::take(&mut m.thrown) {
        match t {
            Thrown::Failure => failed.push(guard),
            Thrown::Abort => aborted.push(guard),
        }
    }
    Ok(End { failed: m.d.any(failed), aborted: m.d.any(aborted) })
}

/// The job's entry in `S` is `success`.
fn success(m: &mut Machine<'_>, stage: &Stage) -> Node {
    let entry = match m.fields.get("S") {
        Some(Guarded::One(Value::Object(o))) => match &m.objects[*o] {
            Object::Map(all) => all.get(&stage.name).map(|e| e.0.clone()),
            Object::List(_) => None,
        },
        _ => None,
    };
    let parts = entry.map(|e| e.parts()).unwrap_or_default();
    let good = parts.into_iter().filter(|(_, v)| *v == Value::Text("success".into())).map(|p| p.0);
    m.d.any(good.collect::<Vec<_>>())
}
