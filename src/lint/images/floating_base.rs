#![doc = include_str!("../../../docs/findings/MLP752.md")]

use super::references::{Chosen, chosen, references};
use crate::diag::{Code, Finding};
use crate::lint::Subject;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for reference in references(subject).iter().filter(|r| chosen(&r.image) == Chosen::Newest) {
        let message = format!("{} whatever `{}` is on the day", reference.says, reference.image);
        out.push(
            Finding::at(Code::FLOATING_BASE, reference.span, message)
                .help("name a version, and best its digest too: `python:3.12.12-slim@sha256:…`"),
        );
    }
}
