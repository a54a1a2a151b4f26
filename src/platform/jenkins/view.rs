//! The plan as the template sees it: every text already quoted for Groovy.

use super::condition;
use super::levels::levels;
use crate::plan::{
    Job, Plan, PlanIdentity, PlanInput, RunIf, SecretKind, SecretUse, Step, StepWhen, Trigger,
};
use crate::render::{Quoted, bash, comment, groovy};
use crate::spec::{InputKind, PlatformName};
use serde::Serialize;
use std::collections::BTreeSet;

/// Minutes by which Jenkins' own limit of a call is longer than the script's.
const BACKSTOP: u64 = 10;

/// The deepest indentation.
const SPACES: &str = "                                ";

/// Characters up to which a condition stands on one line.
const LINE: usize = 140;

/// Characters up to which it stands on the line of its `when`.
const SHORT: usize = 90;

/// The file.
#[derive(Serialize)]
pub(super) struct View {
    cron: Option<Cron>,
    parameters: Vec<Parameter>,
    levels: Vec<Level>,
    events: bool,
    manual: bool,
    junit: bool,
}

/// The schedule.
#[derive(Serialize)]
struct Cron {
    branch: Quoted,
    spec: Quoted,
}

/// A parameter of the job.
#[derive(Serialize)]
struct Parameter {
    kind: &'static str,
    name: Quoted,
    description: Quoted,
    default: Quoted,
    on: bool,
    choices: Quoted,
}

/// Jobs that run side by side.
#[derive(Serialize)]
struct Level {
    /// Name of the stage around them; none for a job alone.
    name: Option<Quoted>,
    stages: Vec<Stage>,
}

/// A job.
#[derive(Serialize)]
struct Stage {
    pad: Quoted,
    /// Indentation of what its one call of `job` holds: deeper behind a wait.
    body: Quoted,
    /// Indentation of its commands.
    inner: Quoted,
    origin: Quoted,
    id: Quoted,
    label: Quoted,
    /// Seconds that it sleeps before it takes an agent.
    wait: Option<u64>,
    condition: Vec<Quoted>,
    /// The condition, when it is short enough for the line of its `when`.
    short: Option<Quoted>,
    options: Option<Quoted>,
    ask: Option<Ask>,
    arguments: Quoted,
    secrets: Option<Quoted>,
    steps: Vec<Call>,
    cleanup: Vec<Call>,
    /// It is somebody in a cloud.
    identified: bool,
}

/// The question of an approval.
#[derive(Serialize)]
struct Ask {
    message: Quoted,
    submitter: Option<Quoted>,
}

/// One call of the script.
#[derive(Serialize)]
struct Call {
    name: Quoted,
    minutes: u64,
    label: Quoted,
    command: Quoted,
    /// What binds the tokens around it, and what ends that.
    before: Quoted,
    after: Quoted,
}

impl View {
    /// The view of a plan.
    pub(super) fn of(plan: &Plan) -> Self {
        let mut levels: Vec<Level> = levels(plan).iter().map(|jobs| level(plan, jobs)).collect();
        for (i, level) in levels.iter_mut().enumerate() {
            level.name = (level.stages.len() > 1).then(|| groovy(&format!("level {}", i + 1)));
        }
        Self {
            cron: cron(plan),
            parameters: parameters(plan),
            levels,
            events: plan.triggers.iter().any(|t| matches!(t, Trigger::Named { .. })),
            manual: plan.triggers.iter().any(|t| matches!(t, Trigger::Manual)),
            junit: plan.jobs.iter().any(|j| j.junit),
        }
    }
}

fn cron(plan: &Plan) -> Option<Cron> {
    let (zone, lines) = schedules(plan)?;
    let text = format!("TZ={zone}\n{}", lines.join("\n"));
    Some(Cron { branch: groovy(&plan.home_branch), spec: groovy(&text) })
}

/// The zone of the first schedule, and every cron expression.
pub(super) fn schedules(plan: &Plan) -> Option<(&str, Vec<&str>)> {
    let mut all = plan.triggers.iter().filter_map(|t| match t {
        Trigger::Schedule { cron, timezone } => Some((timezone.as_deref().unwrap_or("UTC"), cron.as_str())),
        _ => None,
    });
    let (zone, first) = all.next()?;
    Some((zone, std::iter::once(first).chain(all.map(|(_, cron)| cron)).collect()))
}

fn parameters(plan: &Plan) -> Vec<Parameter> {
    let names: Vec<&str> = plan
        .triggers
        .iter()
        .filter_map(|t| if let Trigger::Named { name } = t { Some(name.as_str()) } else { None })
        .collect();
    let mut out = Vec::new();
    if !names.is_empty() {
        let choices: Vec<Quoted> = std::iter::once("").chain(names).map(groovy).collect();
        out.push(Parameter {
            kind: "choice",
            name: groovy("MLPIPE_EVENT_NAME"),
            description: groovy("The event that this build is started for; empty for a person"),
            default: groovy(""),
            on: false,
            choices: condition::list(&choices),
        });
    }
    out.extend(plan.inputs.iter().map(parameter));
    out
}

