#![doc = include_str!("../../../docs/findings/MLP321.md")]

use crate::check::facts::JUNIT_METRICS;
use crate::diag::{Code, Finding};
use crate::spec::{Gate, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for gate in spec.gates.values().filter(|g| g.metrics.is_empty()) {
        let Some(first) = gate.require.first() else { continue };
        let message = format!("the gate `{}` has a threshold and no file with metrics", gate.name.node);
        out.push(Finding::at(Code::NO_METRICS_FILE, first.span, message).help(help(gate)));
    }
}

fn help(gate: &Gate) -> String {
    let counts = gate
        .require
        .iter()
        .all(|r| matches!(r.metric.node.0.as_slice(), [one] if JUNIT_METRICS.contains(&one.as_str())));
    match gate.reports.first() {
        Some(report) if counts => {
            format!("to count in that report, write `metrics junit \"{}\"` too", report.path.node)
        }
        _ => "say which file the command writes: `metrics \"metrics.json\"`".to_owned(),
    }
}
