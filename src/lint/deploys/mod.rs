//! Rules about where a release goes, who says yes, and who looks at it.

pub(super) mod approvals_pile_up;
pub(super) mod no_smoke;
pub(super) mod soak_before_nothing;
pub(super) mod soak_never_over;
pub(super) mod staging_of_another_kind;
pub(super) mod target_without_credentials;
pub(super) mod unattended_schedule;
pub(super) mod untried_smoke;

use crate::check::deploys::deploy_never_runs::passes;
use crate::check::facts::{deploy_before, is_production};
use crate::check::triggers::cron;
use crate::diag::Span;
use crate::plan::{Condition, EventKind, Plan};
use crate::spec::{Deploy, Event, Model, ModelSource, Spec, Target};

/// The deploys that serve production.
pub(super) fn production(spec: &Spec) -> impl Iterator<Item = &Deploy> {
    spec.deploys.values().filter(|d| is_production(d))
}

/// The deploys that come first, nearest first.
pub(super) fn all_before<'a>(spec: &'a Spec, deploy: &'a Deploy) -> Vec<&'a Deploy> {
    let mut chain = vec![deploy];
    // A circle is found by another rule.
    while let Some(before) = chain.last().and_then(|d| deploy_before(spec, d)) {
        if chain.iter().any(|d| d.name.node == before.name.node) {
            break;
        }
        chain.push(before);
    }
    chain.split_off(1)
}

/// Does a person say yes to it, or to a deploy before it?
pub(super) fn is_approved(spec: &Spec, deploy: &Deploy) -> bool {
    deploy.approval.is_some() || all_before(spec, deploy).iter().any(|d| d.approval.is_some())
}

/// Is the release asked, or looked at, once it runs there?
pub(super) fn is_asked(deploy: &Deploy) -> bool {
    deploy.smoke.is_some() || deploy.watch.is_some()
}

/// Do live metrics take the release back?
pub(super) fn is_taken_back(deploy: &Deploy) -> bool {
    deploy.watch.is_some() && deploy.rollback.as_ref().is_some_and(|r| !r.when.is_empty())
}

/// When a deploy runs, by the plan.
pub(super) fn condition<'a>(plan: &'a Plan, deploy: &Deploy) -> Option<&'a Condition> {
    let id = format!("deploy-{}", deploy.name.node);
    plan.jobs.iter().find(|j| j.id == id).map(|j| &j.condition)
}

/// Does an event of that kind deploy it?
pub(super) fn runs_on(plan: &Plan, deploy: &Deploy, is: impl Fn(&EventKind) -> bool) -> bool {
    condition(plan, deploy).is_some_and(|c| c.any_of.iter().any(|a| is(&a.event)))
}

/// `kubernetes`, `command`, `ssh`: the kind of its target.
pub(super) fn kind_of_target(deploy: &Deploy) -> Option<&str> {
    deploy.target.as_ref().map(|t| match &t.node {
        Target::Kubernetes(_) => "kubernetes",
        Target::ArgoRollouts(_) => "argo_rollouts",
        Target::Command(_) => "command",
        Target::Ssh(_) => "ssh",
        Target::Later(kind) => kind.as_str(),
    })
}

/// What a scheduled run can ship that no push has shipped before.
pub(super) fn something_new(spec: &Spec, pushed: bool) -> Option<(String, Option<Span>)> {
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

/// Seconds after which another scheduled run reaches a deploy at the latest, and its `on`.
pub(super) fn cadence(spec: &Spec, deploy: &Deploy) -> Option<(f64, Span)> {
    let reaching = spec.on.iter().filter(|on| passes(spec, deploy, &on.event));
    let gaps = reaching.filter_map(|on| {
        let Event::Schedule { cron: line, .. } = &on.event else { return None };
        let minutes = cron::read(&line.node).ok()?.longest_gap()?;
        Some((minutes, on.span))
    });
    // With more than one it is at most the shortest of theirs.
    gaps.min_by_key(|(minutes, _)| *minutes).map(|(minutes, span)| (f64::from(minutes) * 60.0, span))
}
