#![doc = include_str!("../../../docs/findings/MLP325.md")]

use crate::check::facts::{JUNIT_METRICS, only_junit};
use crate::diag::{Code, Finding};
use crate::spec::{Op, Right, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for gate in spec.gates.values().filter(|g| only_junit(&g.metrics)) {
        for rule in &gate.require {
            let [name] = rule.metric.node.0.as_slice() else { continue };
            let Right::Literal(value) = rule.right else { continue };
            let always = match rule.op {
                Op::Ge => value <= 0.0,
                Op::Gt | Op::Ne => value < 0.0,
                _ => false,
            };
            if always && JUNIT_METRICS.contains(&name.as_str()) {
                let message =
                    format!("`{}` always holds: `{name}` of a JUnit file is never negative", rule.text);
                out.push(Finding::at(Code::REQUIRE_ALWAYS_HOLDS, rule.span, message).help(format!(
                    "write what must hold, such as `require {name} <= 0` or `require {name} >= 1`"
                )));
            }
        }
    }
}
