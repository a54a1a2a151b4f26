//! The words for what the grammar did not expect.

use super::{Arg, ArgKind, Rule};
use crate::diag::{Code, FileId, Finding, Span};

/// Longest piece of the user's text that a message repeats.
const SHOWN: usize = 30;

/// What could have stood behind these arguments.
pub(super) fn behind(args: &[Arg], block: bool) -> String {
    match args.last() {
        _ if block => "`;`, `}` or the end of the line behind a block".to_owned(),
        Some(Arg { kind: ArgKind::Comma, .. }) => "a value behind `,`".to_owned(),
        _ => "a value, `{`, `;` or the end of the line".to_owned(),
    }
}

/// A block that belongs to nothing.
pub(super) fn stray_open(span: Span) -> Finding {
    Finding::at(Code::SYNTAX, Span { end: span.start + 1, ..span }, "this `{` belongs to no statement")
        .help("a `{` stands on the line of its keyword, and a statement has one block")
}

/// Text that no rule wants.
pub(super) fn unexpected(text: &str, span: Span, expected: &str) -> Finding {
    let junk = &text[span.start as usize..span.end as usize];
    let first = first_piece(junk);
    if let Some((at, c)) = first.char_indices().find(|(_, c)| is_invisible(*c)) {
        let start = span.start + at as u32;
        let span = Span { start, end: start + c.len_utf8() as u32, ..span };
        let message = format!("expected a space, found the invisible character U+{:04X}", u32::from(c));
        return Finding::at(Code::SYNTAX, span, message).help("put a space there, or take it out");
    }
    let span = Span { end: span.start + first.len() as u32, ..span };
    if first.starts_with(',') && expected.starts_with("a value, ") {
        return Finding::at(Code::SYNTAX, span, "expected a value behind `,`, found nothing")
            .help("a list is `a, b`: take this comma out, or write what follows it");
    }
    let finding = Finding::at(Code::SYNTAX, span, format!("expected {expected}, found {}", shown(first)));
    if expected.starts_with("`;`") {
        return finding.help("begin the next statement on a new line, or behind `;`");
    }
    finding.help(help(first).unwrap_or_else(|| {
        "a statement is a keyword, its arguments, and for some a block: `gate unit { run \"pytest\" }`"
            .to_owned()
    }))
}

/// The first word of some junk.
fn first_piece(junk: &str) -> &str {
    let end = junk
        .char_indices()
        .skip(1)
        .find(|(_, c)| c.is_ascii_whitespace() || *c == ',')
        .map_or(junk.len(), |(i, _)| i);
    let first = &junk[..end];
    first.char_indices().nth(SHOWN).map_or(first, |(i, _)| &first[..i])
}

/// Characters that look like nothing and mean something: control characters, odd spaces, marks of direction.
fn is_invisible(c: char) -> bool {
    let odd = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    odd || c.is_control() || (c.is_whitespace() && !c.is_ascii())
}

fn shown(piece: &str) -> String {
    match piece.chars().next() {
        None => "nothing".to_owned(),
        Some(c) if !c.is_ascii() && !c.is_alphanumeric() => {
            format!("the character U+{:04X}", u32::from(c))
        }
        Some('`') => format!("\"{piece}\""),
        Some(_) => format!("`{piece}`"),
    }
}

fn help(piece: &str) -> Option<String> {
    let key = piece.trim_end_matches([':', '=']);
    let is_name =
        |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    Some(match piece.chars().next()? {
        '\'' | '`' | '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' => {
            "strings stand in straight double quotes: \"like this\"".to_owned()
        }
        '/' if piece.starts_with("//") || piece.starts_with("/*") => "a comment starts with `#`".to_owned(),
        '-' if piece.starts_with("--") => {
            "a comment starts with `#`; an option of a command stands in its string".to_owned()
        }
        '"' => "a statement begins with a keyword".to_owned(),
        _ if piece.ends_with(':') && is_name(key) => {
            format!("no `:` behind a keyword: write `{key}` and its value with a space between them")
        }
        '[' | ']' | '(' | ')' => "a list is written without brackets: `a, b`".to_owned(),
        ':' => "there is no `:` between a keyword and its value".to_owned(),
        c if c.is_ascii_digit() || c == '-' || c == '.' => {
            format!("a number has one unit or none; anything else stands in quotes: \"{piece}\"")
        }
        c if c.is_alphanumeric() || "*/@$~%._".contains(c) => {
            format!(
                "a text with characters other than letters, digits, `_` and `-` stands in quotes: \"{piece}\""
            )
        }
        _ => return None,
    })
}

/// The grammar gave up: only a text that exhausts the stack can do that, and the depth limit is far below.
pub(super) fn refused(file: FileId, base: usize, error: &pest::error::Error<Rule>) -> Finding {
    let at = match error.location {
        pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => base + at,
    };
    Finding::at(Code::SYNTAX, Span::new(file, at, at), "the file cannot be read from here on")
        .help("split it into smaller statements")
}
