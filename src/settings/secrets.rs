//! Secrets, and what every platform's runners need.

use super::collect::{Collector, Draft, From};
use super::{Checked, Need, Setting, refs};
use crate::plan::{
    DeployWork, EventKind, Job, Plan, PlanInstall, PlanLogin, PlanMirror, PlanTarget, ReconcileWork,
    SecretFrom, SecretKind, SecretUse, Work,
};
use crate::spec::PlatformName;
use std::collections::BTreeSet;

/// The environment that a job's secrets are bound to; Jenkins has none.
fn environment(platform: PlatformName, job: &Job) -> Option<&str> {
    if platform == PlatformName::Jenkins {
        return None;
    }
    job.environment.as_ref().map(|e| e.name.as_str())
}

fn stored(platform: PlatformName, job: &Job) -> impl Iterator<Item = (&SecretUse, &str)> {
    job.secrets.iter().filter_map(move |s| Some((s, s.stored_on(platform)?)))
}

/// Names of the secrets that a job outside any environment needs: they have to be there for every job.
pub(super) fn everywhere(platform: PlatformName, plans: &[&Plan]) -> BTreeSet<String> {
    let jobs = plans.iter().flat_map(|p| &p.jobs).filter(|j| environment(platform, j).is_none());
    jobs.flat_map(|j| stored(platform, j)).map(|(_, name)| name.to_owned()).collect()
}

/// Whether only runs of the branches and tags that the job names ever need its secrets.
pub(super) fn only_on_named_refs(job: &Job) -> bool {
    !job.condition.has(&EventKind::PullRequest) && refs::reach(&job.condition).is_some()
}

/// The secrets of one job.
pub(super) fn of_job(plan: &Plan, job: &Job, items: &mut Collector) {
    let platform = items.platform;
    for (secret, name) in stored(platform, job) {
        let environment = environment(platform, job).filter(|_| !items.everywhere.contains(name));
        let (id, scope) = match environment {
            Some(e) => (format!("secret/{e}/{name}"), format!(" of the environment {e}")),
            None => (format!("secret/{name}"), String::new()),
        };
        let masked = platform == PlatformName::Gitlab
            && secret.kind == SecretKind::Text
            && login_of(job).is_none_or(|(user, _)| user != secret.name);
        let kind = match (platform, secret.kind) {
            (PlatformName::Jenkins, SecretKind::Text) => "Credential (secret text)",
            (PlatformName::Jenkins, SecretKind::File) => "Credential (secret file)",
            (PlatformName::Gitlab, SecretKind::File) => "Variable (type file)",
            (PlatformName::Gitlab, SecretKind::Text) if masked => "Variable (masked)",
            (PlatformName::Gitlab, SecretKind::Text) => "Variable",
            (PlatformName::Github, _) => "Secret",
        };
        let (holds, takes) = holds(platform, plan, job, secret);
        let (without, checked) = missing(platform, job, secret);
        let draft = Draft {
            id,
            title: format!("{kind} {name}{scope}"),
            setting: Setting::Secret {
                name: name.to_owned(),
                variable: secret.name.clone(),
                value: secret.kind,
                environment: environment.map(str::to_owned),
                protected: platform == PlatformName::Gitlab && only_on_named_refs(job),
                masked,
                holds,
            },
            need: Need::Required,
            why: format!("jobs read it as {}, {}", secret.name, others(platform)),
            without: without.to_owned(),
            checked,
            takes,
        };
        items.add(&From::Job(plan, job), draft);
    }
}

/// The variables with the user and the password of the registry that an image is pushed to.
fn login_of(job: &Job) -> Option<(&str, &str)> {
    let Work::Image(image) = &job.work else { return None };
    Some(match image.login.as_ref()? {
        PlanLogin::Ghcr => ("GHCR_USER", "GHCR_TOKEN"),
        PlanLogin::Gitlab => ("CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD"),
        PlanLogin::Secrets { user, password } => (user, password),
    })
}

/// What keeps other jobs away from a secret.
fn others(platform: PlatformName) -> &'static str {
    match platform {
        PlatformName::Github => "and it is given to no other job",
        PlatformName::Gitlab => {
            "and the script hides it from every other job's commands; \"Expand variable reference\" is off, or a `$` in it \
             would be replaced"
        }
        PlatformName::Jenkins => {
            "and it is bound in no other; in a folder of its own no other Jenkins job can use it"
        }
    }
}

/// What a secret holds, where mlpipe needs it itself, and the plan that this takes.
fn holds(platform: PlatformName, plan: &Plan, job: &Job, secret: &SecretUse) -> (String, &'static str) {
    if let Some(of_host) = of_host(job, &secret.name) {
        return (of_host.to_owned(), "");
    }
    if let Some(mirror) = mirror_of(job, &secret.name) {
        // One credential for both of them may do here what it may do there.
        let shared = environment(platform, job).is_none() && plan.jobs.iter().any(|j| opens(j, &secret.name));
        let holds = match opens(job, &secret.name) || shared {
            true => format!("the kubeconfig of a deploy's own target, and {mirror}"),
            false => mirror,
        };
        return (holds, "");
    }
    let (holds, takes) = match (secret.name.as_str(), secret.from) {
        ("MLPIPE_READ_TOKEN", _) => (
            "a project access token with the role Maintainer and the scope read_api",
            "project access tokens: GitLab Premium on GitLab.com, any on a server of your own",
        ),
        ("GHCR_USER", _) => ("the name of the account that GHCR_TOKEN belongs to", ""),
        ("GHCR_TOKEN", _) => ("a token of GitHub's with the scope write:packages", ""),
        ("CI_REGISTRY_USER", SecretFrom::GitlabPredefined) => ("the name of a deploy token of GitLab's", ""),
        ("CI_REGISTRY_PASSWORD", SecretFrom::GitlabPredefined) => {
            ("a deploy token of GitLab's with the scope write_registry", "")
        }
        (_, _) if secret.kind == SecretKind::File && platform == PlatformName::Github => {
            ("the content of the file", "")
        }
        _ => ("", ""),
    };
    (holds.to_owned(), takes)
}

