#![doc = include_str!("../../../docs/findings/MLP371.md")]

use crate::diag::{Code, Finding};
use crate::spec::{Gate, Op, Require, Right, Spec, Tolerance, Unit};

/// Metrics that are never above one (or 100 %), by definition.
const SHARES: [&str; 16] = [
    "accuracy",
    "acc",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "f1_macro",
    "f1_micro",
    "f1_weighted",
    "f1_score",
    "auc",
    "roc_auc",
    "auroc",
    "pr_auc",
    "sensitivity",
    "specificity",
];

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for gate in spec.gates.values() {
        for rule in gate.require.iter().filter(|r| matches!(r.op, Op::Ge | Op::Gt)) {
            let Some((least, floor)) = floor(gate, rule) else { continue };
            let swallowed = match rule.right {
                // What is left of the baseline is not above zero, and the other threshold is.
                Right::Baseline(Tolerance::Relative(share)) => share <= -1.0,
                Right::Baseline(Tolerance::Absolute(by)) => is_share(rule, floor) && by <= -whole(rule),
                Right::Baseline(Tolerance::None) | Right::Literal(_) => false,
            };
            if swallowed {
                let message = format!(
                    "`{}` never fails where `{}` holds: the tolerance is too wide",
                    rule.text, least.text
                );
                out.push(
                    Finding::at(Code::TOLERANCE_TOO_WIDE, rule.span, message)
                        .also(least.span, "this one decides alone")
                        .help(format!("write a tolerance within the metric's range, such as `baseline - 1%` or `baseline - {}`", small(rule))),
                );
            }
        }
    }
}

/// A threshold of the same metric that keeps it above zero, and how far.
fn floor<'a>(gate: &'a Gate, rule: &Require) -> Option<(&'a Require, f64)> {
    gate.require.iter().find_map(|other| match (other.op, other.right) {
        (Op::Ge | Op::Gt, Right::Literal(x)) if x > 0.0 && other.metric.node == rule.metric.node => {
            Some((other, x))
        }
        _ => None,
    })
}

/// Its name says that it is a share, and its other threshold that the file holds it as one.
fn is_share(rule: &Require, floor: f64) -> bool {
    let named = rule.metric.node.0.last().is_some_and(|n| SHARES.contains(&n.to_lowercase().as_str()));
    match rule.file_unit {
        Unit::None => named && floor < 1.0,
        Unit::Percent => named && floor < 100.0,
        _ => false,
    }
}

/// The whole, in the file's unit.
fn whole(rule: &Require) -> f64 {
    if rule.file_unit == Unit::Percent { 100.0 } else { 1.0 }
}

fn small(rule: &Require) -> &'static str {
    if rule.file_unit == Unit::Percent { "0.5" } else { "0.01" }
}
