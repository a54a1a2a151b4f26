//! The part of YAML that a file of mlpipe's is written in, with the line of everything: block lists and maps, literal
//! and folded blocks, scalars on one line, lists in brackets, `{}`. The tests hold it against a library that reads all of YAML.
//!
//! GitLab reads YAML 1.1 (Psych), GitHub and other tools 1.2. What the two read differently, or what is said elsewhere in the file
//! (anchors, merge keys, tags), is refused. Whether a plain scalar is a text or something else is asked where it is used:
//! see [`Node::text`].

use crate::prove::Unreadable;
use std::collections::HashSet;

#[cfg(test)]
pub(super) mod tests;

/// Lists and maps in each other.
const DEPTH: usize = 30;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// Line in the file, from 1.
    pub(super) line: usize,
    /// What it is.
    pub(super) is: Is,
}

/// Kinds of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Is {
    /// Nothing.
    Empty,
    /// A scalar without quotes.
    Plain(String),
    /// A scalar in quotes, or a literal block.
    Quoted(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: String,
    /// Its line.
    pub(super) line: usize,
    /// The value.
    pub(super) value: Node,
}

/// What is not understood.
pub(super) fn refuse<T>(line: usize, what: impl Into<String>) -> Result<T, Unreadable> {
    Err(Unreadable { line, what: what.into() })
}

impl Node {
    /// A text: quoted, or plain where no reader of YAML takes it for a number, a date, a truth value or nothing.
    pub(super) fn text(&self) -> Result<&str, Unreadable> {
        match &self.is {
            Is::Quoted(t) => Ok(t),
            Is::Plain(t) if is_text(t) => Ok(t),
            Is::Plain(t) => refuse(self.line, format!("`{t}` without quotes may be read as something else")),
            _ => refuse(self.line, "a text is expected"),
        }
    }

    /// `true` or `false`.
    pub(super) fn truth(&self) -> Result<bool, Unreadable> {
        match &self.is {
            Is::Plain(t) if t == "true" => Ok(true),
            Is::Plain(t) if t == "false" => Ok(false),
            _ => refuse(self.line, "`true` or `false` is expected"),
        }
    }

    /// A list.
    pub(super) fn list(&self) -> Result<&[Self], Unreadable> {
        match &self.is {
            Is::List(l) => Ok(l),
            _ => refuse(self.line, "a list is expected"),
        }
    }

    /// A list of texts.
    pub(super) fn texts(&self) -> Result<Vec<String>, Unreadable> {
        self.list()?.iter().map(|n| n.text().map(str::to_owned)).collect()
    }
}

/// A plain scalar that is a text in YAML 1.1 and 1.2 alike.
fn is_text(t: &str) -> bool {
    const WORDS: [&str; 14] =
        ["", "true", "false", "yes", "no", "on", "off", "y", "n", "null", "~", "=", "<<", "nan"];
    let number_like = |c: char| c.is_ascii_digit() || "+-._:, eExXoOabcdfABCDFTtZzN".contains(c);
    let starts = t.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    let number = starts && (t.chars().all(number_like) || t.to_ascii_lowercase().ends_with(".inf"));
    !number && !WORDS.contains(&t.to_ascii_lowercase().as_str())
}

/// The documents of a file.
pub(super) fn documents(text: &str) -> Result<Vec<Node>, Unreadable> {
    let lines: Vec<&str> = text.split('\n').map(|l| l.strip_suffix('\r').unwrap_or(l)).collect();
    let mut out = Vec::new();
    let mut from = 0;
    for to in 0..=lines.len() {
        if to == lines.len() || lines[to].trim_end() == "---" {
            let mut r = Reader { lines: &lines[..to], at: from, inline: None, depth: 0 };
            if let Some((indent, _)) = r.peek()? {
                out.push(r.block(indent)?);
                if r.peek()?.is_some() {
                    return refuse(r.line(), "this line stands further left or right than its neighbours");
                }
            }
            from = to + 1;
        }
    }
    Ok(out)
}

