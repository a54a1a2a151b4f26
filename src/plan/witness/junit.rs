//! The counts of a JUnit file hang together: they are whole, and the tests are the sum of the others.

use super::value::{Point, Want, baselines, bound, fits};
use super::{Metric, Points};
use crate::plan::number::Exact;

/// What the script counts, `time` in seconds.
pub(super) const NAMES: [&str; 6] = ["tests", "failures", "errors", "skipped", "passed", "time"];

/// More test cases than that are not written out.
const MOST: i128 = 5_000;

/// The points of the counts, in the order of the metrics; nothing in the place of what is none.
type Found = Vec<Option<Point>>;

/// A file's counts: failures, errors, skipped, passed.
pub(super) type Counts = [i128; 4];

/// What a count of that name is.
fn count(name: &str, counts: &Counts) -> i128 {
    match name {
        "failures" => counts[0],
        "errors" => counts[1],
        "skipped" => counts[2],
        "passed" => counts[3],
        _ => counts.iter().sum(),
    }
}

/// A point for each metric that is a count, nothing in the place of every other; nothing at all when there are no
/// counts such that what is wanted is so.
pub(super) fn points(metrics: &[Metric<'_>], edge: usize, want: Want) -> Option<Found> {
    if !metrics.iter().any(|m| m.count) {
        return Some(metrics.iter().map(|_| None).collect());
    }
    let counted = |name: &str| metrics.iter().find(|m| m.count && m.parts[0] == name);
    let is_edge = |name: &str| counted(name).is_some_and(|m| m.rules.iter().any(|(i, _)| *i == edge));
    let of = |name: &str, plain: &[i128]| {
        let near = counted(name).map(around).unwrap_or_default();
        let (first, then) = if is_edge(name) { (near.as_slice(), plain) } else { (plain, near.as_slice()) };
        let mut all: Vec<i128> = first.iter().chain(then).copied().collect();
        all.retain(|n| (0..=MOST).contains(n));
        let mut seen = Vec::new();
        all.retain(|n| {
            !seen.contains(n) && {
                seen.push(*n);
                true
            }
        });
        all
    };
    let (failures, errors, skipped) = (of("failures", &[0]), of("errors", &[0]), of("skipped", &[0]));
    let (passed, tests) = (of("passed", &[1, 0]), of("tests", &[]));
    for f in &failures {
        for e in &errors {
            for s in &skipped {
                let rest: Vec<i128> = tests.iter().map(|t| t - f - e - s).filter(|p| *p >= 0).collect();
                let (first, then) = if is_edge("tests") { (&rest, &passed) } else { (&passed, &rest) };
                for p in first.iter().chain(then).copied() {
                    if let Some(points) = at(metrics, &[*f, *e, *s, p], edge, want) {
                        return Some(points);
                    }
                }
            }
        }
    }
    None
}

/// Whole numbers at and beside the bounds of a metric's rules, for every baseline that is tried.
fn around(metric: &Metric<'_>) -> Vec<i128> {
    let bases = baselines(&metric.rules);
    let bounds = bases.iter().take(12).flat_map(|b| metric.rules.iter().filter_map(|(_, r)| bound(r, *b)));
    bounds.filter_map(Exact::floor).flat_map(|n| [n, n + 1, n - 1]).collect()
}

fn at(metrics: &[Metric<'_>], counts: &Counts, edge: usize, want: Want) -> Option<Found> {
    let one = |m: &Metric<'_>| -> Option<Option<Point>> {
        if !m.count {
            return Some(None);
        }
        if m.parts[0] == "time" {
            let point = super::value::point(&m.rules, edge, want)?;
            let negative = point.value.compare(Exact::whole(0))?.is_lt();
            return if negative { zero(m, want).map(Some) } else { Some(Some(point)) };
        }
        let value = Exact::whole(count(&m.parts[0], counts));
        let fitting = baselines(&m.rules)
            .into_iter()
            .map(|baseline| Point { value, baseline })
            .find(|p| fits(&m.rules, *p, want));
        fitting.map(Some)
    };
    metrics.iter().map(one).collect()
}

fn zero(metric: &Metric<'_>, want: Want) -> Option<Point> {
    let points =
        baselines(&metric.rules).into_iter().map(|baseline| Point { value: Exact::whole(0), baseline });
    points.into_iter().find(|p| fits(&metric.rules, *p, want))
}

/// The counts that the points say; what no point speaks of is none.
pub(super) fn counts(metrics: &[Metric<'_>], points: &Points) -> Option<Counts> {
    let said = |name: &str| {
        let found = metrics.iter().zip(points).find(|(m, _)| m.count && m.parts[0] == name);
        found.and_then(|(_, p)| p.value.floor())
    };
    let mut counts = ["failures", "errors", "skipped", "passed"].map(|name| said(name).unwrap_or(0));
    if let Some(tests) = said("tests") {
        let missing = tests - counts.iter().sum::<i128>();
        // What no rule counts takes up the rest: tests that passed, if nobody counts those.
        let free = ["passed", "skipped", "errors", "failures"].into_iter().position(|n| said(n).is_none());
        if missing != 0 {
            let place = 3 - free?;
            counts[place] += missing;
        }
    }
    counts.iter().all(|c| (0..=MOST).contains(c)).then_some(counts)
}
