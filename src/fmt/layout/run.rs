//! A run: statements of one line each, directly below each other. Their columns line up.

use super::flat::{Flat, Pads};
use super::{GAP, Layout, Line, width, written};
use crate::fmt::items::{Item, Kind};
use crate::fmt::{INDENT, WIDTH};

impl<'t> Layout<'t> {
    /// Writes a run. Comments on lines of their own stand between its statements and change nothing.
    pub(super) fn run(&mut self, items: &[Item<'t>], flats: &[Option<Flat<'t>>], depth: usize) {
        let indent = depth * INDENT;
        let mut texts = codes(flats, depth).into_iter();
        let texts: Vec<Option<String>> =
            flats.iter().map(|f| f.as_ref().and_then(|_| texts.next())).collect();
        let column = comment_column(items, &texts, indent);
        for (item, text) in items.iter().zip(texts) {
            match (&item.kind, text) {
                (Kind::Node(node), Some(mut text)) => {
                    let mut span = node.statement.span;
                    if let Some(comment) = node.behind {
                        let gap = column.map_or(GAP, |c| c - width(&text));
                        self.column = indent + width(&text) + gap;
                        text = format!("{text}{}{}", " ".repeat(gap), written(comment));
                        span = span.to(comment.span);
                    }
                    let (from, to) = (span.start as usize, span.end as usize);
                    self.lines.push(Line { blank: item.blank, indent, text, from, to });
                }
                (Kind::Alone { comment, goes_on }, _) => {
                    self.alone(comment, item.blank, if *goes_on { self.column } else { indent });
                }
                (Kind::Node(_), None) => {}
            }
        }
    }
}

/// The statements of a run, padded. One that the padding alone would make too wide is not padded.
fn codes(flats: &[Option<Flat<'_>>], depth: usize) -> Vec<String> {
    let flats: Vec<&Flat<'_>> = flats.iter().flatten().collect();
    let mut pads = vec![Pads::default(); flats.len()];
    // At the top of a file stand things of their own, under blocks of many lines: only in a block is there a column of
    // keywords to read down.
    if depth > 0 {
        let word = flats.iter().map(|f| width(f.word)).max().unwrap_or(0);
        pads.iter_mut().for_each(|p| p.word = word);
    }
    for (from, to) in groups(&flats, |f| f.sides.is_some()) {
        let widest = |side: fn((&str, &str)) -> usize| {
            flats[from..to].iter().filter_map(|f| f.sides).map(side).max().unwrap_or(0)
        };
        let (first, operator) = (widest(|s| width(s.0)), widest(|s| width(s.1)));
        pads[from..to].iter_mut().for_each(|p| (p.first, p.operator) = (first, operator));
    }
    let too_wide = |flat: &Flat<'_>, pads: Pads| {
        let over = |pads| depth * INDENT + width(&flat.line(pads)) > WIDTH;
        over(pads) && !over(Pads::default())
    };
    for (flat, pads) in flats.iter().zip(&mut pads) {
        if too_wide(flat, *pads) {
            *pads = Pads::default();
        }
    }
    // Braces line up all or not at all: one that does not looks like a mistake.
    for (from, to) in groups(&flats, |f| f.block.is_some()) {
        let head = (from..to).map(|i| width(&flats[i].head(pads[i]))).max().unwrap_or(0);
        let padded = |i: usize| Pads { head, ..pads[i] };
        if !(from..to).any(|i| too_wide(flats[i], padded(i))) {
            pads[from..to].iter_mut().for_each(|p| p.head = head);
        }
    }
    flats.iter().zip(pads).map(|(flat, pads)| flat.line(pads)).collect()
}

/// Stretches of at least two statements with one keyword that have what is asked for.
fn groups(flats: &[&Flat<'_>], has: impl Fn(&Flat<'_>) -> bool) -> Vec<(usize, usize)> {
    let mut groups = Vec::new();
    let mut from = 0;
    while from < flats.len() {
        let alike = |f: &&&Flat<'_>| has(f) && f.word == flats[from].word;
        let length = flats[from..].iter().take_while(alike).count();
        if length > 1 {
            groups.push((from, from + length));
        }
        from += length.max(1);
    }
    groups
}

/// The column, from the indentation, that the comments behind the statements of a run share: right of all statements
/// from the first that has one to the last, unless that would push one of them over the edge that it would not go over
/// by itself.
fn comment_column(items: &[Item<'_>], texts: &[Option<String>], indent: usize) -> Option<usize> {
    let all: Vec<(usize, Option<usize>)> = items
        .iter()
        .zip(texts)
        .filter_map(|(item, text)| match (&item.kind, text) {
            (Kind::Node(node), Some(text)) => Some((width(text), node.behind.map(|c| width(&written(c))))),
            _ => None,
        })
        .collect();
    let first = all.iter().position(|(_, comment)| comment.is_some())?;
    let last = all.iter().rposition(|(_, comment)| comment.is_some())?;
    let column = all[first..=last].iter().map(|(code, _)| code + GAP).max()?;
    let over = |at: usize, comment: usize| indent + at + comment > WIDTH;
    let pushed = |(code, comment): &(usize, Option<usize>)| {
        comment.is_some_and(|comment| over(column, comment) && !over(code + GAP, comment))
    };
    (!all.iter().any(pushed)).then_some(column)
}
