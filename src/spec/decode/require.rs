//! Rules over metrics: units of both sides brought together.

use super::{Decoder, Item};
use crate::diag::{Code, Finding, Spanned};
use crate::spec::decimal::Literal;
use crate::spec::{Dimension, MetricPath, MetricUnit, Require, Right, Tolerance, Unit};

/// The units of a block's metrics.
#[derive(Debug, Default)]
pub(super) struct Units {
    declared: Vec<MetricUnit>,
    /// A JUnit file is among the sources: its `time` is in seconds.
    pub(super) junit: bool,
}

impl Units {
    /// Takes `metric NAME in UNIT` in, and gives it back for the model.
    pub(super) fn declare(&mut self, decoder: &mut Decoder<'_>, item: &Item<'_>) -> Option<MetricUnit> {
        let (metric, unit) = (item.metric("metric")?, item.unit("unit")?);
        decoder.unit_contradiction(&metric, &unit);
        let declared = MetricUnit { metric, unit };
        self.declared.push(declared.clone());
        Some(declared)
    }

    /// The unit of a metric, when somebody says it.
    pub(super) fn of(&self, metric: &MetricPath) -> Option<Unit> {
        let declared = self.declared.iter().find(|d| d.metric.node == *metric).map(|d| d.unit.node);
        let junit_time = (self.junit && metric.0 == ["time"]).then_some(Unit::S);
        declared.or_else(|| by_name(metric)).or(junit_time)
    }
}

/// The unit that a metric's name ends with.
fn by_name(metric: &MetricPath) -> Option<Unit> {
    match metric.0.last()?.rsplit_once('_')?.1 {
        "ms" => Some(Unit::Ms),
        "s" | "seconds" => Some(Unit::S),
        "bytes" => Some(Unit::B),
        "percent" => Some(Unit::Percent),
        _ => None,
    }
}

/// The unit of a live metric: what was said, else what its name ends with, else none.
pub(super) fn live_unit(metric: &MetricPath, declared: Option<Unit>) -> Unit {
    declared.or_else(|| by_name(metric)).unwrap_or(Unit::None)
}

impl Decoder<'_> {
    /// `require METRIC OP …`.
    pub(super) fn require(&mut self, units: &Units, item: &Item<'_>) -> Option<Require> {
        if item.failed() {
            return None;
        }
        let (metric, op) = (item.metric("metric")?, item.op("op")?);
        let unit = units.of(&metric);
        let mut text = format!("{} {} ", metric.node, op.text());
        let right = if item.has("baseline") {
            text.push_str("baseline");
            Right::Baseline(self.tolerance(&metric, unit, item, &mut text)?)
        } else {
            let literal = item.literal("right")?;
            text.push_str(&literal.text);
            Right::Literal(self.in_file_unit(&metric, unit, &literal)?)
        };
        let file_unit = unit.unwrap_or(Unit::None);
        Some(Require { metric, op: op.node, right, file_unit, text, span: item.statement.head })
    }

    pub(super) fn tolerance(
        &mut self,
        metric: &Spanned<MetricPath>,
        unit: Option<Unit>,
        item: &Item<'_>,
        text: &mut String,
    ) -> Option<Tolerance> {
        let Some(sign) = item.text("sign") else { return Some(Tolerance::None) };
        let mut literal = item.literal("tolerance")?;
        text.push_str(&format!(" {} {}", sign.node, literal.text));
        if literal.number.value() < 0.0 {
            let help = "write `+` or `-` once, with a space on each side: `baseline - 0.01`";
            self.bad_value(literal.span, "a tolerance has one sign", help);
            return None;
        }
        if sign.node == "-" {
            literal.node.number = literal.number.negated();
        }
        if literal.unit == Unit::Percent {
            return literal.in_unit(Unit::None).map(Tolerance::Relative);
        }
        self.in_file_unit(metric, unit, &literal).map(Tolerance::Absolute)
    }

    /// A number in the unit that the metric has in its file.
    pub(super) fn in_file_unit(
        &mut self,
        metric: &Spanned<MetricPath>,
        unit: Option<Unit>,
        literal: &Spanned<Literal>,
    ) -> Option<f64> {
        let Some(unit) = unit else {
            if literal.unit.dimension() != Dimension::Ratio {
                self.unit_unknown(metric, literal);
                return None;
            }
            return literal.in_unit(Unit::None);
        };
        let Some(value) = literal.in_unit(unit) else {
            self.unit_mismatch(metric, unit, literal);
            return None;
        };
        if unit == Unit::Percent && literal.unit == Unit::None && literal.number.value().abs() > 1.0 {
            self.findings.push(
                Finding::at(
                    Code::UNIT_MISMATCH,
                    literal.span,
                    format!(
                        "`{}` is in percent, and the plain number `{}` is {value}%",
                        metric.node, literal.text
                    ),
                )
                .help(format!("write `{}%`: a number without a unit is a ratio, 1 is 100%", literal.text)),
            );
            return None;
        }
        Some(value)
    }

    fn unit_unknown(&mut self, metric: &Spanned<MetricPath>, literal: &Spanned<Literal>) {
        let example = if literal.unit.dimension() == Dimension::Size { "B" } else { literal.unit.word() };
        self.findings.push(
            Finding::at(
                Code::UNIT_UNKNOWN,
                metric.span.to(literal.span),
                format!(
                    "nobody says in which unit `{}` is, so it cannot be compared with the {} `{}`",
                    metric.node,
                    literal.describe(),
                    literal.text
                ),
            )
            .help(format!("say what the file has: `metric {} in {example}`", metric.node)),
        );
    }

    fn unit_mismatch(&mut self, metric: &Spanned<MetricPath>, unit: Unit, literal: &Spanned<Literal>) {
        let wanted = match unit.dimension() {
            Dimension::Time => "a duration",
            Dimension::Size => "a size",
            Dimension::Ratio => "a percentage or a plain number",
        };
        let shown = if unit == Unit::None { "no unit".to_owned() } else { format!("`{}`", unit.word()) };
        let finding = Finding::at(
            Code::UNIT_MISMATCH,
            literal.span,
            format!(
                "`{}` is in {shown} and does not compare with the {} `{}`",
                metric.node,
                literal.describe(),
                literal.text
            ),
        );
        let help = if literal.unit == Unit::None {
            format!("write {wanted}: `{}{}`", literal.text, unit.word())
        } else {
            format!("write {wanted}, or correct the metric's unit")
        };
        self.findings.push(finding.help(help));
    }

    /// A number that is compared with a live metric.
    pub(super) fn in_unit_of(
        &mut self,
        metric: &Spanned<MetricPath>,
        declared: Option<Unit>,
        literal: &Spanned<Literal>,
    ) -> Option<f64> {
        self.in_file_unit(metric, declared.or_else(|| by_name(metric)), literal)
    }

    /// Tells a metric whose name and `in` contradict each other.
    pub(super) fn unit_contradiction(&mut self, metric: &Spanned<MetricPath>, unit: &Spanned<Unit>) {
        let Some(named) = by_name(metric).filter(|named| *named != unit.node) else { return };
        self.findings.push(
            Finding::at(
                Code::UNIT_CONTRADICTION,
                unit.span,
                format!("`{}` says `{}` here and `{}` in its name", metric.node, unit.word(), named.word()),
            )
            .help(format!("take `in {}` out, or rename the metric where it is made", unit.word())),
        );
    }
}
