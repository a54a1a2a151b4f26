//! The typed spec: what a `.mlpipe` file says, with units resolved and references still by name.
//!
//! One struct per statement. A field that is `Option` or an empty list was not written: defaults are filled in by
//! the plan, which also says so. Nothing here is specific to a platform.

mod auth;
mod deploy;
mod gate;
mod image;
mod live;
mod scenario;
mod supply;
mod units;

pub use auth::*;
pub use deploy::*;
pub use gate::*;
pub use image::*;
pub use live::*;
pub use scenario::*;
pub use supply::*;
pub use units::*;

use crate::diag::{Span, Spanned};
use camino::Utf8PathBuf;
use indexmap::IndexMap;

/// A platform that a pipeline can be compiled to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Duration {
    /// Length in seconds.
    pub seconds: f64,
}

impl Duration {
    /// As a person writes it, in one unit: `90m`.
    pub fn written(self) -> String {
        let whole = |size: f64| (self.seconds / size).fract() == 0.0;
        let units = [(86_400.0, "d"), (3600.0, "h"), (60.0, "m"), (1.0, "s")];
        match units.into_iter().find(|(size, _)| whole(*size)) {
            Some((size, unit)) => format!("{}{unit}", self.seconds / size),
            None => format!("{}ms", self.seconds * 1000.0),
        }
    }
}

/// A string in which `${…}` may stand for values known only in the run. `let`s are already put in, so a piece is
/// either literal text (a `$` that was written `\$` is part of it) or the name of a value of the run. Only the fields
/// that have this type accept such references; elsewhere one is a finding.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Template(pub Vec<TemplatePiece>);

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// Identities in a cloud: every deploy's, and those of models that name them.
    pub auth: Vec<Auth>,
    /// The ledger's store.
    pub state: Option<State>,
    /// When what a killed deploy left is looked for by the clock.
    pub reconcile: Option<Reconcile>,
    /// When a rollback is rehearsed.
    pub drill: Option<Drill>,
    /// Tests of the pipeline itself.
    pub scenarios: Vec<Scenario>,
    /// Additions to emitted files.
    pub patches: Vec<Patch>,
    /// Statements that parse and type-check but have no output yet, each with its keyword, in the order of the file.
    pub later: Vec<Later>,
    /// What is named in statements that have no field of their own here yet, and every secret that is named anywhere.
    pub mentions: Vec<Mention>,
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

/// A name in a statement that has no field of its own in the spec yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// What it must be the name of.
    pub kind: MentionKind,
    /// The name, where it stands.
    pub name: Spanned<String>,
}

/// What a name must be the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MentionKind {
    /// A deploy: `shadow from production`.
    Deploy,
    /// A dataset: `needs data frames` of a training.
    Data,
    /// A model.
    Model,
    /// Whatever a scenario can speak of: a gate, a deploy, a model, a dataset, a training, the image.
    Subject,
    /// A secret. It needs no definition.
    Secret,
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
