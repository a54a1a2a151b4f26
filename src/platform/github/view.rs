//! What the template sees: every text already quoted for its place, every decision already taken.

use super::pins::{self, Uses};
use super::{condition, expression::Expr, pattern};
use crate::plan::{
    EnvironmentPurpose, EventKind, Job, Pattern, Plan, PlanInput, PlanInstall, PlanPython, Right, RunIf,
    SecretFrom, Step, StepWhen, Trigger, Work,
};
use crate::platform::tools::{self, Tools};
use crate::render::{Quoted, TemplateBug, bash, comment, expression_literal, yaml, yaml_folded, yaml_github};
use crate::spec::InputKind;
use serde::Serialize;
use std::collections::BTreeMap;

/// Minutes that GitHub waits longer than the script: a native time limit ends a job as `cancelled`, which says
/// nothing, so the script's own limit must always come first. Checkout, Python and artifacts fit in it as well.
pub(super) const BACKSTOP_MINUTES: u64 = 10;

/// Days that records and reports are kept: the most that a public repository allows, and longer than the 30 days
/// for which an approval may wait and a run may be run again.
const RETENTION_DAYS: u32 = 90;

/// A workflow file.
#[derive(Debug, Serialize)]
pub(super) struct View {
    name: Quoted,
    on: OnView,
    env: Vec<Pair>,
    uses: BTreeMap<String, Uses>,
    retention_days: u32,
    jobs: Vec<JobView>,
}

/// `on:`, with empty lists for what does not start the workflow.
#[derive(Debug, Serialize)]
struct OnView {
    push: bool,
    push_branches: Vec<Quoted>,
    push_tags: Vec<Quoted>,
    pull_request: bool,
    pull_request_branches: Vec<Quoted>,
    schedules: Vec<ScheduleView>,
    manual: bool,
    inputs: Vec<InputView>,
    events: Vec<Quoted>,
}

#[derive(Debug, Serialize)]
struct ScheduleView {
    cron: Quoted,
    timezone: Option<Quoted>,
}

#[derive(Debug, Serialize)]
struct InputView {
    name: Quoted,
    description: Quoted,
    kind: Quoted,
    default: Quoted,
    options: Vec<Quoted>,
}

/// A key and its value.
#[derive(Debug, Serialize)]
struct Pair {
    name: Quoted,
    value: Quoted,
}

#[derive(Debug, Serialize)]
struct JobView {
    origin: Quoted,
    id: Quoted,
    title: Quoted,
    needs: Quoted,
    condition: Quoted,
    runs_on: Quoted,
    timeout_minutes: u64,
    /// Minutes of the wait timer that its environment has to have.
    wait_minutes: Option<u64>,
    environment: Option<Quoted>,
    deploys_nothing: bool,
    lock: Option<Quoted>,
    permissions: Vec<Permission>,
    python: Option<PythonView>,
    cache: Option<CacheView>,
    downloads: Vec<DownloadView>,
    steps: Vec<StepView>,
    artifact: Quoted,
    record: Quoted,
    reports: Quoted,
}

#[derive(Debug, Serialize)]
struct Permission {
    key: Quoted,
    level: Quoted,
    why: Quoted,
}

/// Interpreter and installer. With `uv` an action brings it, by version; `poetry` is a package like another.
#[derive(Debug, Serialize)]
struct PythonView {
    version: Quoted,
    uv: Option<Quoted>,
    poetry: Option<Quoted>,
}

#[derive(Debug, Serialize)]
struct CacheView {
    path: Quoted,
    key: Quoted,
    restore: Quoted,
}

#[derive(Debug, Serialize)]
struct DownloadView {
    title: Quoted,
    name: Option<Quoted>,
    pattern: Option<Quoted>,
}

#[derive(Debug, Serialize)]
struct StepView {
    id: Quoted,
    title: Quoted,
    condition: Option<Quoted>,
    env: Vec<Pair>,
    run: Quoted,
}

/// The view of a plan.
///
/// # Errors
/// A condition that no expression can say (reported by `limits` before anything is printed), or a broken data file.
pub(super) fn of(plan: &Plan) -> Result<View, TemplateBug> {
    let pins = pins::read()?;
    let tools = tools::read()?;
    Ok(View {
        name: yaml(&plan.pipeline),
        on: on(plan),
        env: environment(plan),
        uses: pins.uses(),
        retention_days: RETENTION_DAYS,
        jobs: plan.jobs.iter().map(|j| job(plan, j, &tools)).collect::<Result<_, _>>()?,
    })
}

