//! Lines to text: all of them, or those that a range of the old text asks for.

use super::items::Lines;
use super::layout::Line;
use std::ops::RangeInclusive;

/// The whole text.
pub(super) fn all(lines: &[Line], end: &str) -> String {
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        if line.blank && i > 0 {
            out.push_str(end);
        }
        one(line, end, &mut out);
    }
    out
}

fn one(line: &Line, end: &str, out: &mut String) {
    out.push_str(&" ".repeat(line.indent));
    out.push_str(&line.text);
    out.push_str(end);
}

/// New lines that stand for the same old lines: neither side can be cut further.
struct Chunk<'l> {
    first: usize,
    last: usize,
    lines: &'l [Line],
    chosen: bool,
}

/// The old text, with new lines where the range (from 1) touches the old ones.
pub(super) fn within(
    text: &str,
    places: &Lines,
    lines: &[Line],
    end: &str,
    range: &RangeInclusive<usize>,
) -> String {
    let wanted = |from: usize, to: usize| from < *range.end() && to + 1 >= *range.start();
    // What lies between is blank lines: touched only when all of them are asked for.
    let asked = |from: usize, to: usize| from < to && (from..to).all(|line| wanted(line, line));
    let mut chunks = chunks(places, lines);
    for chunk in &mut chunks {
        chunk.chosen = wanted(chunk.first, chunk.last);
    }
    let old = |from: usize, to: usize| &text[places.start(from, text)..places.start(to, text)];
    let mut out = String::new();
    let mut at = 0;
    for chunk in &chunks {
        if !asked(at, chunk.first) {
            out.push_str(old(at, chunk.first));
        } else if at > 0 && chunk.lines.first().is_some_and(|l| l.blank) {
            out.push_str(end);
        }
        if chunk.chosen {
            chunk.lines.iter().enumerate().for_each(|(i, line)| {
                if line.blank && i > 0 {
                    out.push_str(end);
                }
                one(line, end, &mut out);
            });
        } else {
            out.push_str(old(chunk.first, chunk.last + 1));
        }
        at = chunk.last + 1;
    }
    if !asked(at, places.count()) {
        out.push_str(old(at, places.count()));
    }
    out
}

fn chunks<'l>(places: &Lines, lines: &'l [Line]) -> Vec<Chunk<'l>> {
    let span = |line: &Line| (places.at(line.from), places.at(line.to - 1));
    let mut chunks: Vec<Chunk<'l>> = Vec::new();
    let mut start = 0;
    for (i, line) in lines.iter().enumerate() {
        let (first, last) = span(line);
        match chunks.last_mut() {
            Some(chunk) if first <= chunk.last => {
                chunk.last = chunk.last.max(last);
                chunk.lines = &lines[start..=i];
            }
            _ => {
                start = i;
                chunks.push(Chunk { first, last, lines: &lines[i..=i], chosen: false });
            }
        }
    }
    chunks
}
