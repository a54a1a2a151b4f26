#![doc = include_str!("../../../docs/findings/MLP734.md")]

use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::spec::{Dimension, Gate, Op, Require, Right};

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for gate in subject.spec.gates.values() {
        let better: Vec<&Require> = gate.require.iter().filter(|r| is_compared(r)).collect();
        // With one metric compared, the baseline may be about that one alone.
        if better.len() < 2 || !better.iter().all(|r| matches!(r.op, Op::Gt | Op::Ge)) {
            continue;
        }
        for cost in gate.require.iter().filter(|r| is_free_cost(gate, r)) {
            let names: Vec<String> = better.iter().map(|r| format!("`{}`", r.metric.node)).collect();
            let message = format!(
                "{} are compared with the baseline and `{}` is not: a model that is better and much slower or larger passes, as long as `{}`",
                names.join(", "),
                cost.metric.node,
                cost.text
            );
            out.push(Finding::at(Code::METRIC_NOT_COMPARED, cost.span, message).help(format!(
                "say how much worse it may be: `require {} <= baseline + 20%`",
                cost.metric.node
            )));
        }
    }
}

fn is_compared(require: &Require) -> bool {
    matches!(require.right, Right::Baseline(_))
}

/// A time or a size that is bounded by a number alone.
fn is_free_cost(gate: &Gate, require: &Require) -> bool {
    let compared = gate.require.iter().any(|r| is_compared(r) && r.metric.node == require.metric.node);
    let is_cost = matches!(require.file_unit.dimension(), Dimension::Time | Dimension::Size);
    !compared && is_cost && !is_compared(require) && matches!(require.op, Op::Lt | Op::Le)
}