/// Whether that variable is one with which a deploy's own target is reached.
fn opens(job: &Job, variable: &str) -> bool {
    let target = match &job.work {
        Work::Deploy(deploy) => &deploy.target,
        Work::Reconcile(work) => &work.target,
        Work::Drill(work) => &work.place.target,
        _ => return false,
    };
    target.files().contains(&variable)
}

/// What that variable holds, where a host is reached with it.
fn of_host(job: &Job, variable: &str) -> Option<&'static str> {
    let (key, known_hosts) = match &job.work {
        Work::Deploy(DeployWork { target: PlanTarget::Ssh { key, known_hosts, .. }, .. })
        | Work::Reconcile(ReconcileWork { target: PlanTarget::Ssh { key, known_hosts, .. }, .. }) => {
            (key, known_hosts)
        }
        Work::Drill(work) => match &work.place.target {
            PlanTarget::Ssh { key, known_hosts, .. } => (key, known_hosts),
            _ => return None,
        },
        Work::Soak(soak) => soak.ledger.host.as_ref().map(|h| (&h.key, &h.known_hosts))?,
        _ => return None,
    };
    match variable {
        name if name == key => Some("the private key, without a passphrase, with all its lines"),
        name if name == known_hosts => {
            Some("what `ssh-keyscan` prints for each host, compared on the host itself")
        }
        _ => None,
    }
}

/// What that variable is for, where an Ingress of another environment is made to copy requests with it.
fn mirror_of(job: &Job, variable: &str) -> Option<String> {
    let shadow = match &job.work {
        Work::Deploy(deploy) => deploy.shadow.as_ref()?,
        Work::Soak(soak) => soak.shadow.as_ref()?,
        Work::Reconcile(work) => work.shadow.as_ref()?,
        Work::Drill(work) => work.place.shadow.as_ref()?,
        _ => return None,
    };
    match &shadow.by {
        PlanMirror::Nginx { kubeconfig, namespace, ingress } if kubeconfig == variable => Some(format!(
            "a kubeconfig with the rights get and patch on the Ingress {ingress} in the namespace {namespace} of {}, \
             which is all that this job does there",
            shadow.from
        )),
        _ => None,
    }
}

fn missing(platform: PlatformName, job: &Job, secret: &SecretUse) -> (&'static str, Checked) {
    if platform == PlatformName::Jenkins {
        return ("the stage fails before its script starts: there is no credential of that id", Checked::Job);
    }
    let name = secret.name.as_str();
    let named = match &job.work {
        Work::Approve(_) => {
            let without = "the approval job stops: nobody knows whether the environment is protected";
            return (without, Checked::Preflight);
        }
        Work::Gate(_) | Work::Model(_) | Work::Notify(_) => true,
        Work::Image(_) => login_of(job).is_some_and(|(user, password)| name == user || name == password),
        Work::Deploy(d) => {
            let reaches = opens(job, name) || mirror_of(job, name).is_some();
            reaches || d.watch.as_ref().is_some_and(|w| w.asks_with(name))
        }
        Work::Soak(s) => {
            s.ledger.files().any(|f| f == name) || s.watch.as_ref().is_some_and(|w| w.asks_with(name))
        }
        Work::Reconcile(_) | Work::Drill(_) => opens(job, name) || mirror_of(job, name).is_some(),
        Work::Withheld(_) => false,
    };
    if named {
        ("the job stops before its first command and names the secret", Checked::Job)
    } else {
        ("the job's commands see an empty text, and whether they notice is theirs", Checked::Nobody)
    }
}

/// Programs that a job's machine must have, where no image of mlpipe's choice brings them.
pub(super) fn tools(plan: &Plan, job: &Job) -> Vec<String> {
    let mut tools = vec!["bash 4.4".to_owned(), "git".to_owned(), "python3 3.8".to_owned()];
    if job.python
        && let Some(python) = &plan.python
    {
        tools.push(format!("python{} or uv", python.version));
        match &python.install {
            Some(PlanInstall::Poetry { .. }) => tools.push("poetry".into()),
            Some(PlanInstall::Uv { .. }) => tools.push("uv".into()),
            Some(PlanInstall::Pip { .. }) | None => {}
        }
    }
    match &job.work {
        Work::Image(_) => tools.push("docker with buildx".into()),
        Work::Deploy(d) => tools.extend(d.target.tools().iter().map(|t| (*t).to_owned())),
        Work::Soak(s) if s.ledger.kubeconfig.is_some() => tools.push("kubectl".into()),
        Work::Soak(s) if s.ledger.host.is_some() => tools.push("ssh".into()),
        Work::Reconcile(r) => tools.extend(r.target.tools().iter().map(|t| (*t).to_owned())),
        Work::Drill(d) => tools.extend(d.place.target.tools().iter().map(|t| (*t).to_owned())),
        _ => {}
    }
    tools
}
