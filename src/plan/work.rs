//! What the script does in each kind of job.

use super::{DeployWork, DrillWork, ReconcileWork, SoakWork, Text};
use crate::spec::{Channel, MetricPath, MetricsFormat, NotifyOn, Op, Registry, Repeat, ScanLevel, Unit};
use serde::Serialize;

/// What the script does in a job.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// Looks whether a release has run in an environment for long enough, and whether its watch held over all of it.
    Soak(SoakWork),
    /// Puts back what a killed run left in an environment; deploys nothing.
    Reconcile(ReconcileWork),
    /// Takes a release back on purpose, and times that; what was good is what is live afterwards.
    Drill(DrillWork),
    /// Says in a fork's pull request which jobs were withheld, and why.
    Withheld(WithheldWork),
    /// Sends a message.
    Notify(NotifyWork),
}

/// A gate.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanMetrics {
    /// How to read it.
    pub format: MetricsFormat,
    /// Path from the working folder.
    pub path: String,
}

/// A rule.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanScan {
    /// `trivy`.
    pub tool: String,
    /// This one and worse fail.
    pub fail_on: ScanLevel,
}

/// How to log in to a registry.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ApproveWork {
    /// The environment that is deployed to, `production`.
    pub environment: String,
    /// The platform environment that holds the people, `production-approval`.
    pub approval_environment: String,
    /// Reason why the platform's setting is not checked.
    pub unchecked: Option<String>,
}

/// Jobs that a fork's pull request does not run.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WithheldWork {
    /// Job id and reason.
    pub jobs: Vec<(String, String)>,
}

/// A message.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NotifyWork {
    /// Channel.
    pub channel: Channel,
    /// Variable with the URL.
    pub url: String,
    /// What it is sent for.
    pub on: Vec<NotifyOn>,
}
