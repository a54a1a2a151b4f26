//! Where the cursor is: in which block, behind which pieces of which statement. Read from the text in front of it alone,
//! because what is being typed is rarely a statement yet.

use super::arguments::{Look, Piece};
use crate::spec::keywords;
use crate::spec::shape::{Opens, Place};

/// A statement in front of the cursor.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    /// Its keyword.
    pub(super) word: Option<Piece>,
    /// What stands behind that.
    pub(super) args: Vec<Piece>,
}

/// What the cursor stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inside {
    /// Nothing, or a word.
    Code,
    /// A string, whose quote is at this byte.
    Text(usize),
    /// A comment.
    Comment,
}

/// Where the cursor is.
#[derive(Debug)]
pub(super) struct Cursor {
    /// The blocks around it, outermost first: their statements, and what kind of place each is. None where nobody knows.
    pub(super) open: Vec<(Head, Option<Place>)>,
    /// The statement that it stands in, up to the word that is being typed.
    pub(super) head: Head,
    /// The word that is being typed: from here to the cursor.
    pub(super) typed: usize,
    pub(super) inside: Inside,
}

impl Cursor {
    /// The place whose words may stand here.
    pub(super) fn place(&self) -> Option<Place> {
        self.open.last().map_or(Some(Place::Top), |(_, place)| *place)
    }
}

/// Reads the text up to the cursor. `target` gives the kind of a target that has a name.
pub(super) fn at(text: &str, cursor: usize, target: &dyn Fn(&str) -> Option<Place>) -> Cursor {
    let mut reader = Reader::new(text, cursor, target);
    reader.run();
    reader.out
}

/// The pieces of a statement's arguments.
#[cfg(test)]
pub(super) fn pieces(args: &str) -> Vec<Piece> {
    let text = format!("x {args} ");
    let mut out = at(&text, text.len(), &|_| None).head.args;
    for piece in &mut out {
        piece.start -= 2;
        piece.end -= 2;
    }
    out
}

/// The place that a statement's block is.
pub(super) fn inner(
    place: Option<Place>,
    word: &str,
    first: Option<&str>,
    second: Option<&str>,
    target: &dyn Fn(&str) -> Option<Place>,
) -> Option<Place> {
    let keyword = keywords::find(place?, word)?;
    match keyword.opens {
        Opens::Nothing => None,
        Opens::May(Place::Target) | Opens::Must(Place::Target) => {
            let kind = if place == Some(Place::Top) { second } else { first }?;
            Place::of_target(kind).or_else(|| target(kind))
        }
        Opens::May(inner) | Opens::Must(inner) => Some(inner),
    }
}

