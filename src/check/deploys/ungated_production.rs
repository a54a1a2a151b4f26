#![doc = include_str!("../../../docs/findings/MLP363.md")]

use crate::check::facts::{deploy_before, is_production};
use crate::diag::{Code, Finding};
use crate::spec::{Deploy, Gate, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for deploy in spec.deploys.values().filter(|d| is_production(d)) {
        if spec.gates.values().any(|g| blocks(spec, g, deploy)) {
            continue;
        }
        let message = format!("no gate stands before the production deploy `{}`", deploy.name.node);
        let help = if spec.gates.is_empty() {
            "add a gate: `gate quality { run \"…\"; metrics \"metrics.json\"; require accuracy >= 0.85 }`"
        } else {
            "an advisory gate never blocks, and one with `before` blocks that deploy and what follows; add a gate that blocks this one"
        };
        out.push(Finding::at(Code::UNGATED_PRODUCTION, deploy.common.head, message).help(help));
    }
}

fn blocks(spec: &Spec, gate: &Gate, deploy: &Deploy) -> bool {
    if gate.advisory.is_some() {
        return false;
    }
    let Some(before) = &gate.before else { return true };
    let mut at = Some(deploy);
    // A circle of deploys is found by another rule; one step per deploy is enough for any other order.
    for _ in 0..=spec.deploys.len() {
        match at {
            Some(d) if d.name.node == before.node => return true,
            Some(d) => at = deploy_before(spec, d),
            None => return false,
        }
    }
    false
}
