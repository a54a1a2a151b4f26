//! Rules about models: how they are made, and how they get into the image.

mod dockerfile;
mod dockerignore;

pub(super) mod model_before_packages;
pub(super) mod model_ignored;
pub(super) mod model_not_copied;
pub(super) mod requirements_not_copied;
pub(super) mod training_in_release;

use crate::check::facts::normal;
use crate::lint::Subject;
use crate::spec::{Image, Model, ModelSource};
use dockerfile::Dockerfile;

/// The Dockerfile of an image, by its path below the root, as far as it can be read for certain.
fn dockerfile(subject: Subject<'_>, image: &Image) -> Option<(String, Dockerfile)> {
    let path = image.dockerfile.as_ref().map_or("Dockerfile", |d| d.node.as_str());
    let file = Dockerfile::read(&subject.beside.text(path)?)?;
    Some((path.to_owned(), file))
}

/// Where a model's file lies in the build context of the image; nothing where it lies outside.
fn in_context(image: &Image, model: &Model) -> Option<String> {
    let path = match (&model.save, &model.source.as_ref()?.node) {
        (Some(save), _) => &save.node,
        (None, ModelSource::Path(path)) => &path.node,
        (None, _) => return None,
    };
    let context = image.context.as_ref().map_or(Some(String::new()), |c| normal(&c.node))?;
    let path = normal(path)?;
    match context.as_str() {
        "" => Some(path),
        folder => path.strip_prefix(folder)?.strip_prefix('/').map(str::to_owned),
    }
}
