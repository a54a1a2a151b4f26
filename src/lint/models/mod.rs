//! Rules about models: how they are made, and how they get into the image.

mod dockerfile;

pub(super) mod model_not_copied;
pub(super) mod requirements_not_copied;
pub(super) mod training_in_release;

use crate::lint::Subject;
use crate::spec::Image;
use dockerfile::Dockerfile;

/// The Dockerfile of an image, by its path below the root, as far as it can be read for certain.
fn dockerfile(subject: Subject<'_>, image: &Image) -> Option<(String, Dockerfile)> {
    let path = image.dockerfile.as_ref().map_or("Dockerfile", |d| d.node.as_str());
    let file = Dockerfile::read(&subject.beside.text(path)?)?;
    Some((path.to_owned(), file))
}
