#![doc = include_str!("../../../docs/findings/MLP396.md")]

use crate::check::facts::inputs;
use crate::diag::{Code, Finding};
use crate::spec::{Approval, Event, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let by_hand = spec.on.iter().any(|on| matches!(on.event, Event::Manual(_)));
    for deploy in spec.deploys.values() {
        let (Some(approval), Some(input)) = (&deploy.approval, deploy.dispatch_input()) else { continue };
        let name = &deploy.name.node;
        if !by_hand {
            out.push(
                Finding::at(
                    Code::BY_DISPATCH,
                    approval.span,
                    format!("a person starts the run that deploys to `{name}`, and nobody can start one"),
                )
                .help("write `on manual` at the top of the file"),
            );
        }
        details(approval, out);
        if let Some(taken) = spec.on.iter().flat_map(inputs).find(|i| i.name.node == input) {
            out.push(
                Finding::at(
                    Code::BY_DISPATCH,
                    taken.name.span,
                    format!("`{input}` is the input in which a person says what goes to `{name}`"),
                )
                .also(approval.span, "makes that input")
                .help("call this one otherwise"),
            );
        }
    }
}

/// What only a question can keep.
fn details(approval: &Approval, out: &mut Vec<Finding>) {
    let by = approval.by.first().map(|by| ("by", by.span));
    let expires = approval.expires.as_ref().map(|expires| ("expires", expires.span));
    let unchecked = approval.unchecked.as_ref().map(|reason| ("unchecked", reason.span));
    for (word, span) in [by, expires, unchecked].into_iter().flatten() {
        out.push(
            Finding::at(
                Code::BY_DISPATCH,
                span,
                format!("nobody is asked by `approval by_dispatch`, so `{word}` has no effect"),
            )
            .help("take it out, or write `approval required`"),
        );
    }
}
