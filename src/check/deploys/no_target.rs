#![doc = include_str!("../../../docs/findings/MLP360.md")]

use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for deploy in spec.deploys.values().filter(|d| d.target.is_none()) {
        let message = format!("the deploy `{}` has no target", deploy.name.node);
        out.push(Finding::at(Code::NO_TARGET, deploy.common.head, message).help(
            "say where it goes: `target kubernetes { … }` or `target command { deploy \"…\"; live \"…\" }`",
        ));
    }
}
