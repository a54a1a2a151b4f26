#![doc = include_str!("../../../docs/findings/MLP394.md")]

use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for deploy in spec.deploys.values() {
        let again = deploy.rollback.as_ref().and_then(|r| r.redeploy.as_ref());
        let Some((name, gate)) = again.and_then(|name| Some((name, spec.gates.get(&name.node)?))) else {
            continue;
        };
        if let Some(advisory) = &gate.advisory {
            let message = format!("the gate `{}` is advisory: its job never fails", name.node);
            out.push(
                Finding::at(Code::REDEPLOY_NEVER, name.span, message)
                    .also(advisory.span, "it is advisory here")
                    .help("name a gate that blocks the deploy, or take `advisory` out of this one"),
            );
        }
    }
}
