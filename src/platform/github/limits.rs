//! What GitHub Actions refuses, found before a byte is written. Sources: `docs/platforms/github.md`, "Limits".

use super::condition;
use super::view::{BACKSTOP_MINUTES, minutes};
use crate::diag::{Code, Finding, words};
use crate::plan::{Condition, EventKind, Job, Pattern, Plan, Refs, SecretFrom, Trigger};
use crate::render::yaml_folded;
use std::collections::HashMap;

/// Inputs of a `workflow_dispatch`.
const MAX_INPUTS: usize = 25;
/// Top-level properties of a `client_payload`.
const MAX_PAYLOAD: usize = 10;
/// Characters of a job id, exclusive.
const MAX_ID: usize = 100;
/// Characters of an environment's name.
const MAX_ENVIRONMENT: usize = 255;
/// Characters of one expression (`ExpressionConstants.MaxLength` of the runner).
const MAX_EXPRESSION: usize = 21_000;
/// Characters of a workflow file (the workflow parser's default).
const MAX_FILE: usize = 1_048_576;
/// Minutes of a job on a hosted runner.
const HOSTED_MINUTES: u64 = 360;
/// Kept free of a hosted job's six hours for what surrounds the script: the backstop and another 20 minutes in which
/// a step that puts things back can still run.
const HOSTED_SCRIPT_SECONDS: u64 = 330 * 60;
/// Minutes of a job on a self-hosted runner: five days.
const SELF_HOSTED_MINUTES: u64 = 5 * 24 * 60;

/// Everything that the plan alone shows.
pub(super) fn of_plan(plan: &Plan) -> Vec<Finding> {
    let mut out = Vec::new();
    inputs(plan, &mut out);
    letter_case(plan, &mut out);
    let mut unsaid: Vec<Unsaid> = Vec::new();
    let mut ids: HashMap<String, usize> = HashMap::new();
    for job in &plan.jobs {
        *ids.entry(job.id.to_ascii_lowercase()).or_default() += 1;
    }
    for job in &plan.jobs {
        names(job, &ids, &mut out);
        time(job, &mut out);
        expires(job, &mut out);
        waits(job, &mut out);
        match condition::parts(plan, job) {
            Ok(parts) => {
                let text = yaml_folded(&condition::lines(&parts), 0);
                if text.as_str().chars().count() > MAX_EXPRESSION {
                    out.push(
                        Finding::at(
                            Code::GITHUB_SIZE,
                            job.origin.span,
                            format!(
                                "the condition of `{}` is longer than GitHub's {MAX_EXPRESSION} characters",
                                job.id
                            ),
                        )
                        .help("name fewer branches and tags, let some gates wait for others with `after`, or split the pipeline"),
                    );
                }
            }
            Err(missing) => {
                for m in missing {
                    match unsaid.iter_mut().find(|u| u.pattern == m.pattern) {
                        Some(u) if u.events.contains(&m.event) => {}
                        Some(u) => u.events.push(m.event),
                        None => unsaid.push(Unsaid { job, pattern: m.pattern, events: vec![m.event] }),
                    }
                }
            }
        }
    }
    out.extend(unsaid.iter().map(pattern));
    out
}

/// A pattern that no expression can say, with the first job that needs it.
struct Unsaid<'a> {
    job: &'a Job,
    pattern: Pattern,
    events: Vec<String>,
}

/// What only the printed text shows.
pub(super) fn of_text(plan: &Plan, text: &str) -> Vec<Finding> {
    let size = text.chars().count();
    if size <= MAX_FILE {
        return Vec::new();
    }
    let message = format!("the workflow has {size} characters, GitHub reads at most {MAX_FILE}");
    vec![
        Finding::on_path(Code::GITHUB_SIZE, &plan.source, message)
            .help(format!("split the pipeline: it has {}", words::count(plan.jobs.len(), "job"))),
    ]
}

