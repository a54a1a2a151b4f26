#![doc = include_str!("../../../docs/findings/MLP203.md")]

use crate::check::facts::every_on;
use crate::diag::{Code, Finding, Spanned};
use crate::spec::{Event, Spec};

/// GitHub, GitLab and Jenkins all take a name of this form and length, also with mlpipe's prefixes in front.
const LONGEST: usize = 48;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for (kind, name) in names(spec) {
        let text = name.node.as_str();
        let problem = if text.is_empty() {
            "is empty".to_owned()
        } else if text.len() > LONGEST {
            format!("has {} characters; {LONGEST} is the most", text.chars().count())
        } else if !is_name(text) {
            "is not made of lower-case letters, digits and `-`, with a letter first".to_owned()
        } else {
            continue;
        };
        let finding = Finding::at(Code::BAD_NAME, name.span, format!("the {kind} name `{text}` {problem}"));
        out.push(finding.help(match proposal(text) {
            Some(better) => format!("write `{better}`"),
            None => "write a name like `fraud-scorer`".to_owned(),
        }));
    }
}

fn names(spec: &Spec) -> Vec<(&'static str, &Spanned<String>)> {
    let mut all = vec![("pipeline", &spec.pipeline)];
    all.extend(spec.models.values().map(|m| ("model", &m.name)));
    all.extend(spec.data.values().map(|d| ("data", &d.name)));
    all.extend(spec.gates.values().map(|g| ("gate", &g.name)));
    all.extend(spec.train.values().map(|t| ("train", &t.name)));
    all.extend(spec.deploys.values().map(|d| ("deploy", &d.name)));
    all.extend(spec.runners.values().map(|r| ("runner", &r.name)));
    all.extend(every_on(spec).filter_map(|on| match &on.event {
        Event::Named { name, .. } => Some(("event", name)),
        _ => None,
    }));
    all
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// The nearest legal name, if there is an obvious one.
fn proposal(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let mapped: String = lower.chars().map(|c| if matches!(c, '_' | ' ' | '.' | '/') { '-' } else { c }).collect();
    let better = mapped.trim_matches('-');
    (is_name(better) && better.len() <= LONGEST).then(|| better.to_owned())
}
