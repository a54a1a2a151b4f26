//! Items to lines: what stands on one line, what is broken, and which columns line up.

pub(super) mod flat;
mod run;

use super::items::{Body, Item, Kind, Node};
use super::{INDENT, WIDTH, raw};
use crate::syntax::{Arg, ArgKind, Comment};
use flat::Flat;
use unicode_width::UnicodeWidthStr;

/// Columns between a statement and the comment behind it.
const GAP: usize = 2;

/// A block with nothing in it.
const EMPTY: &str = "{}";

/// A line of the result. A raw block is part of one, with its line ends.
pub(super) struct Line {
    /// A blank line stands before it.
    pub(super) blank: bool,
    /// Columns before its text.
    pub(super) indent: usize,
    pub(super) text: String,
    /// The bytes of the old text that it stands for.
    pub(super) from: usize,
    pub(super) to: usize,
}

/// Columns that a text takes, counted from the line end within it.
fn width(text: &str) -> usize {
    text.rsplit('\n').next().unwrap_or(text).width()
}

/// Lays out one text.
pub(super) struct Layout<'t> {
    text: &'t str,
    end: &'static str,
    lines: Vec<Line>,
    /// Where the last comment behind something stands: what goes on with it lines up.
    column: usize,
}

impl<'t> Layout<'t> {
    pub(super) fn new(text: &'t str, end: &'static str) -> Self {
        Self { text, end, lines: Vec::new(), column: 0 }
    }

