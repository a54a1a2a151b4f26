//! The plan's data. `mlpipe plan --format json` is this, serialised; [`SCHEMA_VERSION`] counts its changes and
//! `docs/plan-schema.md` documents it.

use super::{Condition, Pattern, PlanIdentity, Work};
use crate::diag::Span;
use crate::spec::{Duration, InputKind, PlatformName};
pub use crate::spec::{Template as Text, TemplatePiece as Piece};
use indexmap::IndexMap;
use serde::Serialize;

/// Version of the JSON form of a plan.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything that the back ends and the script are made from.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Plan {
    /// Version of this form. It grows when a field changes its meaning or goes away; new fields may come without.
    #[cfg_attr(test, schemars(extend("const" = SCHEMA_VERSION)))]
    pub schema: u32,
    /// Name of the pipeline, `[a-z][a-z0-9-]{0,47}`.
    pub pipeline: String,
    /// The spec's path below the root, with `/`.
    pub source: String,
    /// SHA-256 of the spec and everything it uses, in hex.
    pub sha256: String,
    /// The generated script, below the root: `.mlpipe/NAME.sh`.
    pub script: String,
    /// Files to write, by platform.
    pub emit: Vec<EmitTo>,
    /// What starts a run.
    pub triggers: Vec<Trigger>,
    /// Branch that schedules and named events run on: the first literal branch of `on push`, else `main`.
    pub home_branch: String,
    /// Inputs of `manual` and of named events together, by name. An input is absent (empty) under other events.
    pub inputs: Vec<PlanInput>,
    /// Environment of every job. Values may hold `${…}` references, see [`Text`].
    pub env: IndexMap<String, Text>,
    /// Python that user commands run under.
    pub python: Option<PlanPython>,
    /// Every secret that any job names: what the script takes away from jobs that do not name it.
    pub secrets: Vec<String>,
    /// Jobs in topological order: a job stands behind everything it needs.
    pub jobs: Vec<Job>,
    /// Rehearsals of a rollback: jobs that the script knows and no run of this pipeline has. They stand among the `jobs` of
    /// the pipeline `NAME-drill`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drills: Vec<Job>,
    /// Every default that was filled in.
    pub defaults: Vec<FilledDefault>,
    /// What a person should know and the files cannot hold (settings to make), one sentence each.
    pub notes: Vec<String>,
}

/// One file to write.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EmitTo {
    /// Platform.
    pub platform: PlatformName,
    /// Path below the root, with `/`.
    pub path: String,
    /// More than one pipeline shares the repository (see ARCHITECTURE.md, "What it writes, and where").
    pub shared_root: bool,
    /// The others are started by a schedule or a person, by name, so that no run has jobs of two pipelines.
    pub alone: bool,
}

/// What starts a run.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Trigger {
    /// A push to one of these branches.
    Push {
        /// Globs.
        branches: Vec<Pattern>,
    },
    /// A push of one of these tags.
    Tag {
        /// Globs.
        tags: Vec<Pattern>,
    },
    /// A pull request into one of these branches.
    PullRequest {
        /// Globs.
        branches: Vec<Pattern>,
    },
    /// A schedule, on the home branch.
    Schedule {
        /// Five numeric cron fields, POSIX meaning, day of month and day of week never both restricted.
        cron: String,
        /// IANA zone; UTC when absent.
        timezone: Option<String>,
    },
    /// A person.
    Manual,
    /// An authenticated call.
    Named {
        /// Name of the event.
        name: String,
    },
}

/// A typed input. Reaches scripts as `MLPIPE_INPUT_NAME` in the environment only.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanInput {
    /// `reason`: `[a-z][a-z0-9_]*`.
    pub name: String,
    /// Type.
    pub kind: InputKind,
    /// Default as text; every input has one, the empty string for a string without.
    pub default: String,
    /// Offered when a person starts a run.
    pub manual: bool,
    /// Events that bring it.
    pub events: Vec<String>,
}

/// The Python of user commands.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanPython {
    /// `3.11`.
    pub version: String,
    /// How dependencies are installed; nothing when absent.
    pub install: Option<PlanInstall>,
}

