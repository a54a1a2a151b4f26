//! Jenkins: plugins, credentials, the multibranch job, agents. `docs/platforms/jenkins.md` has the sources.

use super::collect::{Collector, Draft, From};
use super::{Checked, Need, Setting, rights, secrets, trust};
use crate::plan::{Job, Plan, Trigger, Work};
use crate::spec::PlatformName;

pub(super) fn collect(plan: &Plan, items: &mut Collector) {
    plugins(plan, items);
    job_of(plan, items);
    for job in &plan.jobs {
        agent(plan, job, items);
        people(plan, job, items);
        secrets::of_job(plan, job, items);
        trust::of_job(plan, job, items);
        rights::of_job(plan, job, items);
    }
}

fn plugin(id: &str, minimum: Option<&str>, why: &str) -> Draft {
    Draft {
        id: format!("plugin/{id}"),
        title: match minimum {
            Some(m) => format!("Plugin {id} {m} or newer"),
            None => format!("Plugin {id}"),
        },
        setting: Setting::Plugin { id: id.into(), minimum: minimum.map(str::to_owned) },
        need: Need::Required,
        why: why.into(),
        without: "the build fails when it reads the Jenkinsfile, or at the step".into(),
        checked: Checked::Job,
        takes: "",
    }
}

fn plugins(plan: &Plan, items: &mut Collector) {
    let whole = From::Pipeline(plan);
    items.add(&whole, plugin("workflow-aggregator", None, "the steps and stages of a Jenkinsfile"));
    let model = "stages ask before they take a lock or an agent (`beforeOptions`)";
    items.add(&whole, plugin("pipeline-model-definition", Some("1.4"), model));
    items.add(
        &whole,
        plugin("workflow-multibranch", None, "the job builds branches, tags and change requests"),
    );
    items.add(&whole, plugin("git", None, "each stage checks the build's commit out"));
    for job in &plan.jobs {
        let from = From::Job(plan, job);
        if !job.identities.is_empty() {
            let why = "it makes the tokens that say who a job is";
            items.add(&from, plugin("oidc-provider", None, why));
        }
        let stored = job.secrets.iter().any(|s| s.stored_on(PlatformName::Jenkins).is_some());
        if stored || !job.identities.is_empty() {
            let why = "the stage binds its credentials (`withCredentials`)";
            items.add(&from, plugin("credentials-binding", None, why));
        }
        if job.junit {
            items.add(&from, plugin("junit", None, "the stage shows its test cases (`junit`)"));
        }
        if job.lock.is_some() {
            let why = "one deploy of an environment at a time (`lock`)";
            items.add(&from, plugin("lockable-resources", None, why));
        }
        if job.ask.is_some() {
            items.add(&from, plugin("pipeline-input-step", None, "a person is asked (`input`)"));
        }
    }
    for trigger in plan.triggers.iter().filter(|t| matches!(t, Trigger::Tag { .. })) {
        let why = "tags that were discovered are built (`buildTags`); without it a person starts them";
        items.add(&From::Trigger(plan, trigger), plugin("basic-branch-build-strategies", None, why));
    }
}

fn job_of(plan: &Plan, items: &mut Collector) {
    let Some(file) = plan.emit.iter().find(|e| e.platform == PlatformName::Jenkins) else { return };
    let starts = |f: fn(&Trigger) -> bool| plan.triggers.iter().any(f);
    let pull_requests = starts(|t| matches!(t, Trigger::PullRequest { .. }));
    let tags = starts(|t| matches!(t, Trigger::Tag { .. }));
    let mut found = vec!["branches"];
    found.extend(pull_requests.then_some("change requests"));
    found.extend(tags.then_some("tags"));
    items.add(
        &From::Pipeline(plan),
        Draft {
            id: format!("job/{}", plan.pipeline),
            title: format!(
                "Multibranch job {} with the script path {}, discovering {}",
                plan.pipeline,
                file.path,
                found.join(", ")
            ),
            setting: Setting::Multibranch {
                name: plan.pipeline.clone(),
                script_path: file.path.clone(),
                pull_requests,
                tags,
            },
            need: Need::Required,
            why: "the Jenkinsfile is for a multibranch job; branches that are also filed as change requests are left out, \
                  or a push to one builds twice. Schedules and parameters count from the end of a branch's first build"
                .into(),
            without: "nothing builds".into(),
            checked: Checked::Nobody,
            takes: "",
        },
    );
    for trigger in plan.triggers.iter().filter(|t| matches!(t, Trigger::PullRequest { .. })) {
        items.add(
            &From::Trigger(plan, trigger),
            Draft {
                id: "forks/trust".into(),
                title: "Change requests of forks: from people with write access only, if at all".into(),
                setting: Setting::Advice {},
                need: Need::Required,
                why: "the branch source decides whose Jenkinsfile is read".into(),
                without:
                    "a stranger's change request may bring a Jenkinsfile of its own and read every credential"
                        .into(),
                checked: Checked::Nobody,
                takes: "",
            },
        );
    }
    for trigger in plan.triggers.iter().filter(|t| matches!(t, Trigger::Named { .. })) {
        let Trigger::Named { name } = trigger else { continue };
        items.add(
            &From::Trigger(plan, trigger),
            Draft {
                id: format!("event/{name}"),
                title: format!("A user with an API token for whoever sends the event {name}"),
                setting: Setting::Event { name: name.clone(), branch: plan.home_branch.clone() },
                need: Need::Required,
                why: format!(
                    "the event comes by POST job/{}/job/{}/buildWithParameters with MLPIPE_EVENT_NAME={name}, which takes Job/Build",
                    plan.pipeline,
                    super::encoded(&super::encoded(&plan.home_branch))
                ),
                without: "the caller is refused, and no build starts".into(),
                checked: Checked::Nobody,
                takes: "",
            },
        );
    }
}

fn agent(plan: &Plan, job: &Job, items: &mut Collector) {
    let label = &job.runner.jenkins;
    items.add(
        &From::Job(plan, job),
        Draft {
            id: format!("agent/{label}"),
            title: format!("An agent with the labels {label}"),
            setting: Setting::Runner {
                labels: vec![label.clone()],
                privileged: false,
                tools: secrets::tools(plan, job),
            },
            need: Need::Required,
            why: "stages run on it, and the Jenkinsfile installs no tools".into(),
            without: "the stages wait for ever; a tool that is missing is named by the script".into(),
            checked: Checked::Nobody,
            takes: "",
        },
    );
}

fn people(plan: &Plan, job: &Job, items: &mut Collector) {
    let (Some(ask), Work::Approve(work)) = (&job.ask, &job.work) else { return };
    if ask.by.is_empty() {
        // Whoever may build the job may answer, and nothing has to be made.
        return;
    }
    let who = ask.by.join(", ");
    items.add(
        &From::Job(plan, job),
        Draft {
            id: format!("approval/{}", work.environment),
            title: format!("Users or groups who may approve {}: {who}", work.environment),
            setting: Setting::Approval { environment: work.environment.clone(), by: ask.by.clone() },
            need: Need::Required,
            why: "the Jenkinsfile asks them by their ids in the security realm; administrators may always answer".into(),
            without: "nobody but an administrator can answer".into(),
            checked: Checked::Nobody,
            takes: "",
        },
    );
}
