//! Facts: every job's script is run once, as in a push, with calls that may come to anything, and what it did is noted.

use super::ast::{Expr, File, Is};
use super::build::{Build, EVENT_NAME};
use super::declarative::{Pipeline, Stage};
use super::machine::{Machine, Oracle, Result, Trace, refuse};
use super::run::body;
use super::steps::CHECKOUT;
use super::text::schedules;
use crate::plan::EventKind;
use crate::prove::{Asks, Diagrams, FileFacts, JobFacts, Lock, Node, On, Situation, Value as Source};

/// The parameters that are inputs.
const INPUT: &str = "MLPIPE_INPUT_";

/// Everything about the file that no event and no outcome changes.
pub(super) fn facts(file: &File, pipeline: &Pipeline) -> Result<FileFacts> {
    let push = Situation { event: EventKind::Push, on: On::Branch("main".into()) };
    let build = Build::of(&push, pipeline);
    let d = &mut Diagrams::default();
    let mut out = FileFacts { hazards: pipeline.hazards.clone(), ..FileFacts::default() };
    if let Some(e) = &pipeline.cron {
        for text in texts(e) {
            match schedules(&text) {
                Some(all) => out.schedules.extend(all),
                None => return refuse(e.line, "a zone that is not on the first line of a schedule"),
            }
        }
    }
    for p in &pipeline.parameters {
        if let Some(name) = p.name.strip_prefix(INPUT) {
            out.inputs.push((name.to_lowercase(), p.default.to_string()));
        } else if &*p.name != EVENT_NAME {
            return refuse(file.line, format!("parameter `{}` is not known here", p.name));
        }
    }
    let mut m = Machine::new(file, &build, Oracle::Fresh(0), d)?;
    for stages in &pipeline.levels {
        for stage in stages {
            body(&mut m, stage, Node::YES)?;
            let trace = std::mem::take(&mut m.trace);
            out.hazards.extend(hazards(stage, &trace, m.d));
            out.jobs.push(job(&m, pipeline, stage, trace)?);
            m.job += 1;
        }
        m.level += 1;
    }
    Ok(out)
}

/// Every text that a schedule may be, but not those that it compares with.
fn texts(e: &Expr) -> Vec<String> {
    match &e.is {
        Is::Text(t) => vec![t.to_string()],
        Is::Choice(_, a, b) => [texts(a), texts(b)].concat(),
        _ => Vec::new(),
    }
}

/// What the job's calls would work on that is not this build's, and what the build would wait for in vain.
fn hazards(stage: &Stage, trace: &Trace, d: &mut Diagrams) -> Vec<(usize, String)> {
    let mut out: Vec<(usize, String)> =
        trace.misplaced.iter().map(|(line, what)| (*line, format!("`{}` {what}", stage.name))).collect();
    for (name, there, taken) in &trace.taken {
        // Whoever needs it and runs without its success reads why.
        if d.without(*there, *taken) != Node::NO {
            let what = format!("`{}` leaves the record of `{name}` where it is", stage.name);
            out.push((stage.line, what));
        }
    }
    if stage.limit.is_some() && stage.lock.is_some() && stage.input.is_none() {
        let what = format!("the time limit of `{}` runs while it waits for its lock", stage.name);
        out.push((stage.line, what));
    }
    if trace.stale {
        let what = format!("`{}` does not start from an empty folder and a checkout", stage.name);
        out.push((stage.line, what));
    }
    if let Some((_, line)) = &stage.when
        && !stage.before_agent
    {
        out.push((*line, format!("`{}` waits for an agent before its condition is asked", stage.name)));
    }
    for (call, _) in &trace.calls {
        for name in ["GIT_COMMIT", "GIT_URL"] {
            let said = Source::Text(format!("{CHECKOUT}{name}"));
            if !call.env.iter().any(|(n, v)| n == name && *v == said) {
                let what = format!("`{}` is not told the `{name}` of its checkout", call.args.join(" "));
                out.push((call.line, what));
            }
        }
    }
    out
}

