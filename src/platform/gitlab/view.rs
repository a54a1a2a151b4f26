//! What the templates print: everything quoted, every decision taken.

use super::exports;
use super::inputs::{InputView, inputs};
use super::rules::{job_rules, workflow_rules};
use super::stages::{Stages, stages};
use super::words::{call, note, scalar};
use super::{by_needs, job_name, shared, stage_name};
use crate::plan::{
    DeployWork, EnvironmentPurpose, Job, Plan, PlanEnvironment, PlanIdentity, PlanInstall, RunIf, SecretUse,
    StepWhen, Trigger, Work,
};
use crate::platform::tools::Tools;
use crate::render::{Quoted, yaml};
use crate::spec::PlatformName;
use serde::Serialize;

/// Minutes that the platform's limit lies above the script's own: for checkout, cache and uploads.
const BACKSTOP: u64 = 10;
/// Minutes that `after_script` gets unless a variable says otherwise.
const AFTER_SCRIPT: u64 = 5;

/// A pipeline's file.
#[derive(Debug, Serialize)]
pub(super) struct PipelineView {
    /// Included by a root file, which holds `spec`, `workflow`, `stages`, `default` and `variables`.
    shared: bool,
    settings: Vec<Quoted>,
    inputs: Vec<InputView>,
    rules: Vec<RuleView>,
    stages: Vec<Quoted>,
    jobs: Vec<JobView>,
}

/// The root file of several pipelines.
#[derive(Debug, Serialize)]
pub(super) struct RootView {
    inputs: Vec<InputView>,
    rules: Vec<RuleView>,
    stages: Vec<Quoted>,
    includes: Vec<Quoted>,
}

#[derive(Debug, Serialize)]
struct RuleView {
    when: Quoted,
    never: bool,
    why: Option<Quoted>,
}

#[derive(Debug, Serialize)]
struct JobView {
    origin: Quoted,
    secrets: Vec<Quoted>,
    name: Quoted,
    stage: Quoted,
    /// The platform's `needs`; a notification has none and looks at every earlier stage.
    needs: Option<Vec<NeedView>>,
    dependencies: Vec<Quoted>,
    rules: Vec<Quoted>,
    /// `when` of the rules, where it is not the default.
    outcome: Option<Quoted>,
    manual: bool,
    /// How long it waits before it starts.
    start_in: Option<Quoted>,
    question: Option<Quoted>,
    tags: Vec<Quoted>,
    image: Option<Quoted>,
    services: Vec<ServiceView>,
    docker: bool,
    environment: Option<EnvironmentView>,
    id_tokens: Vec<IdTokenView>,
    lock: Option<Quoted>,
    timeout: u64,
    after_script: Option<AfterScript>,
    cache: Option<CacheView>,
    prepare: Vec<Quoted>,
    exports: Vec<Quoted>,
    script: Quoted,
    restore: Option<Quoted>,
    record: Quoted,
    files: Quoted,
    junit: Option<Quoted>,
    metrics: Option<Quoted>,
}

#[derive(Debug, Serialize)]
struct NeedView {
    job: Quoted,
    artifacts: bool,
}

#[derive(Debug, Serialize)]
struct ServiceView {
    name: Quoted,
    docker: bool,
}

#[derive(Debug, Serialize)]
struct EnvironmentView {
    name: Quoted,
    tier: Quoted,
    deploys_nothing: bool,
}

/// A token that says who the job is.
#[derive(Debug, Serialize)]
struct IdTokenView {
    variable: Quoted,
    audience: Quoted,
}

/// Minutes after which the runner ends a deploy's script, and those of putting back afterwards.
#[derive(Debug, Serialize)]
struct AfterScript {
    script: u64,
    after: u64,
}

#[derive(Debug, Serialize)]
struct CacheView {
    files: Vec<Quoted>,
    key: Quoted,
    path: Quoted,
}

/// The view of one pipeline.
pub(super) fn pipeline(plan: &Plan, tools: &Tools) -> PipelineView {
    let shared = shared(plan);
    let Stages { all, of } = stages(plan);
    let start = shared.then_some(plan.pipeline.as_str());
    PipelineView {
        shared,
        settings: settings(plan).iter().map(|s| note(s)).collect(),
        inputs: if shared { Vec::new() } else { inputs(&[plan], false) },
        rules: rule_views(plan, start),
        stages: all.iter().map(|s| scalar(&stage_name(plan, s))).collect(),
        jobs: plan.jobs.iter().zip(&of).map(|(j, s)| job(plan, j, s, start, tools)).collect(),
    }
}

