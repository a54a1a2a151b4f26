#![doc = include_str!("../../../docs/findings/MLP708.md")]

use super::{cadence, runs_on, something_new};
use crate::check::facts::deploy_before;
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::plan::EventKind;
use crate::spec::{Deploy, Duration};

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let (spec, Some(plan)) = (subject.spec, subject.plan) else { return };
    for deploy in spec.deploys.values() {
        let name = &deploy.name.node;
        let follows = |d: &&Deploy| deploy_before(spec, d).is_some_and(|b| b.name.node == *name);
        let next = spec.deploys.values().find(follows);
        let (Some(soak), Some(next), Some((gap, schedule))) = (&deploy.soak, next, cadence(spec, deploy))
        else {
            continue;
        };
        if soak.node.seconds <= gap {
            continue;
        }
        let pushed = runs_on(plan, deploy, |e| matches!(e, EventKind::Push | EventKind::Tag));
        let Some((what, place)) = something_new(spec, pushed) else { continue };
        let gap = Duration { seconds: gap }.written();
        let message = format!(
            "at least every {gap} a scheduled run brings {what} to `{name}`, before `soak {}` is over: where that is new each time, nothing ever gets to `{}`",
            soak.node.written(),
            next.name.node
        );
        let finding = Finding::at(Code::SOAK_NEVER_OVER, soak.span, message)
            .also(schedule, "takes the place of what soaks")
            .help(format!("soak for less than {gap}, or let the schedule fire less often"));
        out.push(match place {
            Some(place) => finding.also(place, "may be another one every time"),
            None => finding,
        });
    }
}