fn inputs(plan: &Plan, out: &mut Vec<Finding>) {
    let manual = plan.inputs.iter().filter(|i| i.manual).count();
    if manual > MAX_INPUTS {
        let message = format!("`on manual` has {manual} inputs, GitHub takes at most {MAX_INPUTS}");
        out.push(Finding::on_path(Code::GITHUB_INPUTS, &plan.source, message).help("remove inputs"));
    }
    for trigger in &plan.triggers {
        let Trigger::Named { name } = trigger else { continue };
        let count = plan.inputs.iter().filter(|i| i.events.contains(name)).count();
        if count > MAX_PAYLOAD {
            let message = format!("`on event {name}` has {count} inputs, GitHub takes at most {MAX_PAYLOAD}");
            out.push(
                Finding::on_path(Code::GITHUB_INPUTS, &plan.source, message)
                    .help("remove inputs, or send one text that a gate takes apart"),
            );
        }
    }
}

/// `ids` counts the jobs by their ids in small letters.
fn names(job: &Job, ids: &HashMap<String, usize>, out: &mut Vec<Finding>) {
    let mut refuse = |message: String, help: &str| {
        out.push(Finding::at(Code::GITHUB_NAME, job.origin.span, message).help(help));
    };
    let starts = job.id.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let word = job.id.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    if !starts || !word || job.id.starts_with("__") || job.id.len() >= MAX_ID {
        refuse(
            format!("GitHub takes no job with the id `{}`", job.id),
            "choose a shorter name of letters, digits and `-`",
        );
    }
    if ids.get(&job.id.to_ascii_lowercase()).is_some_and(|n| *n > 1) {
        refuse(
            format!("GitHub takes `{}` and the same id in other letters for one job", job.id),
            "choose another name",
        );
    }
    if let Some(e) = job.environment.as_ref().filter(|e| e.name.chars().count() > MAX_ENVIRONMENT) {
        refuse(
            format!("the environment `{}` is longer than GitHub's {MAX_ENVIRONMENT} characters", e.name),
            "choose a shorter name",
        );
    }
    for secret in &job.secrets {
        let stored = matches!(secret.from, SecretFrom::Store | SecretFrom::GitlabPredefined);
        if stored && !is_secret_name(&secret.github) {
            refuse(
                format!("GitHub stores no secret with the name `{}`", secret.github),
                "use letters, digits and `_`, do not begin with a digit or `GITHUB_`, and map it with `secret NAME { github \"OTHER\" }`",
            );
        }
        if is_default_variable(&secret.name) {
            refuse(
                format!("the runner keeps the variable `{}` for itself", secret.name),
                "choose a variable that does not begin with `GITHUB_` or `RUNNER_`",
            );
        }
    }
    if job.runner.github.is_empty() {
        let name = job.runner.name.as_deref().unwrap_or("default");
        out.push(
            Finding::at(
                Code::GITHUB_RUNNER,
                job.origin.span,
                format!("the runner `{name}` has no labels for GitHub"),
            )
            .help(format!("write `runner {name} {{ github \"LABEL\" }}`")),
        );
    }
}

fn is_secret_name(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.chars().next().is_some_and(|c| !c.is_ascii_digit())
        && !name.to_ascii_uppercase().starts_with("GITHUB_")
}

fn is_default_variable(name: &str) -> bool {
    name != "GITHUB_TOKEN" && (name.starts_with("GITHUB_") || name.starts_with("RUNNER_"))
}

fn time(job: &Job, out: &mut Vec<Finding>) {
    let self_hosted = job.runner.github.iter().any(|l| l.eq_ignore_ascii_case("self-hosted"));
    let (too_long, most) = if self_hosted {
        (minutes(job.longest()) > SELF_HOSTED_MINUTES, "5 days, less the backstop of 10 minutes".to_owned())
    } else {
        let least = HOSTED_SCRIPT_SECONDS.min((HOSTED_MINUTES - BACKSTOP_MINUTES) * 60);
        (job.longest() > least, "5 h 30 min on a hosted runner".to_owned())
    };
    if too_long {
        let minutes = job.longest().div_ceil(60);
        out.push(
            Finding::at(
                Code::GITHUB_TIME,
                job.origin.span,
                format!("`{}` may take {minutes} minutes, GitHub gives its commands at most {most}", job.id),
            )
            .help("shorten its time limits, wait with `soak` instead of inside a job, or use a self-hosted `runner`"),
        );
    }
}

