//! Texts and places in them, as the protocol counts: lines from 0, and characters in the units that client and server agreed
//! upon.

use super::protocol::{Position, Range};
use crate::diag::Span;

/// What a position's `character` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Bytes.
    Utf8,
    /// Units of two bytes: what every client can.
    Utf16,
}

impl Encoding {
    /// The word of the protocol.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16 => "utf-16",
        }
    }

    fn units(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::Utf16 => text.encode_utf16().count(),
        }
    }
}

/// Where the lines of a text start. A line ends at `\n`, `\r\n` or `\r`, as the protocol says.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    starts: Vec<usize>,
    encoding: Encoding,
    /// The client's text begins with a byte order mark, which this one does not have.
    marked: bool,
}

impl Lines {
    /// Looks at a text.
    pub(super) fn new(text: &str, encoding: Encoding, marked: bool) -> Self {
        let bytes = text.as_bytes();
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes)
            .filter(|i| bytes[*i] == b'\n' || bytes.get(i + 1) != Some(&b'\n'));
        Self { starts: std::iter::once(0).chain(ends.map(|i| i + 1)).collect(), encoding, marked }
    }

    fn mark(&self, line: usize) -> usize {
        if self.marked && line == 0 { self.encoding.units("\u{feff}") } else { 0 }
    }

    /// The place of a byte; one inside a character is the character's.
    pub(super) fn position(&self, text: &str, offset: usize) -> Position {
        let offset = floor(text, offset);
        let line = self.starts.partition_point(|s| *s <= offset) - 1;
        let character = self.encoding.units(&text[self.starts[line]..offset]) + self.mark(line);
        Position { line: line as u32, character: character as u32 }
    }

    /// The byte at a place; one behind the end of a line is the line's end, and one behind the last line the text's.
    pub(super) fn offset(&self, text: &str, at: Position) -> usize {
        let line = at.line as usize;
        let Some(start) = self.starts.get(line).copied() else { return text.len() };
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        let content = text[start..end].trim_end_matches(['\r', '\n']);
        let wanted = (at.character as usize).saturating_sub(self.mark(line));
        let mut units = 0;
        for (i, c) in content.char_indices() {
            units += self.encoding.units(c.encode_utf8(&mut [0; 4]));
            if units > wanted {
                return start + i;
            }
        }
        start + content.len()
    }

    /// The range of some bytes.
    pub(super) fn range(&self, text: &str, start: usize, end: usize) -> Range {
        Range { start: self.position(text, start), end: self.position(text, end) }
    }

    /// The range of a span.
    pub(super) fn span(&self, text: &str, span: Span) -> Range {
        self.range(text, span.start as usize, span.end as usize)
    }
}

/// The offset, or the start of the character that it lies in, or the text's end.
pub(super) fn floor(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "größe\r\n\u{1f680} x\rlast\n";

    #[test]
    fn every_place_there_and_back() {
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            for marked in [false, true] {
                let lines = Lines::new(TEXT, encoding, marked);
                for (i, c) in TEXT.char_indices().filter(|(_, c)| !"\r\n".contains(*c)) {
                    let at = lines.position(TEXT, i);
                    assert_eq!(lines.offset(TEXT, at), i, "{c} {encoding:?}");
                }
                assert_eq!(lines.starts.len(), 4);
            }
        }
    }

    #[test]
    fn units_are_those_of_the_encoding() {
        let x = TEXT.find(" x").map(|i| i + 1).expect("there");
        let at = |encoding| Lines::new(TEXT, encoding, false).position(TEXT, x);
        assert_eq!(at(Encoding::Utf8), Position { line: 1, character: 5 });
        assert_eq!(at(Encoding::Utf16), Position { line: 1, character: 3 });
        let marked = Lines::new(TEXT, Encoding::Utf16, true);
        assert_eq!(marked.position(TEXT, 0), Position { line: 0, character: 1 });
        assert_eq!(marked.position(TEXT, x), Position { line: 1, character: 3 });
    }

    #[test]
    fn places_that_are_not_there_are_the_nearest() {
        let lines = Lines::new(TEXT, Encoding::Utf16, false);
        let offset = |line, character| lines.offset(TEXT, Position { line, character });
        assert_eq!(offset(0, 99), "größe".len());
        assert_eq!(offset(99, 0), TEXT.len());
        assert_eq!(offset(1, 1), "größe\r\n".len(), "half of a character");
        assert_eq!(lines.position(TEXT, 999), Position { line: 3, character: 0 });
    }
}
