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
    let hours = longest_gap(&cron::read(&line.node).ok()?)?;
    Some(Wait { what: "the time from run to run".to_owned(), seconds: hours * 3600.0, span: on.span })
}

/// Hours between two firings, for a line that names neither a day of the month nor a month.
fn longest_gap(cron: &cron::Cron) -> Option<f64> {
    let [_, hours, days, months, weekdays] = &cron.values;
    if days.len() < 31 || months.len() < 12 {
        return None;
    }
    let mut at: Vec<u32> =
        weekdays.iter().flat_map(|d| hours.iter().map(move |h| (d % 7) * 24 + h)).collect();
    at.sort_unstable();
    at.dedup();
    let around = at.first()? + 7 * 24;
    let ends = at.iter().skip(1).copied().chain([around]);
    at.iter().zip(ends).map(|(from, to)| to - from).max().map(f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_counted_around_the_week() {
        let gap = |line| longest_gap(&cron::read(line).unwrap_or_else(|e| panic!("{e:?}")));
        assert_eq!(gap("17 3 * * *"), Some(24.0));
        assert_eq!(gap("17 3 * * 1"), Some(168.0));
        assert_eq!(gap("17 3 * * 1-5"), Some(72.0));
        assert_eq!(gap("17 3,15 * * 0,7"), Some(156.0));
        assert_eq!(gap("17 */6 * * *"), Some(6.0));
        assert_eq!(gap("17 3 1 * *"), None);
    }
}
