//! What a cloud has to trust, so that a job is somebody there. `docs/auth.md` has the sources.

use super::collect::{Collector, Draft, From};
use super::{Checked, Need, Setting, encoded, refs};
use crate::plan::{Job, Pattern, Plan, PlanIdentity};
use crate::spec::{Cloud, PlatformName};

/// The trust for each identity of a job, and in Jenkins the credential that makes its tokens.
pub(super) fn of_job(plan: &Plan, job: &Job, items: &mut Collector) {
    let platform = items.platform;
    for identity in &job.identities {
        let from = From::Job(plan, job);
        items.add(&from, trust(platform, plan, job, identity));
        if platform == PlatformName::Jenkins {
            items.add(&from, credential(identity));
        }
    }
}

fn trust(platform: PlatformName, plan: &Plan, job: &Job, identity: &PlanIdentity) -> Draft {
    let cloud = identity.cloud;
    let name = identity.name_on(platform);
    let (what, who) = match cloud {
        Cloud::Aws => ("role", name),
        Cloud::Gcp => ("provider", name),
        Cloud::Azure => ("client", name),
    };
    Draft {
        id: format!("trust/{}/{name}", cloud.word()),
        title: format!("In {}, {what} {who} trusts this repository's jobs", cloud.word()),
        setting: Setting::Trust {
            cloud,
            name: name.to_owned(),
            account: identity.account.clone(),
            issuer: issuer(platform).to_owned(),
            audience: identity.audience_on(platform),
            subjects: subjects(platform, plan, job),
        },
        need: Need::Required,
        why: why(platform).to_owned(),
        without: "the cloud refuses the token at the job's first call, before anything is touched".to_owned(),
        checked: Checked::Job,
        takes: "",
    }
}

fn why(platform: PlatformName) -> &'static str {
    match platform {
        PlatformName::Github => {
            "the job has no key: the cloud exchanges a token of GitHub's, and the subject says which environment or branch \
             it is of. Repositories made or renamed since 2026-07-15 have the form with ids: trust the one that yours has"
        }
        PlatformName::Gitlab => {
            "the job has no key: the cloud exchanges a token of GitLab's. Its subject knows branches and tags, and no \
             environments: in AWS whoever may push there may be every role of them"
        }
        PlatformName::Jenkins => {
            "the job has no key: the cloud exchanges a token of the controller's, and the subject is the address of the \
             branch's job; the cloud has to reach the issuer's two public documents"
        }
    }
}

fn issuer(platform: PlatformName) -> &'static str {
    match platform {
        PlatformName::Github => "https://token.actions.githubusercontent.com",
        PlatformName::Gitlab => "https://gitlab.com",
        PlatformName::Jenkins => "<JENKINS_URL>/oidc",
    }
}

/// The `sub` of the tokens. GitHub names the environment of a job that has one and else the ref (docs, "OpenID Connect
/// reference"), GitLab the ref (docs, "ID token authentication"), Jenkins the job (README of oidc-provider).
fn subjects(platform: PlatformName, plan: &Plan, job: &Job) -> Vec<String> {
    let reach = refs::reach(&job.condition).unwrap_or_default();
    let each = |head: &str, all: &[Pattern]| -> Vec<String> {
        all.iter().map(|p| format!("{head}{}", refs::gitlab(p))).collect()
    };
    match platform {
        PlatformName::Github => {
            let ends = match &job.environment {
                Some(e) => vec![format!("environment:{}", e.name)],
                None => {
                    [each("ref:refs/heads/", &reach.branches), each("ref:refs/tags/", &reach.tags)].concat()
                }
            };
            let of = |repository: &str| {
                ends.iter().map(|end| format!("repo:{repository}:{end}")).collect::<Vec<_>>()
            };
            [of("<OWNER>/<REPO>"), of("<OWNER>@<OWNER_ID>/<REPO>@<REPO_ID>")].concat()
        }
        PlatformName::Gitlab => {
            let project = "project_path:<GROUP>/<PROJECT>:ref_type";
            let branches = each(&format!("{project}:branch:ref:"), &reach.branches);
            [branches, each(&format!("{project}:tag:ref:"), &reach.tags)].concat()
        }
        PlatformName::Jenkins => {
            let refs = reach.branches.iter().chain(&reach.tags).map(refs::gitlab);
            let one = |name: String| {
                let name = encoded(&encoded(&name)).replace("%252A", "*");
                format!("<JENKINS_URL>/job/{}/job/{name}/", plan.pipeline)
            };
            refs.map(one).collect()
        }
    }
}

fn credential(identity: &PlanIdentity) -> Draft {
    let audience = identity.audience_on(PlatformName::Jenkins);
    let id = &identity.variable;
    Draft {
        id: format!("id-token/{id}"),
        title: format!("Credential (OpenID Connect id token) {id} with the audience {audience}"),
        setting: Setting::IdToken { name: id.clone(), audience },
        need: Need::Required,
        why: "each call of a job with an identity gets a token of it, valid for an hour".to_owned(),
        without: "the stage fails before its script starts: there is no credential of that id".to_owned(),
        checked: Checked::Job,
        takes: "",
    }
}
