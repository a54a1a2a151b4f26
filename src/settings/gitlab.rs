//! GitLab: protected environments, variables, schedules, resource groups. `docs/platforms/gitlab.md` has the sources.

use super::collect::{Collector, Draft, From, written};
use super::{Checked, Input, Need, RefKind, Setting, refs, rights, secrets, trust};
use crate::plan::{EnvironmentPurpose, Job, Pattern, Plan, Trigger, Work};
use crate::spec::PlatformName;

/// Protected environments.
const PREMIUM: &str = "GitLab Premium";
/// The input of a root file that says which pipeline a person or a schedule starts.
const START_INPUT: &str = "mlpipe_pipeline";

pub(super) fn collect(plan: &Plan, items: &mut Collector) {
    version(plan, items);
    for trigger in &plan.triggers {
        of_trigger(plan, trigger, items);
    }
    for job in &plan.jobs {
        runner(plan, job, items);
        protected(plan, job, items);
        environment(plan, job, items);
        secrets::of_job(plan, job, items);
        trust::of_job(plan, job, items);
        rights::of_job(plan, job, items);
        group(plan, job, items);
    }
    project(plan, items);
}

fn shared(plan: &Plan) -> bool {
    plan.emit.iter().any(|e| e.platform == PlatformName::Gitlab && e.shared_root)
}

fn version(plan: &Plan, items: &mut Collector) {
    let starts = plan.triggers.iter().any(|t| matches!(t, Trigger::Schedule { .. } | Trigger::Manual));
    let named = plan.triggers.iter().any(|t| matches!(t, Trigger::Named { .. }));
    let asks = plan.jobs.iter().any(|j| j.ask.is_some());
    let (minimum, why) = if !plan.inputs.is_empty() || named || (starts && shared(plan)) {
        ("17.11", "the file has inputs")
    } else if asks {
        ("17.1", "the approval job has a question of its own")
    } else {
        return;
    };
    items.add(
        &From::Pipeline(plan),
        Draft {
            id: format!("version/{minimum}"),
            title: format!("GitLab {minimum} or newer, runner 16.4 or newer"),
            setting: Setting::Version { minimum: minimum.into() },
            need: Need::Required,
            why: format!(
                "{why}; the runner keeps the limits of `after_script`, which puts back after a cancel"
            ),
            without: "an older GitLab refuses the file; an older runner gives putting back too little time"
                .into(),
            checked: Checked::Nobody,
            takes: "",
        },
    );
}

fn of_trigger(plan: &Plan, trigger: &Trigger, items: &mut Collector) {
    let from = From::Trigger(plan, trigger);
    let branch = plan.home_branch.clone();
    match trigger {
        Trigger::Schedule { cron, timezone } => {
            let timezone = timezone.as_deref().unwrap_or("UTC");
            let input = shared(plan)
                .then(|| Input { name: START_INPUT.into(), value: plan.pipeline.clone() });
            items.add(
                &from,
                Draft {
                    id: format!("schedule/{}/{cron} {timezone}", plan.pipeline),
                    title: format!("Schedule {cron}, {timezone}, on {branch}"),
                    setting: Setting::Schedule {
                        description: format!("mlpipe {}: {cron} {timezone}", plan.pipeline),
                        cron: cron.clone(),
                        timezone: timezone.to_owned(),
                        branch,
                        input,
                    },
                    need: Need::Required,
                    why: format!("GitLab keeps schedules outside the file, and the spec says `{}`", written(trigger)),
                    without: "nothing starts at that time".into(),
                    checked: Checked::Nobody,
                    takes: "",
                },
            );
        }
        Trigger::Named { name } => items.add(
            &from,
            Draft {
                id: format!("event/{name}"),
                title: format!("A trigger token for whoever sends the event {name}"),
                setting: Setting::Event { name: name.clone(), branch },
                need: Need::Required,
                why: format!(
                    "the event comes by POST /projects/:id/trigger/pipeline with `ref` and `inputs[mlpipe_event]={name}`"
                ),
                without: "the caller is refused, and no pipeline starts".into(),
                checked: Checked::Nobody,
                takes: "",
            },
        ),
        _ => {}
    }
}

fn runner(plan: &Plan, job: &Job, items: &mut Collector) {
    let runner = &job.runner.gitlab;
    let engine = runner.services.iter().any(|s| s.contains("dind"));
    if runner.tags.is_empty() && !engine {
        return;
    }
    let (id, title) = if runner.tags.is_empty() {
        ("runner/privileged".to_owned(), "A runner that lets containers run privileged".to_owned())
    } else {
        let tags = runner.tags.join(", ");
        (format!("runner/{}", runner.tags.join("+")), format!("A runner with the tags {tags}"))
    };
    let tools = if runner.image.is_some() { vec![] } else { secrets::tools(plan, job) };
    items.add(
        &From::Job(plan, job),
        Draft {
            id,
            title,
            setting: Setting::Runner { labels: runner.tags.clone(), privileged: engine, tools },
            need: Need::Required,
            why: if engine {
                "the image is built by docker-in-docker; GitLab.com's own runners do, a `runner` of yours replaces it"
                    .into()
            } else {
                "jobs run on it".into()
            },
            without: if engine { "the job cannot start docker".into() } else { "the jobs wait".into() },
            checked: if engine { Checked::Job } else { Checked::Nobody },
            takes: "",
        },
    );
}