fn parameter(input: &PlanInput) -> Parameter {
    let mut users: Vec<String> = input.events.iter().map(|e| format!("event {e}")).collect();
    if input.manual {
        users.insert(0, "manual".into());
    }
    let (kind, choices) = match &input.kind {
        InputKind::Bool => ("bool", Vec::new()),
        // Jenkins takes the first choice when nobody chooses.
        InputKind::Choice(all) => {
            let rest = all.iter().filter(|c| **c != input.default);
            ("choice", std::iter::once(&input.default).chain(rest).map(|c| groovy(c)).collect())
        }
        _ => ("string", Vec::new()),
    };
    Parameter {
        kind,
        name: groovy(&format!("MLPIPE_INPUT_{}", input.name.to_uppercase())),
        description: groovy(&format!("{} ({})", input.name, users.join(", "))),
        default: groovy(&input.default),
        on: input.default == "true",
        choices: condition::list(&choices),
    }
}

fn level(plan: &Plan, jobs: &[&Job]) -> Level {
    let deep = jobs.len() > 1;
    Level { name: None, stages: jobs.iter().map(|job| stage(plan, job, deep)).collect() }
}

fn stage(plan: &Plan, job: &Job, deep: bool) -> Stage {
    let pad = if deep { 12 } else { 8 };
    let body = pad + if job.wait.is_some() { 12 } else { 8 };
    let inner = body + if bound(job).next().is_none() { 0 } else { 4 };
    let condition = expression(plan, job);
    let short = match condition.as_slice() {
        [line] if width(line) <= SHORT => Some(line.clone()),
        _ => None,
    };
    let spaces = |count: usize| Quoted::fixed(&SPACES[..count]);
    let call = |when: StepWhen| -> Vec<Call> {
        job.steps.iter().filter(|s| s.when == when).map(|s| call(plan, job, s)).collect()
    };
    Stage {
        pad: spaces(pad),
        body: spaces(body),
        inner: spaces(inner),
        origin: remark(&format!("{}:{} {}", job.origin.path, job.origin.line, job.origin.text)),
        id: groovy(&job.id),
        label: groovy(&job.runner.jenkins),
        wait: job.wait,
        condition,
        short,
        options: options(job),
        ask: job.ask.as_ref().map(|ask| Ask {
            message: groovy(&ask.question),
            submitter: (!ask.by.is_empty()).then(|| groovy(&ask.by.join(","))),
        }),
        arguments: arguments(job),
        secrets: secrets(job),
        steps: call(StepWhen::Normal),
        cleanup: call(StepWhen::Unfinished),
        identified: !job.identities.is_empty(),
    }
}

/// Text for a comment. Groovy reads `\uNNNN` in comments too, as the character itself (a line break ends the comment)
/// or as an error, so a backslash is shown as a slash.
fn remark(text: &str) -> Quoted {
    comment(&text.replace('\\', "/"))
}

fn call(plan: &Plan, job: &Job, step: &Step) -> Call {
    let words = std::iter::once(plan.script.as_str()).chain(step.args.iter().map(String::as_str));
    let line = words.map(shell_word).collect::<Vec<_>>().join(" ");
    Call {
        name: groovy(&format!("{}: {}", job.id, step.id)),
        minutes: match step.when {
            StepWhen::Normal => job.timeout,
            StepWhen::Unfinished => job.restore_seconds(),
        }
        .div_ceil(60)
            + BACKSTOP,
        label: groovy(&step.title),
        command: groovy(&format!("sh {line}")),
        before: id_tokens(job).map_or(Quoted::fixed(""), |tokens| {
            glue(&[&Quoted::fixed("withCredentials(["), &tokens, &Quoted::fixed("]) { ")])
        }),
        after: Quoted::fixed(if job.identities.is_empty() { "" } else { " }" }),
    }
}

/// A word of a shell command: bare where that is safe, else in single quotes.
fn shell_word(word: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-./:@=+".contains(c);
    if !word.is_empty() && word.chars().all(bare) { word.to_owned() } else { bash(word).as_str().to_owned() }
}

/// The lines of `when { expression { … } }`: the static condition, and how the needed jobs must have ended.
fn expression(plan: &Plan, job: &Job) -> Vec<Quoted> {
    let mut lines = condition::terms(&job.condition);
    if lines.is_empty() {
        lines.push(Quoted::fixed("false"));
    }
    let needs = needs(plan, job);
    let (several, last) = (lines.len() > 1, lines.len() - 1);
    for (i, line) in lines.iter_mut().enumerate() {
        let open = match (several && needs.is_some(), i) {
            (true, 0) => "(",
            (true, _) => " ",
            (false, _) => "",
        };
        let close = match (i < last, several, needs.is_some()) {
            (true, ..) => " ||",
            (false, true, true) => ") &&",
            (false, false, true) => " &&",
            (false, _, false) => "",
        };
        *line = glue(&[&Quoted::fixed(open), line, &Quoted::fixed(close)]);
    }
    lines.extend(needs);
    match lines.as_slice() {
        [event, needs] if !several && width(event) + width(needs) < LINE => {
            vec![Quoted::join([event, needs], " ")]
        }
        _ => lines,
    }
}

