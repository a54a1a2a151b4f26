#![doc = include_str!("../../../docs/findings/MLP453.md")]

use crate::check::facts::emits;
use crate::diag::{Code, Finding};
use crate::spec::{Event, PlatformName, Spec};

/// GitHub: `client_payload` of a `repository_dispatch` has at most ten properties.
const MOST: usize = 10;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    if !emits(spec, PlatformName::Github) {
        return;
    }
    for on in &spec.on {
        let Event::Named { name, inputs } = &on.event else { continue };
        if let Some(first) = inputs.get(MOST) {
            let message =
                format!("the event `{}` brings {} inputs; GitHub hands on {MOST}", name.node, inputs.len());
            out.push(
                Finding::at(Code::TOO_MANY_EVENT_INPUTS, first.name.span, message)
                    .help("let the event bring a name under which the pipeline finds the rest"),
            );
        }
    }
}
