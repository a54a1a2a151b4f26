#![doc = include_str!("../../../docs/findings/MLP712.md")]

use super::{canary, step_words, triggers, words};
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::spec::{Deploy, Dimension, MetricPath, Op, RollbackWhen, Unit};

/// Parts of a metric's name that say that it is the share of requests that went wrong.
const WRONG: [&str; 8] = ["error", "errors", "fail", "failed", "failure", "failures", "5xx", "timeouts"];

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for deploy in subject.spec.deploys.values() {
        let requests = deploy.watch.as_ref().and_then(|w| w.requests.as_ref());
        let Some(per_second) = requests.filter(|r| r.node > 0.0) else { continue };
        for trigger in triggers(deploy) {
            let Some(rate) = rate(deploy, trigger) else { continue };
            // Where a share p of the requests fails, 3 ÷ p of them hold one failure with a probability of 95 %: the rule of
            // three (Hanley and Lippman-Hand, JAMA 1983), since (1 − p)^(3 ÷ p) is e^−3 at most.
            let needed = (3.0 / rate).ceil();
            let seen = canary(deploy).iter().filter(|s| s.weight < 100.0).filter_map(|s| {
                let hold = s.hold?.seconds;
                Some((s, (per_second.node * hold * s.weight / 100.0).floor()))
            });
            let least = seen.min_by(|a, b| a.1.total_cmp(&b.1));
            let Some((step, seen)) = least.filter(|(_, seen)| *seen < needed) else { continue };
            let message = format!(
                "the step `{}` gets about {seen} requests, and `{}` needs {needed} to show itself",
                step_words(step),
                trigger.text
            );
            let minutes = (needed * 100.0 / (per_second.node * step.weight) / 60.0).ceil();
            out.push(
                Finding::at(Code::CANARY_TOO_FEW_REQUESTS, trigger.span, message)
                    .also(
                        per_second.span,
                        format!("{} per s × {}% × the hold", rounded(per_second.node), step.weight),
                    )
                    .help(format!(
                        "3 ÷ {rate} = {needed}: hold the step for {} or longer, or begin with more than {}%",
                        words(minutes * 60.0),
                        step.weight
                    )),
            );
        }
    }
}

/// The share of failing requests above which a trigger trips; nothing for any other trigger.
fn rate(deploy: &Deploy, trigger: &RollbackWhen) -> Option<f64> {
    let metric =
        deploy.watch.iter().flat_map(|w| &w.metrics).find(|m| m.metric.node == trigger.metric.node)?;
    let right = trigger.literal()?;
    let rate = if metric.unit == Unit::Percent { right / 100.0 } else { right };
    let is_share = metric.unit.dimension() == Dimension::Ratio && rate > 0.0 && rate < 1.0;
    (is_share && matches!(trigger.op, Op::Gt | Op::Ge) && says_wrong(&metric.metric)).then_some(rate)
}

fn says_wrong(metric: &MetricPath) -> bool {
    let mut words = metric.0.iter().flat_map(|part| part.split(['_', '-']));
    words.any(|w| WRONG.contains(&w.to_ascii_lowercase().as_str()))
}

/// At most two digits behind the point.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
