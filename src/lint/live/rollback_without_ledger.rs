#![doc = include_str!("../../../docs/findings/MLP715.md")]

use super::halt_words;
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::lint::deploys::kind_of_target;

/// Kinds of target beside which nothing can be kept. The others have a place of their own for the ledger: a ConfigMap in the
/// namespace, a file on the host.
const KEEPS_NOTHING: [&str; 5] = ["command", "sagemaker", "ecs", "lambda", "cloud_run"];

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let spec = subject.spec;
    if spec.state.is_some() {
        return;
    }
    for deploy in &spec.deploys {
        let (name, deploy) = deploy;
        let Some(kind) = kind_of_target(deploy).filter(|k| KEEPS_NOTHING.contains(k)) else { continue };
        let Some(rollback) = &deploy.rollback else { continue };
        if kind == "command" && rollback.halt.is_some() {
            continue; // an error already: `halt-without-ledger`
        }
        let (place, why) = match (&rollback.halt, rollback.when.first()) {
            (Some(halt), _) => {
                (halt.span, format!("`{}` counts what nothing keeps from run to run", halt_words(halt)))
            }
            (None, Some(_)) => (rollback.span, format!("nothing keeps what was last good in `{name}`")),
            (None, None) => continue,
        };
        let message = format!("{why}: there is no `state`, and `target {kind}` has no place for a ledger");
        out.push(
            Finding::at(Code::ROLLBACK_WITHOUT_LEDGER, place, message).help(
                "say where the ledger lies: `state s3 \"s3://BUCKET/PIPELINE\"` at the top of the file",
            ),
        );
    }
}
