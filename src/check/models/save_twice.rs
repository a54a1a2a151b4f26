#![doc = include_str!("../../../docs/findings/MLP347.md")]

use crate::check::facts::{is_below, normal};
use crate::diag::{Code, Finding, Spanned};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let gates = spec.gates.values().map(|g| &g.needs_models);
    for together in gates.chain(spec.image.iter().map(|i| &i.with_models)) {
        one_job(spec, together, out);
    }
}

/// Models of one job lie side by side; those of two jobs never meet.
fn one_job(spec: &Spec, together: &[Spanned<String>], out: &mut Vec<Finding>) {
    let saves: Vec<_> = together
        .iter()
        .filter_map(|name| spec.models.get(&name.node))
        .filter_map(|m| m.save.as_ref().map(|s| (m, s)))
        .collect();
    for (i, (model, save)) in saves.iter().enumerate() {
        let clash = saves[..i]
            .iter()
            .find(|(other, path)| other.name.node != model.name.node && meets(&path.node, &save.node));
        if let Some((other, path)) = clash {
            let message = format!(
                "the models `{}` and `{}` would be put at one place",
                other.name.node, model.name.node
            );
            out.push(
                Finding::at(Code::SAVE_TWICE, save.span, message)
                    .also(path.span, "the other one")
                    .help("give each model a path of its own"),
            );
        }
    }
}

/// Equal, or one inside the other.
fn meets(a: &str, b: &str) -> bool {
    match (normal(a), normal(b)) {
        (Some(a), Some(b)) => is_below(&a, &b) || is_below(&b, &a),
        _ => false,
    }
}
