#![doc = include_str!("../../../docs/findings/MLP454.md")]

use crate::check::facts::emits;
use crate::diag::{Code, Finding};
use crate::spec::{PlatformName, Spec};

/// GitHub: an environment has at most six required reviewers, people or teams.
const MOST: usize = 6;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    if !emits(spec, PlatformName::Github) {
        return;
    }
    for approval in spec.deploys.values().filter_map(|d| d.approval.as_ref()) {
        if let Some(first) = approval.by.get(MOST) {
            let message = format!("{} approvers; a GitHub environment takes {MOST}", approval.by.len());
            out.push(
                Finding::at(Code::TOO_MANY_APPROVERS, first.span, message)
                    .help("name a team: `by \"ml-leads\"`"),
            );
        }
    }
}
