#![doc = include_str!("../../../docs/findings/MLP713.md")]

use super::triggers;
use crate::diag::{Code, Finding};
use crate::lint::Subject;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for deploy in subject.spec.deploys.values().filter(|d| triggers(d).is_empty()) {
        let Some(watch) = &deploy.watch else { continue };
        let name = &deploy.name.node;
        let message = format!(
            "`{name}` is watched for {}, and no value takes the release back",
            watch.window.node.written()
        );
        let example = match watch.metrics.first() {
            Some(m) => format!("`rollback {{ when {} > … }}`", m.metric.node),
            None => "`rollback { when smoke.failures > 2 consecutive }`".to_owned(),
        };
        let finding = Finding::at(Code::WATCH_WITHOUT_ROLLBACK, watch.span, message)
            .help(format!("say when it is taken back: {example}"));
        out.push(match &deploy.rollback {
            Some(rollback) => finding.also(rollback.span, "has no `when`"),
            None => finding,
        });
    }
}
