#![doc = include_str!("../../../docs/findings/MLP328.md")]

use crate::diag::{Code, Finding, Spanned};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let advisory = spec.gates.values().filter_map(|g| g.advisory.as_ref()).map(|r| ("advisory", r));
    let approvals = spec.deploys.values().filter_map(|d| d.approval.as_ref());
    let unchecked = approvals.filter_map(|a| a.unchecked.as_ref()).map(|r| ("unchecked", r));
    for (word, reason) in advisory.chain(unchecked) {
        if is_empty(reason) {
            let message = format!("`{word}` has no reason");
            out.push(
                Finding::at(Code::EMPTY_REASON, reason.span, message)
                    .help(format!("say why, for whoever reads the report: `{word} \"triaged weekly\"`")),
            );
        }
    }
}

fn is_empty(reason: &Spanned<String>) -> bool {
    !reason.chars().any(char::is_alphanumeric)
}
