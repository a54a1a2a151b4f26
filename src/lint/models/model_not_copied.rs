#![doc = include_str!("../../../docs/findings/MLP721.md")]

use super::dockerfile::{What, may_bring};
use super::in_context;
use crate::diag::{Code, Finding};
use crate::lint::Subject;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let Some(image) = &subject.spec.image else { return };
    let Some((path, file)) = super::dockerfile(subject, image) else { return };
    for name in &image.with_models {
        let Some(inside) = subject.spec.models.get(&name.node).and_then(|m| in_context(image, m)) else {
            continue;
        };
        let onbuild = file.stages.iter().any(|s| s.from.contains("onbuild") || s.from.contains('$'));
        let copied = onbuild
            || file.instructions().any(|i| match &i.what {
                What::Copy(sources) => sources.iter().any(|s| may_bring(s, &inside)),
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
