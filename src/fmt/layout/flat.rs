//! Statements on one line.

use super::{EMPTY, width};
use crate::fmt::WIDTH;
use crate::fmt::items::{Item, Kind, Node};
use crate::syntax::ArgKind;

/// A statement on one line, cut where columns may line up.
pub(super) struct Flat<'t> {
    pub(super) word: &'t str,
    /// The first argument and the operator behind it: `accuracy >=`.
    pub(super) sides: Option<(&'t str, &'t str)>,
    /// The other arguments, commas in place.
    pub(super) rest: String,
    /// The block, braces included.
    pub(super) block: Option<String>,
}

/// How far the parts of a statement are padded; 0 is not at all.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pads {
    pub(super) word: usize,
    pub(super) first: usize,
    pub(super) operator: usize,
    /// Of everything before the block.
    pub(super) head: usize,
}

impl<'t> Flat<'t> {
    /// The statement on one line, if it can stand on one: a list and a block only if they were written on one,
    /// and no raw text of several lines.
    pub(super) fn of(text: &'t str, node: &Node<'t>) -> Option<Self> {
        let statement = node.statement;
        let source = |span: crate::diag::Span| &text[span.start as usize..span.end as usize];
        let raw_lines = statement.args.iter().any(|a| source(a.span).contains('\n'));
        if raw_lines || node.broken {
            return None;
        }
        let block = match &node.body {
            None => None,
            Some(body) => Some(body.short.clone()?),
        };
        let sides = match statement.args.as_slice() {
            [first, operator, ..] if matches!(operator.kind, ArgKind::Operator(_)) => {
                Some((source(first.span), source(operator.span)))
            }
            _ => None,
        };
        let mut rest = String::new();
        for arg in &statement.args[if sides.is_some() { 2 } else { 0 }..] {
            if arg.kind != ArgKind::Comma && !rest.is_empty() {
                rest.push(' ');
            }
            rest.push_str(source(arg.span));
        }
        Some(Self { word: source(statement.word.span), sides, rest, block })
    }

    /// Everything before the block.
    pub(super) fn head(&self, pads: Pads) -> String {
        let mut out = padded(self.word, pads.word);
        if let Some((first, operator)) = self.sides {
            out = format!("{out} {} {}", padded(first, pads.first), padded(operator, pads.operator));
        }
        if !self.rest.is_empty() {
            out = format!("{out} {}", self.rest);
        }
        out.truncate(out.trim_end().len());
        out
    }

    pub(super) fn line(&self, pads: Pads) -> String {
        let head = self.head(pads);
        match &self.block {
            Some(block) => format!("{} {block}", padded(&head, pads.head)),
            None => head,
        }
    }

    /// Columns without padding.
    pub(super) fn width(&self) -> usize {
        width(&self.line(Pads::default()))
    }
}

/// A block on one line, if it is not far too long for that. One with nothing in it is `{}`.
pub(in crate::fmt) fn block(text: &str, items: &[Item<'_>]) -> Option<String> {
    if items.is_empty() {
        return Some(EMPTY.to_owned());
    }
    let mut out = String::from("{ ");
    for (i, item) in items.iter().enumerate() {
        let Kind::Node(node) = &item.kind else { return None };
        if i > 0 {
            out.push_str("; ");
        }
        out.push_str(&Flat::of(text, node)?.line(Pads::default()));
        // What is wider than any line need not grow with every block around it.
        if out.len() > 8 * WIDTH {
            return None;
        }
    }
    out.push_str(" }");
    Some(out)
}

fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}
