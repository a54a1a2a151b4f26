//! Moments that come too late to matter.

use crate::check::facts::emits;
use crate::diag::{Code, Finding, Spanned};
use crate::spec::{Deploy, Duration, GivenWhat, PlatformName, Scenario, Spec, Subject};

/// GitHub ends a job that waits for a person after so many days.
/// <https://docs.github.com/en/actions/how-tos/deploy/configure-and-manage-deployments/review-deployments>
const GITHUB_ASKS_DAYS: f64 = 30.0;

/// A value that holds from a moment on at which nobody looks any more. `every` is the time between two looks.
pub(super) fn nobody_watches(
    spec: &Spec,
    scenario: &Scenario,
    deploy: &Deploy,
    every: Option<&Spanned<Duration>>,
    at: &Spanned<Duration>,
    out: &mut Vec<Finding>,
) {
    let takes = |step: &str| takes(spec, scenario, deploy, step);
    let (Some((begins, ends)), Some(every)) = (deploy.watched(takes), every) else { return };
    // In whole milliseconds, as the play counts.
    let ms = |seconds: f64| (seconds * 1000.0).round();
    let (begins, ends, every) = (ms(begins), ms(ends), ms(every.node.seconds).max(1.0));
    let looks = ((ends - begins) / every).floor();
    let mut last = if looks < 1.0 { ends } else { begins + looks * every };
    if let Some((_, over)) = deploy.soaked(takes) {
        last = ms(over); // when the past is asked for, and what a command says now
    }
    if ms(at.node.seconds) <= last {
        return;
    }
    let name = &deploy.name.node;
    let last = Duration { seconds: last / 1000.0 }.written();
    let message = format!(
        "nobody looks any more at that moment: the watch of `{name}` looks for the last time at {last}"
    );
    let help = format!("give an earlier moment; it is counted from the start of `{name}`");
    out.push(Finding::at(Code::SCENARIO_VALUE, at.span, message).help(help));
}

/// What the version before gives from a moment on at which it no longer serves.
pub(super) fn nobody_compares(
    spec: &Spec,
    scenario: &Scenario,
    deploy: &Deploy,
    at: &Spanned<Duration>,
    out: &mut Vec<Finding>,
) {
    let Some((_, ends)) = deploy.compared(|step| takes(spec, scenario, deploy, step)) else { return };
    if at.node.seconds <= ends {
        return;
    }
    let name = &deploy.name.node;
    let all = Duration { seconds: ends }.written();
    let message = format!("nobody compares any more at that moment: `{name}` has all traffic from {all} on");
    let help = format!("give an earlier moment; it is counted from the start of `{name}`");
    out.push(Finding::at(Code::SCENARIO_VALUE, at.span, message).help(help));
}

/// Seconds that a call of a deploy takes in a scenario.
fn takes(spec: &Spec, scenario: &Scenario, deploy: &Deploy, step: &str) -> f64 {
    let said = scenario.given.iter().find_map(|g| {
        let GivenWhat::Takes { subject, time } = &g.what else { return None };
        let doers = spec.doers(subject);
        let (Subject::Deploy(d), named) = doers.first()? else { return None };
        let same = d.name.node == deploy.name.node && named.unwrap_or("roll-out") == step;
        same.then_some(time.node.seconds)
    });
    said.unwrap_or_default()
}

/// An answer that comes when GitHub no longer asks, and the other platforms do.
pub(super) fn answered_after(
    spec: &Spec,
    of: Option<&Spanned<String>>,
    after: &Spanned<Duration>,
    out: &mut Vec<Finding>,
) {
    if !emits(spec, PlatformName::Github) || after.node.seconds <= GITHUB_ASKS_DAYS * 86_400.0 {
        return;
    }
    let asked = spec.deploys.values().filter(|d| of.is_none_or(|n| n.node == d.name.node));
    let open = |d: &&Deploy| d.question().is_some_and(|a| a.expires.is_none());
    let Some(deploy) = asked.into_iter().find(open) else { return };
    let message = format!(
        "GitHub asks for {GITHUB_ASKS_DAYS} days at most, so this answer for `{}` is none there and one elsewhere",
        deploy.name.node
    );
    let help = "answer sooner, write `expires 30d` or less in the approval, or leave `github` out of `emit`";
    out.push(Finding::at(Code::SCENARIO_VALUE, after.span, message).help(help));
}