/// Characters of a line.
fn width(line: &Quoted) -> usize {
    line.as_str().chars().count()
}

fn glue(parts: &[&Quoted]) -> Quoted {
    Quoted::join(parts.iter().copied(), "")
}

/// How the jobs before must have ended.
fn needs(plan: &Plan, job: &Job) -> Option<Quoted> {
    if job.needs.is_empty() {
        return None;
    }
    let ids = |ids: &[&str]| condition::list(&ids.iter().map(|n| groovy(n)).collect::<Vec<_>>());
    let direct: Vec<&str> = job.needs.iter().map(String::as_str).collect();
    let (before, ids, after) = match job.run_if {
        RunIf::AllSucceeded => ("", ids(&direct), ".every { S[it] == 'success' }"),
        RunIf::AnyFailed => ("", ids(&direct), ".any { S[it] == 'failed' }"),
        // A job that did not start because an ancestor failed has not succeeded either, so the ancestors count.
        RunIf::NoneFailed => ("!", ids(&ancestors(plan, job)), ".any { S[it] == 'failed' }"),
    };
    Some(glue(&[&Quoted::fixed(before), &ids, &Quoted::fixed(after)]))
}

/// The needed jobs and everything they need, in the plan's order.
fn ancestors<'a>(plan: &'a Plan, job: &'a Job) -> Vec<&'a str> {
    let mut wanted: BTreeSet<&str> = job.needs.iter().map(String::as_str).collect();
    for other in plan.jobs.iter().rev() {
        if wanted.contains(other.id.as_str()) {
            wanted.extend(other.needs.iter().map(String::as_str));
        }
    }
    plan.jobs.iter().map(|j| j.id.as_str()).filter(|id| wanted.contains(id)).collect()
}

/// Seconds that a stage may wait for an agent once its question was answered.
const AGENT_WAIT: u64 = 3600;

/// Options of the stage: the lock of an environment, and how long a question stands. The option runs on while an agent is
/// looked for and the script writes down who answered, which refuses an answer that came after `expires`.
fn options(job: &Job) -> Option<Quoted> {
    let lock = job
        .lock
        .as_ref()
        .map(|name| glue(&[&Quoted::fixed("lock(resource: "), &groovy(name), &Quoted::fixed(")")]));
    let expires = job.ask.as_ref().and_then(|a| a.expires).map(|after| {
        let seconds = after.seconds.ceil() as u64 + job.longest() + AGENT_WAIT;
        let seconds = Quoted::word(&seconds.to_string());
        glue(&[&Quoted::fixed("timeout(time: "), &seconds, &Quoted::fixed(", unit: 'SECONDS')")])
    });
    let all: Vec<Quoted> = lock.into_iter().chain(expires).collect();
    (!all.is_empty()).then(|| Quoted::join(&all, "; "))
}

/// The arguments of `job(…)`.
fn arguments(job: &Job) -> Quoted {
    let mut out = vec![glue(&[&Quoted::fixed("id: "), &groovy(&job.id)])];
    if !job.reads.is_empty() {
        let reads: Vec<Quoted> = job.reads.iter().map(|r| groovy(r)).collect();
        out.push(glue(&[&Quoted::fixed("reads: "), &condition::list(&reads)]));
    }
    if job.junit {
        out.push(Quoted::fixed("junit: true"));
    }
    Quoted::join(&out, ", ")
}

/// The secrets that Jenkins has to hold for a job.
fn bound(job: &Job) -> impl Iterator<Item = &SecretUse> {
    job.secrets.iter().filter(|s| s.stored_on(PlatformName::Jenkins).is_some())
}

/// The bindings of the tokens that say who the job is.
fn id_tokens(job: &Job) -> Option<Quoted> {
    let binding = |i: &PlanIdentity| {
        let name = groovy(&i.variable);
        glue(&[
            &Quoted::fixed("string(credentialsId: "),
            &name,
            &Quoted::fixed(", variable: "),
            &name,
            &Quoted::fixed(")"),
        ])
    };
    let bindings: Vec<Quoted> = job.identities.iter().map(binding).collect();
    (!bindings.is_empty()).then(|| Quoted::join(&bindings, ", "))
}

/// The bindings of `withCredentials`.
fn secrets(job: &Job) -> Option<Quoted> {
    let binding = |s: &SecretUse| {
        let kind = match s.kind {
            SecretKind::Text => "string(credentialsId: ",
            SecretKind::File => "file(credentialsId: ",
        };
        let (id, name) = (groovy(&s.jenkins), groovy(&s.name));
        glue(&[&Quoted::fixed(kind), &id, &Quoted::fixed(", variable: "), &name, &Quoted::fixed(")")])
    };
    let bindings: Vec<Quoted> = bound(job).map(binding).collect();
    (!bindings.is_empty()).then(|| Quoted::join(&bindings, ", "))
}
