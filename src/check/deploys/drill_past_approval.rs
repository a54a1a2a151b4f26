#![doc = include_str!("../../../docs/findings/MLP492.md")]

use crate::check::facts::drilled;
use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for (name, deploy) in drilled(spec) {
        let Some(approval) = &deploy.approval else { continue };
        out.push(
            Finding::at(
                Code::DRILL_PAST_APPROVAL,
                name.span,
                format!(
                    "a person says yes to every deploy to `{}`, and a rehearsal would put a release there without one",
                    name.node
                ),
            )
            .also(approval.span, "the approval")
            .help("rehearse in an environment without `approval`, whose target is of the same kind"),
        );
    }
}