struct Reader<'a> {
    lines: &'a [&'a str],
    at: usize,
    /// What is left of the line at hand behind `- `, and its column.
    inline: Option<(usize, &'a str)>,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// Line at hand, from 1.
    fn line(&self) -> usize {
        self.at + 1
    }

    /// The next line that says something: its indent and its content.
    fn peek(&mut self) -> Result<Option<(usize, &'a str)>, Unreadable> {
        if self.inline.is_some() {
            return Ok(self.inline);
        }
        while let Some(line) = self.lines.get(self.at) {
            let rest = line.trim_start_matches(' ');
            if rest.starts_with('\t') {
                return refuse(self.line(), "a tab");
            }
            if !rest.is_empty() && !rest.starts_with('#') {
                return Ok(Some((line.len() - rest.len(), rest)));
            }
            self.at += 1;
        }
        Ok(None)
    }

    fn advance(&mut self) {
        self.inline = None;
        self.at += 1;
    }

    fn block(&mut self, indent: usize) -> Result<Node, Unreadable> {
        self.depth += 1;
        if self.depth > DEPTH {
            return refuse(self.line(), "too many lists and maps in each other");
        }
        let line = self.line();
        let is = match self.peek()? {
            Some((_, rest)) if is_item(rest) => self.items(indent)?,
            _ => self.entries(indent)?,
        };
        self.depth -= 1;
        Ok(Node { line, is })
    }

    fn items(&mut self, indent: usize) -> Result<Is, Unreadable> {
        let mut out = Vec::new();
        while let Some((i, rest)) = self.peek()? {
            if i != indent || !is_item(rest) {
                break;
            }
            let line = self.line();
            let inner = rest[1..].trim_start_matches(' ');
            let column = indent + rest.len() - inner.len();
            if inner.is_empty() || inner.starts_with('#') {
                self.advance();
                out.push(self.below(line, indent)?);
            } else if is_item(inner) || key(inner).is_some() {
                self.inline = Some((column, inner));
                out.push(self.block(column)?);
            } else {
                self.inline = None;
                out.push(self.value(inner, line, indent)?);
            }
        }
        Ok(Is::List(out))
    }

    fn entries(&mut self, indent: usize) -> Result<Is, Unreadable> {
        let mut out: Vec<Entry> = Vec::new();
        let mut seen = HashSet::new();
        while let Some((i, rest)) = self.peek()? {
            if i != indent || is_item(rest) {
                break;
            }
            let line = self.line();
            let Some((key, after)) = key(rest) else {
                return refuse(line, format!("`{rest}` is no `key: value`"));
            };
            if !seen.insert(key.clone()) {
                return refuse(line, format!("`{key}` is given twice"));
            }
            let after = after.trim_start_matches(' ');
            let value = if after.is_empty() || after.starts_with('#') {
                self.advance();
                self.below_key(line, indent)?
            } else {
                self.inline = None;
                self.value(after, line, indent)?
            };
            out.push(Entry { key, line, value });
        }
        Ok(Is::Map(out))
    }

    fn below_key(&mut self, line: usize, indent: usize) -> Result<Node, Unreadable> {
        match self.peek()? {
            Some((i, rest)) if i == indent && is_item(rest) => self.block(indent),
            _ => self.below(line, indent),
        }
    }

    fn below(&mut self, line: usize, indent: usize) -> Result<Node, Unreadable> {
        match self.peek()? {
            Some((i, _)) if i > indent => self.block(i),
            _ => Ok(Node { line, is: Is::Empty }),
        }
    }

    /// A value that begins on the line at hand.
    fn value(&mut self, text: &str, line: usize, indent: usize) -> Result<Node, Unreadable> {
        self.advance();
        let is = match text {
            "|" | "|-" => {
                let lines = self.lines_below(indent).join("\n");
                Is::Quoted(if text == "|" && !lines.is_empty() { lines + "\n" } else { lines })
            }
            ">-" => {
                let lines = self.lines_below(indent);
                // Those are not folded.
                if lines.iter().any(|l| l.is_empty() || l.starts_with([' ', '\t'])) {
                    return refuse(line, "a folded text with an empty line or one that stands further right");
                }
                Is::Quoted(lines.join(" "))
            }
            _ => {
                let (is, rest) = scalar(text, line)?;
                let rest = rest.trim_start_matches(' ');
                if !rest.is_empty() && !rest.starts_with('#') {
                    return refuse(line, format!("`{rest}` is not understood"));
                }
                is
            }
        };
        Ok(Node { line, is })
    }

    /// The lines of a literal or folded text, without their indent and without empty ones at the end.
    fn lines_below(&mut self, parent: usize) -> Vec<&'a str> {
        let mut lines: Vec<&str> = Vec::new();
        let mut own = None;
        while let Some(line) = self.lines.get(self.at) {
            let rest = line.trim_start_matches(' ');
            let indent = line.len() - rest.len();
            if rest.is_empty() {
                lines.push("");
            } else if indent <= parent || own.is_some_and(|o| indent < o) {
                break;
            } else {
                lines.push(&line[*own.get_or_insert(indent)..]);
            }
            self.at += 1;
        }
        while lines.last().is_some_and(|l| l.is_empty()) {
            lines.pop();
        }
        lines
    }
}

fn is_item(rest: &str) -> bool {
    rest == "-" || rest.starts_with("- ")
}

