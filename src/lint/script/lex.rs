//! Words and what stands between them.

use super::Join;
use std::ops::Range;

/// A word of a command.
#[derive(Debug, Clone, Default)]
pub(in crate::lint) struct Word {
    /// Its text without quotes; what the shell puts in stands as it is written: `$TOKEN`.
    pub text: String,
    /// Some of it is quoted.
    pub quoted: bool,
    /// Variables whose value is put in.
    pub variables: Vec<String>,
    /// Commands inside it, each with its first byte in the script.
    pub inner: Vec<(String, usize)>,
    /// Its bytes in the script.
    pub range: Range<usize>,
}

impl Word {
    /// `NAME=…`.
    pub(in crate::lint) fn is_assignment(&self) -> bool {
        self.text.split_once('=').is_some_and(|(name, _)| is_name(name.strip_suffix('+').unwrap_or(name)))
    }
}

/// `> FILE`.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Redirect {
    /// `>`, `>>`, `<`, `<<`, `<<<`, `&>`, `>&`.
    pub operator: &'static str,
    /// What stands behind it; for `<<` the word that ends the text.
    pub word: Word,
}

/// A part of a script.
#[derive(Debug)]
pub(super) enum Token {
    /// A word.
    Word(Word),
    /// Between two commands.
    Join(Join),
    /// `(`, `)`, or the `;;` of a `case`.
    Paren,
    /// Where input comes from or output goes.
    Redirect(Redirect),
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    out: Vec<Token>,
    /// Words that end here documents whose text has not begun yet.
    pending: Vec<(String, bool)>,
}

/// Longest first.
const JOINS: [(&str, Join); 7] = [
    ("&&", Join::And),
    ("||", Join::Or),
    ("|&", Join::Pipe),
    ("|", Join::Pipe),
    ("&", Join::Background),
    (";", Join::Then),
    ("\n", Join::Then),
];

/// Longest first.
const REDIRECTS: [&str; 12] = ["<<<", "<<-", "&>>", "<<", ">>", "<&", ">&", "&>", ">|", "<>", "<", ">"];

