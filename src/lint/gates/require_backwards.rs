#![doc = include_str!("../../../docs/findings/MLP745.md")]

use super::metrics::nature;
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::spec::{Gate, Op, Require, Right};

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for gate in subject.spec.gates.values() {
        out.extend(gate.require.iter().filter_map(|rule| tell(gate, rule)));
    }
}

fn tell(gate: &Gate, rule: &Require) -> Option<Finding> {
    let more = nature(&rule.metric.node)?.wants_more();
    let (backwards, forwards): (&[Op], &[Op]) =
        if more { (&[Op::Lt, Op::Le], &[Op::Gt, Op::Ge]) } else { (&[Op::Gt, Op::Ge], &[Op::Lt, Op::Le]) };
    let suspect = backwards.contains(&rule.op)
        && match rule.right {
            Right::Baseline(_) => true,
            // An accuracy that is too good is a leak, and above zero means that something was measured.
            Right::Literal(value) => !more && value > 0.0,
        };
    // Both ends of a range.
    let ranged = gate.require.iter().any(|r| r.metric.node == rule.metric.node && forwards.contains(&r.op));
    if !suspect || ranged {
        return None;
    }
    let metric = &rule.metric.node;
    let right = match rule.op {
        Op::Lt => ">",
        Op::Le => ">=",
        Op::Gt => "<",
        _ => "<=",
    };
    let better = if more { "more" } else { "less" };
    let message =
        format!("`{}` lets only worse models through: of `{metric}`, {better} is better", rule.text);
    Some(
        Finding::at(Code::REQUIRE_BACKWARDS, rule.span, message)
            .help(format!("`require` says what must hold; write `{right}` instead of `{}`", rule.op.text())),
    )
}
