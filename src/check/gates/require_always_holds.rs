#![doc = include_str!("../../../docs/findings/MLP325.md")]

use super::junit_counts::is_count;
use crate::check::facts::{JUNIT_METRICS, only_junit};
use crate::diag::{Code, Finding};
use crate::spec::{Op, Right, Spec, Tolerance};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for gate in spec.gates.values().filter(|g| only_junit(&g.metrics)) {
        for rule in &gate.require {
            let [name] = rule.metric.node.0.as_slice() else { continue };
            let why = match (rule.op, rule.right) {
                (Op::Ge, Right::Literal(value)) if value <= 0.0 => "never negative",
                (Op::Gt | Op::Ne, Right::Literal(value)) if value < 0.0 => "never negative",
                (Op::Ne, Right::Literal(value)) if value.fract() != 0.0 && is_count(rule) => "a whole number",
                // Whatever the baseline is, taking its whole amount away leaves nothing above zero.
                (Op::Ge, Right::Baseline(Tolerance::Relative(share))) if share <= -1.0 => "never negative",
                _ => continue,
            };
            if JUNIT_METRICS.contains(&name.as_str()) {
                let message = format!("`{}` always holds: `{name}` of a JUnit file is {why}", rule.text);
                out.push(Finding::at(Code::REQUIRE_ALWAYS_HOLDS, rule.span, message).help(format!(
                    "write what must hold, such as `require {name} <= 0` or `require {name} >= 1`"
                )));
            }
        }
    }
}