fn on(plan: &Plan) -> OnView {
    let mut on = OnView {
        push: false,
        push_branches: Vec::new(),
        push_tags: Vec::new(),
        pull_request: false,
        pull_request_branches: Vec::new(),
        schedules: Vec::new(),
        manual: false,
        inputs: plan.inputs.iter().filter(|i| i.manual).map(input).collect(),
        events: Vec::new(),
    };
    let filters = |patterns: &[Pattern]| -> Vec<Quoted> {
        patterns.iter().map(|p| yaml(&pattern::filter(p))).collect()
    };
    for trigger in &plan.triggers {
        match trigger {
            Trigger::Push { branches } => {
                on.push = true;
                on.push_branches.extend(filters(branches));
            }
            Trigger::Tag { tags } => {
                on.push = true;
                on.push_tags.extend(filters(tags));
            }
            Trigger::PullRequest { branches } => {
                on.pull_request = true;
                on.pull_request_branches.extend(filters(branches));
            }
            Trigger::Schedule { cron, timezone } => {
                on.schedules.push(ScheduleView { cron: yaml(cron), timezone: timezone.as_deref().map(yaml) })
            }
            Trigger::Manual => on.manual = true,
            Trigger::Named { name } => on.events.push(yaml(name)),
        }
    }
    on
}

fn input(input: &PlanInput) -> InputView {
    let (kind, options): (_, &[String]) = match &input.kind {
        InputKind::String => ("string", &[]),
        InputKind::Bool => ("boolean", &[]),
        InputKind::Number => ("number", &[]),
        InputKind::Choice(options) => ("choice", options),
    };
    let default = match (&input.kind, input.default.as_str()) {
        (InputKind::Bool, "true") => Quoted::fixed("true"),
        (InputKind::Bool, _) => Quoted::fixed("false"),
        (InputKind::Number, text) if text.parse::<f64>().is_ok_and(f64::is_finite) => Quoted::word(text),
        (_, text) => yaml(text),
    };
    InputView {
        name: Quoted::word(&input.name),
        description: yaml(&input.name.replace('_', " ")),
        kind: Quoted::fixed(kind),
        default,
        options: options.iter().map(|o| yaml(o)).collect(),
    }
}

/// Environment of the whole workflow: what only the event knows. Both contexts are empty under other events.
fn environment(plan: &Plan) -> Vec<Pair> {
    let value = |i: &PlanInput| {
        let name = &i.name;
        match (i.manual, i.events.is_empty()) {
            // As strings: `inputs.x` would make `false || …` of a boolean.
            (true, false) => {
                format!("${{{{ github.event.inputs.{name} || github.event.client_payload.{name} }}}}")
            }
            (false, _) => format!("${{{{ github.event.client_payload.{name} }}}}"),
            (true, true) => format!("${{{{ inputs.{name} }}}}"),
        }
    };
    let mut env: Vec<Pair> = plan
        .inputs
        .iter()
        .map(|i| Pair {
            name: Quoted::word(&format!("MLPIPE_INPUT_{}", i.name.to_uppercase())),
            value: yaml(&value(i)),
        })
        .collect();
    if condition::events(plan).iter().any(|e| matches!(e, EventKind::Named(_))) {
        env.push(Pair {
            name: Quoted::fixed("MLPIPE_EVENT_NAME"),
            value: yaml("${{ github.event_name == 'repository_dispatch' && github.event.action || '' }}"),
        });
    }
    env
}

