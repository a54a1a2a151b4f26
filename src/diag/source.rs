//! Source files and places in them.

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;
use std::collections::HashMap;

/// Index of a file in a [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct FileId(pub u32);

/// A half-open range of bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct Span {
    /// The file that the bytes are in.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from byte `start` up to, not including, byte `end`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Self { file, start: start as u32, end: end as u32 }
    }

    /// Does it hold all of another one?
    pub fn contains(self, other: Self) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Self) -> Self {
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A value together with the place in the spec that it came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
pub struct Spanned<T> {
    /// The value.
    pub node: T,
    /// Where it was written.
    #[serde(skip)]
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Joins a value and its place.
    pub fn new(node: T, span: Span) -> Self {
        Self { node, span }
    }

    /// Keeps the place, changes the value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { node: f(self.node), span: self.span }
    }
}

impl<T> std::ops::Deref for Spanned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.node
    }
}

/// A line and a column, both counted from 1; the column counts characters, not bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LineCol {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// One file that was read, with a table of its line starts.
#[derive(Debug)]
pub struct SourceFile {
    /// Path as the user should see it: relative to the root, with `/`.
    pub path: Utf8PathBuf,
    /// The text, without a byte order mark.
    pub text: String,
    line_starts: Vec<u32>,
}

impl SourceFile {
    /// Line and column of a byte offset; an offset behind the end is the end.
    pub fn line_col(&self, offset: u32) -> LineCol {
        self.place(offset, |s| s.chars().count())
    }

    /// The same with a column that counts code units of UTF-16, as SARIF and editors do.
    pub fn utf16(&self, offset: u32) -> LineCol {
        self.place(offset, |s| s.encode_utf16().count())
    }

    fn place(&self, offset: u32, width: impl Fn(&str) -> usize) -> LineCol {
        let offset = (offset as usize).min(self.text.len());
        let line = self.line_starts.partition_point(|&s| s as usize <= offset).max(1) - 1;
        let start = self.line_starts[line] as usize;
        let column = self.text.get(start..offset).map_or(offset - start, width);
        LineCol { line: line as u32 + 1, column: column as u32 + 1 }
    }

    /// The bytes of some lines, their line ends included; lines count from 1, and those behind the last are empty.
    pub fn lines(&self, first: u32, last: u32) -> std::ops::Range<usize> {
        let start =
            |line: u32| self.line_starts.get(line as usize - 1).map_or(self.text.len(), |s| *s as usize);
        start(first.max(1))..start(last.max(first).max(1) + 1)
    }
}

/// All files that one run of the tool has read.
#[derive(Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
    /// By path: the last one read there.
    last: HashMap<Utf8PathBuf, FileId>,
}

impl SourceMap {
    /// Adds a file and gives its id. A file that two specs use has one id, so that what is found in it is told once; with
    /// another text it is another file.
    pub fn add(&mut self, path: impl Into<Utf8PathBuf>, text: impl Into<String>) -> FileId {
        let (path, text) = (path.into(), text.into());
        if let Some(known) = self.last.get(&path).filter(|id| self.file(**id).text == text) {
            return *known;
        }
        let line_starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i as u32 + 1)).collect();
        let id = FileId(self.files.len() as u32);
        self.last.insert(path.clone(), id);
        self.files.push(SourceFile { path, text, line_starts });
        id
    }

    /// The file with that id.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// Path of a file, as shown to the user.
    pub fn path(&self, id: FileId) -> &Utf8Path {
        &self.file(id).path
    }

    /// Line and column of a span's first byte.
    pub fn start(&self, span: Span) -> LineCol {
        self.file(span.file).line_col(span.start)
    }

    /// Line and column just behind a span's last byte.
    pub fn end(&self, span: Span) -> LineCol {
        self.file(span.file).line_col(span.end)
    }

    /// The text that a span covers.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// Every file read so far, in the order of reading.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, f)| (FileId(i as u32), f))
    }
}
