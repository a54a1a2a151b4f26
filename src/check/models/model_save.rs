#![doc = include_str!("../../../docs/findings/MLP345.md")]

use crate::diag::{Code, Finding};
use crate::spec::{ModelSource, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for model in spec.models.values() {
        let name = &model.name.node;
        match (&model.source, &model.save) {
            (None, Some(save)) => out.push(
                Finding::at(
                    Code::MODEL_SAVE,
                    save.span,
                    format!("the model `{name}` has no source, so there is no file to save"),
                )
                .help("add `source …`, or take `save` out: a hosted model has no file"),
            ),
            (Some(source), None) if brings_a_file(&source.node) => out.push(
                Finding::at(
                    Code::MODEL_SAVE,
                    source.span,
                    format!("nothing says where the file of the model `{name}` is put"),
                )
                .help("add a path below the root, such as `save \"models/model.pkl\"`"),
            ),
            _ => {}
        }
    }
}

/// A path of the repository is already there; of sources that are made later the file is not known yet.
fn brings_a_file(source: &ModelSource) -> bool {
    matches!(source, ModelSource::Http { .. } | ModelSource::Mlflow { .. } | ModelSource::Run(_))
}
