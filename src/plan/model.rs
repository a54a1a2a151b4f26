//! The plan's data. `mlpipe plan --format json` is this, serialised; [`SCHEMA_VERSION`] counts its changes and
//! `docs/plan-schema.md` documents it.

use super::{Condition, Pattern};
use crate::diag::Span;
use crate::spec::{
    Channel, Duration, InputKind, MetricPath, MetricsFormat, NotifyOn, Op, PlatformName, Registry, Repeat,
    ScanLevel, Unit,
};
pub use crate::spec::{Template as Text, TemplatePiece as Piece};
use indexmap::IndexMap;
use serde::Serialize;

/// Version of the JSON form of a plan.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything that the back ends and the script are made from.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// [`SCHEMA_VERSION`].
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
    /// Every default that was filled in.
    pub defaults: Vec<FilledDefault>,
    /// What a person should know and the files cannot hold (settings to make), one sentence each.
    pub notes: Vec<String>,
}

/// One file to write.
#[derive(Debug, Clone, Serialize)]
pub struct EmitTo {
    /// Platform.
    pub platform: PlatformName,
    /// Path below the root, with `/`.
    pub path: String,
    /// More than one pipeline shares the repository (see ARCHITECTURE.md, "What it writes, and where").
    pub shared_root: bool,
}

/// What starts a run.
#[derive(Debug, Clone, Serialize)]
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
pub struct PlanPython {
    /// `3.11`.
    pub version: String,
    /// How dependencies are installed; nothing when absent.
    pub install: Option<PlanInstall>,
}

/// How dependencies are installed.
#[derive(Debug, Clone, Serialize)]
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
pub struct Job {
    /// `gate-quality`, `model-NAME`, `image`, `image-check`, `approve-NAME`, `deploy-NAME`, `withheld`, `notify-1`.
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
    /// Secrets bound to this job and no other.
    pub secrets: Vec<SecretUse>,
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

/// A place in a spec.
#[derive(Debug, Clone, Serialize)]
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
pub struct PlanEnvironment {
    /// `production` or `production-approval`.
    pub name: String,
    /// What it is for.
    pub purpose: EnvironmentPurpose,
    /// `production`, `staging`, `testing`, `development`, `other`: GitLab's tiers.
    pub tier: String,
}

/// What an environment is for; the two are never the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EnvironmentPurpose {
    /// The people who approve; no secrets.
    Approval,
    /// Secrets, identity, branch rule; no people.
    Deploy,
}

/// The question of an approval job.
#[derive(Debug, Clone, Serialize)]
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
#[serde(rename_all = "snake_case")]
pub enum SecretKind {
    /// A text. Jenkins: "Secret text".
    Text,
    /// The content of a file, or on GitLab and Jenkins the path of one. Jenkins: "Secret file".
    File,
}

/// Where a secret comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Push packages (`packages: write`).
    WritePackages,
    /// Read the run's approvals (`actions: read`).
    ReadRuns,
}

/// One call of the script.
#[derive(Debug, Clone, Serialize)]
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
#[serde(rename_all = "snake_case")]
pub enum StepWhen {
    /// Every step before it succeeded.
    Normal,
    /// `begin` succeeded and `finish` did not: after a failure, a time-out or a cancel alike. The job stays red.
    Unfinished,
}

/// What the script does in a job.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "a plan holds tens of jobs; a box would only cost readability")]
pub enum Work {
    /// A gate.
    Gate(GateWork),
    /// Resolves a model's version and checksum, once for the run.
    Model(ModelWork),
    /// Builds, scans and (unless `push` is false) pushes the image.
    Image(ImageWork),
    /// Records who approved, and checks that somebody had to.
    Approve(ApproveWork),
    /// The critical section of one environment.
    Deploy(DeployWork),
    /// Says in a fork's pull request which jobs were withheld, and why.
    Withheld(WithheldWork),
    /// Sends a message.
    Notify(NotifyWork),
}

/// A gate.
#[derive(Debug, Clone, Serialize)]
pub struct GateWork {
    /// Name.
    pub name: String,
    /// The command, verbatim; none when the gate only reads files of the repository.
    pub run: Option<String>,
    /// `PYTHONHASHSEED` and `MLPIPE_SEED`.
    pub seed: Option<u32>,
    /// How often, and how often it must pass.
    pub repeat: Option<Repeat>,
    /// Metric files; a metric is looked up in them in this order.
    pub metrics: Vec<PlanMetrics>,
    /// Baseline file.
    pub baseline: Option<String>,
    /// Rules, all of which must hold.
    pub require: Vec<PlanRequire>,
    /// JUnit files that the command writes.
    pub junit: Vec<String>,
    /// Files kept for people.
    pub artifacts: Vec<String>,
    /// The reason why it never blocks.
    pub advisory: Option<String>,
    /// Models that are fetched before it runs.
    pub models: Vec<ModelWork>,
    /// It tests the pushed image: `MLPIPE_IMAGE` is set.
    pub image: bool,
    /// Image repository, when `image`.
    pub repository: Option<String>,
}

/// A metrics file.
#[derive(Debug, Clone, Serialize)]
pub struct PlanMetrics {
    /// How to read it.
    pub format: MetricsFormat,
    /// Path from the working folder.
    pub path: String,
}

/// A rule.
#[derive(Debug, Clone, Serialize)]
pub struct PlanRequire {
    /// The metric, part by part.
    pub metric: MetricPath,
    /// Comparison.
    pub op: Op,
    /// A number in the file's unit, or nothing for the baseline.
    pub literal: Option<f64>,
    /// Added to the baseline, in the file's unit.
    pub absolute: Option<f64>,
    /// A share of the baseline's absolute value, added to it.
    pub relative: Option<f64>,
    /// Unit of the file, for people.
    pub unit: Unit,
    /// The rule as written.
    pub text: String,
    /// Line in the spec.
    pub line: u32,
}

