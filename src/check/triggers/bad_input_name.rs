#![doc = include_str!("../../../docs/findings/MLP309.md")]

use crate::check::facts::every_on;
use crate::diag::{Code, Finding};
use crate::spec::{Event, Input, On, Spec};

/// The inputs that an event brings.
pub(in crate::check) fn inputs(on: &On) -> &[Input] {
    match &on.event {
        Event::Manual(inputs) | Event::Named { inputs, .. } => inputs,
        _ => &[],
    }
}

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for on in every_on(spec) {
        let list = inputs(on);
        for (i, input) in list.iter().enumerate() {
            let name = &input.name;
            if !is_input_name(&name.node) {
                let message = format!(
                    "the input name `{}` is not made of lower-case letters, digits and `_`",
                    name.node
                );
                let better = name.to_lowercase().replace(['-', '.', ' '], "_");
                let help = if is_input_name(&better) { better } else { "dry_run".to_owned() };
                out.push(
                    Finding::at(Code::BAD_INPUT_NAME, name.span, message).help(format!("write `{help}`")),
                );
            } else if let Some(first) = list[..i].iter().find(|o| o.name.node == name.node) {
                let message = format!("the input `{}` stands here twice", name.node);
                out.push(
                    Finding::at(Code::BAD_INPUT_NAME, name.span, message)
                        .also(first.name.span, "stands here first")
                        .help("give one of the two another name"),
                );
            }
        }
    }
}

/// A letter first, and short enough for every platform once it is `MLPIPE_INPUT_NAME`.
fn is_input_name(name: &str) -> bool {
    name.len() <= 48
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