/// The view of the file that includes several.
pub(super) fn root(plans: &[&Plan], paths: &[String]) -> RootView {
    let mut rules: Vec<RuleView> = Vec::new();
    // A rule that keeps a pipeline away would keep another pipeline's jobs away too: such rules stay out, and a push to
    // an open merge request runs twice rather than not at all.
    for r in plans.iter().flat_map(|p| rule_views(p, Some(&p.pipeline))).filter(|r| !r.never) {
        if rules.iter().all(|known| known.when.as_str() != r.when.as_str()) {
            rules.push(r);
        }
    }
    RootView {
        inputs: inputs(plans, true),
        rules,
        stages: plans
            .iter()
            .flat_map(|p| stages(p).all.into_iter().map(|s| scalar(&stage_name(p, &s))))
            .collect(),
        includes: paths.iter().map(|p| yaml(&format!("/{p}"))).collect(),
    }
}

fn rule_views(plan: &Plan, start: Option<&str>) -> Vec<RuleView> {
    let view = |r: super::rules::WorkflowRule| RuleView {
        when: yaml(&r.when),
        never: r.never,
        why: r.why.map(Quoted::fixed),
    };
    workflow_rules(plan, start).into_iter().map(view).collect()
}

fn job(plan: &Plan, j: &Job, stage: &str, start: Option<&str>, tools: &Tools) -> JobView {
    let need = |id: &String| NeedView { job: name(plan, id), artifacts: j.reads.contains(id) };
    let ordered = by_needs(j);
    let file = |name: &str| scalar(&format!("mlpipe-out/{}/{name}", j.id));
    let restore = j.steps.iter().find(|s| s.when == StepWhen::Unfinished);
    let limit = j.timeout.div_ceil(60);
    let after_script =
        restore.map(|_| AfterScript { script: limit + restore_minutes(j), after: restore_minutes(j) });
    JobView {
        origin: note(&format!("{}:{}: {}", j.origin.path, j.origin.line, j.origin.text)),
        secrets: j.secrets.iter().filter(|s| stored(s)).map(|s| secret_note(s, j)).collect(),
        name: name(plan, &j.id),
        stage: scalar(&stage_name(plan, stage)),
        needs: ordered.then(|| j.needs.iter().map(need).collect()),
        dependencies: if ordered { Vec::new() } else { j.reads.iter().map(|id| name(plan, id)).collect() },
        rules: job_rules(&j.condition, start).iter().map(|r| yaml(r)).collect(),
        outcome: match j.run_if {
            RunIf::AllSucceeded => None,
            RunIf::NoneFailed => Some(Quoted::fixed("on_success")),
            RunIf::AnyFailed => Some(Quoted::fixed("on_failure")),
        },
        manual: j.ask.is_some(),
        start_in: j.wait.map(|seconds| yaml(&format!("{seconds} seconds"))),
        question: j.ask.as_ref().map(|a| yaml(&a.question)),
        tags: j.runner.gitlab.tags.iter().map(|t| scalar(t)).collect(),
        image: j.runner.gitlab.image.as_deref().map(scalar),
        services: j.runner.gitlab.services.iter().map(|s| service(s)).collect(),
        docker: j.runner.gitlab.services.iter().any(|s| is_docker_engine(s)),
        environment: j.environment.as_ref().map(environment),
        id_tokens: j.identities.iter().map(id_token).collect(),
        lock: j.lock.as_deref().map(scalar),
        timeout: BACKSTOP + after_script.as_ref().map_or(limit, |a| a.script + a.after),
        after_script,
        cache: cache(plan, j),
        prepare: j.runner.gitlab.prepare.iter().chain(&installers(plan, j, tools)).map(|c| yaml(c)).collect(),
        exports: exports::lines(j).iter().map(|l| yaml(l)).collect(),
        script: call(&plan.script, &whole(j)),
        restore: restore.map(|s| call(&plan.script, &s.args)),
        record: scalar(&format!("mlpipe-out/{}.json", j.id)),
        files: file(""),
        junit: j.junit.then(|| file("junit.xml")),
        metrics: j.metrics.then(|| file("metrics.txt")),
    }
}

fn environment(e: &PlanEnvironment) -> EnvironmentView {
    let deploys_nothing = e.purpose == EnvironmentPurpose::Reconcile;
    EnvironmentView { name: scalar(&e.name), tier: scalar(&e.tier), deploys_nothing }
}

/// What brings the installer that the spec's `python` names: no image of a job's default runner has one. The job of an
/// image runs where the system's Python is of some version, so it also gets `uv`, which finds the right one. Into a folder
/// of its own, because a system's Python takes no packages; not on a runner without an image, which is somebody's machine.
fn installers(plan: &Plan, j: &Job, tools: &Tools) -> Vec<String> {
    let container = j.runner.gitlab.image.is_some() && !j.runner.offline;
    let Some(python) = plan.python.as_ref().filter(|_| j.python && container) else { return Vec::new() };
    let mut wanted = match python.install {
        Some(PlanInstall::Poetry { .. }) => vec![("poetry", &tools.poetry)],
        Some(PlanInstall::Uv { .. }) => vec![("uv", &tools.uv)],
        Some(PlanInstall::Pip { .. }) | None => Vec::new(),
    };
    if matches!(j.work, Work::Image(_)) && wanted.iter().all(|(tool, _)| *tool != "uv") {
        wanted.push(("uv", &tools.uv));
    }
    let bring = |(tool, version): (&str, &String)| {
        let folder = format!("/opt/mlpipe-{tool}");
        format!(
            "command -v {tool} >/dev/null || {{ python3 -m venv {folder} && {folder}/bin/python -m pip install --quiet \
             --disable-pip-version-check {tool}=={version} && ln -s {folder}/bin/{tool} /usr/local/bin/{tool}; }}"
        )
    };
    wanted.into_iter().map(bring).collect()
}