/// The key at the beginning, and what stands behind its colon.
fn key(rest: &str) -> Option<(String, &str)> {
    let (key, after) = if rest.starts_with(['"', '\'']) {
        let (Is::Quoted(key), after) = scalar(rest, 0).ok()? else { return None };
        (key, after)
    } else if rest.starts_with(['[', '{', '&', '*', '!', '|', '>', '%', '@', '`', '?', '#']) {
        return None;
    } else {
        let colon = rest.match_indices(':').map(|(i, _)| i).find(|i| {
            let after = &rest[i + 1..];
            after.is_empty() || after.starts_with(' ')
        })?;
        if rest[..colon].contains(" #") {
            return None;
        }
        (rest[..colon].trim_end().to_owned(), &rest[colon..])
    };
    let after = after.strip_prefix(':')?;
    (after.is_empty() || after.starts_with(' ')).then_some((key, after))
}

/// A scalar, a list in brackets or an empty map, and what is left of the line.
fn scalar(text: &str, line: usize) -> Result<(Is, &str), Unreadable> {
    match text.chars().next() {
        Some('"') => double_quoted(text, line),
        Some('\'') => single_quoted(text, line),
        Some('[') => brackets(text, line),
        Some('{') if text.starts_with("{}") => Ok((Is::Map(Vec::new()), &text[2..])),
        Some('{' | '&' | '*' | '!' | '|' | '>' | '%' | '@' | '`' | '?' | ',' | ']' | '}') => {
            refuse(line, format!("`{text}` is not understood"))
        }
        _ => {
            let end = text.find(" #").unwrap_or(text.len());
            let plain = text[..end].trim_end_matches(' ');
            if plain.contains(": ") || plain.ends_with(':') {
                return refuse(line, format!("`{plain}` has a colon and no quotes"));
            }
            Ok((Is::Plain(plain.to_owned()), &text[end..]))
        }
    }
}

/// Texts in brackets, on one line.
fn brackets(text: &str, line: usize) -> Result<(Is, &str), Unreadable> {
    let mut rest = text[1..].trim_start_matches(' ');
    let mut out = Vec::new();
    while !rest.starts_with(']') {
        let (is, after) = match rest.chars().next() {
            Some('"' | '\'') => scalar(rest, line)?,
            _ => {
                let end = rest.find([',', ']']).unwrap_or(rest.len());
                let (is, left) = scalar(rest[..end].trim_end_matches(' '), line)?;
                if !left.is_empty() || rest[..end].contains(['[', '{', '}']) {
                    return refuse(line, format!("`{text}` is not understood"));
                }
                (is, &rest[end..])
            }
        };
        out.push(Node { line, is });
        rest = after.trim_start_matches(' ');
        match rest.strip_prefix(',') {
            Some(more) => rest = more.trim_start_matches(' '),
            None if rest.starts_with(']') => {}
            None => return refuse(line, format!("`{text}` is not understood")),
        }
    }
    Ok((Is::List(out), &rest[1..]))
}

fn single_quoted(text: &str, line: usize) -> Result<(Is, &str), Unreadable> {
    let mut out = String::new();
    let mut rest = &text[1..];
    while let Some(end) = rest.find('\'') {
        out.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('\'') {
            Some(more) => {
                out.push('\'');
                rest = more;
            }
            None => return Ok((Is::Quoted(out), rest)),
        }
    }
    refuse(line, "a quote that does not end on its line")
}

fn double_quoted(text: &str, line: usize) -> Result<(Is, &str), Unreadable> {
    let mut out = String::new();
    let mut rest = &text[1..];
    while let Some(at) = rest.find(['"', '\\']) {
        out.push_str(&rest[..at]);
        let quote = rest[at..].starts_with('"');
        rest = &rest[at + 1..];
        if quote {
            return Ok((Is::Quoted(out), rest));
        }
        let Some((c, after)) = escape(rest) else { return refuse(line, "an escape that is not understood") };
        out.push(c);
        rest = after;
    }
    refuse(line, "a quote that does not end on its line")
}

/// The character behind a backslash, and what follows it.
fn escape(rest: &str) -> Option<(char, &str)> {
    let c = rest.chars().next()?;
    let after = &rest[c.len_utf8()..];
    let hex = |digits: usize| {
        let code = u32::from_str_radix(after.get(..digits)?, 16).ok()?;
        Some((char::from_u32(code)?, &after[digits..]))
    };
    let one = match c {
        'x' => return hex(2),
        'u' => return hex(4),
        'U' => return hex(8),
        '"' | '\\' | '/' | ' ' => c,
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'e' => '\u{1b}',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        _ => return None,
    };
    Some((one, after))
}
