#![doc = include_str!("../../../docs/findings/MLP731.md")]

use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::lint::deploys::{is_taken_back, production, runs_on};
use crate::plan::EventKind;
use crate::spec::NotifyOn;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let (spec, Some(plan)) = (subject.spec, subject.plan) else { return };
    let told = |on: &NotifyOn| matches!(on, NotifyOn::Failure | NotifyOn::Rollback);
    if spec.notify.iter().flat_map(|n| &n.on).any(|on| told(&on.node)) {
        return;
    }
    for deploy in production(spec) {
        let name = &deploy.name.node;
        let alone = |e: &EventKind| matches!(e, EventKind::Schedule | EventKind::Named(_));
        let why = if is_taken_back(deploy) {
            format!("`{name}` is put back by itself, long after whoever pushed has left")
        } else if runs_on(plan, deploy, alone) {
            format!("`{name}` is deployed to by runs that no person starts")
        } else {
            continue;
        };
        let message = format!("{why}, and nobody is told when that fails");
        out.push(
            Finding::at(Code::NOBODY_TOLD, deploy.common.head, message)
                .help("write whom to tell: `notify slack secret SLACK_WEBHOOK on failure, rollback`"),
        );
        return;
    }
}
