//! The program that every platform starts: one bash script per pipeline and one Python file for all of them.
//!
//! The script is what a person reads in a review: a function per job, each a list of calls of small verbs, with every
//! text of the user's as one word in single quotes. What the verbs do is in the runtime.

mod calls;
mod help;
mod runtime;
mod tool_images;

pub use runtime::runtime;

use crate::plan::{Job, Plan, PlanInput, Work};
use crate::render::{Overlay, Quoted, TemplateBug, Templates, bash, comment};
use crate::spec::InputKind;
use serde::Serialize;

const TEMPLATE: &str = "script/pipeline.sh.j2";
static TEMPLATES: Templates =
    Templates::new(&[(TEMPLATE, include_str!("../../templates/script/pipeline.sh.j2"))]);

/// What the template prints.
#[derive(Serialize)]
struct View {
    pipeline: Quoted,
    pipeline_quoted: Quoted,
    script: Quoted,
    all_secrets: Quoted,
    inputs: Vec<Quoted>,
    jobs: Vec<JobView>,
    ledgers: Vec<LedgerView>,
    names: Vec<Quoted>,
    help: Vec<Quoted>,
    arms: Vec<Arm>,
}

#[derive(Serialize)]
struct JobView {
    origin: Quoted,
    function: Quoted,
    calls: Vec<Quoted>,
}

/// What a person does with the ledger of one environment.
#[derive(Serialize)]
struct LedgerView {
    environment: Quoted,
    function: Quoted,
    calls: Vec<Quoted>,
}

/// One line of the program's `case`.
#[derive(Serialize)]
struct Arm {
    pattern: Quoted,
    call: Quoted,
}

/// Parses the built-in template, so that printing the first script need not wait for it.
pub fn prepare() {
    TEMPLATES.prepare();
}

/// The pipeline's program by the built-in template, without the header that names its source.
///
/// # Errors
/// A template that fails: our bug.
pub fn emit(plan: &Plan) -> Result<String, TemplateBug> {
    emit_with(plan, &Overlay::default())
}

/// The pipeline's program, without the header, by the overlay's template if it has one.
///
/// # Errors
/// A template that fails.
pub fn emit_with(plan: &Plan, overlay: &Overlay) -> Result<String, TemplateBug> {
    TEMPLATES.render(TEMPLATE, &view(plan), overlay)
}

/// The templates: path below `templates/` and text.
pub fn templates() -> &'static [(&'static str, &'static str)] {
    TEMPLATES.texts()
}

fn view(plan: &Plan) -> View {
    let arms = arms(plan);
    View {
        pipeline: Quoted::word(&plan.pipeline),
        pipeline_quoted: bash(&plan.pipeline),
        script: Quoted::word(&plan.script),
        all_secrets: words(all_secrets(plan).into_iter().map(bash)),
        inputs: plan.inputs.iter().map(input).collect(),
        jobs: plan
            .jobs
            .iter()
            .chain(&plan.drills)
            .map(|job| JobView {
                origin: comment(&format!("{}:{}: {}", job.origin.path, job.origin.line, job.origin.text)),
                function: function(job),
                calls: calls::of(plan, job),
            })
            .collect(),
        ledgers: plan.jobs.iter().filter_map(|job| ledger(plan, job)).collect(),
        names: arms.iter().map(|(args, _)| bash(args)).collect(),
        help: help::lines(plan).iter().map(|line| bash(line)).collect(),
        arms: arms.into_iter().map(|(args, call)| Arm { pattern: bash(&args), call }).collect(),
    }
}

/// What GitHub gives a job to ask for its id tokens with (docs, "OpenID Connect reference").
const TOKEN_REQUEST: [&str; 2] = ["ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL"];

