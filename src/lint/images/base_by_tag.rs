#![doc = include_str!("../../../docs/findings/MLP753.md")]

use super::references::{Chosen, chosen, references};
use crate::diag::{Code, Finding};
use crate::lint::Subject;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for reference in references(subject).iter().filter(|r| chosen(&r.image) == Chosen::Tag) {
        let message = format!("{} `{}`, and a tag can be pushed over", reference.says, reference.image);
        let help = format!(
            "add the digest that `docker buildx imagetools inspect {}` prints: `{}@sha256:…`",
            reference.image, reference.image
        );
        out.push(Finding::at(Code::BASE_BY_TAG, reference.span, message).help(help));
    }
}
