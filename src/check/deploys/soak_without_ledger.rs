#![doc = include_str!("../../../docs/findings/MLP485.md")]

use crate::diag::{Code, Finding};
use crate::spec::{Spec, Target};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    if spec.state.is_some() {
        return;
    }
    for deploy in spec.deploys.values() {
        let Some(soak) = &deploy.soak else { continue };
        let Some(target) = deploy.target.as_ref().filter(|t| matches!(t.node, Target::Command(_))) else {
            continue;
        };
        out.push(
            Finding::at(
                Code::SOAK_WITHOUT_LEDGER,
                soak.span,
                format!(
                    "nothing says since when a release is in `{}`: there is no `state`, and a `target command` has no place for a ledger",
                    deploy.name.node
                ),
            )
            .also(target.span, "the target")
            .help("say where the ledger lies: `state git \"mlpipe-ledger\"` or `state s3 \"s3://BUCKET/PIPELINE\"` at the top of the file"),
        );
    }
}