/// Every variable that holds a secret somewhere: the names that jobs see, and on GitLab, where project variables reach
/// every job, the names that they have there.
fn all_secrets(plan: &Plan) -> Vec<&str> {
    let shell_name = |n: &&str| {
        n.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let there = plan.jobs.iter().flat_map(|j| &j.secrets).map(|s| s.gitlab.as_str()).filter(shell_name);
    let mut all: Vec<&str> = plan.secrets.iter().map(String::as_str).chain(there).collect();
    let tokens = plan.jobs.iter().flat_map(|j| &j.identities).map(|i| i.variable.as_str());
    all.extend(tokens);
    if plan.jobs.iter().any(|j| !j.identities.is_empty()) {
        all.extend(TOKEN_REQUEST);
    }
    let mut seen = Vec::new();
    all.retain(|n| {
        !seen.contains(n) && {
            seen.push(*n);
            true
        }
    });
    all
}

/// The name of a job's function. Ids hold `[a-z0-9-]` only, so two jobs never share one.
fn function(job: &Job) -> Quoted {
    Quoted::word(&format!("job_{}", job.id.replace('-', "_")))
}

fn ledger(plan: &Plan, job: &Job) -> Option<LedgerView> {
    let Work::Deploy(deploy) = &job.work else { return None };
    let calls = calls::ledger(plan, &deploy.environment, deploy.ledger.as_ref()?);
    let function = Quoted::word(&format!("ledger_{}", deploy.environment.replace('-', "_")));
    Some(LedgerView { environment: Quoted::word(&deploy.environment), function, calls })
}

/// What a person or a platform says to the script, and the call that it makes.
fn arms(plan: &Plan) -> Vec<(String, Quoted)> {
    let mut arms = Vec::new();
    for job in plan.jobs.iter().chain(&plan.drills) {
        if let Work::Deploy(deploy) = &job.work {
            let all = words([function(job), Quoted::fixed("all")]);
            arms.push((format!("deploy {}", deploy.environment), all));
            for step in &job.steps {
                let phase = Quoted::word(step.args.last().map_or("", String::as_str));
                arms.push((step.args.join(" "), words([function(job), phase])));
            }
            if deploy.shadow.is_some() {
                let call = words([function(job), Quoted::fixed("shadow-stop")]);
                arms.push((format!("deploy {} shadow-stop", deploy.environment), call));
            }
        } else {
            arms.extend(job.steps.iter().map(|step| (step.args.join(" "), function(job))));
        }
    }
    arms
}

/// The words of an `input` call: name, kind, default, the events that bring it, choices.
fn input(input: &PlanInput) -> Quoted {
    let (kind, choices): (_, &[String]) = match &input.kind {
        InputKind::String => ("string", &[]),
        InputKind::Bool => ("bool", &[]),
        InputKind::Number => ("number", &[]),
        InputKind::Choice(choices) => ("choice", choices),
    };
    let manual = input.manual.then(|| "manual".to_owned());
    let events: Vec<_> =
        manual.into_iter().chain(input.events.iter().map(|event| format!("event:{event}"))).collect();
    let head = [bash(&input.name), Quoted::fixed(kind), bash(&input.default), bash(&events.join(" "))];
    words(head.into_iter().chain(choices.iter().map(|choice| bash(choice))))
}

/// Words with spaces between.
fn words(all: impl IntoIterator<Item = Quoted>) -> Quoted {
    let all: Vec<_> = all.into_iter().collect();
    Quoted::join(&all, " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture;

    #[test]
    fn every_step_of_every_platform_has_its_arm() {
        let plan = fixture::full();
        let text = emit(&plan).unwrap();
        for step in plan.jobs.iter().flat_map(|job| &job.steps) {
            assert!(text.contains(&format!("\n    '{}') ", step.args.join(" "))), "{:?}", step.args);
        }
        assert!(text.contains("\n    'deploy staging') job_deploy_staging all ;;\n"));
    }

    #[test]
    fn an_input_says_which_events_bring_it() {
        let inputs: Vec<_> = fixture::full().inputs.iter().map(|i| input(i).as_str().to_owned()).collect();
        assert_eq!(
            inputs,
            [
                "'reason' string '' 'manual'",
                "'dry_run' bool 'false' 'manual'",
                "'size' choice 's' 'manual' 's' 'l'",
                "'model_version' string '' 'event:model-registered'",
            ]
        );
    }
}
