//! The tree: statements with their arguments and blocks, each with its place.

use crate::diag::{Span, Spanned};

/// A file as written, before any word of it means anything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tree {
    /// Top-level statements, in the order of the file.
    pub statements: Vec<Statement>,
    /// Every comment, in the order of the file, from `#` to the end of its line.
    pub comments: Vec<Comment>,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The text behind `#`, trailing white space removed.
    pub text: String,
    /// From `#` on.
    pub span: Span,
    /// Nothing but white space stands before it on its line.
    pub alone: bool,
}

/// `keyword argument… { block }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The keyword.
    pub word: Spanned<String>,
    /// What stands behind it, commas included.
    pub args: Vec<Arg>,
    /// Its block.
    pub block: Option<Block>,
    /// Keyword and arguments.
    pub head: Span,
    /// All of it.
    pub span: Span,
    /// A syntax fault was found in its own line: what is missing in it is no second finding.
    pub damaged: bool,
}

/// `{ … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Its statements.
    pub statements: Vec<Statement>,
    /// From brace to brace.
    pub span: Span,
}

/// One argument, or the comma between two.
#[derive(Debug, Clone, PartialEq)]
pub struct Arg {
    /// What it is.
    pub kind: ArgKind,
    /// Where it stands.
    pub span: Span,
}

/// What an argument is.
#[derive(Debug, Clone, PartialEq)]
pub enum ArgKind {
    /// A dotted path of names and strings, most often a single name.
    Path(Vec<PathPart>),
    /// A string on its own.
    Text(Text),
    /// `"""…"""`, common indentation and first newline removed.
    Raw(String),
    /// A number and its unit, both as written.
    Quantity {
        /// `-0.5`, `1e-4`.
        number: String,
        /// `ms`, `%`; empty without one.
        unit: String,
    },
    /// `<`, `=`, `+` …
    Operator(String),
    /// `,`
    Comma,
}

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPart {
    /// Its text, without quotes.
    pub text: String,
    /// It stood in quotes.
    pub quoted: bool,
}

/// A string: what it says, and where `${…}` stands in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// The text with its escapes resolved, `${…}` left as it is: what a shell gets.
    pub verbatim: String,
    /// The same, cut at its references. A `$` that was written `\$` belongs to a literal.
    pub pieces: Vec<Piece>,
}

/// A piece of a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text.
    Lit(String),
    /// What stands between `${` and `}`, and where the whole reference stands.
    Ref(Spanned<String>),
    /// `${` without a `}` behind it.
    OpenRef(Span),
}

impl Arg {
    /// The single unquoted name that this argument is.
    pub fn as_name(&self) -> Option<&str> {
        match &self.kind {
            ArgKind::Path(parts) => match parts.as_slice() {
                [part] if !part.quoted => Some(&part.text),
                _ => None,
            },
            _ => None,
        }
    }
}
