//! The files that the editor holds open: their texts stand in for those of the disk.

use super::protocol::{Change, Opened};
use super::text::{Encoding, Lines};
use super::uri;
use crate::project::CONFIG_NAME;
use crate::spec::Texts;
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;

/// One open file.
#[derive(Debug)]
pub(super) struct Doc {
    /// The address by which the client calls it.
    pub(super) uri: String,
    pub(super) version: i64,
    /// Without a byte order mark.
    pub(super) text: String,
    pub(super) lines: Lines,
    marked: bool,
}

impl Doc {
    fn new(opened: Opened, encoding: Encoding) -> Self {
        let marked = opened.text.starts_with('\u{feff}');
        let text = if marked { opened.text['\u{feff}'.len_utf8()..].to_owned() } else { opened.text };
        let lines = Lines::new(&text, encoding, marked);
        Self { uri: opened.uri, version: opened.version, text, lines, marked }
    }

    fn change(&mut self, change: Change, encoding: Encoding) {
        match change.range {
            None => {
                let uri = std::mem::take(&mut self.uri);
                let opened =
                    Opened { uri, language_id: String::new(), version: self.version, text: change.text };
                *self = Self::new(opened, encoding);
            }
            Some(range) => {
                let start = self.lines.offset(&self.text, range.start);
                let end = self.lines.offset(&self.text, range.end).max(start);
                self.text.replace_range(start..end, &change.text);
                self.lines = Lines::new(&self.text, encoding, self.marked);
            }
        }
    }
}

/// All open files.
#[derive(Debug)]
pub(super) struct Documents {
    pub(super) encoding: Encoding,
    by_path: BTreeMap<Utf8PathBuf, Doc>,
    paths: BTreeMap<String, Utf8PathBuf>,
}

impl Documents {
    /// None is open yet.
    pub(super) fn new(encoding: Encoding) -> Self {
        Self { encoding, by_path: BTreeMap::new(), paths: BTreeMap::new() }
    }

    /// Takes a file in; its path, or none where it is neither a spec nor a configuration.
    pub(super) fn open(&mut self, opened: Opened) -> Option<Utf8PathBuf> {
        let path = match uri::to_path(&opened.uri) {
            Some(path) => uri::real(&path),
            // A text without a file: in a folder of its own, in which nothing else is.
            None => {
                let name = opened.uri.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
                Utf8PathBuf::from(format!("/mlpipe-without-a-file/{name}/{name}"))
            }
        };
        if opened.language_id != "mlpipe" && path.extension() != Some("mlpipe") && !is_config(&path) {
            return None;
        }
        self.paths.insert(opened.uri.clone(), path.clone());
        self.by_path.insert(path.clone(), Doc::new(opened, self.encoding));
        Some(path)
    }

    /// Changes a file; its path, or none where it is not open.
    pub(super) fn change(&mut self, uri: &str, version: i64, changes: Vec<Change>) -> Option<Utf8PathBuf> {
        let path = self.paths.get(uri)?;
        let doc = self.by_path.get_mut(path)?;
        for change in changes {
            doc.change(change, self.encoding);
        }
        doc.version = version;
        Some(path.clone())
    }

    /// Lets a file go.
    pub(super) fn close(&mut self, uri: &str) -> Option<Utf8PathBuf> {
        let path = self.paths.remove(uri)?;
        self.by_path.remove(&path);
        Some(path)
    }

    /// The path of an open spec.
    pub(super) fn path(&self, uri: &str) -> Option<&Utf8Path> {
        self.paths.get(uri).map(Utf8PathBuf::as_path).filter(|p| !is_config(p))
    }

    /// The open file at a path.
    pub(super) fn at(&self, path: &Utf8Path) -> Option<&Doc> {
        self.by_path.get(path)
    }

    /// The paths of all open specs.
    pub(super) fn all(&self) -> impl Iterator<Item = &Utf8Path> {
        self.by_path.keys().map(Utf8PathBuf::as_path).filter(|p| !is_config(p))
    }

    /// The address of a file: the client's own for an open one.
    pub(super) fn uri(&self, path: &Utf8Path) -> String {
        self.at(path).map_or_else(|| uri::of_path(path), |doc| doc.uri.clone())
    }

    /// The lines of a text that was read for a path.
    pub(super) fn lines(&self, path: &Utf8Path, text: &str) -> Lines {
        match self.at(path) {
            Some(doc) if doc.text == text => doc.lines.clone(),
            _ => Lines::new(text, self.encoding, false),
        }
    }
}

/// Is it an `mlpipe.toml`? What it says counts before it is saved; nothing else is asked of it.
pub(super) fn is_config(path: &Utf8Path) -> bool {
    path.file_name() == Some(CONFIG_NAME)
}

impl Texts for Documents {
    fn unsaved(&self, path: &Utf8Path) -> Option<String> {
        if let Some(doc) = self.at(path) {
            return Some(doc.text.clone());
        }
        // A link may lead to an open file.
        let real = path.canonicalize_utf8().ok().filter(|real| real != path)?;
        self.at(&real).map(|doc| doc.text.clone())
    }
}
