#![doc = include_str!("../../../docs/findings/MLP387.md")]

use crate::diag::{Code, Finding, Span};
use crate::spec::{Expected, Given, GivenWhat, Scenario, Spec};
use indexmap::IndexMap;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for scenario in &spec.scenarios {
        given(scenario, out);
        expected(scenario, out);
    }
}

fn given(scenario: &Scenario, out: &mut Vec<Finding>) {
    let mut seen: IndexMap<String, Span> = IndexMap::new();
    for g in &scenario.given {
        let Some((key, shown)) = key(g) else { continue };
        let Some(first) = seen.insert(key, g.span) else { continue };
        let help = match &g.what {
            GivenWhat::Value { .. } | GivenWhat::State { .. } => {
                "take one of them out; what a deploy watches may change with the time: `… = 2% at 12m`"
            }
            _ => "take one of them out, or write two scenarios",
        };
        out.push(
            Finding::at(Code::SCENARIO_CONTRADICTION, g.span, format!("{shown} is given twice"))
                .also(first, "it is given here already")
                .help(help),
        );
    }
}

/// What can be said only once, and its name in words.
fn key(g: &Given) -> Option<(String, String)> {
    let at = |at: &Option<crate::diag::Spanned<crate::spec::Duration>>| {
        at.as_ref().map_or(String::new(), |d| format!(" at {}", d.node.seconds))
    };
    let (key, shown) = match &g.what {
        GivenWhat::On(_) => ("on".to_owned(), "what starts the run".to_owned()),
        GivenWhat::Cancelled { .. } => ("cancelled".to_owned(), "the cancel".to_owned()),
        GivenWhat::Input { name, .. } => {
            (format!("input {}", name.node), format!("the input `{}`", name.node))
        }
        GivenWhat::Approval { of, .. } => {
            let of = of.as_ref().map_or("", |o| o.node.as_str());
            (format!("approval {of}"), "the answer".to_owned())
        }
        GivenWhat::Value { subject, at: when, .. } => {
            (format!("{}{}", subject.node, at(when)), format!("the value of `{}`", subject.node))
        }
        GivenWhat::State { subject, at: when, .. } => {
            (format!("{}{} ends", subject.node, at(when)), format!("how `{}` ends", subject.node))
        }
        GivenWhat::Takes { subject, .. } => {
            (format!("{} takes", subject.node), format!("the time of `{}`", subject.node))
        }
        GivenWhat::RolledBack { .. } | GivenWhat::Changed(_) => return None,
    };
    Some((key, shown))
}

fn expected(scenario: &Scenario, out: &mut Vec<Finding>) {
    for (i, e) in scenario.expect.iter().enumerate() {
        let against = scenario.expect[..i]
            .iter()
            .find(|o| o.name.node == e.name.node && excludes(o.outcome.node, e.outcome.node));
        let Some(other) = against else { continue };
        let message =
            format!("`{}` cannot be both `{}` and `{}`", e.name.node, other.outcome.word(), e.outcome.word());
        out.push(
            Finding::at(Code::SCENARIO_CONTRADICTION, e.name.span.to(e.outcome.span), message)
                .also(other.name.span.to(other.outcome.span), "this is expected too")
                .help("take one of them out, or write two scenarios"),
        );
    }
}

/// No run ends both ways.
fn excludes(a: Expected, b: Expected) -> bool {
    use Expected::*;
    let jobs = [Passed, Failed, Cancelled, Skipped];
    let places = [Deployed, Untouched, RolledBack];
    let ran = [Passed, Failed, TimedOut, Cancelled, Deployed, RolledBack];
    let differ = |set: &[Expected]| a != b && set.contains(&a) && set.contains(&b);
    let pair = |x: Expected, y: Expected| (a, b) == (x, y) || (a, b) == (y, x);
    differ(&jobs)
        || differ(&places)
        || differ(&[Passed, TimedOut])
        || differ(&[Cancelled, TimedOut])
        || pair(Failed, Deployed)
        || pair(Skipped, TimedOut)
        || [Deployed, RolledBack].iter().any(|x| pair(Skipped, *x))
        || ran.iter().any(|x| pair(Skipped, *x))
}
