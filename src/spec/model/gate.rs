//! Gates: what must hold before anything ships.

use super::{Common, MetricPath, MetricUnit, Op, Shell, Unit};
use crate::diag::{Span, Spanned};

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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum MetricsFormat {
    /// A JSON object; a dotted metric name walks down it.
    Json,
    /// JUnit XML; its metrics are `tests`, `failures`, `errors`, `skipped`, `passed`, `time` (s).
    Junit,
    /// promptfoo's result file: typed, made later.
    Promptfoo,
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
