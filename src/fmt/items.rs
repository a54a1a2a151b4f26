//! Statements and comments in the order of the text, each comment with what it belongs to.

use super::layout::flat;
use crate::syntax::{Arg, Block, Comment, Statement, Tree};

/// Where the lines of a text start.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let starts = text.match_indices('\n').map(|(n, _)| n + 1).filter(|start| *start < text.len());
        Self(std::iter::once(0).chain(starts).collect())
    }

    /// The line that a byte is on, counted from 0.
    pub(super) fn at(&self, byte: usize) -> usize {
        self.0.partition_point(|start| *start <= byte) - 1
    }

    /// Where a line starts; the end of the text for the one behind the last.
    pub(super) fn start(&self, line: usize, text: &str) -> usize {
        self.0.get(line).copied().unwrap_or(text.len())
    }

    /// How many there are. Behind the last line end is none.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

/// One thing in a file or a block.
pub(super) struct Item<'t> {
    /// A blank line stands before it, and something before that.
    pub(super) blank: bool,
    pub(super) kind: Kind<'t>,
}

pub(super) enum Kind<'t> {
    /// A comment on a line of its own.
    Alone {
        comment: &'t Comment,
        /// It goes on with the comment behind the line above: it stands directly below it, in the same column.
        goes_on: bool,
    },
    Node(Node<'t>),
}

/// A statement with the comments that belong to it.
pub(super) struct Node<'t> {
    pub(super) statement: &'t Statement,
    /// Written with a line end between its arguments.
    pub(super) broken: bool,
    /// Between its arguments, behind commas.
    pub(super) inner: Vec<&'t Comment>,
    pub(super) body: Option<Body<'t>>,
    /// On the line of its last character.
    pub(super) behind: Option<&'t Comment>,
}

/// A block.
pub(super) struct Body<'t> {
    pub(super) block: &'t Block,
    /// On one line, if it was written on one and could stand on one. Kept, because every block around it asks.
    pub(super) short: Option<String>,
    /// On the line of the opening brace.
    pub(super) behind_brace: Option<&'t Comment>,
    pub(super) items: Vec<Item<'t>>,
}

/// The items of a file.
pub(super) fn items<'t>(text: &'t str, lines: &'t Lines, tree: &'t Tree) -> Vec<Item<'t>> {
    let mut reader = Reader { text, lines, comments: &tree.comments, last: None };
    reader.items(&tree.statements, 0, text.len())
}

struct Reader<'t> {
    text: &'t str,
    lines: &'t Lines,
    /// Those not yet taken.
    comments: &'t [Comment],
    /// The one taken last, if it stands behind something or goes on with one that does.
    last: Option<&'t Comment>,
}

impl<'t> Reader<'t> {
    /// The items between two bytes; `at` is one past what stands before them.
    fn items(&mut self, statements: &'t [Statement], mut at: usize, end: usize) -> Vec<Item<'t>> {
        let mut items = Vec::new();
        for (i, statement) in statements.iter().enumerate() {
            let start = statement.span.start as usize;
            at = self.alone(at, start, &mut items);
            let blank = !items.is_empty() && self.blank(at, start);
            let mut node = self.node(statement);
            at = statement.span.end as usize;
            let next = statements.get(i + 1).map_or(end, |s| s.span.start as usize);
            node.behind = self.behind(at, next);
            at = node.behind.map_or(at, |c| c.span.end as usize);
            items.push(Item { blank, kind: Kind::Node(node) });
        }
        self.alone(at, end, &mut items);
        items
    }

    fn node(&mut self, statement: &'t Statement) -> Node<'t> {
        let mut inner = Vec::new();
        while let Some(comment) = self.next_before(statement.head.end as usize) {
            inner.push(comment);
        }
        let body = statement.block.as_ref().map(|block| {
            let (open, close) = (block.span.start as usize, block.span.end as usize);
            let first = block.statements.first().map_or(close, |s| s.span.start as usize);
            let behind_brace = self.behind(open + 1, first);
            let at = behind_brace.map_or(open + 1, |c| c.span.end as usize);
            let items = self.items(&block.statements, at, close - 1);
            let one_line = !self.text[open..close].contains('\n');
            let empty = items.is_empty() && behind_brace.is_none();
            let short = if one_line || empty { flat::block(self.text, &items) } else { None };
            Body { block, short, behind_brace, items }
        });
        Node { statement, broken: self.broken(statement), inner, body, behind: None }
    }

    /// Takes the comments before `end` as lines of their own; gives where the last of them ends.
    fn alone(&mut self, mut at: usize, end: usize, items: &mut Vec<Item<'t>>) -> usize {
        while let Some(comment) = self.next_before(end) {
            let goes_on = self.last.is_some_and(|last| self.goes_on(last, comment));
            let blank = !items.is_empty() && self.blank(at, comment.span.start as usize);
            items.push(Item { blank, kind: Kind::Alone { comment, goes_on } });
            self.last = goes_on.then_some(comment);
            at = comment.span.end as usize;
        }
        at
    }

    /// The comment on the line that ends at `at`, if it comes before `next`.
    fn behind(&mut self, at: usize, next: usize) -> Option<&'t Comment> {
        let comment = self.comments.first()?;
        let start = comment.span.start as usize;
        if start >= next || self.lines.at(start) != self.lines.at(at - 1) {
            return None;
        }
        self.comments = &self.comments[1..];
        self.last = Some(comment);
        Some(comment)
    }

    fn next_before(&mut self, end: usize) -> Option<&'t Comment> {
        let (first, rest) = self.comments.split_first()?;
        if first.span.start as usize >= end {
            return None;
        }
        self.comments = rest;
        Some(first)
    }

    fn goes_on(&self, last: &Comment, comment: &Comment) -> bool {
        let between = &self.text[last.span.end as usize..comment.span.start as usize];
        let one_line_end = between.trim().is_empty() && between.matches('\n').count() == 1;
        one_line_end && self.column(last) == self.column(comment)
    }

    fn broken(&self, statement: &Statement) -> bool {
        let breaks =
            |pair: &[Arg]| self.text[pair[0].span.end as usize..pair[1].span.start as usize].contains('\n');
        statement.args.windows(2).any(breaks)
    }

    fn column(&self, comment: &Comment) -> usize {
        let start = comment.span.start as usize;
        let line = self.lines.start(self.lines.at(start), self.text);
        self.text[line..start].chars().count()
    }

    /// Is there an empty line between two bytes?
    fn blank(&self, at: usize, start: usize) -> bool {
        let mut pieces = self.text[at..start].split('\n').skip(1).peekable();
        while let Some(piece) = pieces.next() {
            if pieces.peek().is_some() && piece.trim().is_empty() {
                return true;
            }
        }
        false
    }
}
