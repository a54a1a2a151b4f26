#![doc = include_str!("../../../docs/findings/MLP490.md")]

use crate::check::facts::drilled;
use crate::diag::{Code, Finding};
use crate::spec::{Spec, Target};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    if spec.state.is_some() {
        return;
    }
    for (name, deploy) in drilled(spec) {
        let Some(target) = deploy.target.as_ref().filter(|t| matches!(t.node, Target::Command(_))) else {
            continue;
        };
        out.push(
            Finding::at(
                Code::DRILL_WITHOUT_LEDGER,
                name.span,
                format!(
                    "nobody knows which two releases were good in `{}`: there is no `state`, and a `target command` has no place for a ledger",
                    name.node
                ),
            )
            .also(target.span, "the target")
            .help("say where the ledger lies: `state git \"mlpipe-ledger\"` or `state s3 \"s3://BUCKET/PIPELINE\"` at the top of the file"),
        );
    }
}
