//! The typed spec: what a `.mlpipe` file says, with units resolved and references still by name.
//!
//! One struct per statement. A field that is `Option` or an empty list was not written: defaults are filled in by
//! the plan, which also says so. Nothing here is specific to a platform.

use crate::diag::{Span, Spanned};
use camino::Utf8PathBuf;
use indexmap::IndexMap;

/// A platform that a pipeline can be compiled to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PlatformName {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
    /// Jenkins declarative pipeline.
    Jenkins,
}

impl PlatformName {
    /// Every platform, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Github, Self::Gitlab, Self::Jenkins];

    /// The word of the language: `github`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Jenkins => "jenkins",
        }
    }
}

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, serde::Serialize)]
pub struct Duration {
    /// Length in seconds.
    pub seconds: f64,
}

/// A string in which `${…}` may stand for values known only in the run. `let`s are already put in, so a piece is
/// either literal text (a `$` that was written `\$` is part of it) or the name of a value of the run. Only the fields
/// that have this type accept such references; elsewhere one is a finding.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, serde::Serialize)]
#[serde(transparent)]
pub struct Template(pub Vec<TemplatePiece>);

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplatePiece {
    /// Literal text.
    Lit(String),
    /// A value of the run, one of [`RUN_VALUES`].
    Ref(String),
}

/// What `${…}` may name beside the `let`s: values that are known only in the run.
pub const RUN_VALUES: [&str; 5] = ["commit", "branch", "tag", "model.version", "image"];

impl Template {
    /// A template without references.
    pub fn lit(text: impl Into<String>) -> Self {
        Self(vec![TemplatePiece::Lit(text.into())])
    }

    /// The text, when there is no reference in it.
    pub fn as_literal(&self) -> Option<String> {
        self.0
            .iter()
            .map(|p| match p {
                TemplatePiece::Lit(text) => Some(text.as_str()),
                TemplatePiece::Ref(_) => None,
            })
            .collect()
    }
}

impl std::fmt::Display for Template {
    /// For people: references as `${name}`. Not to be read back: a literal `${` looks the same.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|p| match p {
            TemplatePiece::Lit(text) => f.write_str(text),
            TemplatePiece::Ref(name) => write!(f, "${{{name}}}"),
        })
    }
}

/// A shell command, verbatim: the compiler never edits it.
pub type Shell = Spanned<String>;

/// The name of a secret: `UPPER_CASE`.
pub type SecretName = Spanned<String>;

/// One file with a `pipeline` statement, everything it `use`s folded in.
#[derive(Debug, Clone, Default)]
pub struct Spec {
    /// Name of the pipeline.
    pub pipeline: Spanned<String>,
    /// Path of the spec below the root, with `/`.
    pub path: Utf8PathBuf,
    /// SHA-256 over the spec and everything it uses, in hex: what the headers of generated files hold.
    pub sha256: String,
    /// Language edition, 1.
    pub edition: u32,
    /// What to emit, each with the path it asks for.
    pub emit: Vec<Emit>,
    /// What starts the pipeline.
    pub on: Vec<On>,
    /// Environment of every job.
    pub env: IndexMap<String, Spanned<Template>>,
    /// Folder in which commands run, below the root.
    pub workdir: Option<Spanned<String>>,
    /// The Python that commands run under.
    pub python: Option<Python>,
    /// `secret NAME` at the top: what differs per platform, by name.
    pub secrets: IndexMap<String, SecretIds>,
    /// Named runners.
    pub runners: IndexMap<String, Runner>,
    /// `runner NAME` at the top: the runner of every job that names none.
    pub runner: Option<Spanned<String>>,
    /// Models, by name.
    pub models: IndexMap<String, Model>,
    /// Datasets, by name.
    pub data: IndexMap<String, Data>,
    /// Gates, in the order of the file, used ones first.
    pub gates: IndexMap<String, Gate>,
    /// Continuous training, by name.
    pub train: IndexMap<String, Train>,
    /// The image, if there is one.
    pub image: Option<Image>,
    /// Deploys, in the order of the file.
    pub deploys: IndexMap<String, Deploy>,
    /// Who is told.
    pub notify: Vec<Notify>,
    /// Cloud identities.
    pub auth: Vec<Auth>,
    /// The ledger's store.
    pub state: Option<State>,
    /// Tests of the pipeline itself.
    pub scenarios: Vec<Scenario>,
    /// Additions to emitted files.
    pub patches: Vec<Patch>,
    /// Statements that parse and type-check but have no output yet, each with its keyword, in the order of the file.
    pub later: Vec<Later>,
    /// Top-level statements, or lines that are none, in which something was not understood: the spec may lack what
    /// stands there, so nothing may be concluded from its absence.
    pub doubtful: Vec<Span>,
}

