#![doc = include_str!("../../../docs/findings/MLP373.md")]

use crate::diag::words::cycle;
use crate::diag::{Code, Finding};
use crate::spec::{Deploy, Spec};

/// Runs the rule. A deploy copies from one other at most, so each belongs to one circle at most.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let mut told: Vec<&str> = Vec::new();
    for deploy in spec.deploys.values() {
        let Some(circle) = circle(spec, deploy).filter(|c| c.iter().all(|n| !told.contains(n))) else {
            continue;
        };
        let Some(shadow) = &deploy.shadow else { continue };
        let labels: Vec<String> = circle.iter().map(|n| format!("`{n}`")).collect();
        let message = match labels.as_slice() {
            [one] => format!("{one} would get copies of its own requests, and copies of these, without end"),
            _ => format!("requests would be copied in a circle, without end: {}", cycle(&labels)),
        };
        out.push(
            Finding::at(Code::SHADOW_IN_A_CIRCLE, shadow.span, message)
                .help("copy from the environment that users come to: `shadow from production`"),
        );
        told.extend(circle);
    }
}

/// From a deploy along `shadow from` back to it.
fn circle<'s>(spec: &'s Spec, start: &'s Deploy) -> Option<Vec<&'s str>> {
    let mut path = vec![start.name.as_str()];
    let mut at = start;
    loop {
        at = spec.deploys.get(&at.shadow.as_ref()?.from.node)?;
        if at.name.node == start.name.node {
            return Some(path);
        }
        if path.contains(&at.name.as_str()) {
            return None;
        }
        path.push(at.name.as_str());
    }
}
