#![doc = include_str!("../../../docs/findings/MLP309.md")]

use crate::check::facts::inputs;
use crate::diag::{Code, Finding};
use crate::spec::{Input, InputKind, Spec};
use indexmap::IndexMap;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let mut first: IndexMap<&str, &Input> = IndexMap::new();
    for list in spec.on.iter().map(inputs) {
        for input in list {
            let Some(other) = first.get(input.name.node.as_str()) else { continue };
            if other.kind != input.kind {
                let name = &input.name.node;
                let message = format!(
                    "the input `{name}` is {} here and {} in another event",
                    word(&input.kind),
                    word(&other.kind)
                );
                out.push(
                    Finding::at(Code::INPUT_TYPE_CLASH, input.name.span, message)
                        .also(other.name.span, "the other one")
                        .help("give both the same type, or one of them another name"),
                );
            }
        }
        for input in list {
            first.entry(&input.name.node).or_insert(input);
        }
    }
}

fn word(kind: &InputKind) -> String {
    match kind {
        InputKind::String => "a string".into(),
        InputKind::Bool => "a bool".into(),
        InputKind::Number => "a number".into(),
        InputKind::Choice(list) => format!("a choice of {}", crate::diag::words::or_list(list)),
    }
}