/// Variables that are protected reach protected branches and tags only.
fn protected(plan: &Plan, job: &Job, items: &mut Collector) {
    let secret = job.secrets.iter().any(|s| s.stored_on(PlatformName::Gitlab).is_some());
    let only = secrets::only_on_named_refs(job);
    let deploys = matches!(
        job.work,
        Work::Deploy(_) | Work::Approve(_) | Work::Soak(_) | Work::Reconcile(_) | Work::Drill(_)
    );
    if !(deploys || secret && only) {
        return;
    }
    let Some(reach) = refs::reach(&job.condition) else { return };
    let kinds = [(RefKind::Branch, &reach.branches), (RefKind::Tag, &reach.tags)];
    let all = kinds.iter().flat_map(|(kind, refs)| refs.iter().map(move |r| (*kind, r)));
    for (what, pattern) in all.collect::<Vec<(RefKind, &Pattern)>>() {
        let pattern = refs::gitlab(pattern);
        items.add(
            &From::Job(plan, job),
            Draft {
                id: format!("protected/{}/{pattern}", what.word()),
                title: format!("Protected {} {pattern}", what.word()),
                setting: Setting::Protected { what, pattern },
                need: if secret { Need::Required } else { Need::Advised },
                why: "protected variables reach protected branches and tags only, and who may push there may deploy"
                    .into(),
                without: "the jobs see no value of their secrets, stop, and name them".into(),
                checked: if secret { Checked::Job } else { Checked::Nobody },
                takes: "",
            },
        );
    }
}

fn environment(plan: &Plan, job: &Job, items: &mut Collector) {
    let Some(environment) = &job.environment else { return };
    let from = From::Job(plan, job);
    let name = &environment.name;
    match (environment.purpose, &job.work) {
        (EnvironmentPurpose::Approval, Work::Approve(work)) => {
            let by = job.ask.as_ref().map(|a| a.by.clone()).unwrap_or_default();
            let who = if by.is_empty() { "people of your choice".to_owned() } else { by.join(", ") };
            let checked = work.unchecked.is_none();
            items.add(
                &from,
                Draft {
                    id: format!("approval/{name}"),
                    title: format!("Protected environment {name}, allowed to deploy: {who}"),
                    setting: Setting::Approval { environment: name.clone(), by },
                    need: if checked { Need::Required } else { Need::Advised },
                    why: format!("who may press the approval of {} is a setting of GitLab's", work.environment),
                    without: if checked {
                        "the approval job stops: the environment is not protected".into()
                    } else {
                        "whoever may merge to the branch may press it (the spec says `unchecked`)".into()
                    },
                    checked: if checked { Checked::Preflight } else { Checked::Nobody },
                    takes: PREMIUM,
                },
            );
        }
        (EnvironmentPurpose::Deploy | EnvironmentPurpose::Reconcile, _) => items.add(
            &from,
            Draft {
                id: format!("environment/{name}"),
                title: format!("Environment {name}, protected"),
                setting: Setting::Environment {
                    name: name.clone(),
                    tier: Some(environment.tier.clone()),
                    branches: vec![],
                    tags: vec![],
                    wait_minutes: None,
                },
                need: Need::Advised,
                why: "the first deploy makes it; protect it for all who may start the pipeline, since the deploy runs as who \
                      started it and fails for anybody else"
                    .into(),
                without: "whoever may merge to the branch may deploy".into(),
                checked: Checked::Nobody,
                takes: PREMIUM,
            },
        ),
        // The file says how long; the first run makes the environment, for the scope of its variables.
        (EnvironmentPurpose::Approval | EnvironmentPurpose::Soak, _) => {}
    }
}

fn group(plan: &Plan, job: &Job, items: &mut Collector) {
    let Some(key) = &job.lock else { return };
    items.add(
        &From::Job(plan, job),
        Draft {
            id: format!("resource-group/{key}"),
            title: format!("Resource group {key} in the mode oldest_first"),
            setting: Setting::ResourceGroup { key: key.clone(), mode: "oldest_first".into() },
            need: Need::Required,
            why: "deploys that wait go in the order in which they came; the first pipeline with the job makes the group, \
                  in the mode unordered"
                .into(),
            without: "a deploy that waits may overtake an older one".into(),
            checked: Checked::Nobody,
            takes: "",
        },
    );
}

fn project(plan: &Plan, items: &mut Collector) {
    if plan.jobs.iter().any(|j| matches!(j.work, Work::Deploy(_))) {
        items.add(
            &From::Pipeline(plan),
            Draft {
                id: "option/ci_forward_deployment_enabled".into(),
                title: "Prevent outdated deployment jobs: on".into(),
                setting: Setting::Option { key: "ci_forward_deployment_enabled".into(), value: "true".into() },
                need: Need::Required,
                why: "an older deploy does not run after a newer one (Settings, CI/CD, General pipelines; the default)"
                    .into(),
                without: "a late answer to an approval may put an older version over a newer one".into(),
                checked: Checked::Nobody,
                takes: "",
            },
        );
    }
    items.add(
        &From::Pipeline(plan),
        Draft {
            id: "option/ci_pipeline_variables_minimum_override_role".into(),
            title: "Who may set pipeline variables: nobody".into(),
            setting: Setting::Option {
                key: "ci_pipeline_variables_minimum_override_role".into(),
                value: "no_one_allowed".into(),
            },
            need: Need::Required,
            why: "a variable given at the start of a pipeline would beat the file's own (the default of new projects)".into(),
            without: "whoever may start a pipeline may change what its jobs do".into(),
            checked: Checked::Nobody,
            takes: "",
        },
    );
}
