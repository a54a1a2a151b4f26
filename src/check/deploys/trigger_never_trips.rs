#![doc = include_str!("../../../docs/findings/MLP389.md")]

use crate::diag::{Code, Finding};
use crate::spec::{Deploy, Duration, Lasting, Right, RollbackWhen, Spec, Watch, smoke_failures, trip_count};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for deploy in spec.deploys.values() {
        let Some(watch) = &deploy.watch else { continue };
        let Some((begins, ends)) = deploy.watched(|_| 0.0) else { continue };
        let long = ends - begins;
        for rule in deploy.rollback.iter().flat_map(|r| &r.when) {
            // A soak is looked back over, with no memory of what was before it.
            let soak = deploy.soaked(|_| 0.0).filter(|_| watch.knows_the_past(&rule.metric.node));
            let long = soak.map_or(long, |(begins, ends)| long.max(ends - begins));
            let fault = match rule.right {
                Right::Literal(_) => fault(rule, watch, long, "the watch"),
                Right::Baseline(_) => against_live(rule, deploy, watch),
            };
            if let Some((needs, help)) = fault {
                let message = format!("`{}` can never trip: {needs}", rule.text);
                out.push(Finding::at(Code::TRIGGER_NEVER_TRIPS, rule.span, message).help(help));
            }
        }
    }
}

/// The version before can be asked only while it serves.
fn against_live(rule: &RollbackWhen, deploy: &Deploy, watch: &Watch) -> Option<(String, String)> {
    let Some((begins, ends)) = deploy.compared(|_| 0.0) else {
        return Some((
            "no version before serves beside the new one while it is watched".into(),
            "move the traffic in steps that last: `canary 5% for 10m, 100%`, or compare with a number".into(),
        ));
    };
    fault(rule, watch, ends - begins, "the canary below 100%")
}

/// What it would need, and what to write; nothing when it can trip. `lasts` says what is as long.
fn fault(rule: &RollbackWhen, watch: &Watch, long: f64, lasts: &str) -> Option<(String, String)> {
    if rule.metric.node == smoke_failures() {
        let every = watch.smoke.as_ref()?.every.node;
        let Some(count) = trip_count(rule.op, rule.literal()?) else {
            return Some((
                "no number of failures is that".into(),
                "write `smoke.failures > 2 consecutive`".into(),
            ));
        };
        let needed = every.seconds * count as f64;
        return (needed > long).then(|| {
            let runs =
                format!("{count} failures, one every {}, take {}", words(every.seconds), words(needed));
            (
                format!("{runs}, and the watch {}", words(long)),
                "run the smoke test more often, watch longer, or let fewer failures be enough".into(),
            )
        });
    }
    let interval = watch.interval.node.seconds;
    let lasting = match rule.lasting {
        Lasting::For(Duration { seconds }) => seconds,
        Lasting::Once | Lasting::Consecutive => 0.0,
    };
    // The first poll comes after one interval, or behind the warm-up; the last one that counts at or behind the time.
    let first = (watch.warms_up() / interval).ceil().max(1.0);
    let needed = interval * (first + (lasting / interval).ceil());
    (needed > long).then(|| {
        let polls = format!("with a poll every {} it takes {}", words(interval), words(needed));
        (
            format!("{polls}, and {lasts} {}", words(long)),
            "watch longer, poll more often, or let a shorter time be enough".into(),
        )
    })
}

fn words(seconds: f64) -> String {
    Duration { seconds }.written()
}