fn job(plan: &Plan, job: &Job, tools: &Tools) -> Result<JobView, TemplateBug> {
    let parts = condition::parts(plan, job).map_err(|missing| TemplateBug {
        template: "github/workflow.yml.j2".to_owned(),
        line: None,
        detail: format!("the condition of `{}` passed the limits and cannot be said: {missing:?}", job.id),
    })?;
    let python = plan.python.as_ref().filter(|_| job.python && !job.runner.offline);
    Ok(JobView {
        origin: comment(&format!("{}:{}  {}", job.origin.path, job.origin.line, job.origin.text)),
        id: Quoted::word(&job.id),
        title: yaml_github(&job.title),
        needs: Quoted::join(&job.needs.iter().map(|n| Quoted::word(n)).collect::<Vec<_>>(), ", "),
        condition: yaml_folded(&condition::lines(&parts), 6),
        runs_on: runs_on(&job.runner.github),
        timeout_minutes: minutes(job.longest()),
        wait_minutes: job.wait.map(|seconds| seconds.div_ceil(60)),
        environment: job.environment.as_ref().map(|e| yaml_github(&e.name)),
        deploys_nothing: matches!(&job.environment, Some(e) if e.purpose == EnvironmentPurpose::Reconcile),
        lock: job.lock.as_deref().map(yaml_github),
        permissions: permissions(job),
        python: python.map(|p| python_view(p, tools)),
        cache: python.and_then(|p| cache(plan, job, &p.version, p.install.as_ref())),
        downloads: downloads(job),
        steps: job.steps.iter().enumerate().map(|(i, s)| step(plan, job, s, i == 0)).collect(),
        artifact: yaml_github(&format!("mlpipe-{}", job.id)),
        record: Quoted::word(&format!("mlpipe-out/{}.json", job.id)),
        reports: Quoted::word(&format!("mlpipe-out/{}/", job.id)),
    })
}

fn python_view(python: &PlanPython, tools: &Tools) -> PythonView {
    let uv = matches!(python.install, Some(PlanInstall::Uv { .. }));
    let poetry = matches!(python.install, Some(PlanInstall::Poetry { .. }));
    let install =
        || yaml(&format!("python -m pip install --disable-pip-version-check poetry=={}", tools.poetry));
    PythonView {
        version: yaml(&python.version),
        uv: uv.then(|| yaml(&tools.uv)),
        poetry: poetry.then(install),
    }
}

/// `timeout-minutes` for a script limit in seconds.
pub(super) fn minutes(seconds: u64) -> u64 {
    seconds.div_ceil(60) + BACKSTOP_MINUTES
}

fn runs_on(labels: &[String]) -> Quoted {
    let quoted: Vec<Quoted> = labels.iter().map(|l| yaml_github(l)).collect();
    match quoted.as_slice() {
        [only] => only.clone(),
        many => Quoted::join([&Quoted::fixed("["), &Quoted::join(many, ", "), &Quoted::fixed("]")], ""),
    }
}

fn permissions(job: &Job) -> Vec<Permission> {
    let permission = |key, level, why| Permission {
        key: Quoted::fixed(key),
        level: Quoted::fixed(level),
        why: Quoted::fixed(why),
    };
    let mut out = vec![permission("contents", "read", "check out the commit")];
    let mut rights = job.rights.clone();
    rights.sort();
    rights.dedup();
    out.extend(rights.iter().map(|right| match right {
        Right::WritePackages => permission("packages", "write", "push the image"),
        Right::ReadRuns => {
            permission("actions", "read", "read who approved this run, and the environment's rules")
        }
        Right::IdToken => permission("id-token", "write", "say who the job is to the cloud, without a key"),
    }));
    out
}

/// The cache of Python packages: never in a job that could publish what a cache brought in, and in no workflow that
/// releases from tags or release branches (whose runs would restore what other branches saved).
fn cache(plan: &Plan, job: &Job, version: &str, install: Option<&PlanInstall>) -> Option<CacheView> {
    let publishes = job.environment.is_some()
        || job.lock.is_some()
        || !job.rights.is_empty()
        || matches!(&job.work, Work::Image(_) | Work::Deploy(_) | Work::Approve(_))
        || plan.triggers.iter().any(releases);
    if publishes {
        return None;
    }
    let (tool, files): (_, Vec<String>) = match install? {
        PlanInstall::Pip { files } => ("pip", files.clone()),
        PlanInstall::Poetry { .. } => ("poetry", vec!["poetry.lock".into(), "pyproject.toml".into()]),
        PlanInstall::Uv { .. } => ("uv", vec!["uv.lock".into(), "pyproject.toml".into()]),
    };
    let folder = job.workdir.as_deref().map(|w| format!("{}/", w.trim_end_matches('/'))).unwrap_or_default();
    let list: Vec<String> = files.iter().map(|f| expression_literal(&format!("{folder}{f}"))).collect();
    let restore = format!("mlpipe-${{{{ runner.os }}}}-${{{{ runner.arch }}}}-{tool}-{version}-");
    Some(CacheView {
        path: Quoted::word(&format!(".mlpipe-cache/{tool}")),
        key: yaml(&format!("{restore}${{{{ hashFiles({}) }}}}", list.join(", "))),
        restore: yaml(&restore),
    })
}

