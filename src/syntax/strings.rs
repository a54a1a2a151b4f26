//! What stands between quotes: escapes, references, and the indentation of raw blocks.

use super::{Piece, Text};
use crate::diag::{Code, FileId, Finding, Span, Spanned};

/// Resolves the escapes of a string and cuts it at its references. `source` is what stands between the quotes, `base`
/// its first byte in the file.
pub(super) fn text(file: FileId, source: &str, base: usize, findings: &mut Vec<Finding>) -> Text {
    let mut reader = Reader { file, source, base, at: 0, out: Text::default(), literal: String::new() };
    reader.read(findings);
    reader.out
}

struct Reader<'a> {
    file: FileId,
    source: &'a str,
    base: usize,
    at: usize,
    out: Text,
    literal: String,
}

impl Reader<'_> {
    fn read(&mut self, findings: &mut Vec<Finding>) {
        while let Some(c) = self.source[self.at..].chars().next() {
            let rest = &self.source[self.at..];
            if c == '\\' {
                self.escape(findings);
            } else if let Some(inside) = rest.strip_prefix("${") {
                self.reference(inside.find('}'));
            } else {
                if c == '\0' {
                    findings.push(
                        Finding::at(
                            Code::BAD_ESCAPE,
                            self.span(self.at, 1),
                            "a text cannot hold a NUL character",
                        )
                        .help("take it out: no shell and no file format carries it"),
                    );
                }
                self.push(c);
                self.at += c.len_utf8();
            }
        }
        self.flush();
    }

    fn reference(&mut self, close: Option<usize>) {
        self.flush();
        let length = match close {
            Some(n) => {
                let name = self.source[self.at + 2..self.at + 2 + n].to_owned();
                let span = self.span(self.at, n + 3);
                self.out.pieces.push(Piece::Ref(Spanned::new(name, span)));
                n + 3
            }
            None => {
                self.out.pieces.push(Piece::OpenRef(self.span(self.at, 2)));
                2
            }
        };
        self.out.verbatim.push_str(&self.source[self.at..self.at + length]);
        self.at += length;
    }

    fn escape(&mut self, findings: &mut Vec<Finding>) {
        let rest = &self.source[self.at + 1..];
        let simple = match rest.chars().next() {
            Some('"') => Some('"'),
            Some('\\') => Some('\\'),
            Some('n') => Some('\n'),
            Some('t') => Some('\t'),
            Some('r') => Some('\r'),
            Some('$') => Some('$'),
            _ => None,
        };
        if let Some(c) = simple {
            self.push(c);
            self.at += 2;
        } else if let Some((c, length)) = unicode(rest) {
            self.push(c);
            self.at += 1 + length;
        } else {
            let shown = bad_escape(rest);
            let finding = Finding::at(
                Code::BAD_ESCAPE,
                self.span(self.at, 1 + shown.len()),
                format!("`\\{shown}` is no escape"),
            );
            findings.push(finding.help(
                "the escapes are `\\\"`, `\\\\`, `\\n`, `\\t`, `\\r`, `\\$` and `\\u{2014}`; a backslash itself is `\\\\`",
            ));
            self.push('\\');
            self.at += 1;
        }
    }

    fn push(&mut self, c: char) {
        self.literal.push(c);
        self.out.verbatim.push(c);
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            self.out.pieces.push(Piece::Lit(std::mem::take(&mut self.literal)));
        }
    }

    fn span(&self, at: usize, length: usize) -> Span {
        Span::new(self.file, self.base + at, self.base + at + length)
    }
}

/// The character of `u{2014}…`, and how many bytes it takes.
fn unicode(rest: &str) -> Option<(char, usize)> {
    let digits = rest.strip_prefix("u{")?;
    let end = digits.find('}')?;
    let code = &digits[..end];
    if code.is_empty() || code.len() > 6 || !code.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let c = char::from_u32(u32::from_str_radix(code, 16).ok()?)?;
    (c != '\0').then_some((c, end + 3))
}

/// What to show of something that is no escape: `d`, `u{110000}`.
fn bad_escape(rest: &str) -> &str {
    let hex = |s: &str| s.bytes().take_while(u8::is_ascii_hexdigit).count();
    let end = match rest.strip_prefix("u{") {
        Some(digits) => {
            let n = hex(digits);
            if digits[n..].starts_with('}') { n + 3 } else { n + 2 }
        }
        None => rest.chars().next().map_or(0, char::len_utf8),
    };
    &rest[..end]
}

/// What a raw block says: without the first newline, the common indentation, and the white space before its end.
pub(super) fn raw(source: &str) -> String {
    let source = source.replace("\r\n", "\n");
    let body = source.strip_prefix('\n').unwrap_or(&source);
    let last_line = body.rfind('\n').map_or(0, |n| n + 1);
    let body = if body[last_line..].trim().is_empty() { &body[..last_line] } else { body };
    let indent = body.lines().filter(|l| !l.trim().is_empty()).map(indentation).min().unwrap_or(0);
    body.split('\n')
        .map(|line| line.get(indent.min(indentation(line))..).unwrap_or(""))
        .collect::<Vec<_>>()
        .join("\n")
}

fn indentation(line: &str) -> usize {
    line.bytes().take_while(|b| matches!(b, b' ' | b'\t')).count()
}
