#![doc = include_str!("../../../docs/findings/MLP702.md")]

use super::{is_approved, is_taken_back, production, runs_on, something_new};
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::plan::EventKind;
use crate::spec::Event;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let (spec, Some(plan)) = (subject.spec, subject.plan) else { return };
    let schedule = spec.on.iter().find(|o| matches!(o.event, Event::Schedule { .. }));
    let Some(schedule) = schedule else { return };
    for deploy in production(spec).filter(|d| runs_on(plan, d, |e| *e == EventKind::Schedule)) {
        if is_approved(spec, deploy) || is_taken_back(deploy) {
            continue;
        }
        let pushed = runs_on(plan, deploy, |e| matches!(e, EventKind::Push | EventKind::Tag));
        let Some((what, place)) = something_new(spec, pushed) else { continue };
        let name = &deploy.name.node;
        let message = format!("this schedule ships {what} to `{name}` when nobody is there");
        let finding = Finding::at(Code::UNATTENDED_SCHEDULE, schedule.span, message)
            .also(deploy.common.head, "neither approved, nor watched with triggers that take it back")
            .help(format!(
                "write `on push main` into `deploy {name}`, or `approval required`, or a `watch` with a `rollback`"
            ));
        out.push(match place {
            Some(place) => finding.also(place, "may be another one every time"),
            None => finding,
        });
    }
}
