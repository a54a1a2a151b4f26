//! Text to tree: statements with their places, comments kept, and every fault of the text told in one run.
//!
//! The grammar knows no keyword. It runs on the pieces that [`scan`] cuts the file into (one, when its braces match),
//! so that a missing brace or quote spoils its own statement and not the rest of the file.

mod build;
mod fault;
mod grammar;
mod scan;
mod strings;
mod tree;

pub use tree::{Arg, ArgKind, Block, Comment, PathPart, Piece, Statement, Text, Tree};

use crate::diag::{Code, FileId, Finding, Span};
use grammar::{Grammar, Rule};
use pest::Parser as _;

/// Largest spec in bytes: a hundred times what the largest one written so far has.
pub const MAX_BYTES: u64 = 1024 * 1024;

/// What came out of a text.
#[derive(Debug, Default)]
pub struct Parsed {
    /// What could be read of it.
    pub tree: Tree,
    /// What was wrong with it, in the order of the text.
    pub findings: Vec<Finding>,
}

/// Parses the text of one file, which has no byte order mark any more. `is_top` says whether a word may start a
/// statement at the top of a file; it is asked only where a brace or a quote is missing.
pub fn parse(file: FileId, text: &str, is_top: &dyn Fn(&str) -> bool) -> Parsed {
    let scan = scan::scan(text, is_top);
    let mut parsed = Parsed::default();
    parsed.tree.comments = comments(file, text, &scan);
    if let Some(at) = scan.too_deep {
        let limit = scan::MAX_DEPTH;
        parsed.findings.push(
            Finding::at(
                Code::TOO_DEEP,
                Span::new(file, at, at + 1),
                format!("blocks are nested more than {limit} deep"),
            )
            .help("no statement needs more than five levels: look for a `{` that should not be there"),
        );
        return parsed;
    }
    let ends = scan.cuts.iter().skip(1).copied().chain([text.len()]);
    for (start, end) in scan.cuts.iter().copied().zip(ends) {
        match Grammar::parse(Rule::file, &text[start..end]) {
            Ok(pairs) => build::Builder { file, base: start, text, out: &mut parsed }.file(pairs),
            Err(error) => parsed.findings.push(fault::refused(file, start, &error)),
        }
    }
    parsed.findings.sort_by_key(|f| f.span);
    parsed
}

fn comments(file: FileId, text: &str, scan: &scan::Scan) -> Vec<Comment> {
    scan.comments
        .iter()
        .map(|range| {
            let line = text[..range.start].rfind('\n').map_or(0, |n| n + 1);
            Comment {
                text: text[range.start + 1..range.end].trim_end().to_owned(),
                span: Span::new(file, range.start, range.end),
                alone: text[line..range.start].trim().is_empty(),
            }
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod tests;
