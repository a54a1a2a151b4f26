#![doc = include_str!("../../../docs/findings/MLP463.md")]

use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for model in spec.models.values() {
        for cloud in &model.auth {
            if spec.auth.iter().any(|a| a.cloud.node == cloud.node) {
                continue;
            }
            let word = cloud.node.word();
            let message = format!(
                "model `{}` takes the pipeline's identity in `{word}`, and it has none",
                model.name.node
            );
            out.push(
                Finding::at(Code::IDENTITY_NOT_DEFINED, cloud.span, message)
                    .help(format!("say at the top who the pipeline is there: `auth {word} …`")),
            );
        }
    }
}
