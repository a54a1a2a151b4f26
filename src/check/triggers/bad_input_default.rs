#![doc = include_str!("../../../docs/findings/MLP308.md")]

use crate::check::facts::{every_on, inputs};
use crate::diag::words::or_list;
use crate::diag::{Code, Finding};
use crate::spec::{Input, InputKind, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for input in every_on(spec).flat_map(inputs) {
        choices(input, out);
        default(input, out);
    }
}

fn choices(input: &Input, out: &mut Vec<Finding>) {
    let InputKind::Choice(list) = &input.kind else { return };
    let name = &input.name.node;
    let why = if list.is_empty() {
        format!("the input `{name}` has no choices")
    } else if let Some(twice) = list.iter().enumerate().find(|(i, c)| list[..*i].contains(c)) {
        format!("the input `{name}` has the choice `{}` twice", twice.1)
    } else if list.iter().any(String::is_empty) {
        format!("the input `{name}` has an empty choice")
    } else {
        return;
    };
    out.push(
        Finding::at(Code::BAD_INPUT_DEFAULT, input.name.span, why)
            .help(format!("write each choice once: `input {name} choice \"s\", \"l\" default \"s\"`")),
    );
}

fn default(input: &Input, out: &mut Vec<Finding>) {
    let Some(default) = &input.default else { return };
    let text = default.node.as_str();
    // Of a bool and a number the shape is read already.
    let wanted = match &input.kind {
        InputKind::Choice(list) if !list.is_empty() && !list.iter().any(|c| c == text) => or_list(list),
        InputKind::String if text.contains(['\n', '\r']) => "a text of one line".to_owned(),
        _ => return,
    };
    let message =
        format!("the default `{}` of the input `{}` is not {wanted}", text.escape_debug(), input.name.node);
    out.push(Finding::at(Code::BAD_INPUT_DEFAULT, default.span, message).help(format!("write {wanted}")));
}
