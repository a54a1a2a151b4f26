#![doc = include_str!("../../../docs/findings/MLP352.md")]

use crate::check::facts::is_fixed;
use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(image) = &spec.image else { return };
    let Some(first) = image.tags.first() else { return };
    if !image.tags.iter().any(|t| is_fixed(&t.node)) {
        let message = "every tag of the image moves: the next run pushes over it, and nothing says which one was tested";
        out.push(
            Finding::at(Code::ONLY_MOVING_TAGS, first.span, message)
                .help("put one beside it that stays: `tags commit, …`"),
        );
    }
}
