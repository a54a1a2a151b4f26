#![doc = include_str!("../../../docs/findings/MLP494.md")]

use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let named = || spec.drill.iter().flat_map(|d| &d.deploys);
    for (at, name) in named().enumerate() {
        if let Some(first) = named().take(at).find(|other| other.node == name.node) {
            let message = format!("the drill names `{}` twice, and it is rehearsed once", name.node);
            out.push(
                Finding::at(Code::DRILL_TWICE, name.span, message)
                    .also(first.span, "the first one")
                    .help("take one of them out"),
            );
        }
    }
}