struct Reader<'a> {
    text: &'a str,
    end: usize,
    at: usize,
    target: &'a dyn Fn(&str) -> Option<Place>,
    out: Cursor,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, end: usize, target: &'a dyn Fn(&str) -> Option<Place>) -> Self {
        let out = Cursor { open: Vec::new(), head: Head::default(), typed: end, inside: Inside::Code };
        Self { text, end, at: 0, target, out }
    }

    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        while self.at < self.end {
            let start = self.at;
            match bytes[start] {
                b'\n' => {
                    self.at += 1;
                    if self.out.head.args.last().is_none_or(|a| a.look != Look::Comma) {
                        self.ended();
                    }
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                b';' => {
                    self.at += 1;
                    self.ended();
                }
                b'#' => {
                    self.at = self.line_end();
                    if self.at >= self.end {
                        self.out.inside = Inside::Comment;
                    }
                }
                b'{' => {
                    self.at += 1;
                    self.opened();
                }
                b'}' => {
                    self.at += 1;
                    self.out.open.pop();
                    self.ended();
                }
                b'"' => self.string(),
                b',' => self.piece(Look::Comma, 1),
                b'<' | b'>' | b'=' | b'!' | b'+' => {
                    let long = bytes.get(start + 1) == Some(&b'=') && bytes[start] != b'+';
                    self.piece(Look::Operator, 1 + usize::from(long));
                }
                b'-' if !bytes.get(start + 1).is_some_and(u8::is_ascii_digit) => {
                    self.piece(Look::Operator, 1);
                }
                _ => self.word(),
            }
        }
    }

    fn ended(&mut self) {
        self.out.head = Head::default();
    }

    fn opened(&mut self) {
        let head = std::mem::take(&mut self.out.head);
        let word = head.word.map(|w| w.text(self.text)).unwrap_or_default();
        let arg = |i: usize| head.args.get(i).map(|a: &Piece| a.text(self.text));
        let place = inner(self.out.place(), word, arg(0), arg(1), self.target);
        self.out.open.push((head, place));
    }

    fn piece(&mut self, look: Look, length: usize) {
        let piece = Piece { look, start: self.at, end: self.at + length };
        self.at += length;
        self.add(piece);
    }

    fn add(&mut self, piece: Piece) {
        if self.out.head.word.is_some() {
            self.out.head.args.push(piece);
        } else {
            self.out.head.word = Some(piece);
        }
    }

    fn string(&mut self) {
        let start = self.at;
        let raw = self.text[start..].starts_with("\"\"\"");
        let end = if raw {
            self.text[start + 3..].find("\"\"\"").map(|n| start + n + 6)
        } else {
            self.closed(start + 1)
        };
        match end {
            Some(end) if end <= self.end => {
                self.at = end;
                self.add(Piece { look: Look::Text, start, end });
            }
            // An open string goes to the end of its line.
            None if !raw && self.line_end() < self.end => {
                self.at = self.line_end();
                self.add(Piece { look: Look::Text, start, end: self.at });
            }
            _ => {
                self.at = self.end;
                self.out.inside = Inside::Text(start);
                self.out.typed = start + 1;
            }
        }
    }

    /// One past the closing quote of a string on this line.
    fn closed(&self, inside: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut i = inside;
        loop {
            match bytes.get(i)? {
                b'"' => return Some(i + 1),
                b'\n' => return None,
                b'\\' if bytes.get(i + 1) != Some(&b'\n') => i += 2,
                _ => i += 1,
            }
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let stop = |c: char| c.is_whitespace() || ",;{}#<>=!+".contains(c);
        let mut at = start;
        while at < self.end {
            let rest = &self.text[at..];
            // A quoted part of a metric's name.
            if rest.starts_with('"') {
                match self.closed(at + 1) {
                    Some(end) if at > start && self.text.as_bytes()[at - 1] == b'.' => at = end,
                    _ => break,
                }
                continue;
            }
            match rest.chars().next() {
                Some(c) if !stop(c) => at += c.len_utf8(),
                _ => break,
            }
        }
        if at >= self.end {
            self.at = self.end;
            self.out.typed = start;
            return;
        }
        if at == start {
            // Some space of another alphabet.
            self.at += self.text[at..].chars().next().map_or(1, char::len_utf8);
            return;
        }
        self.at = at;
        let word = &self.text[start..at];
        self.new_top(start, word);
        let first = word.chars().next().unwrap_or_default();
        let look = if first.is_ascii_digit() || first == '-' {
            Look::Number
        } else if word.contains(['.', '"']) {
            Look::Path
        } else {
            Look::Word
        };
        self.add(Piece { look, start, end: at });
    }

    /// A word at the first column that can stand at the top only: a brace is missing before it.
    fn new_top(&mut self, start: usize, word: &str) {
        let first_column = start == 0 || self.text.as_bytes()[start - 1] == b'\n';
        let Some(place) = self.out.place().filter(|p| *p != Place::Top) else { return };
        if first_column
            && self.out.head.word.is_none()
            && keywords::find(Place::Top, word).is_some()
            && keywords::find(place, word).is_none()
        {
            self.out.open.clear();
        }
    }

    fn line_end(&self) -> usize {
        memchr::memchr(b'\n', &self.text.as_bytes()[self.at..]).map_or(self.text.len(), |n| self.at + n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(marked: &str) -> (Option<Place>, Vec<String>, String, Inside) {
        let cursor = marked.find('|').expect("a mark");
        let text = marked.replacen('|', "", 1);
        let found = at(&text, cursor, &|n| (n == "cluster").then_some(Place::Kubernetes));
        let pieces = found.head.word.iter().chain(&found.head.args).map(|p| p.text(&text).to_owned());
        (found.place(), pieces.collect(), text[found.typed..cursor].to_owned(), found.inside)
    }

    #[test]
    fn places_and_pieces() {
        let cases: &[(&str, Option<Place>, &[&str], &str)] = &[
            ("|", Some(Place::Top), &[], ""),
            ("ga|", Some(Place::Top), &[], "ga"),
            ("gate unit {\n  re|\n}", Some(Place::Gate), &[], "re"),
            ("gate unit { run \"a # b\"; require f1 >= |", Some(Place::Gate), &["require", "f1", ">="], ""),
            ("gate unit { run \"}\" } on |", Some(Place::Top), &["on"], ""),
            ("emit github,\n  git|", Some(Place::Top), &["emit", "github", ","], "git"),
            ("deploy p { target cluster { na|", Some(Place::Kubernetes), &[], "na"),
            ("deploy p { target helm { |", Some(Place::Helm), &[], ""),
            ("deploy p { target nobody { |", None, &[], ""),
            ("target c ssh { |", Some(Place::Ssh), &[], ""),
            ("gate unit {\n  run \"x\"\n\ndeploy p {\n |", Some(Place::Deploy), &[], ""),
            (
                "gate g { metric rag.\"map@0.5\" in |",
                Some(Place::Gate),
                &["metric", "rag.\"map@0.5\"", "in"],
                "",
            ),
            ("deploy p { soak -3|", Some(Place::Deploy), &["soak"], "-3"),
        ];
        for (marked, place, pieces, typed) in cases {
            let found = shown(marked);
            assert_eq!((found.0, found.2.as_str()), (*place, *typed), "{marked}");
            assert_eq!(found.1, *pieces, "{marked}");
        }
    }

    #[test]
    fn strings_and_comments() {
        assert_eq!(shown("use \"a/b|\"").3, Inside::Text(4));
        assert_eq!(shown("use \"a/b|\"").2, "a/b");
        assert_eq!(shown("gate g { run \"\"\"\n x { |").3, Inside::Text(13));
        assert_eq!(shown("on push # when|").3, Inside::Comment);
        assert_eq!(shown("use \"a\"|").3, Inside::Code);
        assert_eq!(shown("use \"open\n on |").1, ["on"]);
        assert_eq!(shown("use \"\u{1f680}é|\"").2, "\u{1f680}é");
    }
}
