//! GitHub: environments, secrets, rules. `docs/platforms/github.md` has the sources.

use super::collect::{Collector, Draft, From};
use super::{Checked, Need, Setting, refs, rights, secrets, trust};
use crate::plan::{EnvironmentPurpose, Job, Pattern, Plan, PlanInstall, Right, Trigger, Work};

/// Environments at all, where the repository is not public.
const ENVIRONMENTS: &str = "private repositories: GitHub Pro, Team or Enterprise";
/// Wait timers (GitHub's documentation, "Deployments and environments").
const TIMERS: &str = "private repositories: GitHub Enterprise";
/// Reviewers.
const REVIEWERS: &str = "private repositories: GitHub Enterprise";

pub(super) fn collect(plan: &Plan, items: &mut Collector) {
    for trigger in &plan.triggers {
        of_trigger(plan, trigger, items);
    }
    for job in &plan.jobs {
        runner(plan, job, items);
        environment(plan, job, items);
        secrets::of_job(plan, job, items);
        trust::of_job(plan, job, items);
        rights::of_job(plan, job, items);
        packages(plan, job, items);
    }
    repository(plan, items);
}

fn of_trigger(plan: &Plan, trigger: &Trigger, items: &mut Collector) {
    let from = From::Trigger(plan, trigger);
    if matches!(trigger, Trigger::Schedule { .. } | Trigger::Manual | Trigger::Named { .. }) {
        let name = &plan.home_branch;
        items.add(
            &from,
            Draft {
                id: format!("default-branch/{name}"),
                title: format!("Default branch {name}"),
                setting: Setting::DefaultBranch { name: name.clone() },
                need: Need::Required,
                why: "GitHub starts schedules, runs by hand and named events from the default branch alone"
                    .into(),
                without: "they start from another branch's file, or not at all, and deploy nothing".into(),
                checked: Checked::Nobody,
                takes: "",
            },
        );
    }
    if let Trigger::Named { name } = trigger {
        items.add(
            &from,
            Draft {
                id: format!("event/{name}"),
                title: format!("A token for whoever sends the event {name}"),
                setting: Setting::Event { name: name.clone(), branch: plan.home_branch.clone() },
                need: Need::Required,
                why: format!(
                    "the event comes by POST /repos/OWNER/REPO/dispatches with `event_type` {name}, which takes a \
                     token that may write contents"
                ),
                without: "the caller is refused, and no run starts".into(),
                checked: Checked::Nobody,
                takes: "",
            },
        );
    }
    if matches!(trigger, Trigger::PullRequest { .. }) {
        items.add(
            &from,
            Draft {
                id: "forks/approval".into(),
                title: "Approval of workflows for first-time contributors".into(),
                setting: Setting::Advice {},
                need: Need::Advised,
                why: "the gates run what a pull request brings, on your runners (Settings, Actions, General)"
                    .into(),
                without: "anybody's pull request runs its commands, without secrets".into(),
                checked: Checked::Nobody,
                takes: "",
            },
        );
    }
}

/// GitHub's own machines need nothing.
fn hosted(labels: &[String]) -> bool {
    labels.len() == 1 && ["ubuntu-", "macos-", "windows-"].iter().any(|p| labels[0].starts_with(p))
}

fn runner(plan: &Plan, job: &Job, items: &mut Collector) {
    let labels = &job.runner.github;
    if hosted(labels) {
        return;
    }
    let draft = Draft {
        id: format!("runner/{}", labels.join("+")),
        title: format!("A runner with the labels {}", labels.join(", ")),
        setting: Setting::Runner {
            labels: labels.clone(),
            privileged: false,
            tools: secrets::tools(plan, job),
        },
        need: Need::Required,
        why: "jobs run on it; a self-hosted one has to be v2.327.1 or newer".into(),
        without: "the jobs wait, for a day at most, and fail".into(),
        checked: Checked::Nobody,
        takes: "",
    };
    items.add(&From::Job(plan, job), draft);
}

