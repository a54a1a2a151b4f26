//! Templates of a user that stand in for built-in ones, file by file.

use std::collections::BTreeMap;

/// One file of an overlay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlaid {
    /// The file, as the user would type it.
    pub file: String,
    /// Its text.
    pub text: String,
}

/// Texts that stand in for built-in templates. Empty by default, and then nothing is parsed that was parsed before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlay {
    /// The folder, as the user typed it.
    folder: String,
    files: BTreeMap<String, Overlaid>,
}

impl Overlay {
    /// An overlay without files, of this folder.
    pub fn new(folder: impl Into<String>) -> Self {
        Self { folder: folder.into(), files: BTreeMap::new() }
    }

    /// Lets this file stand in for the template of that name (its path below `templates/`).
    pub fn add(&mut self, name: impl Into<String>, file: Overlaid) {
        self.files.insert(name.into(), file);
    }

    /// The folder, as the user typed it.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The file that stands in for this template.
    pub fn file(&self, name: &str) -> Option<&Overlaid> {
        self.files.get(name)
    }

    /// The text that stands in for this template.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.file(name).map(|f| f.text.as_str())
    }

    /// Does a file stand in for any of these templates?
    pub fn touches(&self, templates: &[(&'static str, &'static str)]) -> bool {
        templates.iter().any(|(name, _)| self.files.contains_key(*name))
    }
}
