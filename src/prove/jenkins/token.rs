//! The words of a Jenkinsfile: names, numbers, signs, and texts in single quotes. Everything else that Groovy knows is
//! refused, above all texts into which Groovy would put values.

use crate::prove::Unreadable;
use std::rc::Rc;

/// A name or a text.
pub(super) type Name = Rc<str>;

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or a keyword.
    Word(Name),
    /// A text in single quotes, as its value.
    Text(Name),
    /// A whole number.
    Number(u64),
    /// An operator or a bracket.
    Sign(&'static str),
    /// Nothing more.
    End,
}

/// A word and its place.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    /// The word.
    pub(super) token: Token,
    /// Line, from 1.
    pub(super) line: usize,
    /// It is the first one on its line.
    pub(super) first: bool,
}

/// Longer ones first.
const SIGNS: &[&str] = &[
    "==~", "==", "!=", "&&", "||", "?:", "=", "!", "?", ":", ".", ",", ";", "(", ")", "[", "]", "{", "}",
    "+", "@",
];

/// Every word of the text; the last one is [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Spot>, Unreadable> {
    let mut out = Vec::new();
    for (i, line) in text.split('\n').enumerate() {
        let line_number = i + 1;
        let refuse = |what: String| Unreadable { line: line_number, what };
        let mut rest = line.trim_start_matches([' ', '\t']);
        let mut first = true;
        while !rest.is_empty() {
            if let Some(comment) = rest.strip_prefix("//") {
                // Groovy reads `\uNNNN` before it looks for comments.
                if comment.contains('\\') {
                    return Err(refuse("a backslash in a comment".into()));
                }
                break;
            }
            let (token, after) = one(rest).map_err(refuse)?;
            out.push(Spot { token, line: line_number, first });
            first = false;
            rest = after.trim_start_matches([' ', '\t']);
        }
    }
    let line = text.split('\n').count();
    out.push(Spot { token: Token::End, line, first: true });
    Ok(out)
}

/// The word at the start, and what follows it.
fn one(rest: &str) -> Result<(Token, &str), String> {
    let c = rest.chars().next().unwrap_or(' ');
    if c.is_ascii_alphabetic() || c == '_' {
        let end = word_end(rest);
        return Ok((Token::Word(rest[..end].into()), &rest[end..]));
    }
    if c.is_ascii_digit() {
        let end = word_end(rest);
        let (digits, after) = rest.split_at(end);
        // A leading zero is octal in Groovy.
        let plain = digits.bytes().all(|b| b.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
        let number = if plain { digits.parse().ok() } else { None };
        return number.map(|n| (Token::Number(n), after)).ok_or_else(|| format!("the number `{digits}`"));
    }
    if rest.starts_with("'''") {
        return Err("a text in three quotes".into());
    }
    if let Some(inside) = rest.strip_prefix('\'') {
        let (text, after) = quoted(inside)?;
        return Ok((Token::Text(text), after));
    }
    if c == '"' {
        return Err("a text in double quotes: Groovy would put values into it".into());
    }
    let first = rest.as_bytes()[0];
    SIGNS
        .iter()
        .filter(|s| s.as_bytes()[0] == first)
        .find_map(|s| rest.strip_prefix(s).map(|after| (Token::Sign(s), after)))
        .ok_or_else(|| format!("`{c}` is not known here"))
}

fn word_end(rest: &str) -> usize {
    rest.bytes().position(|b| !b.is_ascii_alphanumeric() && b != b'_').unwrap_or(rest.len())
}

/// The value of a text, and what follows its closing quote.
fn quoted(inside: &str) -> Result<(Name, &str), String> {
    // Most texts are plain.
    let end = inside.bytes().position(|b| !matches!(b, b' '..=b'&' | b'('..=b'[' | b']'..=b'~'));
    if let Some(end) = end.filter(|e| inside.as_bytes()[*e] == b'\'') {
        return Ok((inside[..end].into(), &inside[end + 1..]));
    }
    let mut units: Vec<u16> = Vec::new();
    let mut rest = inside;
    loop {
        let c = rest.chars().next().ok_or("a text without an end")?;
        rest = &rest[c.len_utf8()..];
        match c {
            '\'' => {
                let text = String::from_utf16(&units).map_err(|_| "half a surrogate pair in a text")?;
                return Ok((text.into(), rest));
            }
            '\\' => {
                let (unit, after) = escape(rest)?;
                units.push(unit);
                rest = after;
            }
            ' '..='~' => units.push(u16::try_from(u32::from(c)).unwrap_or(0)),
            c => return Err(format!("`{}` in a text", c.escape_unicode())),
        }
    }
}

/// What follows a backslash, and what follows that.
fn escape(rest: &str) -> Result<(u16, &str), String> {
    let c = rest.chars().next().ok_or("a text without an end")?;
    let after = &rest[c.len_utf8()..];
    let unit = match c {
        'n' => 10,
        'r' => 13,
        't' => 9,
        '\\' => 92,
        '\'' => 39,
        'u' => {
            let digits = after.get(..4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
            let unit =
                digits.and_then(|d| u16::from_str_radix(d, 16).ok()).ok_or("a broken `\\u` in a text")?;
            // Groovy puts the character in place of the escape before it looks for quotes and line ends.
            if matches!(unit, 10 | 13 | 32..=126) {
                return Err(format!("`\\u{unit:04x}`, which Groovy reads as a part of its own text"));
            }
            return Ok((unit, &after[4..]));
        }
        c => return Err(format!("`\\{c}` in a text")),
    };
    Ok((unit, after))
}
