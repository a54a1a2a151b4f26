#![doc = include_str!("../../../docs/findings/MLP204.md")]

use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for deploy in spec.deploys.values().filter(|d| d.approval.is_some()) {
        let approval = format!("{}-approval", deploy.name.node);
        if let Some(other) = spec.deploys.get(&approval) {
            let message = format!(
                "the environment `{approval}` would be that of this deploy and the one that holds the approvers of `{}`",
                deploy.name.node
            );
            out.push(
                Finding::at(Code::ENVIRONMENT_COLLISION, other.name.span, message)
                    .also(deploy.name.span, format!("its approvers are kept in `{approval}`"))
                    .help("give one of the two deploys another name"),
            );
        }
    }
    for deploy in spec.deploys.values().filter(|d| d.soak.is_some()) {
        let soak = format!("{}-soak", deploy.name.node);
        if let Some(other) = spec.deploys.get(&soak) {
            let message = format!(
                "the environment `{soak}` would be that of this deploy and the one whose timer the soak of `{}` waits for",
                deploy.name.node
            );
            out.push(
                Finding::at(Code::ENVIRONMENT_COLLISION, other.name.span, message)
                    .also(deploy.name.span, format!("its soak waits in `{soak}`"))
                    .help("give one of the two deploys another name"),
            );
        }
    }
}