/// Is what this trigger starts a release by its name? zizmor's audit `cache-poisoning` asks the same.
fn releases(trigger: &Trigger) -> bool {
    match trigger {
        Trigger::Tag { .. } => true,
        Trigger::Push { branches } => branches.iter().any(|b| b.0.contains("release")),
        _ => false,
    }
}

/// A job that runs only after success reads each record by name, and fails when one is missing. One that reports
/// failure takes what there is: a job that was skipped has none.
fn downloads(job: &Job) -> Vec<DownloadView> {
    if job.run_if == RunIf::AllSucceeded {
        let one = |id: &String| DownloadView {
            title: yaml_github(&format!("Fetch the record of {id}")),
            name: Some(yaml_github(&format!("mlpipe-{id}"))),
            pattern: None,
        };
        return job.reads.iter().map(one).collect();
    }
    let pattern = match job.reads.as_slice() {
        [] => return Vec::new(),
        [only] => format!("mlpipe-{only}"),
        many => format!("mlpipe-{{{}}}", many.join(",")),
    };
    vec![DownloadView {
        title: Quoted::fixed("\"Fetch the records of this run\""),
        name: None,
        pattern: Some(yaml_github(&pattern)),
    }]
}

fn step(plan: &Plan, job: &Job, step: &Step, first: bool) -> StepView {
    let condition = match step.when {
        StepWhen::Normal => None,
        // `always()` also holds after a time-out and a cancel; GitHub then gives the step five minutes. A cancel may come when
        // `begin` has done all that it does and has not ended: the script itself knows whether there is anything to put back.
        StepWhen::Unfinished => {
            let parts = ["always()", "steps.begin.outcome != 'skipped'", "steps.finish.outcome != 'success'"];
            Some(yaml_folded(&condition::lines(&parts.map(|p| Expr::Atom(p.to_owned()))), 10))
        }
    };
    // A cancel signals the shell of the step and nothing that this shell has started: the script takes its place.
    let words = ["exec", "sh", &plan.script].into_iter().chain(step.args.iter().map(String::as_str));
    StepView {
        id: Quoted::word(&step.id),
        title: yaml_github(&step.title),
        condition,
        env: step_env(job, first),
        run: yaml_github(&words.map(shell_word).collect::<Vec<_>>().join(" ")),
    }
}

/// A word of the command line: quoted only when it has to be.
fn shell_word(word: &str) -> String {
    let plain = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    if plain { word.to_owned() } else { bash(word).as_str().to_owned() }
}

/// The variable under which the script looks for the token that reads approvals.
const TOKEN: &str = "GITHUB_TOKEN";

/// Secrets reach the steps that run the script, and no action. The token that reads approvals reaches the first of
/// them only: that is where the script asks.
fn step_env(job: &Job, first: bool) -> Vec<Pair> {
    let reads_runs = job.rights.contains(&Right::ReadRuns);
    let pair = |name: &str, value: &str| Pair { name: Quoted::word(name), value: yaml(value) };
    let mut env = Vec::new();
    for secret in &job.secrets {
        match secret.from {
            SecretFrom::GithubTokenOnly => {}
            SecretFrom::GithubToken if reads_runs && secret.name == TOKEN => {}
            SecretFrom::GithubToken => env.push(pair(&secret.name, "${{ github.token }}")),
            SecretFrom::Store | SecretFrom::GitlabPredefined => {
                let stored = Quoted::word(&secret.github);
                env.push(pair(&secret.name, &format!("${{{{ secrets.{} }}}}", stored.as_str())));
            }
            SecretFrom::StoreExceptGithub | SecretFrom::StoreOnGitlab => {}
        }
    }
    if first && reads_runs {
        env.push(pair(TOKEN, "${{ github.token }}"));
    }
    env
}