    /// The lines of a file.
    pub(super) fn file(mut self, items: &[Item<'t>]) -> Vec<Line> {
        self.items(items, 0);
        self.lines
    }

    /// The items of a file or block: runs of statements of one line each, and what stands on several lines between them.
    fn items(&mut self, items: &[Item<'t>], depth: usize) {
        let flats: Vec<Option<Flat<'t>>> = items.iter().map(|i| self.flat_item(i, depth)).collect();
        let mut at = 0;
        while at < items.len() {
            let more = |i: &usize| !items[*i].blank && belongs(&items[*i], flats[*i].as_ref());
            if belongs(&items[at], flats[at].as_ref()) {
                let end = at + 1 + (at + 1..items.len()).take_while(more).count();
                self.run(&items[at..end], &flats[at..end], depth);
                at = end;
            } else {
                if let Kind::Node(node) = &items[at].kind {
                    self.tall(node, items[at].blank, depth);
                }
                at += 1;
            }
        }
    }

    fn flat_item(&self, item: &Item<'t>, depth: usize) -> Option<Flat<'t>> {
        let Kind::Node(node) = &item.kind else { return None };
        let flat = Flat::of(self.text, node)?;
        let fits = depth * INDENT + flat.width() <= WIDTH;
        // A text that is too long and has nowhere to be broken stays on its line.
        let breaks = flat.block.as_deref().is_some_and(|b| b != EMPTY) || has_comma(node);
        (fits || !breaks).then_some(flat)
    }

    /// A statement on several lines: a broken list, a raw text, an open block.
    fn tall(&mut self, node: &Node<'t>, blank: bool, depth: usize) {
        let indent = depth * INDENT;
        let brace = usize::from(node.body.is_some()) * 2;
        let plain = self.head(node, indent);
        let wide = has_comma(node) && !plain.contains('\n') && indent + width(&plain) + brace > WIDTH;
        if !node.broken && !wide {
            let (from, to) = (node.statement.head.start as usize, node.statement.head.end as usize);
            self.lines.push(Line { blank, indent, text: plain, from, to });
        } else {
            self.list(node, blank, indent);
        }
        match &node.body {
            None => self.behind(node.behind),
            Some(body) => self.body(node, body, depth),
        }
    }

    /// The block of a statement whose head is written.
    fn body(&mut self, node: &Node<'t>, body: &Body<'t>, depth: usize) {
        let (start, end) = (body.block.span.start as usize, body.block.span.end as usize);
        if let Some(last) = self.lines.last_mut() {
            // The head has line ends of its own: a raw text's last line starts at the margin.
            let indent = if last.text.contains('\n') { 0 } else { last.indent };
            last.text.push(' ');
            let fits =
                |short: &&String| *short == EMPTY || indent + width(&last.text) + width(short) <= WIDTH;
            if let Some(short) = body.short.as_ref().filter(fits) {
                last.text.push_str(short);
                last.to = end;
                self.behind(node.behind);
                return;
            }
            last.text.push('{');
            last.to = start + 1;
        }
        self.behind(body.behind_brace);
        self.items(&body.items, depth + 1);
        self.lines.push(Line {
            blank: false,
            indent: depth * INDENT,
            text: "}".to_owned(),
            from: end - 1,
            to: end,
        });
        self.behind(node.behind);
    }

    /// Keyword and arguments, on one line but for the raw texts among them.
    fn head(&self, node: &Node<'t>, indent: usize) -> String {
        let mut out = node.statement.word.node.clone();
        for arg in &node.statement.args {
            self.argument(arg, indent, &mut out);
        }
        out
    }

    fn argument(&self, arg: &Arg, indent: usize, out: &mut String) {
        let source = &self.text[arg.span.start as usize..arg.span.end as usize];
        match arg.kind {
            ArgKind::Comma => out.push(','),
            ArgKind::Raw(_) => {
                out.push(' ');
                out.push_str(&raw::moved(source, indent, indent + INDENT, self.end));
            }
            _ => {
                out.push(' ');
                out.push_str(source);
            }
        }
    }

    /// Keyword and arguments, a line for each piece between commas, below each other.
    fn list(&mut self, node: &Node<'t>, blank: bool, indent: usize) {
        let word = &node.statement.word;
        let (from, to) = (word.span.start as usize, word.span.end as usize);
        let mut line = Line { blank, indent, text: word.node.clone(), from, to };
        let below = indent + width(word) + 1;
        let mut comments = node.inner.iter().copied().peekable();
        for pieces in node.statement.args.split_inclusive(|arg| arg.kind == ArgKind::Comma) {
            let from = pieces.first().map_or(line.to, |arg| arg.span.start as usize);
            if line.to > to {
                let next = Line { blank: false, indent: below, text: String::new(), from, to: from };
                self.lines.push(std::mem::replace(&mut line, next));
                self.between(&mut comments, from, below);
            }
            for arg in pieces {
                self.argument(arg, indent, &mut line.text);
                line.to = arg.span.end as usize;
            }
            if line.text.starts_with(' ') {
                line.text.remove(0);
            }
        }
        self.lines.push(line);
    }

    /// The comments between two pieces of a list: the first may stand behind the piece before it.
    fn between(
        &mut self,
        comments: &mut std::iter::Peekable<impl Iterator<Item = &'t Comment>>,
        before: usize,
        indent: usize,
    ) {
        let mut behind = true;
        while let Some(comment) = comments.next_if(|c| (c.span.start as usize) < before) {
            if behind && !comment.alone {
                self.behind(Some(comment));
            } else {
                self.alone(comment, false, indent);
            }
            behind = false;
        }
    }

    fn alone(&mut self, comment: &Comment, blank: bool, indent: usize) {
        let (from, to) = (comment.span.start as usize, comment.span.end as usize);
        self.lines.push(Line { blank, indent, text: written(comment), from, to });
    }

    /// Puts a comment behind the last line.
    fn behind(&mut self, comment: Option<&Comment>) {
        let (Some(comment), Some(line)) = (comment, self.lines.last_mut()) else { return };
        let indent = if line.text.contains('\n') { 0 } else { line.indent };
        self.column = indent + width(&line.text) + GAP;
        line.text.push_str(&" ".repeat(GAP));
        line.text.push_str(&written(comment));
        line.to = comment.span.end as usize;
    }
}

/// Does an item belong to a run: is it a comment, or a statement of one line?
fn belongs(item: &Item<'_>, flat: Option<&Flat<'_>>) -> bool {
    matches!(item.kind, Kind::Alone { .. }) || flat.is_some()
}

fn has_comma(node: &Node<'_>) -> bool {
    node.statement.args.iter().any(|a| a.kind == ArgKind::Comma)
}

fn written(comment: &Comment) -> String {
    format!("#{}", comment.text)
}
