#![doc = include_str!("../../../docs/findings/MLP369.md")]

use crate::diag::{Code, Finding, Span};
use crate::spec::{Deploy, Duration, Spec, Strategy, Watch};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for deploy in spec.deploys.values() {
        let Some(watch) = deploy.watch.as_ref().filter(|w| !w.metrics.is_empty()) else { continue };
        let Some((begins, ends)) = deploy.watched(|_| 0.0) else { continue };
        let needs = watch.warms_up() + watch.interval.node.seconds;
        let mut tell = |span: Span, message: String, help: String| {
            out.push(Finding::at(Code::WATCH_BLIND, span, message).help(help));
        };
        if let Some((place, long)) = unseen(deploy, watch, needs, ends - begins) {
            let words = words(needs);
            let poll = format!("a poll every {}", watch.interval.node.written());
            let (span, sum) = match &watch.warm_up {
                Some(warm) => {
                    (warm.span, format!("the warm-up of {} and {poll} take {words}", warm.node.written()))
                }
                None => (watch.window.span, format!("with {poll}")),
            };
            let help = "let it last longer, poll more often, or warm up for a shorter time";
            tell(
                span,
                format!("it may be that no metric is judged in {place}: {sum}, it lasts {long}"),
                help.into(),
            );
        }
        let Some(tolerate) = watch.tolerate.as_ref() else { continue };
        let window = watch.window.node.seconds;
        let polls = ((window - watch.warms_up()) / watch.interval.node.seconds).floor().max(0.0);
        if f64::from(tolerate.node) >= polls && polls > 0.0 {
            let message = format!(
                "a metric without a single number could pass the window: it has {polls} polls, and {} may be missing",
                tolerate.node
            );
            tell(tolerate.span, message, "tolerate fewer, watch longer, or poll more often".into());
        }
    }
}

/// What is over before a poll surely counts, in words, and how long it lasts. What has no warm-up and is a step is
/// spoken of by `canary-step-unseen`, what has no poll at all by `trigger-never-trips`.
fn unseen(deploy: &Deploy, watch: &Watch, needs: f64, whole: f64) -> Option<(String, String)> {
    let holds = match deploy.strategy.as_ref().map(|s| &s.node) {
        Some(Strategy::Canary(steps)) if watch.warm_up.is_some() => steps.as_slice(),
        _ => &[],
    };
    let held = holds.iter().filter_map(|s| s.hold.map(|hold| (s.weight, hold)));
    let short = held.into_iter().find(|(_, hold)| hold.seconds < needs);
    if let Some((weight, hold)) = short {
        return Some((format!("the step of {weight}%"), hold.written()));
    }
    if let Some(Strategy::BlueGreen(Some(hold))) = deploy.strategy.as_ref().map(|s| &s.node)
        && watch.warm_up.is_some()
        && hold.seconds < needs
    {
        return Some(("the time after the switch".to_owned(), hold.written()));
    }
    let window = watch.window.node;
    let told = watch.warm_up.is_none() && whole < needs;
    (window.seconds < needs && !told).then(|| ("the window".to_owned(), window.written()))
}

fn words(seconds: f64) -> String {
    Duration { seconds }.written()
}
