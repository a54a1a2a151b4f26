#![doc = include_str!("../../../docs/findings/MLP329.md")]

use crate::diag::words::nearest;
use crate::diag::{Code, Finding};
use crate::spec::{MetricPath, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for gate in spec.gates.values() {
        for unit in &gate.units {
            if gate.require.iter().any(|r| r.metric.node == unit.metric.node) {
                continue;
            }
            let name = dotted(&unit.metric.node);
            let used: Vec<String> = gate.require.iter().map(|r| dotted(&r.metric.node)).collect();
            let message = format!("no threshold of the gate `{}` uses the metric `{name}`", gate.name.node);
            let help = match nearest(&name, used.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write `require {name} …`, or take this line out"),
            };
            out.push(Finding::at(Code::UNIT_UNUSED, unit.metric.span, message).help(help));
        }
    }
}

fn dotted(path: &MetricPath) -> String {
    path.0.join(".")
}
