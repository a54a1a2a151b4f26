#![doc = include_str!("../../../docs/findings/MLP392.md")]

use crate::diag::{Code, Finding};
use crate::spec::{Spec, Target};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    if spec.state.is_some() {
        return;
    }
    for deploy in spec.deploys.values() {
        let Some(halt) = deploy.rollback.as_ref().and_then(|r| r.halt.as_ref()) else { continue };
        let Some(target) = deploy.target.as_ref().filter(|t| matches!(t.node, Target::Command(_))) else {
            continue;
        };
        out.push(
            Finding::at(
                Code::HALT_WITHOUT_LEDGER,
                halt.span,
                "this counts what nothing keeps from run to run: there is no `state`, and a `target command` has no place for a ledger",
            )
            .also(target.span, "the target")
            .help("say where the ledger lies: `state git \"mlpipe-ledger\"` or `state s3 \"s3://BUCKET/PIPELINE\"` at the top of the file"),
        );
    }
}
