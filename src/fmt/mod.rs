//! The canonical layout of a spec. It knows no keyword: only statements, blocks, comments and columns, so a statement
//! of tomorrow is laid out like one of today. `docs/format.md` has the rules and their reasons.
//!
//! What is kept is what the author alone can know: blank lines (at most one), whether a short block stands on one
//! line, and which statement a comment belongs to. Everything else follows from the text.

mod items;
mod layout;
mod raw;
mod same;
mod write;

use crate::diag::{Code, FileId, Finding};
use crate::syntax::{self, ArgKind, Statement, Tree};
use std::ops::{Range, RangeInclusive};

/// Widest line that the layout makes, in columns. Longer texts stay whole: a string is never broken.
pub const WIDTH: usize = 100;

/// Columns that a block is indented by.
pub const INDENT: usize = 2;

/// The text in its canonical layout. A byte order mark stays, so do line ends (the first one counts for all).
/// What was formatted once does not change again.
///
/// # Errors
/// Every syntax fault of the text, which cannot be laid out then. Places are in a file with the id 0 that holds the
/// text without its byte order mark. [`Code::LAYOUT_CHANGES_MEANING`] is our own bug: the result would say something
/// else than the text.
pub fn format(text: &str) -> Result<String, Vec<Finding>> {
    laid_out(text, None)
}

/// The same for the statements on some lines, counted from 1; every other line stays as it is, byte for byte. A
/// statement that shares a line with one of them is laid out with it.
///
/// # Errors
/// As [`format`]: the whole text must be free of syntax faults.
pub fn format_range(text: &str, lines: RangeInclusive<usize>) -> Result<String, Vec<Finding>> {
    laid_out(text, Some(lines))
}

/// Keyword and arguments of one statement on one line, without comments: how a plan quotes them. The same statement in
/// another layout gives the same line.
pub fn one_line(head: &str) -> String {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let tree = read(head).unwrap_or_default();
    let [statement] = tree.statements.as_slice() else { return words(head) };
    let mut line = statement.word.node.clone();
    for arg in &statement.args {
        if arg.kind != ArgKind::Comma {
            line.push(' ');
        }
        line.push_str(&head[arg.span.start as usize..arg.span.end as usize]);
    }
    words(&line)
}

fn laid_out(text: &str, only: Option<RangeInclusive<usize>>) -> Result<String, Vec<Finding>> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let before = read(body)?;
    let lines = items::Lines::of(body);
    let end = line_end(body, &before);
    let items = items::items(body, &lines, &before);
    let laid = layout::Layout::new(body, end).file(&items);
    let written = match only {
        None => write::all(&laid, end),
        Some(range) => write::within(body, &lines, &laid, end, &range),
    };
    let after = read(&written).map_err(|_| vec![changed()])?;
    if !same::trees(&before, &after) {
        return Err(vec![changed()]);
    }
    let mark = &text[..text.len() - body.len()];
    Ok(format!("{mark}{written}"))
}

fn read(text: &str) -> Result<Tree, Vec<Finding>> {
    // Which words may start a statement is asked only where a brace is missing: to find more faults, never fewer.
    let parsed = syntax::parse(FileId(0), text, &|_| false);
    if parsed.findings.is_empty() { Ok(parsed.tree) } else { Err(parsed.findings) }
}

/// The first line end that is not part of a raw text: those may have to stay as they are.
fn line_end(text: &str, tree: &Tree) -> &'static str {
    let mut raws = Vec::new();
    raw_texts(&tree.statements, &mut raws);
    let mut ends = text.match_indices('\n').map(|(at, _)| at);
    let first = ends.find(|at| !raws.iter().any(|raw| raw.contains(at)));
    if first.is_some_and(|at| text[..at].ends_with('\r')) { "\r\n" } else { "\n" }
}

fn raw_texts(statements: &[Statement], out: &mut Vec<Range<usize>>) {
    for statement in statements {
        let raws = statement.args.iter().filter(|arg| matches!(arg.kind, ArgKind::Raw(_)));
        out.extend(raws.map(|arg| arg.span.start as usize..arg.span.end as usize));
        raw_texts(statement.block.as_ref().map_or(&[], |block| &block.statements), out);
    }
}

fn changed() -> Finding {
    let message = "the new layout would say something else than the text";
    let help = "please report it with the spec; the file was left as it is";
    Finding { path: None, ..Finding::on_path(Code::LAYOUT_CHANGES_MEANING, "", message).help(help) }
}

#[cfg(test)]
mod tests;
