#![doc = include_str!("../../../docs/findings/MLP750.md")]

use super::latest_of_many_branches::{latest, many};
use crate::check::facts::is_fixed;
use crate::diag::{Code, Finding};
use crate::lint::Subject;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let Some(image) = &subject.spec.image else { return };
    // Alone it is an error, and where several branches push it, that is worse.
    if !image.tags.iter().any(|t| is_fixed(&t.node)) || many(subject).is_some() {
        return;
    }
    if let Some(span) = latest(image) {
        out.push(
            Finding::at(Code::LATEST_TAG, span, "`latest` is another image after every release")
                .help("take it out: deploys use the digest, and people find an image by its other tags"),
        );
    }
}
