#![doc = include_str!("../../../docs/findings/MLP330.md")]

use crate::check::facts::{JUNIT_METRICS, only_junit};
use crate::diag::words::{nearest, or_list};
use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for gate in spec.gates.values().filter(|g| only_junit(&g.metrics)) {
        for rule in &gate.require {
            let name = rule.metric.node.0.join(".");
            if JUNIT_METRICS.contains(&name.as_str()) {
                continue;
            }
            let message = format!("a JUnit file has no metric `{name}`");
            let help = match nearest(&name, JUNIT_METRICS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "it has {}; for other metrics name a JSON file: `metrics \"metrics.json\"`",
                    or_list(&JUNIT_METRICS)
                ),
            };
            out.push(Finding::at(Code::UNKNOWN_JUNIT_METRIC, rule.metric.span, message).help(help));
        }
    }
}