/// How dependencies are installed.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "tool", rename_all = "snake_case")]
pub enum PlanInstall {
    /// `pip install -r` each of these.
    Pip {
        /// Requirement files, from the working folder.
        files: Vec<String>,
    },
    /// poetry with these groups; every group when empty.
    Poetry {
        /// Groups.
        groups: Vec<String>,
    },
    /// uv with these groups beside the default ones.
    Uv {
        /// Groups.
        groups: Vec<String>,
    },
}

/// One job.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Job {
    /// `gate-quality`, `model-NAME`, `image`, `image-check`, `approve-NAME`, `deploy-NAME`, `soak-NAME`, `withheld`, `notify-1`.
    pub id: String,
    /// For people: `Gate: quality`.
    pub title: String,
    /// Line of the spec (or of a used file) that it comes from.
    pub origin: Origin,
    /// Jobs whose success it needs (see [`RunIf`]); only direct ones, each existing whenever this job exists.
    pub needs: Vec<String>,
    /// Its own condition.
    pub own: Condition,
    /// Its own and all its needs' conditions: the whole of it.
    pub condition: Condition,
    /// How the outcome of `needs` decides.
    pub run_if: RunIf,
    /// Jobs whose `mlpipe-out` files it reads; a subset of `needs` (of all jobs, for a notification).
    pub reads: Vec<String>,
    /// Runner on each platform.
    pub runner: PlanRunner,
    /// The environment that it names on the platform.
    pub environment: Option<PlanEnvironment>,
    /// Name of the lock that it holds from start to end; no newer run cancels it.
    pub lock: Option<String>,
    /// A person must say yes before it starts.
    pub ask: Option<PlanAsk>,
    /// Seconds that lie between the end of what it needs and its start. No runner is held meanwhile.
    pub wait: Option<u64>,
    /// Secrets bound to this job and no other.
    pub secrets: Vec<SecretUse>,
    /// Who it is in clouds, without a key that lasts; never where a pull request can start it.
    pub identities: Vec<PlanIdentity>,
    /// Rights beyond reading the code.
    pub rights: Vec<Right>,
    /// Its commands run under the pipeline's Python: interpreter, dependencies and cache are set up.
    pub python: bool,
    /// Limit of the job's own commands together, in seconds, enforced by the script.
    pub timeout: u64,
    /// What the platform starts, in order. One for most jobs, several for a deploy.
    pub steps: Vec<Step>,
    /// It writes `mlpipe-out/JOB/junit.xml` (a JUnit report for platforms that read one).
    pub junit: bool,
    /// It writes `mlpipe-out/JOB/metrics.txt` (OpenMetrics, for GitLab).
    pub metrics: bool,
    /// Environment of this job beside the plan's.
    pub env: IndexMap<String, Text>,
    /// Folder in which user commands run, below the root; the root when absent.
    pub workdir: Option<String>,
    /// What the script does in it.
    pub work: Work,
}

impl Job {
    /// What putting back may take beside [`Job::timeout`], in seconds; nothing where nothing is put back.
    pub fn restore_seconds(&self) -> u64 {
        match &self.work {
            Work::Deploy(d) => d.restore_seconds(),
            _ => 0,
        }
    }

    /// The longest that the script may take, in seconds: its limit, and then putting back.
    pub fn longest(&self) -> u64 {
        self.timeout + self.restore_seconds()
    }
}

/// A place in a spec.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Origin {
    /// File below the root.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// The statement's head as written, one line: `gate quality`.
    pub text: String,
    /// The same place, for findings.
    #[serde(skip)]
    pub span: Span,
}

/// How the outcome of the needed jobs decides whether a job starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunIf {
    /// Every needed job succeeded. (An advisory gate always succeeds.)
    AllSucceeded,
    /// At least one needed job that exists in this run failed or timed out; waits until all have ended. The run was not cancelled.
    AnyFailed,
    /// Every needed job that exists in this run succeeded; for a notification of success.
    NoneFailed,
}

/// Runner per platform.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanRunner {
    /// Name of the `runner` statement, or nothing for a default.
    pub name: Option<String>,
    /// `runs-on`: all labels must match.
    pub github: Vec<String>,
    /// GitLab runner.
    pub gitlab: GitlabRunner,
    /// Jenkins label expression.
    pub jenkins: String,
    /// Nothing may be downloaded there.
    pub offline: bool,
}

/// GitLab's side of a runner.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GitlabRunner {
    /// All tags must match.
    pub tags: Vec<String>,
    /// Container image, with a version.
    pub image: Option<String>,
    /// Service containers, with a version.
    pub services: Vec<String>,
    /// Commands that bring bash, git and Python into a slim image.
    pub prepare: Vec<String>,
}

