//! What trips a trigger of a rollback, and what just does not: given words that [`play`](super::play) can be asked with,
//! so that a trigger that nothing can trip is seen before it is relied on.

use crate::spec::{
    Deploy, Lasting, Quantity, Right, RollbackWhen, Spec, Tolerance, Unit, Watch, smoke_failures, trip_count,
};

/// How far from a bound the number beside it lies, as a share of the bound: enough to be told apart, and to be written.
const STEP: f64 = 1e-9;

/// Two runs for one trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriggerWitness {
    /// The environment that it guards.
    pub environment: String,
    /// The trigger as written.
    pub text: String,
    /// The words behind `given` under which it trips at the last moment at which it may: the least that is too much.
    pub tripping: String,
    /// The words under which it does not, by the least there is: the number at the bound, or good again at the very poll
    /// or test that would trip it.
    pub holding: String,
}

/// The two runs of every trigger, in the order of the spec. A trigger of which one of the two cannot be said is left out;
/// `trigger-never-trips` has refused it where it cannot trip.
pub fn triggers(spec: &Spec) -> Vec<TriggerWitness> {
    let mut all = Vec::new();
    for deploy in spec.deploys.values() {
        let (Some(watch), Some(rollback)) = (&deploy.watch, &deploy.rollback) else { continue };
        for rule in &rollback.when {
            let runs = if rule.metric.node == smoke_failures() {
                smoke(deploy, watch, rule)
            } else {
                metric(deploy, watch, rule)
            };
            let Some((tripping, holding)) = runs else { continue };
            let environment = deploy.name.node.clone();
            all.push(TriggerWitness { environment, text: rule.text.clone(), tripping, holding });
        }
    }
    all
}

/// From when to when it is watched, in seconds from the start of the deploy, where no command takes time.
fn watched(deploy: &Deploy) -> (f64, f64) {
    deploy.watched(|_| 0.0).unwrap_or_default()
}

fn metric(deploy: &Deploy, watch: &Watch, rule: &RollbackWhen) -> Option<(String, String)> {
    let unit =
        watch.metrics.iter().find(|m| m.metric.node == rule.metric.node).map_or(Unit::None, |m| m.unit);
    let name = &deploy.name.node;
    // What it is compared with, where that is no number of the spec.
    let (bound, base) = match rule.right {
        Right::Literal(right) => (right, None),
        Right::Baseline(tolerance) => {
            let by = match tolerance {
                Tolerance::None => 0.0,
                Tolerance::Absolute(by) | Tolerance::Relative(by) => by,
            };
            (rounded(1.0 + by), Some(Quantity { number: 1.0, unit }))
        }
    };
    let given = base.map_or(String::new(), |base| format!("{name}.baseline.{} = {base}, ", rule.metric.node));
    let step = bound.abs().max(1.0) * STEP;
    let near = [bound, rounded(bound + step), rounded(bound - step)];
    let trips = |n: f64| n.partial_cmp(&bound).is_some_and(|o| super::gate::holds(rule.op, o));
    let bad = near.into_iter().find(|n| trips(*n))?;
    let good = near.into_iter().find(|n| !trips(*n))?;
    let said = |number: f64| {
        let number = Quantity { number, unit };
        format!("{name}.{} = {number}", rule.metric.node)
    };
    let tripping = format!("{given}{}", said(bad));
    let Lasting::For(long) = rule.lasting else { return Some((tripping, format!("{given}{}", said(good)))) };
    let mut polls = deploy.polls();
    let trips = polls.next().and_then(|first| polls.find(|poll| *poll >= first + long.seconds));
    // What is too long for the watch is for the soak behind it.
    let interval = watch.interval.node.seconds;
    let needed = interval * (1.0 + (long.seconds / interval).ceil());
    let poll = trips.or_else(|| Some(deploy.soaked(|_| 0.0)?.0 + needed))?;
    let holding = format!("{tripping}, {} at {poll}s", said(good));
    Some((tripping, holding))
}

fn smoke(deploy: &Deploy, watch: &Watch, rule: &RollbackWhen) -> Option<(String, String)> {
    let every = watch.smoke.as_ref()?.every.node.seconds;
    let count = trip_count(rule.op, rule.literal()?)?;
    let said = |state: &str, at: f64| format!("{}.smoke {state} at {at}s", deploy.name.node);
    let (begins, ends) = watched(deploy);
    let last = begins + every * count as f64;
    // Before its first run; a moment is longer than nothing.
    let first = 1.0;
    // It fails once more at the last moment, and from then on never again.
    let mut tripping = said("failed", first);
    if last + every <= ends {
        tripping = format!("{tripping}, {}", said("passed", last + first));
    }
    let holding = format!("{}, {}", said("failed", first), said("passed", last));
    Some((tripping, if count == 1 { said("passed", first) } else { holding }))
}

/// With as many digits as a number of the language may have.
fn rounded(number: f64) -> f64 {
    format!("{number:.12e}").parse().unwrap_or(number)
}
