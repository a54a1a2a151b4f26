#![doc = include_str!("../../../docs/findings/MLP452.md")]

use crate::check::facts::{emits, inputs};
use crate::diag::{Code, Finding};
use crate::spec::{PlatformName, Spec};
use indexmap::IndexSet;

/// GitLab hands at most this many inputs to a pipeline.
const MOST: usize = 20;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    if !emits(spec, PlatformName::Gitlab) {
        return;
    }
    let mut names = IndexSet::new();
    for input in spec.on.iter().flat_map(inputs) {
        if names.insert(&input.name.node) && names.len() == MOST + 1 {
            out.push(
                Finding::at(
                    Code::TOO_MANY_INPUTS,
                    input.name.span,
                    format!("this is input {}; GitLab takes {MOST}", MOST + 1),
                )
                .help("put what belongs together into one input, or keep it in a file of the repository"),
            );
        }
    }
}
