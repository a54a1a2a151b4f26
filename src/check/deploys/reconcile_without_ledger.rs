#![doc = include_str!("../../../docs/findings/MLP393.md")]

use crate::diag::{Code, Finding, Span};
use crate::spec::{Deploy, Spec, Target};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    if spec.state.is_some() {
        return;
    }
    let without = |d: &&Deploy| d.target.as_ref().is_some_and(|t| matches!(t.node, Target::Command(_)));
    if let Some(reconcile) = &spec.reconcile
        && spec.deploys.values().all(|d| without(&d))
    {
        let what = "nothing tells this what is due: no deploy of the pipeline has a ledger";
        out.push(finding(reconcile.span, what));
    }
    for deploy in spec.deploys.values().filter(without) {
        let again = deploy.rollback.as_ref().and_then(|r| r.redeploy.as_ref());
        let Some(gate) = again else { continue };
        let what = "nobody knows what was good last: there is no `state`, and a `target command` has no place for a ledger";
        out.push(finding(gate.span, what));
    }
}

fn finding(span: Span, what: &str) -> Finding {
    Finding::at(Code::RECONCILE_WITHOUT_LEDGER, span, what).help(
        "say where the ledger lies: `state git \"mlpipe-ledger\"` or `state s3 \"s3://BUCKET/PIPELINE\"` at the top of the file",
    )
}
