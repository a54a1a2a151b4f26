#![doc = include_str!("../../../docs/findings/MLP702.md")]

use super::{is_approved, is_taken_back, production, runs_on};
use crate::diag::{Code, Finding, Span};
use crate::lint::Subject;
use crate::plan::EventKind;
use crate::spec::{Event, Model, ModelSource, Spec};

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

/// What a scheduled run can ship that no push has shipped before.
fn something_new(spec: &Spec, pushed: bool) -> Option<(String, Option<Span>)> {
    if let Some(model) = spec.models.values().find(|m| moves(m)) {
        let place = model.source.as_ref().map(|s| s.span);
        return Some((format!("whatever `{}` is by then", model.name.node), place));
    }
    (!pushed).then(|| ("what was merged since the last run".to_owned(), None))
}

/// Can the source give another model tomorrow for the same commit?
fn moves(model: &Model) -> bool {
    match model.source.as_ref().map(|s| &s.node) {
        Some(ModelSource::Mlflow { uri, .. }) => uri.contains('@'),
        _ => false,
    }
}