/// A statement that is typed and checked but not compiled yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Later {
    /// The statement's first word, or words: `canary`, `target ssh`.
    pub what: String,
    /// The statement.
    pub span: Span,
    /// What to do until then.
    pub instead: String,
}

/// `emit github "path"`.
#[derive(Debug, Clone)]
pub struct Emit {
    /// Platform.
    pub platform: Spanned<PlatformName>,
    /// Path below the root; the platform's usual one when absent.
    pub path: Option<Spanned<String>>,
}

/// `on …`.
#[derive(Debug, Clone)]
pub struct On {
    /// What happens.
    pub event: Event,
    /// Path filters, globs below the root.
    pub paths: Vec<Spanned<String>>,
    /// The statement.
    pub span: Span,
}

/// What starts a run.
#[derive(Debug, Clone)]
pub enum Event {
    /// A push to a branch that matches one of the globs.
    Push(Vec<Spanned<String>>),
    /// A tag that matches one of the globs.
    Tag(Vec<Spanned<String>>),
    /// A pull request into a branch that matches one of the globs.
    PullRequest(Vec<Spanned<String>>),
    /// Five cron fields and an IANA zone.
    Schedule {
        /// `17 3 * * 1`.
        cron: Spanned<String>,
        /// `Europe/Berlin`; UTC when absent.
        timezone: Option<Spanned<String>>,
    },
    /// A person starts it.
    Manual(Vec<Input>),
    /// An authenticated call from outside.
    Named {
        /// Name of the event.
        name: Spanned<String>,
        /// Values that it brings.
        inputs: Vec<Input>,
    },
    /// `on change data frames`, in a `train` only.
    Change(Spanned<String>),
}

/// `input reason string`.
#[derive(Debug, Clone)]
pub struct Input {
    /// `reason`; reaches the shell as `MLPIPE_INPUT_REASON`.
    pub name: Spanned<String>,
    /// Its type.
    pub kind: InputKind,
    /// Its default, as text.
    pub default: Option<Spanned<String>>,
}

/// Type of an input.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum InputKind {
    /// Any text of one line.
    String,
    /// `true` or `false`.
    Bool,
    /// A decimal number.
    Number,
    /// One of a list.
    Choice(Vec<String>),
}

/// `python "3.11" { install … }`.
#[derive(Debug, Clone)]
pub struct Python {
    /// `3.11`.
    pub version: Spanned<String>,
    /// How dependencies come in.
    pub install: Option<Install>,
    /// The statement.
    pub span: Span,
}

/// How Python dependencies are installed.
#[derive(Debug, Clone)]
pub enum Install {
    /// `pip install -r FILE…`.
    Pip(Vec<Spanned<String>>),
    /// `poetry sync --only GROUPS`; every group when empty.
    Poetry(Vec<Spanned<String>>),
    /// `uv sync --frozen`, with these groups beside the default ones.
    Uv(Vec<Spanned<String>>),
}

/// `secret KUBECONFIG { jenkins "ml-prod-kubeconfig" }`.
#[derive(Debug, Clone, Default)]
pub struct SecretIds {
    /// The name it has on each platform where it differs.
    pub ids: IndexMap<PlatformName, Spanned<String>>,
    /// The statement.
    pub span: Span,
}