/// An environment of the platform.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanEnvironment {
    /// `production`, `production-approval` or `staging-soak`.
    pub name: String,
    /// What it is for.
    pub purpose: EnvironmentPurpose,
    /// `production`, `staging`, `testing`, `development`, `other`: GitLab's tiers.
    pub tier: String,
}

/// What an environment is for; no two of them are the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EnvironmentPurpose {
    /// The people who approve; no secrets.
    Approval,
    /// Secrets, identity, branch rule; no people.
    Deploy,
    /// A wait timer, where the platform has one, and what the ledger and the watch are asked with; no people.
    Soak,
    /// The same one, by a job that deploys nothing: the platform must not take it for a deploy.
    Reconcile,
}

/// The question of an approval job.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanAsk {
    /// What is asked.
    pub question: String,
    /// People or groups who may answer; whoever the platform's settings allow when empty.
    pub by: Vec<String>,
    /// How long the question stands.
    pub expires: Option<Duration>,
}

/// A secret of a job.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SecretUse {
    /// Environment variable that the job sees.
    pub name: String,
    /// GitHub secret.
    pub github: String,
    /// GitLab variable.
    pub gitlab: String,
    /// Jenkins credential id.
    pub jenkins: String,
    /// What kind of value it is.
    pub kind: SecretKind,
    /// Where it comes from.
    pub from: SecretFrom,
}

impl SecretUse {
    /// The name under which the platform's store has to hold the value; nothing where the platform brings it by
    /// itself, or where the job does without it.
    pub fn stored_on(&self, platform: PlatformName) -> Option<&str> {
        let (from, name) = match platform {
            PlatformName::Github => {
                (matches!(self.from, SecretFrom::Store | SecretFrom::GitlabPredefined), self.github.as_str())
            }
            PlatformName::Gitlab => (
                !matches!(self.from, SecretFrom::GitlabPredefined | SecretFrom::GithubTokenOnly),
                self.gitlab.as_str(),
            ),
            PlatformName::Jenkins => (
                !matches!(self.from, SecretFrom::StoreOnGitlab | SecretFrom::GithubTokenOnly),
                self.jenkins.as_str(),
            ),
        };
        from.then_some(name)
    }
}

/// Kind of a secret's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SecretKind {
    /// A text. Jenkins: "Secret text".
    Text,
    /// The content of a file, or on GitLab and Jenkins the path of one. Jenkins: "Secret file".
    File,
}

/// Where a secret comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SecretFrom {
    /// The project's store, by the names above.
    Store,
    /// GitHub: the job's token, `${{ github.token }}`, under this name. GitLab and Jenkins: the store.
    GithubToken,
    /// GitHub: the job's token. Nothing is bound on GitLab and Jenkins: only GitHub's own API is asked with it.
    GithubTokenOnly,
    /// The store on GitLab and Jenkins; on GitHub the job's token serves instead and nothing is bound.
    StoreExceptGithub,
    /// The store on GitLab; nothing is bound on GitHub and Jenkins.
    StoreOnGitlab,
    /// GitLab: a predefined variable that the script reads by itself; GitHub and Jenkins: the store.
    GitlabPredefined,
}

/// A right beyond reading the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Push packages (`packages: write`).
    WritePackages,
    /// Read the run's approvals (`actions: read`).
    ReadRuns,
    /// Ask the platform for a token that says who the job is (`id-token: write`).
    IdToken,
}

/// One call of the script.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Step {
    /// `run`; for a deploy `begin`, `roll-out`, `smoke`, `finish`, `restore`. Unique in the job.
    pub id: String,
    /// For people.
    pub title: String,
    /// Arguments of the script: `["gate", "quality"]`, `["deploy", "production", "begin"]`.
    pub args: Vec<String>,
    /// When it runs.
    pub when: StepWhen,
}

/// When a step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StepWhen {
    /// Every step before it succeeded.
    Normal,
    /// `begin` succeeded and `finish` did not: after a failure, a time-out or a cancel alike. The job stays red.
    Unfinished,
}

/// A default that was filled in.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FilledDefault {
    /// Where: `gate-quality.timeout`.
    pub place: String,
    /// What: `30m`.
    pub value: String,
    /// Why, in a few words.
    pub why: String,
}
