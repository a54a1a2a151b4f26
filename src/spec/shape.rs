//! The notation of the keyword table: what stands behind a keyword, piece by piece.

/// A piece of a statement's arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// This very word.
    The(&'static str),
    /// This operator.
    Op(&'static str),
    /// A value, captured under a name.
    A(&'static str, Kind),
    /// A comma.
    Comma,
    /// These or nothing.
    Maybe(&'static [Shape]),
    /// These once or more, with commas between.
    List(&'static [Shape]),
    /// The first of these that fits by its first piece.
    Either(&'static [&'static [Shape]]),
}

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `[a-z][a-z0-9-]*`, at most 48 characters.
    Name,
    /// A kind of target, or the name of one.
    TargetName,
    /// `[a-z][a-z0-9_]*`: an input, a `let`, a metric's first part.
    Ident,
    /// `UPPER_CASE`, a secret or a variable.
    Upper,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A text on one line, known before the run.
    Str,
    /// A path below the root, with `/`.
    Path,
    /// A text in which values of the run may stand.
    Template,
    /// A text, a number or a word, as the value of a variable.
    Env,
    /// A branch or tag glob, bare or quoted.
    Glob,
    /// A shell command, verbatim.
    Shell,
    /// A query or a piece of YAML, verbatim.
    Raw,
    /// A whole number from 0 up.
    Count,
    /// A number without a unit.
    Number,
    /// A number of the ratio kind: plain or a percentage.
    Ratio,
    /// A percentage.
    Percent,
    /// A duration.
    Duration,
    /// A number with or without a unit.
    Quantity,
    /// Anything that a `let` may hold.
    Value,
    /// A dotted metric name.
    Metric,
    /// `<`, `<=`, `>`, `>=`, `==`, `!=`.
    Compare,
    /// `+` or `-`.
    Sign,
    /// A unit of the language by its word.
    Unit,
}

impl Kind {
    /// The kind in the user's words, with an example.
    pub fn describe(self) -> String {
        match self {
            Self::Name => "a name such as `fraud-scorer`".into(),
            Self::TargetName => "a kind of target such as `kubernetes`, or the name of one".into(),
            Self::Ident => "a name such as `min_recall`".into(),
            Self::Upper => "a name in upper case such as `API_KEY`".into(),
            Self::OneOf(words) => crate::diag::words::or_list(words),
            Self::Str | Self::Path | Self::Template => "a text in quotes".into(),
            Self::Env => "a text in quotes or a number".into(),
            Self::Glob => "a branch or tag such as `main` or `\"release/**\"`".into(),
            Self::Shell => "a command in quotes".into(),
            Self::Raw => "a text in quotes or between `\"\"\"`".into(),
            Self::Count => "a whole number such as `3`".into(),
            Self::Number => "a number such as `0.5`".into(),
            Self::Ratio => "a number such as `0.5` or a percentage such as `50%`".into(),
            Self::Percent => "a percentage such as `25%`".into(),
            Self::Duration => "a duration such as `30m`".into(),
            Self::Quantity => "a number such as `0.95`, `95%` or `200ms`".into(),
            Self::Value => "a value such as `0.95`, `200ms` or `\"text\"`".into(),
            Self::Metric => "a metric such as `latency.p95`".into(),
            Self::Compare => "a comparison such as `>=`".into(),
            Self::Sign => "`+` or `-`".into(),
            Self::Unit => "a unit such as `ms`, `s`, `percent` or `MiB`".into(),
        }
    }
}

/// Where a statement stands: the top of a file, or a block of some kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Outside every block.
    Top,
    /// `on … { }`.
    On,
    /// `python … { }`.
    Python,
    /// `secret … { }` at the top.
    Secret,
    /// `runner … { }` at the top.
    Runner,
    /// `model … { }`.
    Model,
    /// `source … { }`, `register … { }`, `state … { }`: secrets only.
    Access,
    /// `state … { }`.
    State,
    /// `auth … { }`.
    Auth,
    /// `reconcile { }`.
    Reconcile,
    /// `drill … { }`.
    Drill,
    /// `data … { }`.
    Data,
    /// `validate … { }`.
    Validate,
    /// `gate … { }`.
    Gate,
    /// `train … { }`.
    Train,
    /// `image … { }`.
    Image,
    /// `deploy … { }`.
    Deploy,
    /// `approval … { }`.
    Approval,
    /// `watch … { }`.
    Watch,
    /// `prometheus … { }`.
    Prometheus,
    /// `metric … = … { }` of a `watch`.
    LiveMetric,
    /// `rollback { }`.
    Rollback,
    /// `shadow … { }`.
    Shadow,
    /// `scenario … { }`.
    Scenario,
    /// `target NAME { }` before it is known which kind the name has.
    Target,
    /// `target kubernetes { }`.
    Kubernetes,
    /// `target command { }`.
    Command,
    /// `target ssh { }`.
    Ssh,
    /// `target helm { }`.
    Helm,
    /// `target argo_rollouts { }`.
    ArgoRollouts,
    /// `target kserve { }`.
    Kserve,
    /// `target sagemaker { }`.
    Sagemaker,
    /// `target ecs { }`.
    Ecs,
    /// `target lambda { }`.
    Lambda,
    /// `target cloud_run { }`.
    CloudRun,
}

impl Place {
    /// Every place, the top of a file first.
    pub const ALL: [Self; 35] = [
        Self::Top,
        Self::On,
        Self::Python,
        Self::Secret,
        Self::Runner,
        Self::Model,
        Self::Access,
        Self::State,
        Self::Auth,
        Self::Reconcile,
        Self::Drill,
        Self::Data,
        Self::Validate,
        Self::Gate,
        Self::Train,
        Self::Image,
        Self::Deploy,
        Self::Approval,
        Self::Watch,
        Self::Prometheus,
        Self::LiveMetric,
        Self::Rollback,
        Self::Shadow,
        Self::Scenario,
        Self::Target,
        Self::Kubernetes,
        Self::Command,
        Self::Ssh,
        Self::Helm,
        Self::ArgoRollouts,
        Self::Kserve,
        Self::Sagemaker,
        Self::Ecs,
        Self::Lambda,
        Self::CloudRun,
    ];

    /// Where that is, in the user's words: `in a gate`.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Top => "at the top of a file",
            Self::On => "in the block of `on`",
            Self::Python => "in the block of `python`",
            Self::Secret => "in the block of `secret`",
            Self::Runner => "in the block of `runner`",
            Self::Model => "in a `model`",
            Self::Access => "in the block of a `source` or `register`",
            Self::State => "in the block of `state`",
            Self::Auth => "in the block of `auth`",
            Self::Reconcile => "in `reconcile`",
            Self::Drill => "in a `drill`",
            Self::Data => "in a `data`",
            Self::Validate => "in the block of `validate`",
            Self::Gate => "in a `gate`",
            Self::Train => "in a `train`",
            Self::Image => "in the `image`",
            Self::Deploy => "in a `deploy`",
            Self::Approval => "in the block of `approval`",
            Self::Watch => "in a `watch`",
            Self::Prometheus => "in the block of `prometheus`",
            Self::LiveMetric => "in the block of a watch's `metric`",
            Self::Rollback => "in a `rollback`",
            Self::Shadow => "in the block of `shadow`",
            Self::Scenario => "in a `scenario`",
            Self::Target => "in a `target`",
            Self::Kubernetes => "in a `target kubernetes`",
            Self::Command => "in a `target command`",
            Self::Ssh => "in a `target ssh`",
            Self::Helm => "in a `target helm`",
            Self::ArgoRollouts => "in a `target argo_rollouts`",
            Self::Kserve => "in a `target kserve`",
            Self::Sagemaker => "in a `target sagemaker`",
            Self::Ecs => "in a `target ecs`",
            Self::Lambda => "in a `target lambda`",
            Self::CloudRun => "in a `target cloud_run`",
        }
    }

    /// The place that the block of `target KIND` is.
    pub fn of_target(kind: &str) -> Option<Self> {
        TARGETS.iter().find(|(word, _)| *word == kind).map(|(_, place)| *place)
    }
}

