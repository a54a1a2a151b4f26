#![doc = include_str!("../../../docs/findings/MLP743.md")]

use super::metrics::{nature, whole};
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::spec::{Op, Require, Right};

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for gate in subject.spec.gates.values() {
        out.extend(gate.require.iter().filter_map(tell));
    }
}

fn tell(rule: &Require) -> Option<Finding> {
    let Right::Literal(value) = rule.right else { return None };
    let nature = nature(&rule.metric.node).filter(|n| n.is_bounded())?;
    let (metric, op, whole) = (&rule.metric.node, rule.op.text(), whole(rule)?);
    let (message, help) = if whole == 1.0 && value > 1.0 && value <= 100.0 {
        (
            format!("`{}` counts in percent, and nothing says that the metrics file does", rule.text),
            format!(
                "write `{metric} {op} {value}%`, and `metric {metric} in percent` where the file holds such numbers"
            ),
        )
    } else if rule.text.ends_with('%')
        && nature.wants_more()
        && matches!(rule.op, Op::Ge | Op::Gt)
        && value > 0.0
        && value < whole / 100.0
    {
        // The share that is written where the per cent should stand.
        let share = value / whole * 100.0;
        (
            format!("`{}` asks for less than one in a hundred", rule.text),
            format!("write `{metric} {op} {share}`, or the same in percent: `{}%`", percent(share)),
        )
    } else {
        return None;
    };
    Some(Finding::at(Code::SHARE_OR_PERCENT, rule.span, message).help(help))
}

/// A share in percent, without the tail that binary fractions leave.
fn percent(share: f64) -> f64 {
    (share * 1e8).round() / 1e6
}
