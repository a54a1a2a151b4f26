//! The files beside a spec, for rules that look at more than the spec.

use camino::{Utf8Path, Utf8PathBuf};
use std::io::Read as _;

/// Largest file in bytes that a rule looks at.
const MAX_BYTES: u64 = 1024 * 1024;

/// A repository's files, to read only. Nothing outside its root is opened, whatever a spec or a link says.
#[derive(Debug, Clone)]
pub struct Beside {
    root: Utf8PathBuf,
}

impl Beside {
    /// The files below a root.
    pub fn new(root: &Utf8Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The text of a file, by its path below the root. Nothing when there is none, or it is larger than 1 MiB, not UTF-8 or
    /// outside the root: a rule is silent about what it cannot read.
    pub fn text(&self, path: &str) -> Option<String> {
        let root = self.root.canonicalize_utf8().ok()?;
        let real = root.join(path).canonicalize_utf8().ok()?;
        if !real.starts_with(&root) || !real.is_file() {
            return None;
        }
        let mut text = String::new();
        let mut file = std::fs::File::open(real).ok()?.take(MAX_BYTES + 1);
        file.read_to_string(&mut text).ok()?;
        (text.len() as u64 <= MAX_BYTES).then_some(text)
    }

    /// Is there a file or a folder of that path below the root? False where a link leads outside.
    pub fn exists(&self, path: &str) -> bool {
        let Ok(root) = self.root.canonicalize_utf8() else { return false };
        root.join(path).canonicalize_utf8().is_ok_and(|real| real.starts_with(&root))
    }

    /// Is there a file of that path below the root?
    pub fn is_file(&self, path: &str) -> bool {
        self.exists(path) && self.root.join(path).is_file()
    }
}
