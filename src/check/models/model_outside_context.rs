#![doc = include_str!("../../../docs/findings/MLP346.md")]

use crate::check::facts::{is_below, normal};
use crate::diag::{Code, Finding};
use crate::spec::{ModelSource, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(image) = &spec.image else { return };
    let context = image.context.as_ref().map_or(".", |c| c.node.as_str());
    for name in &image.with_models {
        let Some(model) = spec.models.get(&name.node) else { continue };
        let place = match (&model.save, model.source.as_ref().map(|s| &s.node)) {
            (_, None) => {
                let message = format!("the model `{}` has no file that could lie in the image", name.node);
                out.push(
                    Finding::at(Code::MODEL_OUTSIDE_CONTEXT, name.span, message)
                        .help("give the model a `source`, or take this line out: a hosted model is not part of an image"),
                );
                continue;
            }
            (Some(save), _) => save,
            (None, Some(ModelSource::Path(path))) => path,
            (None, _) => continue,
        };
        let (Some(file), Some(folder)) = (normal(&place.node), normal(context)) else { continue };
        if !is_below(&file, &folder) {
            let message = format!(
                "the model `{}` lies in `{}`, outside the build context `{context}`, so the image cannot hold it",
                name.node, place.node
            );
            out.push(
                Finding::at(Code::MODEL_OUTSIDE_CONTEXT, name.span, message)
                    .also(place.span, "the file of the model")
                    .help(format!("write a path in the context, such as `save \"{folder}/model.pkl\"`, or a wider `context`")),
            );
        }
    }
}
