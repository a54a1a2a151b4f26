//! Scenarios: what they speak of exists, can be so, and can end so.

mod moments;
pub(super) mod scenario_contradiction;
pub(super) mod scenario_event;
pub(super) mod scenario_impossible;
pub(super) mod scenario_subject;
pub(super) mod scenario_value;

use crate::diag::Spanned;
use crate::spec::{Given, GivenWhat, MetricPath, Scenario, Spec};

/// Every `given` of a spec with its scenario.
fn givens(spec: &Spec) -> impl Iterator<Item = (&Scenario, &Given)> {
    spec.scenarios.iter().flat_map(|s| s.given.iter().map(move |g| (s, g)))
}

/// What has a job and is named by a `given`; nothing for a value.
fn doer(what: &GivenWhat) -> Option<&Spanned<MetricPath>> {
    match what {
        GivenWhat::State { subject, .. }
        | GivenWhat::Takes { subject, .. }
        | GivenWhat::Cancelled { subject, .. } => Some(subject),
        _ => None,
    }
}
