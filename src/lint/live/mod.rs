//! Rules about a release that serves: canary, watch, rollback, ledger.

pub(super) mod canary_step_unseen;
pub(super) mod canary_too_few_requests;
pub(super) mod canary_without_rollback;
pub(super) mod halt_at_once;
pub(super) mod max_age_too_short;
pub(super) mod no_model_metric;
pub(super) mod rollback_budget;
pub(super) mod rollback_without_ledger;
pub(super) mod shadow_judges_nothing;
pub(super) mod watch_outlives_job;
pub(super) mod watch_without_rollback;

use crate::spec::{CanaryStep, Deploy, Duration, Halt, RollbackWhen, Strategy};

/// The steps of a canary; none where there is no canary.
fn canary(deploy: &Deploy) -> &[CanaryStep] {
    match deploy.strategy.as_ref().map(|s| &s.node) {
        Some(Strategy::Canary(steps)) => steps,
        _ => &[],
    }
}

/// Triggers that put a release back.
fn triggers(deploy: &Deploy) -> &[RollbackWhen] {
    deploy.rollback.as_ref().map_or(&[], |r| &r.when)
}

/// Seconds for which the traffic is held as it is, before the window.
fn holds(deploy: &Deploy) -> f64 {
    match deploy.strategy.as_ref().map(|s| &s.node) {
        Some(Strategy::Canary(steps)) => steps.iter().filter_map(|s| s.hold).map(|h| h.seconds).sum(),
        Some(Strategy::BlueGreen(hold)) => hold.map_or(0.0, |h| h.seconds),
        Some(Strategy::Rolling) | None => 0.0,
    }
}

/// Seconds of the watch after the last step.
fn window(deploy: &Deploy) -> f64 {
    deploy.watch.as_ref().map_or(0.0, |w| w.window.node.seconds)
}

/// `90m`.
fn words(seconds: f64) -> String {
    Duration { seconds }.written()
}

/// `5% for 10m`.
fn step_words(step: &CanaryStep) -> String {
    match step.hold {
        Some(hold) => format!("{}% for {}", step.weight, hold.written()),
        None => format!("{}%", step.weight),
    }
}

/// `halt when rollbacks > 2 in 1h`.
fn halt_words(halt: &Halt) -> String {
    format!("halt when rollbacks {} {} in {}", halt.op.text(), halt.count, halt.window.written())
}