/// A model.
#[derive(Debug, Clone, Serialize)]
pub struct ModelWork {
    /// Name.
    pub name: String,
    /// Where it comes from; a hosted model has none.
    pub source: Option<PlanSource>,
    /// Version identity, one to three parts.
    pub version: Text,
    /// Where the file is put, below the root.
    pub save: Option<String>,
}

/// Where a model comes from.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum PlanSource {
    /// A file or folder of the repository.
    Path {
        /// Below the root.
        path: String,
    },
    /// A URL with its checksum.
    Http {
        /// URL.
        url: String,
        /// 64 hex digits.
        sha256: String,
    },
    /// An MLflow registry URI.
    Mlflow {
        /// `models:/name@alias`, `models:/name/7`.
        uri: String,
    },
    /// A command that writes the file.
    Run {
        /// Verbatim.
        command: String,
    },
}

/// The image.
#[derive(Debug, Clone, Serialize)]
pub struct ImageWork {
    /// Kind of registry.
    pub registry: Registry,
    /// Host to log in to, `ghcr.io`.
    pub host: String,
    /// Repository with its host, `ghcr.io/acme/fraud-scorer`; lower case.
    pub repository: String,
    /// Dockerfile below the root.
    pub dockerfile: String,
    /// Build context below the root.
    pub context: String,
    /// Tags that never move; at least one.
    pub fixed_tags: Vec<PlanTag>,
    /// Tags that move.
    pub moving_tags: Vec<PlanTag>,
    /// Severities that fail the scan, mildest first.
    pub scan: Option<PlanScan>,
    /// Environment variables with registry user and password; none when it is not pushed.
    pub login: Option<PlanLogin>,
    /// Models that must lie in the build context.
    pub models: Vec<ModelWork>,
    /// False on pull requests: built and scanned only.
    pub push: bool,
    /// Gates whose verdict goes into the image's record.
    pub gates: Vec<String>,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanTag {
    /// The full commit.
    Commit,
    /// Its first 12 digits.
    ShortCommit,
    /// The branch, with everything illegal replaced by `-`.
    Branch,
    /// The git tag; not pushed when the run has none.
    GitTag,
    /// `latest`.
    Latest,
    /// A text.
    Text(Text),
}

/// A scan.
#[derive(Debug, Clone, Serialize)]
pub struct PlanScan {
    /// `trivy`.
    pub tool: String,
    /// This one and worse fail.
    pub fail_on: ScanLevel,
}

/// How to log in to a registry.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanLogin {
    /// ghcr: on GitHub the job's token (`GHCR_TOKEN`, user `GITHUB_ACTOR`); elsewhere the secrets `GHCR_USER` and `GHCR_TOKEN`.
    Ghcr,
    /// GitLab's registry: on GitLab `CI_REGISTRY_USER` / `CI_REGISTRY_PASSWORD`; elsewhere secrets of those names.
    Gitlab,
    /// These two secrets.
    Secrets {
        /// Variable with the user.
        user: String,
        /// Variable with the password.
        password: String,
    },
}

/// An approval.
#[derive(Debug, Clone, Serialize)]
pub struct ApproveWork {
    /// The environment that is deployed to, `production`.
    pub environment: String,
    /// The platform environment that holds the people, `production-approval`.
    pub approval_environment: String,
    /// Reason why the platform's setting is not checked.
    pub unchecked: Option<String>,
}

/// A deploy.
#[derive(Debug, Clone, Serialize)]
pub struct DeployWork {
    /// Environment.
    pub environment: String,
    /// What is deployed.
    pub artifact: Artifact,
    /// Where.
    pub target: PlanTarget,
    /// Run once after the roll-out.
    pub smoke: Option<String>,
    /// The approval job whose evidence it checks again.
    pub approval: Option<ApproveWork>,
}

/// What a deploy puts live.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Artifact {
    /// The image, by digest.
    Image {
        /// Repository with its host.
        repository: String,
    },
    /// The model's file, by checksum.
    Model {
        /// Name.
        name: String,
    },
}

/// Where a deploy goes.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PlanTarget {
    /// A Kubernetes Deployment.
    Kubernetes {
        /// Variable with the kubeconfig (content, or path of a file).
        kubeconfig: String,
        /// Namespace.
        namespace: String,
        /// Deployment.
        deployment: String,
        /// Container.
        container: String,
        /// Limit of one roll-out, in seconds.
        timeout: u64,
    },
    /// A command line.
    Command {
        /// Puts it live.
        deploy: String,
        /// Prints the digest that serves now.
        live: String,
        /// Puts `MLPIPE_ROLLBACK_TO` back; `deploy` with that digest when absent.
        rollback: Option<String>,
        /// Limit of each verb, in seconds.
        timeout: u64,
    },
}

/// Jobs that a fork's pull request does not run.
#[derive(Debug, Clone, Serialize)]
pub struct WithheldWork {
    /// Job id and reason.
    pub jobs: Vec<(String, String)>,
}

/// A message.
#[derive(Debug, Clone, Serialize)]
pub struct NotifyWork {
    /// Channel.
    pub channel: Channel,
    /// Variable with the URL.
    pub url: String,
    /// What it is sent for.
    pub on: Vec<NotifyOn>,
}

/// A default that was filled in.
#[derive(Debug, Clone, Serialize)]
pub struct FilledDefault {
    /// Where: `gate-quality.timeout`.
    pub place: String,
    /// What: `30m`.
    pub value: String,
    /// Why, in a few words.
    pub why: String,
}
