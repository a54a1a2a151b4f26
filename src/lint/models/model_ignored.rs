#![doc = include_str!("../../../docs/findings/MLP723.md")]

use super::{dockerignore, in_context};
use crate::check::facts::normal;
use crate::diag::{Code, Finding};
use crate::lint::Subject;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let Some(image) = &subject.spec.image else { return };
    let dockerfile = image.dockerfile.as_ref().map_or("Dockerfile", |d| d.node.as_str());
    let context = image.context.as_ref().map_or(Some(String::new()), |c| normal(&c.node));
    let Some(context) = context else { return };
    let shared =
        if context.is_empty() { ".dockerignore".to_owned() } else { format!("{context}/.dockerignore") };
    // BuildKit looks for one beside the Dockerfile first.
    let places = [format!("{dockerfile}.dockerignore"), shared];
    let found = places.into_iter().find_map(|path| Some((subject.beside.text(&path)?, path)));
    let Some((text, path)) = found else { return };
    for name in &image.with_models {
        let Some(model) = subject.spec.models.get(&name.node) else { continue };
        let Some(file) = in_context(image, model) else { continue };
        let Some(line) = dockerignore::excluded(&text, &file) else { continue };
        let message = format!(
            "the image is built with model `{}`, and `{line}` in `{path}` keeps `{file}` out of the build",
            name.node
        );
        out.push(
            Finding::at(Code::MODEL_IGNORED, name.span, message)
                .help(format!("write `!{file}` at the end of `{path}`, or take `{line}` out")),
        );
    }
}
