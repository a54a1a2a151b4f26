#![doc = include_str!("../../../docs/findings/MLP302.md")]

use crate::check::facts::{jobs, pipeline_span};
use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    if jobs(spec).is_empty() && spec.data.is_empty() && spec.train.is_empty() {
        let message = format!("the pipeline `{}` has nothing to do", spec.pipeline.node);
        out.push(Finding::at(Code::NOTHING_TO_DO, pipeline_span(spec), message).help(
            "add a gate, such as `gate unit { run \"pytest\" }`; `mlpipe init` writes a whole pipeline",
        ));
    }
}
