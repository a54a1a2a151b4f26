#![doc = include_str!("../../../docs/findings/MLP301.md")]

use crate::check::facts::pipeline_span;
use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    if spec.on.is_empty() && !nothing_but_training(spec) {
        let message = format!("nothing starts the pipeline `{}`", spec.pipeline.node);
        out.push(
            Finding::at(Code::NO_TRIGGER, pipeline_span(spec), message)
                .help("say what starts it, such as `on push main`, `on pull_request main` or `on manual`"),
        );
    }
}

/// A `train` has an `on` of its own.
fn nothing_but_training(spec: &Spec) -> bool {
    !spec.train.is_empty() && spec.gates.is_empty() && spec.image.is_none() && spec.deploys.is_empty()
}
