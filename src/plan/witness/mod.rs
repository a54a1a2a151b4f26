//! Metric files that show what a gate's thresholds do: for every `require` an input at its edge that passes the gate,
//! and one just beyond it that fails.
//!
//! Inputs are found by trying: values at, beside and between the bounds, with baselines where bounds meet. Each is
//! judged by exact decimal arithmetic, the same that the script uses, so what is given holds; that nothing is given
//! proves nothing by itself.

mod file;
mod junit;
mod value;

use super::{GateWork, PlanRequire};
use crate::spec::MetricsFormat;
use value::{Point, Want};

/// What a gate's thresholds do, shown by inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// For each `require`, in the plan's order.
    pub rules: Vec<RuleWitness>,
}

/// Inputs on both sides of a threshold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleWitness {
    /// The rule as written.
    pub text: String,
    /// Every rule of the gate holds; this one's metric is as near to its bound as that allows.
    pub passing: Option<Inputs>,
    /// This rule does not hold.
    pub tripping: Option<Inputs>,
    /// Every other rule of the gate holds for the tripping input.
    pub alone: bool,
}

/// The files that a gate reads and must find, from its working folder: path and text, each path once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inputs {
    /// Metrics, baseline, reports and artifacts.
    pub files: Vec<(String, String)>,
}

/// The rules of one metric, by their index in the gate.
struct Metric<'a> {
    parts: &'a [String],
    rules: Vec<(usize, &'a PlanRequire)>,
    /// One of the counts of a JUnit file of the gate.
    count: bool,
}

/// A value, and a baseline where one is asked for, for each metric.
type Points = Vec<Point>;

/// Inputs for every threshold of a gate.
pub fn witness(gate: &GateWork) -> Witness {
    // Counts come from the report where there is one, as their names say; from a file of JSON that is read before it only
    // where no report will do.
    let mut ways = vec![metrics(gate, true)];
    if gate.metrics.first().is_some_and(|m| m.format != MetricsFormat::Junit) {
        ways.push(metrics(gate, false));
    }
    let found = |rule, want| {
        ways.iter().find_map(|metrics| file::inputs(gate, metrics, &points(metrics, rule, want)?))
    };
    let rules = gate.require.iter().enumerate().map(|(rule, said)| {
        let alone = found(rule, Want::AllBut(rule));
        RuleWitness {
            text: said.text.clone(),
            passing: found(rule, Want::All),
            alone: alone.is_some(),
            tripping: alone.or_else(|| found(rule, Want::Not(rule))),
        }
    });
    Witness { rules: rules.collect() }
}

/// The metrics of a gate. Names that read the same, part by part or as one key, are one number in a file.
fn metrics(gate: &GateWork, counts: bool) -> Vec<Metric<'_>> {
    let mut all: Vec<Metric<'_>> = Vec::new();
    let reports = counts && gate.metrics.iter().any(|m| m.format == MetricsFormat::Junit);
    for (index, rule) in gate.require.iter().enumerate() {
        let parts = rule.metric.0.as_slice();
        match all.iter_mut().find(|m| m.parts.join(".") == parts.join(".")) {
            Some(metric) => metric.rules.push((index, rule)),
            None => {
                let count = reports && matches!(parts, [name] if junit::NAMES.contains(&name.as_str()));
                all.push(Metric { parts, rules: vec![(index, rule)], count });
            }
        }
    }
    all
}

/// A point for each metric, such that what is wanted of every rule is so; as near as possible to the bound of `edge`.
fn points(metrics: &[Metric<'_>], edge: usize, want: Want) -> Option<Points> {
    let counts = junit::points(metrics, edge, want)?;
    metrics
        .iter()
        .zip(counts)
        .map(|(metric, count)| match count {
            Some(point) => Some(point),
            None => value::point(&metric.rules, edge, want),
        })
        .collect()
}

#[cfg(test)]
mod tests;
