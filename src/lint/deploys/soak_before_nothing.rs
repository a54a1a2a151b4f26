#![doc = include_str!("../../../docs/findings/MLP707.md")]

use crate::check::facts::deploy_before;
use crate::diag::{Code, Finding};
use crate::lint::Subject;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let spec = subject.spec;
    for deploy in spec.deploys.values() {
        let Some(soak) = &deploy.soak else { continue };
        let name = &deploy.name.node;
        let follows = |d| deploy_before(spec, d).is_some_and(|b| b.name.node == *name);
        if spec.deploys.values().any(follows) {
            continue;
        }
        let message = format!(
            "`soak {}` holds back the next deploy, and none comes after `{name}`",
            soak.node.written()
        );
        out.push(Finding::at(Code::SOAK_BEFORE_NOTHING, soak.span, message).help(format!(
            "write it into the deploy that comes before `{name}`, or watch this one for longer"
        )));
    }
}