/// `runner gpu { github "self-hosted", "gpu"; gitlab "gpu"; jenkins "gpu && linux" }`.
#[derive(Debug, Clone, Default)]
pub struct Runner {
    /// Name.
    pub name: Spanned<String>,
    /// GitHub labels, all of which must match.
    pub github: Vec<Spanned<String>>,
    /// GitLab tags, all of which must match.
    pub gitlab: Vec<Spanned<String>>,
    /// Jenkins label expression.
    pub jenkins: Option<Spanned<String>>,
    /// Container image for GitLab jobs.
    pub image: Option<Spanned<String>>,
    /// Nothing is downloaded there.
    pub offline: bool,
    /// The statement.
    pub span: Span,
}

/// What every job kind can carry.
#[derive(Debug, Clone, Default)]
pub struct Common {
    /// Environment of this job.
    pub env: IndexMap<String, Spanned<Template>>,
    /// Folder in which its commands run.
    pub workdir: Option<Spanned<String>>,
    /// Name of its runner.
    pub runner: Option<Spanned<String>>,
    /// Secrets of this job and no other.
    pub secrets: Vec<SecretName>,
    /// Time limit of its commands together.
    pub timeout: Option<Spanned<Duration>>,
    /// The first line of the statement: keyword and name.
    pub head: Span,
}

/// `model fraud-scorer { … }`.
#[derive(Debug, Clone)]
pub struct Model {
    /// Name.
    pub name: Spanned<String>,
    /// Where it comes from; none for a hosted model.
    pub source: Option<Spanned<ModelSource>>,
    /// One to three parts: name / provider version / prompt version.
    pub version: Option<Spanned<Template>>,
    /// Where the file is put, below the root.
    pub save: Option<Spanned<String>>,
    /// Environment, runner, secrets, timeout.
    pub common: Common,
}

/// Where a model comes from.
#[derive(Debug, Clone)]
pub enum ModelSource {
    /// A file or folder of the repository.
    Path(Spanned<String>),
    /// A URL and the SHA-256 of what it must give.
    Http {
        /// `https://…`.
        url: Spanned<String>,
        /// 64 hex digits.
        sha256: Spanned<String>,
    },
    /// An MLflow registry URI, `models:/name@alias` or `models:/name/7`.
    Mlflow {
        /// The URI.
        uri: Spanned<String>,
        /// Secrets of the statement's own block (`MLFLOW_TRACKING_URI`).
        secrets: Vec<SecretName>,
    },
    /// A command that writes the file.
    Run(Shell),
    /// Typed, made later: sagemaker, s3, gs, azure, huggingface, dvc, oci, with their arguments.
    Later(Spanned<String>),
}

/// `gate quality { … }`.
#[derive(Debug, Clone)]
pub struct Gate {
    /// Name.
    pub name: Spanned<String>,
    /// The command.
    pub run: Option<Shell>,
    /// Models it needs.
    pub needs_models: Vec<Spanned<String>>,
    /// Datasets it needs.
    pub needs_data: Vec<Spanned<String>>,
    /// `needs image`: it tests the pushed image and blocks the deploys.
    pub needs_image: Option<Span>,
    /// Gates that come first.
    pub after: Vec<Spanned<String>>,
    /// `before staging`: blocks that deploy and what follows, not the image.
    pub before: Option<Spanned<String>>,
    /// Report files.
    pub reports: Vec<Report>,
    /// Files kept for people.
    pub artifacts: Vec<Spanned<String>>,
    /// Metric files.
    pub metrics: Vec<MetricsFile>,
    /// `metric NAME in UNIT`.
    pub units: Vec<MetricUnit>,
    /// Baseline file, with the same metric names and units.
    pub baseline: Option<Spanned<String>>,
    /// What must hold.
    pub require: Vec<Require>,
    /// `seed 42`.
    pub seed: Option<Spanned<u32>>,
    /// `repeat N pass M`.
    pub repeat: Option<Spanned<Repeat>>,
    /// `advisory "reason"`: reports and never blocks.
    pub advisory: Option<Spanned<String>>,
    /// `when changed provider, prompt`.
    pub when_changed: Vec<Spanned<String>>,
    /// Environment, runner, secrets, timeout.
    pub common: Common,
}