fn job(m: &Machine<'_>, pipeline: &Pipeline, stage: &Stage, trace: Trace) -> Result<JobFacts> {
    let mut facts = JobFacts {
        name: stage.name.to_string(),
        line: stage.line,
        runner: stage.label.iter().map(ToString::to_string).collect(),
        lines: vec![("runner", stage.agent_line)],
        ..JobFacts::default()
    };
    keeps(&mut facts, stage, &trace);
    waits(&mut facts, stage, &trace)?;
    lock_and_question(&mut facts, stage, &trace);
    for (name, ..) in &trace.taken {
        let maker = m.stashes.get(name).map(|s| s.1);
        let maker = maker.and_then(|j| pipeline.levels.iter().flatten().nth(j));
        facts.reads.push(maker.map_or(name.to_string(), |s| s.name.to_string()));
    }
    facts.reads.sort();
    facts.shared_limits = trace.limits.iter().filter(|l| l.1.len() > 1).cloned().collect();
    if trace.calls.is_empty() {
        return refuse(stage.line, format!("`{}` calls nothing", stage.name));
    }
    for (mut call, _) in trace.calls {
        let mut given: Vec<(String, Source)> = pipeline.parameters.iter().map(parameter).collect();
        if let Some(told) = stage.input.as_ref().and_then(|i| i.told.as_ref()) {
            given.push((told.to_string(), Source::Input(told.to_string())));
        }
        // Jenkins gives parameters to every step; what a block around the step sets comes over it.
        given.retain(|(n, _)| !call.env.iter().any(|(other, _)| other == n));
        call.env.extend(given);
        call.env.sort();
        facts.calls.push(call);
    }
    Ok(facts)
}

/// The agent that its script takes, and how long it sleeps before.
fn waits(facts: &mut JobFacts, stage: &Stage, trace: &Trace) -> Result<()> {
    match &trace.node {
        // The job was run from the formula "always".
        Some((label, Node::YES)) => facts.runner = vec![label.to_string()],
        Some(_) => return refuse(stage.line, format!("`{}` takes an agent in some builds only", stage.name)),
        None => {}
    }
    match trace.slept.as_slice() {
        [] => {}
        [(seconds, Node::YES, false)] => facts.waits = Some(*seconds),
        [(.., true)] => {
            return refuse(stage.line, format!("`{}` holds an agent while it sleeps", stage.name));
        }
        _ => return refuse(stage.line, format!("`{}` sleeps twice, or in some builds only", stage.name)),
    }
    Ok(())
}

fn parameter(p: &super::declarative::Parameter) -> (String, Source) {
    let source = match p.name.strip_prefix(INPUT) {
        Some(name) => Source::Input(name.to_lowercase()),
        None => Source::EventName,
    };
    (p.name.to_string(), source)
}

/// What is both stashed under the job's name, for other jobs, and archived, for people.
fn keeps(facts: &mut JobFacts, stage: &Stage, trace: &Trace) {
    let list = |patterns: &str| -> Vec<String> {
        let one = |p: &str| p.trim().trim_end_matches("/**").trim_end_matches('/').to_owned();
        patterns.split(',').map(one).collect()
    };
    let stashed: Vec<(Vec<String>, Node)> =
        trace.stashed.iter().filter(|s| s.0 == stage.name).map(|s| (list(&s.1), s.2)).collect();
    let archived: Vec<(Vec<String>, Node)> = trace.archived.iter().map(|a| (list(&a.0), a.1)).collect();
    let has = |all: &[(Vec<String>, Node)], path: &String| all.iter().any(|a| a.0.contains(path));
    facts.keeps = stashed.iter().flat_map(|s| &s.0).filter(|p| has(&archived, p)).cloned().collect();
    facts.keeps.sort();
    facts.keeps.dedup();
    // The job was run from the formula "always", so what was kept under it is kept whatever happens.
    let always = |all: &[(Vec<String>, Node)]| !all.is_empty() && all.iter().all(|a| a.1 == Node::YES);
    facts.keeps_always = always(&stashed) && always(&archived);
    facts.junit = trace.junit.iter().find(|j| j.1 == Node::YES).map(|j| j.0.to_string());
}

fn lock_and_question(facts: &mut JobFacts, stage: &Stage, trace: &Trace) {
    if let Some((name, line)) = &stage.lock {
        facts.lock = Some(Lock { name: name.to_string(), whole: stage.before_options, ..Lock::default() });
        facts.lines.push(("lock", *line));
    } else if let Some((name, line)) = &trace.lock {
        // Taken by a step: what stands around it is not covered.
        facts.lock = Some(Lock { name: name.to_string(), ..Lock::default() });
        facts.lines.push(("lock", *line));
    }
    if let Some(input) = &stage.input {
        facts.asks = Some(Asks {
            by: input.by.clone(),
            blocks: true,
            first: stage.lock.is_none() && stage.before_input,
            expires: stage.limit,
        });
        facts.lines.push(("asks", input.line));
    }
}
