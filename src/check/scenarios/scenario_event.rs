#![doc = include_str!("../../../docs/findings/MLP388.md")]

use crate::check::facts::{every_on, inputs};
use crate::diag::words::{nearest, or_list};
use crate::diag::{Code, Finding, Span, Spanned};
use crate::spec::{Event, GivenEvent, GivenWhat, Input, InputKind, Scenario, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for scenario in &spec.scenarios {
        let event = scenario.given.iter().find_map(|g| match &g.what {
            GivenWhat::On(e) => Some(e),
            _ => None,
        });
        if let Some(event) = event {
            starts(spec, event, out);
        }
        given_inputs(spec, scenario, event, out);
    }
}

fn told(span: Span, message: String, help: String, out: &mut Vec<Finding>) {
    out.push(Finding::at(Code::SCENARIO_EVENT, span, message).help(help));
}

fn starts(spec: &Spec, event: &GivenEvent, out: &mut Vec<Finding>) {
    if let Some(name) = &event.name {
        let known: Vec<&str> = events(spec).iter().map(|(n, _)| *n).filter(|n| !n.is_empty()).collect();
        if !known.contains(&name.as_str()) {
            let help = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => format!("write `on event {}` at the top of the spec", name.node),
                None => format!("there is {}", or_list(&known)),
            };
            told(name.span, format!("this pipeline has no event `{}`", name.node), help, out);
        }
    }
    if let Some(reference) = &event.reference
        && let Some(rest) = reference.strip_prefix("refs/")
    {
        let short = rest.split_once('/').map_or(rest, |(_, short)| short);
        let message =
            format!("`{}` is the full name of a ref, and no branch or tag is called so", reference.node);
        told(reference.span, message, format!("write `{short}`"), out);
    }
    if let Some(reference) = event.reference.as_ref().filter(|r| r.contains('*')) {
        let message = format!("a run has one branch or tag, and `{}` is a pattern", reference.node);
        let example = reference.replace("**", "1").replace('*', "1");
        told(reference.span, message, format!("write one that it covers, such as `\"{example}\"`"), out);
    }
}

/// Named events, and a person under the empty name, each with its inputs.
fn events(spec: &Spec) -> Vec<(&str, &[Input])> {
    every_on(spec)
        .filter_map(|on| match &on.event {
            Event::Manual(_) => Some(("", inputs(on))),
            Event::Named { name, .. } => Some((name.as_str(), inputs(on))),
            _ => None,
        })
        .collect()
}

fn given_inputs(spec: &Spec, scenario: &Scenario, event: Option<&GivenEvent>, out: &mut Vec<Finding>) {
    for given in &scenario.given {
        let GivenWhat::Input { name, value } = &given.what else { continue };
        let kind = event.map(|e| e.event.as_str());
        if !matches!(kind, Some("manual" | "event")) {
            let message = "only a person or an event brings inputs".to_owned();
            told(name.span, message, "say that one does: `given on manual`".to_owned(), out);
            continue;
        }
        let named = event.and_then(|e| e.name.as_ref()).map_or("", |n| n.as_str());
        let all: Vec<&Input> =
            events(spec).iter().filter(|(n, _)| *n == named).flat_map(|(_, i)| i.iter()).collect();
        match all.iter().find(|i| i.name.node == name.node) {
            None => {
                let known: Vec<&str> = all.iter().map(|i| i.name.as_str()).collect();
                let help = match nearest(name, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if known.is_empty() => {
                        "it has none: declare it in the block of that `on`".to_owned()
                    }
                    None => format!("there is {}", or_list(&known)),
                };
                told(name.span, format!("that event has no input `{}`", name.node), help, out);
            }
            Some(input) => typed(input, value, out),
        }
    }
}

fn typed(input: &Input, value: &Spanned<String>, out: &mut Vec<Finding>) {
    let (fits, wanted) = match &input.kind {
        InputKind::String => (!value.contains('\n'), "a text of one line".to_owned()),
        InputKind::Bool => (matches!(value.as_str(), "true" | "false"), "`true` or `false`".to_owned()),
        InputKind::Number => (value.parse::<f64>().is_ok_and(f64::is_finite), "a number".to_owned()),
        InputKind::Choice(all) => (all.contains(&value.node), or_list(all)),
    };
    if !fits {
        let message = format!("the input `{}` cannot be `{}`", input.name.node, value.node);
        told(value.span, message, format!("write {wanted}"), out);
    }
}