/// `repeat 5 pass 4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Repeat {
    /// How often the command runs.
    pub times: u32,
    /// How many of those runs must pass.
    pub pass: u32,
}

/// `report junit "unit.xml"`.
#[derive(Debug, Clone)]
pub struct Report {
    /// JUnit XML is the one kind so far.
    pub kind: ReportKind,
    /// Path from the job's working folder.
    pub path: Spanned<String>,
}

/// Kind of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportKind {
    /// JUnit XML.
    Junit,
}

/// `metrics "metrics.json"`.
#[derive(Debug, Clone)]
pub struct MetricsFile {
    /// How to read it.
    pub format: Spanned<MetricsFormat>,
    /// Path from the job's working folder.
    pub path: Spanned<String>,
}

/// How a metrics file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricsFormat {
    /// A JSON object; a dotted metric name walks down it.
    Json,
    /// JUnit XML; its metrics are `tests`, `failures`, `errors`, `skipped`, `passed`, `time` (s).
    Junit,
    /// promptfoo's result file: typed, made later.
    Promptfoo,
}

/// `metric latency.p95 in ms`.
#[derive(Debug, Clone)]
pub struct MetricUnit {
    /// The metric.
    pub metric: Spanned<MetricPath>,
    /// The unit that the file has.
    pub unit: Spanned<Unit>,
}

/// A dotted metric name, part by part: `rag."map@0.5"` is `["rag", "map@0.5"]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, serde::Serialize)]
pub struct MetricPath(pub Vec<String>);

impl std::fmt::Display for MetricPath {
    /// As it is written in a spec: `rag."map@0.5"`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, part) in self.0.iter().enumerate() {
            let dot = if i == 0 { "" } else { "." };
            let mut chars = part.chars();
            let plain = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
                && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
            if plain {
                write!(f, "{dot}{part}")?;
            } else {
                write!(f, "{dot}\"{}\"", part.replace('\\', "\\\\").replace('"', "\\\""))?;
            }
        }
        Ok(())
    }
}

/// A unit of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub enum Unit {
    /// No unit.
    None,
    /// 1e-3 s.
    Ms,
    /// 1 s.
    S,
    /// 60 s.
    M,
    /// 3600 s.
    H,
    /// 86400 s.
    D,
    /// A hundredth.
    Percent,
    /// 1 byte.
    B,
    /// 1024 bytes.
    KiB,
    /// 1024² bytes.
    MiB,
    /// 1024³ bytes.
    GiB,
}

/// What a unit measures; two values compare only within one dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Plain numbers and percentages (`1%` is the ratio 0.01).
    Ratio,
    /// Seconds.
    Time,
    /// Bytes.
    Size,
}

impl Unit {
    /// The word of the language: `ms`, `percent`.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Ms => "ms",
            Self::S => "s",
            Self::M => "m",
            Self::H => "h",
            Self::D => "d",
            Self::Percent => "percent",
            Self::B => "B",
            Self::KiB => "KiB",
            Self::MiB => "MiB",
            Self::GiB => "GiB",
        }
    }

    /// What it measures.
    pub fn dimension(self) -> Dimension {
        match self {
            Self::None | Self::Percent => Dimension::Ratio,
            Self::Ms | Self::S | Self::M | Self::H | Self::D => Dimension::Time,
            Self::B | Self::KiB | Self::MiB | Self::GiB => Dimension::Size,
        }
    }
}

/// A number with its unit, as written: `200ms` is `200` in `ms`.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Quantity {
    /// The number as written, exactly as its decimal text reads.
    pub number: f64,
    /// The unit as written.
    pub unit: Unit,
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub enum Op {
    /// `<`
    #[serde(rename = "<")]
    Lt,
    /// `<=`
    #[serde(rename = "<=")]
    Le,
    /// `>`
    #[serde(rename = ">")]
    Gt,
    /// `>=`
    #[serde(rename = ">=")]
    Ge,
    /// `==`
    #[serde(rename = "==")]
    Eq,
    /// `!=`
    #[serde(rename = "!=")]
    Ne,
}

