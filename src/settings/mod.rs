//! The settings manifest: everything that must exist on a platform outside the emitted files, as data.
//!
//! It is derived from the plans and from nothing else. Settings belong to a repository and not to a pipeline, so the
//! items of several pipelines are folded together: one environment that two of them deploy to is one item, with both
//! places and both branch rules.

mod collect;
mod commands;
mod github;
mod gitlab;
mod jenkins;
mod refs;
mod rights;
mod secrets;
mod trust;

pub use commands::{encoded, schedule_body, scope_of};

use crate::plan::{Plan, SecretKind};
use crate::spec::{Cloud, PlatformName};
use collect::Collector;
use serde::Serialize;

/// Version of the JSON form of a manifest.
pub const SCHEMA_VERSION: u32 = 1;

/// What has to exist on one platform for the pipelines of one repository.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Manifest {
    /// The platform.
    pub platform: PlatformName,
    /// The pipelines that it is for, in the order of their specs.
    pub pipelines: Vec<PipelineOf>,
    /// What has to exist, in the order in which it is best made.
    pub items: Vec<Item>,
}

/// A pipeline of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PipelineOf {
    /// Its name.
    pub pipeline: String,
    /// Its spec, below the root.
    pub source: String,
    /// The file that is emitted for it, below the root.
    pub file: String,
}

/// One thing that has to exist.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Item {
    /// Stable, unique in a manifest: `secret/production/KUBECONFIG_PRODUCTION`.
    pub id: String,
    /// For people, one line.
    pub title: String,
    /// What it is, with everything that a program needs to make it.
    pub setting: Setting,
    /// How much depends on it.
    pub need: Need,
    /// Why it is needed, one sentence without a full stop.
    pub why: String,
    /// What happens without it, one sentence without a full stop.
    pub without: String,
    /// Who notices that it is missing.
    pub checked: Checked,
    /// The plan or edition of the platform that it takes; empty where every one has it.
    pub takes: String,
    /// Statements that it follows from.
    pub places: Vec<Place>,
    /// Jobs that need it, as `PIPELINE/JOB`; none where it is not about single jobs.
    pub jobs: Vec<String>,
    /// Command lines that make it, for a person at a clone of the repository. A word in capitals between `<` and `>` is to
    /// be filled in. None where a person has to do it elsewhere.
    pub commands: Vec<String>,
}

/// What has to exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Setting {
    /// A plugin of Jenkins.
    Plugin {
        /// Its id.
        id: String,
        /// The oldest version that will do; any when absent.
        minimum: Option<String>,
    },
    /// The least version of the platform.
    Version {
        /// `17.11`.
        minimum: String,
    },
    /// Runners or agents.
    Runner {
        /// Labels (GitHub) or tags (GitLab), all on one runner; the label expression (Jenkins).
        labels: Vec<String>,
        /// It must let containers run with full rights: docker-in-docker.
        privileged: bool,
        /// Programs that have to be on it.
        tools: Vec<String>,
    },
    /// A multibranch job of Jenkins.
    Multibranch {
        /// Its name: the pipeline's.
        name: String,
        /// Path of the Jenkinsfile below the root.
        script_path: String,
        /// It discovers change requests.
        pull_requests: bool,
        /// It discovers tags and builds them.
        tags: bool,
    },
    /// An environment of a deploy.
    Environment {
        /// `production`.
        name: String,
        /// GitLab's tier; nothing elsewhere.
        tier: Option<String>,
        /// Patterns of the branches that may deploy, in the platform's own spelling. No rule where there is neither branch nor tag.
        branches: Vec<String>,
        /// The same for tags.
        tags: Vec<String>,
        /// GitHub: minutes of its wait timer; none where a job that names it does not wait.
        wait_minutes: Option<u64>,
    },
    /// People who have to say yes.
    Approval {
        /// The environment that holds them, `production-approval`; the deploy's own name on Jenkins.
        environment: String,
        /// People or groups by name; whoever the settings name when empty.
        by: Vec<String>,
    },
    /// A secret of the platform's store.
    Secret {
        /// Name in the store; a credential's id on Jenkins.
        name: String,
        /// Environment variable that the jobs see.
        variable: String,
        /// What kind of value it is.
        value: SecretKind,
        /// Environment that it is bound to; the whole repository when absent.
        environment: Option<String>,
        /// GitLab: only protected branches and tags get it.
        protected: bool,
        /// GitLab: it is not shown in logs, if it is of a form that GitLab can mask: one line, eight characters at least.
        masked: bool,
        /// What it holds, where mlpipe knows.
        holds: String,
    },
    /// A credential of Jenkins' that makes tokens which say who a job is.
    IdToken {
        /// Its id, and the environment variable that the jobs see.
        name: String,
        /// For whom the tokens are made out.
        audience: String,
    },
    /// What a cloud has to trust, outside the platform.
    Trust {
        /// The cloud.
        cloud: Cloud,
        /// aws: a role's ARN. gcp: the full name of a workload identity provider. azure: a client id.
        name: String,
        /// gcp: the service account that is impersonated.
        account: Option<String>,
        /// Who signs the tokens; another address on a server of your own.
        issuer: String,
        /// For whom they are made out.
        audience: String,
        /// Their subjects. A word in capitals between `<` and `>` is to be filled in, `*` stands for any text.
        subjects: Vec<String>,
    },
    /// A schedule that the file cannot hold.
    Schedule {
        /// How it is found again: `mlpipe PIPELINE: CRON ZONE`.
        description: String,
        /// Five fields.
        cron: String,
        /// IANA zone.
        timezone: String,
        /// Branch that it runs on.
        branch: String,
        /// The input that says which pipeline it starts; absent where the repository has one pipeline.
        input: Option<Input>,
    },
    /// A way for somebody outside to start a run.
    Event {
        /// Name of the event.
        name: String,
        /// Branch that it runs on.
        branch: String,
    },
    /// The branch that the platform takes for the default one.
    DefaultBranch {
        /// Its name.
        name: String,
    },
    /// A resource group of GitLab.
    ResourceGroup {
        /// Its key.
        key: String,
        /// Its process mode.
        mode: String,
    },
    /// A protected branch or tag of GitLab.
    Protected {
        /// Which of the two.
        what: RefKind,
        /// Its name or wildcard, in the platform's own spelling.
        pattern: String,
    },
    /// A setting of the project or repository, by its name in the platform's API.
    Option {
        /// Its name.
        key: String,
        /// Its value.
        value: String,
    },
    /// A package registry that jobs push to with the job's own token.
    Packages {
        /// Repository of images.
        repository: String,
    },
    /// What an account may do in a namespace of a cluster.
    Rights {
        /// Variable with the kubeconfig of the account.
        kubeconfig: String,
        /// The namespace.
        namespace: String,
        /// The rules of a role.
        rights: Vec<ClusterRight>,
    },
    /// What only a person can decide.
    Advice {},
}

