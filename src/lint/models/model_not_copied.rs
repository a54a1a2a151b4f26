#![doc = include_str!("../../../docs/findings/MLP721.md")]

use super::dockerfile::{What, may_bring};
use crate::check::facts::normal;
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::spec::{Model, ModelSource};

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let Some(image) = &subject.spec.image else { return };
    let Some((path, file)) = super::dockerfile(subject, image) else { return };
    let context = image.context.as_ref().map_or(Some(String::new()), |c| normal(&c.node));
    let Some(context) = context else { return };
    for name in &image.with_models {
        let Some(saved) = subject.spec.models.get(&name.node).and_then(place) else { continue };
        let inside = match context.as_str() {
            "" => Some(saved.as_str()),
            folder => saved.strip_prefix(folder).and_then(|p| p.strip_prefix('/')),
        };
        let Some(inside) = inside else { continue };
        let onbuild = file.stages.iter().any(|s| s.from.contains("onbuild") || s.from.contains('$'));
        let copied = onbuild
            || file.instructions().any(|i| match &i.what {
                What::Copy(sources) => sources.iter().any(|s| may_bring(s, inside)),
                What::Anything => true,
                // Another stage holds nothing of the context that was not copied there.
                What::FromStage | What::Run(_) => false,
            });
        if copied {
            continue;
        }
        let message =
            format!("the image is built with model `{}`, and `{path}` never copies `{inside}`", name.node);
        out.push(Finding::at(Code::MODEL_NOT_COPIED, name.span, message).help(format!(
            "write `COPY {inside} /app/{inside}` into `{path}`, or wherever the service looks for it: without it, the image holds no model"
        )));
    }
}

/// Where a model's file lies, below the root.
fn place(model: &Model) -> Option<String> {
    let path = match (&model.save, &model.source.as_ref()?.node) {
        (Some(save), _) => &save.node,
        (None, ModelSource::Path(path)) => &path.node,
        (None, _) => return None,
    };
    normal(path)
}
