#![doc = include_str!("../../../docs/findings/MLP717.md")]

use super::{holds, window, words};
use crate::check::triggers::cron;
use crate::diag::{Code, Finding, Span};
use crate::lint::Subject;
use crate::spec::{Event, Spec};

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let spec = subject.spec;
    let Some(max_age) = spec.state.as_ref().and_then(|s| s.max_age.as_ref()) else { return };
    let waits = soaks(spec).chain(watches(spec)).chain(cadence(spec));
    let longest = waits.max_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let Some(longest) = longest.filter(|w| w.seconds > max_age.node.seconds) else { return };
    let message = format!(
        "a ledger older than {} is refused, and {} takes {}: nothing could be put back, and nothing deployed, after it",
        max_age.node.written(),
        longest.what,
        words(longest.seconds)
    );
    out.push(
        Finding::at(Code::MAX_AGE_TOO_SHORT, max_age.span, message)
            .also(longest.span, "takes longer")
            .help(format!("write more than that, such as `max_age {}`", words(longest.seconds * 2.0))),
    );
}

/// A time over which nobody verifies the ledger.
struct Wait {
    what: String,
    seconds: f64,
    span: Span,
}

fn soaks(spec: &Spec) -> impl Iterator<Item = Wait> {
    spec.deploys.values().filter_map(|d| {
        let soak = d.soak.as_ref()?;
        Some(Wait {
            what: format!("the soak of `{}`", d.name.node),
            seconds: soak.node.seconds,
            span: soak.span,
        })
    })
}

fn watches(spec: &Spec) -> impl Iterator<Item = Wait> {
    spec.deploys.values().filter_map(|d| {
        let watch = d.watch.as_ref()?;
        let what = format!("the roll-out of `{}` with its watch", d.name.node);
        Some(Wait { what, seconds: holds(d) + window(d), span: watch.span })
    })
}

/// The longest time between two runs, where nothing but one schedule starts them.
fn cadence(spec: &Spec) -> Option<Wait> {
    let mut others = spec.on.iter().filter(|o| !matches!(o.event, Event::PullRequest(_)));
    let (Some(on), None) = (others.next(), others.next()) else { return None };
    let Event::Schedule { cron: line, .. } = &on.event else { return None };
    let minutes = cron::read(&line.node).ok()?.longest_gap()?;
    Some(Wait {
        what: "the time from run to run".to_owned(),
        seconds: f64::from(minutes) * 60.0,
        span: on.span,
    })
}
