//! Where the texts of specs come from: the disk, or an editor's buffer that stands in for a file.

use camino::Utf8Path;

/// Where the texts of specs come from.
pub trait Texts {
    /// The text that stands in for a file, by its full path. None where the disk has it.
    fn unsaved(&self, path: &Utf8Path) -> Option<String>;
}

/// The disk and nothing else.
#[derive(Debug, Clone, Copy)]
pub struct Disk;

impl Texts for Disk {
    fn unsaved(&self, _: &Utf8Path) -> Option<String> {
        None
    }
}
