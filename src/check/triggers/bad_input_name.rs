#![doc = include_str!("../../../docs/findings/MLP314.md")]

use crate::check::facts::{every_on, inputs};
use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for input in every_on(spec).flat_map(inputs) {
        let name = &input.name;
        if name.contains('-') {
            let variable = format!("MLPIPE_INPUT_{}", name.to_uppercase());
            let message = format!(
                "the input `{}` would be the variable `{variable}`, and no shell has one with `-`",
                name.node
            );
            out.push(
                Finding::at(Code::BAD_INPUT_NAME, name.span, message)
                    .help(format!("write `{}`", name.replace('-', "_"))),
            );
        }
    }
}
