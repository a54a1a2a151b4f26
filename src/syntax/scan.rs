//! A look at braces, strings and comments before the grammar runs: how deep the blocks go, where the comments stand,
//! and, when the braces do not match, where to cut the file so that one fault does not hide the next.

use std::ops::Range;

/// Blocks nested deeper than this are refused. The language needs five.
pub(super) const MAX_DEPTH: usize = 64;

/// What the look found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Comments from `#` to the end of the line.
    pub(super) comments: Vec<Range<usize>>,
    /// The brace that goes too deep.
    pub(super) too_deep: Option<usize>,
    /// Where the grammar starts afresh: at the start, and at each top-level word found inside an unclosed block.
    pub(super) cuts: Vec<usize>,
}

/// Looks at a text. `is_top` says whether a word may start a statement at the top of a file.
pub(super) fn scan(text: &str, is_top: &dyn Fn(&str) -> bool) -> Scan {
    let mut plain = Scanner::new(text, None);
    plain.run();
    if plain.depth == 0 && !plain.open_raw {
        return plain.found;
    }
    let mut cutting = Scanner::new(text, Some(is_top));
    cutting.run();
    cutting.found
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    open_raw: bool,
    /// Whether the first line inside the outermost open block is indented; unknown before there is one.
    indented: Option<bool>,
    is_top: Option<&'a dyn Fn(&str) -> bool>,
    found: Scan,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str, is_top: Option<&'a dyn Fn(&str) -> bool>) -> Self {
        let found = Scan { cuts: vec![0], ..Scan::default() };
        Self { text, bytes: text.as_bytes(), at: 0, depth: 0, open_raw: false, indented: None, is_top, found }
    }

    fn run(&mut self) {
        self.line_start();
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' => {
                    self.at += 1;
                    self.line_start();
                }
                b'#' => {
                    let end = self.line_end();
                    self.found.comments.push(self.at..end);
                    self.at = end;
                }
                b'"' if self.text[self.at..].starts_with("\"\"\"") => self.raw(),
                b'"' => self.at = self.string_end(),
                b'{' => {
                    self.depth += 1;
                    if self.depth > MAX_DEPTH && self.found.too_deep.is_none() {
                        self.found.too_deep = Some(self.at);
                    }
                    self.at += 1;
                }
                b'}' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        self.indented = None;
                    }
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
    }

    /// Cuts before a top-level word at the first column, when a block should have ended before it.
    fn line_start(&mut self) {
        if self.depth == 0 {
            return;
        }
        let rest = &self.bytes[self.at..];
        let column = rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
        match rest.get(column) {
            None | Some(b'\n' | b'}' | b'#') => return,
            Some(_) => {}
        }
        if column == 0 && self.indented != Some(false) && self.top_word_at(self.at) {
            self.cut();
        } else if self.indented.is_none() {
            self.indented = Some(column > 0);
        }
    }

    fn cut(&mut self) {
        self.found.cuts.push(self.at);
        self.depth = 0;
        self.indented = None;
    }

    fn top_word_at(&self, at: usize) -> bool {
        let Some(is_top) = self.is_top else { return false };
        let length = self.bytes[at..].iter().take_while(|b| b.is_ascii_lowercase() || **b == b'_').count();
        length > 0 && is_top(&self.text[at..at + length])
    }

    fn line_end(&self) -> usize {
        self.bytes[self.at..].iter().position(|b| *b == b'\n').map_or(self.bytes.len(), |n| self.at + n)
    }

    /// One past the end of the string that starts here: its quote, or, without one, the end of the line less the
    /// braces there (the rules `closed_string` and `open_string` of the grammar).
    fn string_end(&self) -> usize {
        let mut i = self.at + 1;
        while let Some(byte) = self.bytes.get(i) {
            match byte {
                b'"' => return i + 1,
                b'\n' => break,
                b'\\' if self.bytes.get(i + 1) != Some(&b'\n') => i += 2,
                _ => i += 1,
            }
        }
        self.open_end(self.line_end())
    }

    /// Where a string without a closing quote ends: before the braces at the end of its line that close nothing in it.
    fn open_end(&self, end: usize) -> usize {
        let start = self.at + 1;
        let line = &self.text[start..end];
        let tail = start + line.trim_end_matches([' ', '\t', '\r', ';', '}']).len();
        let mut i = start;
        while i < end {
            match self.bytes[i] {
                b'{' => {
                    let inside = &self.bytes[i + 1..end];
                    match inside.iter().position(|b| matches!(b, b'{' | b'}')) {
                        Some(n) if inside[n] == b'}' => i += n + 2,
                        _ => i += 1,
                    }
                }
                b'}' if i >= tail => return i,
                _ => i += 1,
            }
        }
        end
    }

    fn raw(&mut self) {
        let inside = self.at + 3;
        if let Some(n) = self.text[inside..].find("\"\"\"") {
            let quotes = self.bytes[inside + n..].iter().take_while(|b| **b == b'"').count();
            self.at = inside + n + quotes;
            return;
        }
        self.open_raw = true;
        let mut line = self.line_end() + 1;
        while line < self.bytes.len() {
            if self.top_word_at(line) {
                self.at = line;
                self.cut();
                return;
            }
            line = self.bytes[line..]
                .iter()
                .position(|b| *b == b'\n')
                .map_or(self.bytes.len(), |n| line + n + 1);
        }
        self.at = self.bytes.len();
        self.depth = 0;
    }
}