/// A rule of a role of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClusterRight {
    /// Group of the API; empty for the core group.
    pub group: String,
    /// Resource: `configmaps`, `rollouts/status`.
    pub resource: String,
    /// Verbs.
    pub verbs: Vec<String>,
}

/// An input of a run and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Input {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// A branch or a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RefKind {
    /// A branch.
    Branch,
    /// A tag.
    Tag,
}

impl RefKind {
    /// `branch`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Branch => "branch",
            Self::Tag => "tag",
        }
    }
}

/// How much depends on an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Without it something that the spec says does not happen, or does not hold.
    Required,
    /// Everything runs without it, and something is less safe.
    Advised,
}

/// Who notices that an item is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Checked {
    /// The run asks the platform beforehand and stops.
    Preflight,
    /// The job that needs it fails.
    Job,
    /// Nobody: it has to be looked at.
    Nobody,
}

impl Checked {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Preflight => "the run asks the platform beforehand and stops",
            Self::Job => "the job that needs it fails",
            Self::Nobody => "nobody: look at it yourself",
        }
    }
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Place {
    /// Its file, below the root.
    pub path: String,
    /// Its line, from 1; the plan keeps none for what starts a run.
    pub line: Option<u32>,
    /// Its head, one line.
    pub text: String,
}

/// What has to exist on a platform for those of the plans that are emitted to it; nothing where none is.
pub fn manifest(platform: PlatformName, plans: &[&Plan]) -> Option<Manifest> {
    let file = |p: &Plan| p.emit.iter().find(|e| e.platform == platform).map(|e| e.path.clone());
    let pipelines: Vec<PipelineOf> = plans
        .iter()
        .filter_map(|p| {
            Some(PipelineOf { pipeline: p.pipeline.clone(), source: p.source.clone(), file: file(p)? })
        })
        .collect();
    if pipelines.is_empty() {
        return None;
    }
    let plans: Vec<&Plan> = plans.iter().copied().filter(|p| file(p).is_some()).collect();
    let mut items = Collector::new(platform, secrets::everywhere(platform, &plans));
    for plan in plans {
        match platform {
            PlatformName::Github => github::collect(plan, &mut items),
            PlatformName::Gitlab => gitlab::collect(plan, &mut items),
            PlatformName::Jenkins => jenkins::collect(plan, &mut items),
        }
    }
    Some(Manifest { platform, pipelines, items: items.finish() })
}
