#![doc = include_str!("../../../docs/findings/MLP701.md")]

use super::{all_before, is_approved, is_asked, production};
use crate::diag::{Code, Finding};
use crate::lint::Subject;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let spec = subject.spec;
    for deploy in production(spec) {
        let name = &deploy.name.node;
        let asked = is_asked(deploy) || all_before(spec, deploy).iter().any(|d| is_asked(d));
        // A gate right before it may well ask staging.
        let tried = spec.gates.values().any(|g| g.before.as_ref().is_some_and(|b| b.node == *name));
        if asked || tried {
            continue;
        }
        let approved = match is_approved(spec, deploy) {
            true => "a person says yes before, and nobody looks after",
            false => "nobody says yes before, and nobody looks after",
        };
        let message = format!("nothing asks the release in `{name}` whether it works: {approved}");
        out.push(Finding::at(Code::NO_SMOKE, deploy.common.head, message).help(
            "write `smoke \"…\"` with a command that asks the running service: when it fails, what was live before is put back",
        ));
    }
}