impl Op {
    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Eq => "==",
            Self::Ne => "!=",
        }
    }
}

/// `require f1 >= baseline - 0.01`.
#[derive(Debug, Clone)]
pub struct Require {
    /// Left side.
    pub metric: Spanned<MetricPath>,
    /// Comparison.
    pub op: Op,
    /// Right side, in the unit of the metric's file (see [`Require::file_unit`]).
    pub right: Right,
    /// The unit that the metric has in its file, from `metric … in` or the name's ending.
    pub file_unit: Unit,
    /// The rule as written, white space folded, `let`s resolved: `latency.p95 < 200ms`.
    pub text: String,
    /// The statement.
    pub span: Span,
}

/// Right side of a `require`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Right {
    /// A number in the unit of the metric's file.
    Literal(f64),
    /// The baseline file's value of the same metric, moved by a tolerance.
    Baseline(Tolerance),
}

/// How far from the baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tolerance {
    /// The baseline itself.
    None,
    /// Added to the baseline (negative for `-`), in the unit of the metric's file.
    Absolute(f64),
    /// A share of the baseline's absolute value (negative for `-`): `+ 10%` is 0.1.
    Relative(f64),
}

/// `image ghcr "ghcr.io/acme/fraud-scorer" { … }`.
#[derive(Debug, Clone)]
pub struct Image {
    /// Kind of registry.
    pub registry: Spanned<Registry>,
    /// Repository with its host.
    pub repository: Spanned<String>,
    /// Dockerfile; `Dockerfile` when absent.
    pub dockerfile: Option<Spanned<String>>,
    /// Build context; `.` when absent.
    pub context: Option<Spanned<String>>,
    /// Models that must lie in the build context.
    pub with_models: Vec<Spanned<String>>,
    /// Tags; `commit` when empty.
    pub tags: Vec<Spanned<ImageTag>>,
    /// Scan.
    pub scan: Option<Scan>,
    /// `login secret USER, PASSWORD`.
    pub login: Option<(SecretName, SecretName)>,
    /// Environment, runner, secrets, timeout.
    pub common: Common,
}

/// Kind of registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Registry {
    /// GitHub's.
    Ghcr,
    /// Docker Hub.
    Dockerhub,
    /// Amazon's: typed, made later.
    Ecr,
    /// Google's: typed, made later.
    Gar,
    /// Azure's: typed, made later.
    Acr,
    /// The GitLab project's.
    Gitlab,
    /// Any other, with user and password.
    Generic,
}

/// A tag of the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageTag {
    /// The full commit.
    Commit,
    /// Its first 12 digits.
    ShortCommit,
    /// The branch, made legal for a tag. It moves.
    Branch,
    /// The git tag.
    Tag,
    /// `latest`. It moves.
    Latest,
    /// A text.
    Text(Template),
}

/// `scan trivy fail_on high`.
#[derive(Debug, Clone)]
pub struct Scan {
    /// Scanner: `trivy`.
    pub tool: Spanned<String>,
    /// This severity and worse fail the job.
    pub fail_on: Spanned<ScanLevel>,
}

/// Severity of a vulnerability, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ScanLevel {
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

/// `deploy production { … }`.
#[derive(Debug, Clone)]
pub struct Deploy {
    /// Name; also the environment's.
    pub name: Spanned<String>,
    /// `after staging`; the deploy written before when absent.
    pub after: Option<Spanned<String>>,
    /// `on …`: narrows that of the deploy before.
    pub on: Vec<On>,
    /// `approval …`.
    pub approval: Option<Approval>,
    /// Where it goes; a `target NAME` is already resolved and merged.
    pub target: Option<Spanned<Target>>,
    /// `smoke "…"`: run once after each step.
    pub smoke: Option<Shell>,
    /// `tier production`; guessed from the name when absent.
    pub tier: Option<Spanned<String>>,
    /// Environment, runner, secrets, timeout.
    pub common: Common,
}

