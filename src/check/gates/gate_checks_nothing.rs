#![doc = include_str!("../../../docs/findings/MLP320.md")]

use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for gate in spec.gates.values() {
        if gate.run.is_none() && gate.require.is_empty() && gate.reports.is_empty() {
            let message = format!("the gate `{}` holds nothing that can fail", gate.name.node);
            out.push(
                Finding::at(Code::GATE_CHECKS_NOTHING, gate.common.head, message)
                    .help("add a command, `run \"pytest\"`, or a threshold, `require accuracy >= 0.85`"),
            );
        }
    }
}
