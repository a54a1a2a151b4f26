#![doc = include_str!("../../../docs/findings/MLP493.md")]

use crate::check::facts::{drilled, is_production};
use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for (name, deploy) in drilled(spec) {
        if !is_production(deploy) {
            continue;
        }
        out.push(
            Finding::at(
                Code::DRILL_IN_PRODUCTION,
                name.span,
                format!(
                    "`{}` is production: a rehearsal would give everybody an older release for a while, without anything being wrong",
                    name.node
                ),
            )
            .help("rehearse in the environment before it; if this one serves nobody outside, say so: `tier staging`"),
        );
    }
}