fn environment(plan: &Plan, job: &Job, items: &mut Collector) {
    let Some(environment) = &job.environment else { return };
    let from = From::Job(plan, job);
    let name = &environment.name;
    match (environment.purpose, &job.work) {
        (EnvironmentPurpose::Approval, Work::Approve(work)) => {
            let by = job.ask.as_ref().map(|a| a.by.clone()).unwrap_or_default();
            let who = if by.is_empty() {
                "required reviewers of your choice".to_owned()
            } else {
                format!("the required reviewers {}", by.join(", "))
            };
            let checked = work.unchecked.is_none();
            items.add(
                &from,
                Draft {
                    id: format!("approval/{name}"),
                    title: format!("Environment {name} with {who}"),
                    setting: Setting::Approval { environment: name.clone(), by },
                    need: Need::Required,
                    why: format!(
                        "one of them says yes before {} is deployed to; at most six people or teams, no secrets in it",
                        work.environment
                    ),
                    without: if checked {
                        "the approval job stops: nobody has to approve".into()
                    } else {
                        "the deploy goes on without anybody's yes (the spec says `unchecked`)".into()
                    },
                    checked: if checked { Checked::Preflight } else { Checked::Nobody },
                    takes: REVIEWERS,
                },
            );
        }
        (EnvironmentPurpose::Soak, _) => {
            let minutes = job.wait.unwrap_or_default().div_ceil(60);
            items.add(
                &from,
                Draft {
                    id: format!("environment/{name}"),
                    title: format!("Environment {name} with a wait timer of {minutes} minutes, without reviewers"),
                    setting: of_refs(name, job, Some(minutes)),
                    need: Need::Required,
                    why: "the job that looks at the end of the soak starts so much later than the deploy has ended, and no \
                          runner waits; it holds what the ledger and the watch are asked with"
                        .into(),
                    without: "the job starts at once and stops: a person runs it again when the time is over".into(),
                    checked: Checked::Job,
                    takes: TIMERS,
                },
            );
        }
        (EnvironmentPurpose::Deploy | EnvironmentPurpose::Reconcile, _) => {
            items.add(
                &from,
                Draft {
                    id: format!("environment/{name}"),
                    title: format!("Environment {name} with a rule for branches and tags, without reviewers"),
                    setting: of_refs(name, job, None),
                    need: Need::Required,
                    why: "it holds the deploy's secrets; the workflow's own conditions pass over the case of letters, \
                          and this rule does not"
                        .into(),
                    without: "GitHub makes it by itself, open to every branch".into(),
                    checked: Checked::Nobody,
                    takes: ENVIRONMENTS,
                },
            );
        }
        (EnvironmentPurpose::Approval, _) => {}
    }
}

/// An environment that the refs of a job may name.
fn of_refs(name: &str, job: &Job, wait_minutes: Option<u64>) -> Setting {
    let reach = refs::reach(&job.condition).unwrap_or_default();
    let said = |all: &[Pattern]| all.iter().flat_map(refs::github).collect::<Vec<_>>();
    Setting::Environment {
        name: name.to_owned(),
        tier: None,
        branches: said(&reach.branches),
        tags: said(&reach.tags),
        wait_minutes,
    }
}

fn packages(plan: &Plan, job: &Job, items: &mut Collector) {
    let Work::Image(image) = &job.work else { return };
    if !job.rights.contains(&Right::WritePackages) {
        return;
    }
    let repository = &image.repository;
    items.add(
        &From::Job(plan, job),
        Draft {
            id: format!("packages/{repository}"),
            title: format!("Package {repository} writable by this repository's workflows"),
            setting: Setting::Packages { repository: repository.clone() },
            need: Need::Required,
            why: "the image is pushed with the job's own token; the first push makes a package that belongs to the \
                  repository, one that is there already has to list it under \"Manage Actions access\""
                .into(),
            without: "the push is refused".into(),
            checked: Checked::Job,
            takes: "",
        },
    );
}

fn repository(plan: &Plan, items: &mut Collector) {
    let from = From::Pipeline(plan);
    let uv = matches!(plan.python.as_ref().and_then(|p| p.install.as_ref()), Some(PlanInstall::Uv { .. }));
    let also = if uv { " and astral-sh/setup-uv" } else { "" };
    items.add(
        &from,
        Draft {
            id: "option/default_workflow_permissions".into(),
            title: "Workflow permissions: read by default".into(),
            setting: Setting::Option { key: "default_workflow_permissions".into(), value: "read".into() },
            need: Need::Advised,
            why: "the workflow takes every right away and gives each job its own; what else is in the repository may not"
                .into(),
            without: "other workflows may write".into(),
            checked: Checked::Nobody,
            takes: "",
        },
    );
    items.add(
        &from,
        Draft {
            id: if uv { "actions/allowed+uv".into() } else { "actions/allowed".into() },
            title: format!("Actions of GitHub's own{also} are allowed"),
            setting: Setting::Advice {},
            need: Need::Required,
            why: "jobs use them, each pinned by commit (Settings, Actions, General)".into(),
            without: "a run fails before its first job".into(),
            checked: Checked::Job,
            takes: "",
        },
    );
    let deploys = plan.jobs.iter().filter(|j| matches!(j.work, Work::Deploy(_)));
    for job in deploys {
        items.add(
            &From::Job(plan, job),
            Draft {
                id: "rules/branches".into(),
                title: "A rule for who may push to the branches and tags that deploy".into(),
                setting: Setting::Advice {},
                need: Need::Advised,
                why: "whoever may push there reaches the deploy's secrets without a click (Settings, Rules)"
                    .into(),
                without: "everybody with write access may".into(),
                checked: Checked::Nobody,
                takes: "private repositories: GitHub Pro, Team or Enterprise",
            },
        );
    }
}