fn name(plan: &Plan, id: &str) -> Quoted {
    scalar(&job_name(plan, id))
}

/// GitLab has no steps: a deploy's phases are one call, which runs them in order.
fn whole(j: &Job) -> Vec<String> {
    match &j.work {
        Work::Deploy(DeployWork { environment, .. }) => vec!["deploy".into(), environment.clone()],
        _ => j.steps.first().map(|s| s.args.clone()).unwrap_or_default(),
    }
}

/// Minutes that putting back may take, after a failure in the script and after a cancel behind it.
fn restore_minutes(j: &Job) -> u64 {
    j.restore_seconds().div_ceil(60).max(AFTER_SCRIPT)
}

fn stored(s: &SecretUse) -> bool {
    s.stored_on(PlatformName::Gitlab).is_some()
}

fn secret_note(s: &SecretUse, j: &Job) -> Quoted {
    match &j.environment {
        Some(e) => note(&format!("{}, scoped to the environment {}", s.gitlab, e.name)),
        None => note(&s.gitlab),
    }
}

fn id_token(identity: &PlanIdentity) -> IdTokenView {
    IdTokenView {
        variable: Quoted::word(&identity.variable),
        audience: scalar(&identity.audience_on(PlatformName::Gitlab)),
    }
}

fn service(image: &str) -> ServiceView {
    ServiceView { name: scalar(image), docker: is_docker_engine(image) }
}

/// `docker:28.5-dind`, from whichever registry.
fn is_docker_engine(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split_once(':').is_some_and(|(name, tag)| name == "docker" && tag.contains("dind"))
}

/// Downloads of a gate's or a model's Python. What publishes or deploys takes nothing from a cache.
fn cache(plan: &Plan, j: &Job) -> Option<CacheView> {
    let python = plan.python.as_ref().filter(|_| j.python)?;
    if !matches!(j.work, Work::Gate(_) | Work::Model(_)) {
        return None;
    }
    let (tool, names): (&str, Vec<String>) = match python.install.as_ref()? {
        PlanInstall::Pip { files } => ("pip", files.clone()),
        PlanInstall::Poetry { .. } => ("poetry", vec!["poetry.lock".into()]),
        PlanInstall::Uv { .. } => ("uv", vec!["uv.lock".into()]),
    };
    let below = |f: &String| match &j.workdir {
        Some(dir) => format!("{}/{f}", dir.trim_end_matches('/')),
        None => f.clone(),
    };
    // GitLab takes two files at most, from below the root, and expands variables in their names.
    let plain = |f: &String| !f.contains('$') && !f.contains("..");
    let files: Vec<Quoted> = names.iter().map(below).filter(plain).take(2).map(|f| scalar(&f)).collect();
    Some(CacheView {
        files,
        key: scalar(&format!("mlpipe-{tool}-{}", python.version)),
        path: yaml(&format!(".mlpipe-cache/{tool}/")),
    })
}

/// What a person sets up in the project, one line each; `docs/platforms/gitlab.md` says how.
fn settings(plan: &Plan) -> Vec<String> {
    let mut out = Vec::new();
    for t in &plan.triggers {
        if let Trigger::Schedule { cron, timezone } = t {
            let zone = timezone.as_deref().unwrap_or("UTC");
            let mut line =
                format!("pipeline schedule: cron {cron}, zone {zone}, branch {}", plan.home_branch);
            if shared(plan) {
                line = format!("{line}, input {}: {}", super::inputs::START_INPUT, plan.pipeline);
            }
            out.push(line);
        }
        if let Trigger::Named { name } = t {
            out.push(format!(
                "pipeline trigger token: event {name} comes on branch {} with the input {}",
                plan.home_branch,
                super::inputs::EVENT_INPUT
            ));
        }
    }
    let mut asked = false;
    for j in &plan.jobs {
        if let Some(lock) = &j.lock {
            let line = format!("resource group {lock}: process mode oldest_first");
            if !out.contains(&line) {
                out.push(line);
            }
        }
        let checked = matches!(&j.work, Work::Approve(a) if a.unchecked.is_none());
        if let (true, Some(ask), Some(e)) = (checked, &j.ask, &j.environment) {
            let who = if ask.by.is_empty() { "who may approve".to_owned() } else { ask.by.join(", ") };
            out.push(format!("protected environment {}: allowed to deploy: {who}", e.name));
            asked = true;
        }
    }
    if asked {
        out.push(
            "project variable MLPIPE_READ_TOKEN: a project access token, role Maintainer, scope read_api"
                .into(),
        );
    }
    out
}
