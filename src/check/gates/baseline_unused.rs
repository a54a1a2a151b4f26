#![doc = include_str!("../../../docs/findings/MLP323.md")]

use crate::diag::{Code, Finding};
use crate::spec::{Right, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for deploy in spec.deploys.values() {
        for metric in deploy.watch.iter().flat_map(|w| &w.metrics) {
            let Some(baseline) = &metric.baseline else { continue };
            let mut rules = deploy.rollback.iter().flat_map(|r| &r.when);
            let name = &metric.metric.node;
            if rules.any(|r| r.metric.node == *name && matches!(r.right, Right::Baseline(_))) {
                continue;
            }
            let message = format!(
                "no trigger of the deploy `{}` compares `{name}` with its baseline",
                deploy.name.node
            );
            out.push(Finding::at(Code::BASELINE_UNUSED, baseline.span, message).help(format!(
                "write `when {name} > baseline + 10%` into its `rollback`, or take the baseline out"
            )));
        }
    }
    for gate in spec.gates.values() {
        let Some(baseline) = &gate.baseline else { continue };
        if gate.require.iter().any(|r| matches!(r.right, Right::Baseline(_))) {
            continue;
        }
        let message = format!("no threshold of the gate `{}` compares with its baseline", gate.name.node);
        out.push(
            Finding::at(Code::BASELINE_UNUSED, baseline.span, message)
                .help("write a threshold such as `require f1 >= baseline - 0.01`, or take the baseline out"),
        );
    }
}