/// The parts of a script; nothing where something has no end.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut lexer = Lexer { text, at: 0, out: Vec::new(), pending: Vec::new() };
    while lexer.at < text.len() {
        lexer.next()?;
    }
    lexer.pending.is_empty().then_some(lexer.out)
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn next(&mut self) -> Option<()> {
        let rest = self.rest();
        let first = rest.chars().next()?;
        if rest.starts_with("\\\n") {
            self.at += 2;
        } else if matches!(first, ' ' | '\t' | '\r') {
            self.at += 1;
        } else if first == '#' {
            self.at += rest.find('\n').unwrap_or(rest.len());
        } else if matches!(first, '(' | ')') || rest.starts_with(";;") {
            self.at += if first == ';' { 2 } else { 1 };
            self.out.push(Token::Paren);
        } else if let Some(operator) = self.redirect() {
            self.redirected(operator)?;
        } else if let Some((written, join)) = JOINS.iter().find(|(written, _)| rest.starts_with(written)) {
            self.at += written.len();
            self.out.push(Token::Join(*join));
            if first == '\n' {
                self.bodies()?;
            }
        } else {
            let word = self.word()?;
            self.out.push(Token::Word(word));
        }
        Some(())
    }

    /// A redirection's operator here, behind an optional number. `<(…)` and `>(…)` are words.
    fn redirect(&self) -> Option<&'static str> {
        let rest = self.rest().trim_start_matches(|c: char| c.is_ascii_digit());
        let operator = REDIRECTS.iter().find(|r| rest.starts_with(**r))?;
        (!rest[1..].starts_with('(')).then_some(*operator)
    }

    fn redirected(&mut self, operator: &'static str) -> Option<()> {
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        self.at += digits + operator.len();
        while self.rest().starts_with([' ', '\t']) {
            self.at += 1;
        }
        let word = self.word()?;
        if matches!(operator, "<<" | "<<-") {
            self.pending.push((word.text.clone(), operator == "<<-"));
        }
        self.out.push(Token::Redirect(Redirect { operator, word }));
        Some(())
    }

    /// Skips the texts of the here documents of the line before.
    fn bodies(&mut self) -> Option<()> {
        for (end, tabs) in std::mem::take(&mut self.pending) {
            loop {
                let rest = self.rest();
                if rest.is_empty() {
                    return None;
                }
                let line = rest.lines().next().unwrap_or_default();
                let found = if tabs { line.trim_start_matches('\t') == end } else { line == end };
                self.at += rest.find('\n').map_or(rest.len(), |n| n + 1);
                if found {
                    break;
                }
            }
        }
        Some(())
    }

    fn word(&mut self) -> Option<Word> {
        let start = self.at;
        let mut word = Word::default();
        while let Some(c) = self.rest().chars().next() {
            let rest = self.rest();
            if rest.starts_with("<(") || rest.starts_with(">(") {
                self.at += 1;
                word.text.push(c);
                self.parens(&mut word)?;
                continue;
            }
            match c {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')' => break,
                '\'' => {
                    let end = rest[1..].find('\'')?;
                    word.text.push_str(&rest[1..=end]);
                    word.quoted = true;
                    self.at += end + 2;
                }
                '"' => self.double(&mut word)?,
                '\\' => {
                    let escaped = rest[1..].chars().next()?;
                    if escaped != '\n' {
                        word.text.push(escaped);
                        word.quoted = true;
                    }
                    self.at += 1 + escaped.len_utf8();
                }
                '$' | '`' => self.put_in(&mut word)?,
                _ => {
                    word.text.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
        word.range = start..self.at;
        (self.at > start).then_some(word)
    }

    fn double(&mut self, word: &mut Word) -> Option<()> {
        word.quoted = true;
        self.at += 1;
        loop {
            let rest = self.rest();
            let c = rest.chars().next()?;
            match c {
                '"' => {
                    self.at += 1;
                    return Some(());
                }
                '\\' => {
                    let escaped = rest[1..].chars().next()?;
                    if !matches!(escaped, '$' | '`' | '"' | '\\' | '\n') {
                        word.text.push('\\');
                    }
                    if escaped != '\n' {
                        word.text.push(escaped);
                    }
                    self.at += 1 + escaped.len_utf8();
                }
                '$' | '`' => self.put_in(word)?,
                _ => {
                    word.text.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
    }

    /// `$NAME`, `${…}`, `$(…)`, `` `…` ``, or a lone `$`.
    fn put_in(&mut self, word: &mut Word) -> Option<()> {
        let rest = self.rest();
        if let Some(body) = rest.strip_prefix('`') {
            let end = body.find('`')?;
            word.inner.push((body[..end].to_owned(), self.at + 1));
            word.text.push_str(&rest[..end + 2]);
            self.at += end + 2;
        } else if rest.starts_with("$((") {
            let end = rest.find("))")?;
            word.text.push_str(&rest[..end + 2]);
            self.at += end + 2;
        } else if rest.starts_with("$(") {
            self.at += 1;
            word.text.push('$');
            self.parens(word)?;
        } else if let Some(body) = rest.strip_prefix("${") {
            let end = body.find('}')?;
            // A `}` inside quotes or another `${` would end it too early.
            if body[..end].contains(['"', '\'', '`', '$', '\\']) {
                return None;
            }
            let name: String = body.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            // `${NAME:+yes}` puts in something else, `${NAME:0:4}` a part, `${#NAME}` and `${!NAME}` have no name in front.
            let part = body[name.len()..]
                .strip_prefix(':')
                .is_some_and(|r| r.starts_with(|c: char| c == '+' || c.is_ascii_digit()));
            if !name.is_empty() && !part && !body[name.len()..].starts_with('+') {
                word.variables.push(name);
            }
            word.text.push_str(&rest[..end + 3]);
            self.at += end + 3;
        } else {
            let name: String =
                rest[1..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            word.text.push_str(&rest[..=name.len()]);
            self.at += 1 + name.len();
            if !name.is_empty() {
                word.variables.push(name);
            }
        }
        Some(())
    }

    /// `(…)` with what is in it; `self` stands at the `(`.
    fn parens(&mut self, word: &mut Word) -> Option<()> {
        let rest = self.rest();
        let end = closing(rest)?;
        word.inner.push((rest[1..end].to_owned(), self.at + 1));
        word.text.push_str(&rest[..=end]);
        self.at += end + 1;
        Some(())
    }
}

/// Where the `)` of the `(` at the start stands.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((i, c)) = chars.next() {
        match (quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => drop(chars.next()),
            (None, '\'' | '"') => quote = Some(c),
            // Quotes begin anew inside; that is more than is followed here.
            (Some(_), '(') if text[..i].ends_with('$') => return None,
            (None, '(') => depth += 1,
            (None, ')') => {
                depth -= 1;
                if depth == 0 {
                    return Some(i);
                }
            }
            _ => {}
        }
    }
    None
}