/// GitHub's own end of a question, in days.
const GITHUB_WAITS: f64 = 30.0;

/// Most minutes of a wait timer (REST API, "Create or update an environment": 30 days).
const MAX_TIMER: u64 = 43_200;

/// A soak is the wait timer of an environment.
fn waits(job: &Job, out: &mut Vec<Finding>) {
    let Some(minutes) = job.wait.map(|s| s.div_ceil(60)).filter(|m| *m > MAX_TIMER) else { return };
    out.push(
        Finding::at(
            Code::GITHUB_SOAK,
            job.origin.span,
            format!(
                "`{}` waits for {minutes} minutes, and a wait timer of GitHub's for {MAX_TIMER} at most",
                job.id
            ),
        )
        .help("soak for 30 days or less, or leave `github` out of `emit`"),
    );
}

/// A shorter time is the script's to keep: it looks at how long the question has stood.
fn expires(job: &Job, out: &mut Vec<Finding>) {
    let days = job.ask.as_ref().and_then(|a| a.expires).map(|e| e.seconds / 86_400.0);
    if days.is_some_and(|d| d > GITHUB_WAITS) {
        out.push(
            Finding::at(
                Code::GITHUB_EXPIRY,
                job.origin.span,
                "GitHub ends a question after 30 days, earlier than `expires` says",
            )
            .help("write `expires 30d` or less, or do not `emit github`"),
        );
    }
}

fn pattern(unsaid: &Unsaid<'_>) -> Finding {
    let Unsaid { job, pattern, events } = unsaid;
    let message = format!(
        "GitHub cannot tell in a run {} whether its ref matches `{}`",
        words::or_list(events),
        pattern.0
    );
    let help = match pattern.0.strip_suffix("/*") {
        Some(prefix) if !prefix.contains('*') => format!("write `{prefix}/**`"),
        _ => "write whole names, one `**`, or one `*` where the pattern has no `/`".to_owned(),
    };
    Finding::at(Code::GITHUB_PATTERN, job.origin.span, message)
        .label(format!("`{}` runs only on some refs", job.id))
        .help(help)
}

/// Two patterns that differ in the case of letters only: GitHub's expressions take them for one.
fn letter_case(plan: &Plan, out: &mut Vec<Finding>) {
    let mut all: Vec<&Pattern> = Vec::new();
    for trigger in &plan.triggers {
        match trigger {
            Trigger::Push { branches: p }
            | Trigger::PullRequest { branches: p }
            | Trigger::Tag { tags: p } => {
                all.extend(p);
            }
            Trigger::Schedule { .. } | Trigger::Manual | Trigger::Named { .. } => {}
        }
    }
    for job in &plan.jobs {
        all.extend(patterns(&job.condition));
    }
    all.sort();
    all.dedup();
    for (i, a) in all.iter().enumerate() {
        if let Some(b) = all.iter().skip(i + 1).find(|b| b.0.eq_ignore_ascii_case(&a.0)) {
            let message = format!("GitHub takes the refs `{}` and `{}` for one", a.0, b.0);
            out.push(
                Finding::on_path(Code::GITHUB_LETTER_CASE, &plan.source, message)
                    .help("name refs that differ in more than the case of letters"),
            );
        }
    }
}

fn patterns(condition: &Condition) -> impl Iterator<Item = &Pattern> {
    condition.any_of.iter().filter(|a| !matches!(a.event, EventKind::Schedule)).flat_map(|a| match &a.refs {
        Refs::Any => [].iter().chain([].iter()),
        Refs::Only { branches, tags } => branches.iter().chain(tags.iter()),
    })
}