/// Kinds of target, and the places that their blocks are.
pub const TARGETS: [(&str, Place); 10] = [
    ("kubernetes", Place::Kubernetes),
    ("command", Place::Command),
    ("ssh", Place::Ssh),
    ("helm", Place::Helm),
    ("argo_rollouts", Place::ArgoRollouts),
    ("kserve", Place::Kserve),
    ("sagemaker", Place::Sagemaker),
    ("ecs", Place::Ecs),
    ("lambda", Place::Lambda),
    ("cloud_run", Place::CloudRun),
];

/// Kinds of target that are typed and checked, and compiled by a later version.
pub const TARGETS_LATER: &[&str] = &["helm", "kserve", "sagemaker", "ecs", "lambda", "cloud_run"];

/// How often a statement may stand in one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// At most once.
    Once,
    /// As often as wanted.
    Many,
    /// As often as wanted, with different values under these captures.
    OncePer(&'static [&'static str]),
}

/// The block of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    /// It has none.
    Nothing,
    /// It may have one.
    May(Place),
    /// It must have one.
    Must(Place),
}

/// One line of the keyword table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyword {
    /// The word.
    pub word: &'static str,
    /// Where it may stand.
    pub within: &'static [Place],
    /// What stands behind it.
    pub args: &'static [Shape],
    /// How often it may stand there.
    pub times: Times,
    /// Its block.
    pub opens: Opens,
    /// The block around it is not complete without it.
    pub required: bool,
    /// What to do while it is typed but not compiled; empty when it is compiled.
    pub later: &'static str,
    /// Those choices among its arguments that are typed but not compiled; the decoder refuses each by name.
    pub later_choices: &'static [&'static str],
    /// An example of it, one line.
    pub example: &'static str,
    /// What it says, in one line.
    pub doc: &'static str,
}

impl Keyword {
    /// A statement that stands once, without block.
    pub(crate) const fn new(
        word: &'static str,
        within: &'static [Place],
        args: &'static [Shape],
        example: &'static str,
        doc: &'static str,
    ) -> Self {
        Self {
            word,
            within,
            args,
            times: Times::Once,
            opens: Opens::Nothing,
            required: false,
            later: "",
            later_choices: &[],
            example,
            doc,
        }
    }

    /// It may stand more than once.
    pub(crate) const fn many(self) -> Self {
        Self { times: Times::Many, ..self }
    }

    /// It may stand once for each value of these captures.
    pub(crate) const fn once_per(self, captures: &'static [&'static str]) -> Self {
        Self { times: Times::OncePer(captures), ..self }
    }

    /// It may have a block.
    pub(crate) const fn may_open(self, place: Place) -> Self {
        Self { opens: Opens::May(place), ..self }
    }

    /// It has a block.
    pub(crate) const fn opens(self, place: Place) -> Self {
        Self { opens: Opens::Must(place), ..self }
    }

    /// The block around it needs it.
    pub(crate) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// It is typed and checked, and compiled by a later version; until then this is what to do.
    pub(crate) const fn later(self, instead: &'static str) -> Self {
        Self { later: instead, ..self }
    }

    /// These of its choices are typed and checked, and compiled by a later version.
    pub(crate) const fn later_choices(self, choices: &'static [&'static str]) -> Self {
        Self { later_choices: choices, ..self }
    }
}
