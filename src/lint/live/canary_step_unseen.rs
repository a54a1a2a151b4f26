#![doc = include_str!("../../../docs/findings/MLP711.md")]

use super::{canary, step_words, triggers, words};
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::spec::{Deploy, smoke_failures};

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for deploy in subject.spec.deploys.values() {
        let (Some(strategy), Some(every)) = (&deploy.strategy, fastest(deploy)) else { continue };
        let unseen = canary(deploy).iter().find(|s| {
            let hold = s.hold.map(|h| h.seconds);
            // The smoke test of a deploy runs at every step, held or not.
            s.weight < 100.0 && hold.map_or(deploy.smoke.is_none(), |h| h < every)
        });
        let Some(step) = unseen else { continue };
        let why = match step.hold {
            Some(_) => format!("the first poll comes after {}", words(every)),
            None => "it has no time, so the next step follows at once".to_owned(),
        };
        let message = format!("no poll falls into the step `{}`: {why}", step_words(step));
        out.push(Finding::at(Code::CANARY_STEP_UNSEEN, strategy.span, message).help(format!(
            "hold every step for at least one interval, better for several: `{}% for {}`",
            step.weight,
            words(every * 5.0)
        )));
    }
}

/// Seconds between two looks, by what the triggers read.
fn fastest(deploy: &Deploy) -> Option<f64> {
    let watch = deploy.watch.as_ref()?;
    let of_triggers = triggers(deploy).iter().filter_map(|t| match t.metric.node == smoke_failures() {
        true => watch.smoke.as_ref().map(|s| s.every.node.seconds),
        false => Some(watch.interval.node.seconds),
    });
    of_triggers.reduce(f64::min)
}