/// `approval required { … }`.
#[derive(Debug, Clone)]
pub struct Approval {
    /// `required` or `by_dispatch`.
    pub kind: Spanned<ApprovalKind>,
    /// Who may say yes.
    pub by: Vec<Spanned<String>>,
    /// How long the question stands.
    pub expires: Option<Spanned<Duration>>,
    /// The reason why the platform's setting is not checked.
    pub unchecked: Option<Spanned<String>>,
    /// The statement.
    pub span: Span,
}

/// How a deploy is approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalKind {
    /// A person approves in the platform.
    Required,
    /// A person starts a second run with the digest: typed, made later.
    ByDispatch,
}

/// Where a deploy goes.
#[derive(Debug, Clone)]
pub enum Target {
    /// A Deployment of a Kubernetes cluster.
    Kubernetes(Kubernetes),
    /// Any command line.
    Command(CommandTarget),
    /// Typed, made later: ssh, helm, argo_rollouts, kserve, sagemaker, ecs, lambda, cloud_run.
    Later(String),
}

/// `target kubernetes { … }`.
#[derive(Debug, Clone)]
pub struct Kubernetes {
    /// Secret with the kubeconfig.
    pub kubeconfig: SecretName,
    /// Namespace; `default` when absent.
    pub namespace: Option<Spanned<String>>,
    /// Deployment.
    pub deployment: Spanned<String>,
    /// Container; the deployment's name when absent.
    pub container: Option<Spanned<String>>,
    /// Time limit of one roll-out.
    pub timeout: Option<Spanned<Duration>>,
}

/// `target command { deploy "…"; live "…"; rollback "…" }`.
#[derive(Debug, Clone, Default)]
pub struct CommandTarget {
    /// Puts `MLPIPE_IMAGE` (or `MLPIPE_MODEL_DIGEST`) live.
    pub deploy: Option<Shell>,
    /// Prints the digest that serves now, nothing when nothing does.
    pub live: Option<Shell>,
    /// Puts `MLPIPE_ROLLBACK_TO` back; the `deploy` verb with that digest when absent.
    pub rollback: Option<Shell>,
    /// Time limit of each verb.
    pub timeout: Option<Spanned<Duration>>,
}

/// `notify slack secret SLACK_WEBHOOK on failure, rollback, halt`.
#[derive(Debug, Clone)]
pub struct Notify {
    /// Channel.
    pub channel: Spanned<Channel>,
    /// Secret with the URL.
    pub secret: SecretName,
    /// When.
    pub on: Vec<Spanned<NotifyOn>>,
    /// The statement.
    pub span: Span,
}

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A Slack incoming webhook.
    Slack,
    /// Any URL: gets a JSON body.
    Webhook,
    /// Microsoft Teams: typed, made later.
    Teams,
    /// E-mail: typed, made later.
    Email,
}

/// What a message is sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NotifyOn {
    /// Any job failed.
    Failure,
    /// Every job that should run has succeeded.
    Success,
    /// A deploy was put back.
    Rollback,
    /// An environment was halted.
    Halt,
}

/// `data frames { … }`: typed, made later.
#[derive(Debug, Clone)]
pub struct Data {
    /// Name.
    pub name: Spanned<String>,
    /// The statement's head.
    pub head: Span,
}

/// `train ranker { … }`: typed, made later.
#[derive(Debug, Clone)]
pub struct Train {
    /// Name.
    pub name: Spanned<String>,
    /// The statement's head.
    pub head: Span,
}

/// `auth aws …`: typed, made later.
#[derive(Debug, Clone)]
pub struct Auth {
    /// `aws`, `gcp` or `azure`.
    pub provider: Spanned<String>,
}

/// `state s3 "…"`: typed, made later.
#[derive(Debug, Clone)]
pub struct State {
    /// Kind of store.
    pub store: Spanned<String>,
}

/// `scenario "…" { … }`: typed, run later.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Title.
    pub title: Spanned<String>,
}

/// `patch github "jobs.image" """…"""`: typed, applied later.
#[derive(Debug, Clone)]
pub struct Patch {
    /// Platform.
    pub platform: Spanned<PlatformName>,
    /// Place in the emitted file.
    pub place: Spanned<String>,
}
