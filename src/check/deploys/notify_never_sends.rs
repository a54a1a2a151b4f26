#![doc = include_str!("../../../docs/findings/MLP364.md")]

use crate::diag::{Code, Finding};
use crate::spec::{NotifyOn, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let halts = spec.deploys.values().any(|d| d.rollback.as_ref().is_some_and(|r| r.halt.is_some()));
    for on in spec.notify.iter().flat_map(|n| &n.on) {
        let (message, help) = match on.node {
            NotifyOn::Rollback if spec.deploys.is_empty() => {
                ("nothing is ever rolled back: the pipeline has no deploy", "take `rollback` out")
            }
            NotifyOn::Halt if !halts => (
                "nothing ever halts: no deploy says when",
                "take `halt` out, or write `rollback { halt when rollbacks > 2 in 1h }` in a deploy",
            ),
            _ => continue,
        };
        out.push(Finding::at(Code::NOTIFY_NEVER_SENDS, on.span, message).help(help));
    }
}
