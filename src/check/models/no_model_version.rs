#![doc = include_str!("../../../docs/findings/MLP340.md")]

use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for model in spec.models.values().filter(|m| m.version.is_none()) {
        let name = &model.name.node;
        out.push(
            Finding::at(Code::NO_MODEL_VERSION, model.common.head, format!("the model `{name}` has no version"))
                .help(format!("say which one it is: `version \"{name}/2024-11-20/v3\"` (name, provider's version, prompt's version)")),
        );
    }
}
