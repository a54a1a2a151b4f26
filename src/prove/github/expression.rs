//! GitHub's expressions: reading them, and the `${{ }}` in a text.
//!
//! The grammar is that of "Evaluate expressions in workflows and actions" (docs.github.com) and of
//! `actions/runner`, `Expressions2`, as far as generated files use it: `( )`, `!`, `==`, `!=`, `&&`, `||`, strings,
//! `true`, `false`, `null`, names with dots and a few functions. Everything else is refused by name.

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    /// `'text'`.
    Text(String),
    /// `true`.
    Bool(bool),
    /// `null`.
    Null,
    /// `github.event_name`.
    Name(Vec<String>),
    /// `always()`.
    Call(Function, Vec<Expr>),
    /// `!a`.
    Not(Box<Expr>),
    /// `a == b`; with `false`, `a != b`.
    Equal(Box<Expr>, Box<Expr>, bool),
    /// `a && b && c`.
    And(Vec<Expr>),
    /// `a || b || c`.
    Or(Vec<Expr>),
}

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Always,
    Cancelled,
    Success,
    Failure,
    Contains,
    StartsWith,
    EndsWith,
    HashFiles,
}

impl Function {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "always" => Self::Always,
            "cancelled" => Self::Cancelled,
            "success" => Self::Success,
            "failure" => Self::Failure,
            "contains" => Self::Contains,
            "startsWith" => Self::StartsWith,
            "endsWith" => Self::EndsWith,
            "hashFiles" => Self::HashFiles,
            _ => return None,
        })
    }

    /// One of the four whose presence switches off the implicit `success()`.
    fn is_status(self) -> bool {
        matches!(self, Self::Always | Self::Cancelled | Self::Success | Self::Failure)
    }

    fn takes(self, arguments: usize) -> bool {
        match self {
            // With ids they would ask about single jobs, which no documentation describes.
            Self::Always | Self::Cancelled | Self::Success | Self::Failure => arguments == 0,
            Self::Contains | Self::StartsWith | Self::EndsWith => arguments == 2,
            Self::HashFiles => arguments > 0,
        }
    }
}

impl Expr {
    /// Does a status function occur in it? Without one, a condition is `success() && (…)`: "A default status check of
    /// success() is applied unless you include one of these functions" (docs, "Status check functions").
    pub(super) fn asks_status(&self) -> bool {
        match self {
            Self::Text(_) | Self::Bool(_) | Self::Null | Self::Name(_) => false,
            Self::Call(f, with) => f.is_status() || with.iter().any(Self::asks_status),
            Self::Not(a) => a.asks_status(),
            Self::Equal(a, b, _) => a.asks_status() || b.asks_status(),
            Self::And(all) | Self::Or(all) => all.iter().any(Self::asks_status),
        }
    }

    /// Every name in it.
    pub(super) fn names(&self) -> Vec<&[String]> {
        match self {
            Self::Text(_) | Self::Bool(_) | Self::Null => Vec::new(),
            Self::Name(n) => vec![n],
            Self::Not(a) => a.names(),
            Self::Equal(a, b, _) => [a.names(), b.names()].concat(),
            Self::Call(_, all) | Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::names).collect(),
        }
    }

    /// Is it this name?
    pub(super) fn is(&self, name: &str) -> bool {
        matches!(self, Self::Name(n) if n.join(".") == name)
    }
}

/// A piece of a text with `${{ }}` in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text; `${{ '…' }}` too, which is how a text holds a `${{`.
    Text(String),
    /// An expression, and how it is written.
    Expr(Expr, String),
}

/// The pieces of a text; neighbouring texts are one. An expression ends at the first `}}` outside a string.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut out: Vec<Piece> = Vec::new();
    let mut push = |piece: Piece| match (out.last_mut(), piece) {
        (Some(Piece::Text(last)), Piece::Text(more)) => last.push_str(&more),
        (_, piece) => out.push(piece),
    };
    let mut rest = text;
    while let Some(at) = rest.find("${{") {
        if at > 0 {
            push(Piece::Text(rest[..at].to_owned()));
        }
        let inside = &rest[at + 3..];
        let end = end(inside).ok_or_else(|| "`${{` is never closed".to_owned())?;
        let written = inside[..end].trim();
        push(match parse(written)? {
            Expr::Text(t) => Piece::Text(t),
            e => Piece::Expr(e, written.to_owned()),
        });
        rest = &inside[end + 2..];
    }
    if !rest.is_empty() {
        push(Piece::Text(rest.to_owned()));
    }
    Ok(out)
}

fn end(inside: &str) -> Option<usize> {
    let mut quoted = false;
    for (at, c) in inside.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '}' if !quoted && inside[at..].starts_with("}}") => return Some(at),
            _ => {}
        }
    }
    None
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Text(String),
    Word(String),
    Sign(&'static str),
}

/// Reads an expression, without its `${{ }}`.
pub(super) fn parse(text: &str) -> Result<Expr, String> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
    let expr = parser.or()?;
    match parser.tokens.get(parser.at) {
        None => Ok(expr),
        Some(t) => Err(format!("{} is not expected in an expression", in_words(t))),
    }
}

const SIGNS: &[&str] = &["&&", "||", "==", "!=", "!", "(", ")", ".", ","];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let used = if c == '\'' {
            let (value, used) = string(rest)?;
            out.push(Token::Text(value));
            used
        } else if c.is_ascii_alphabetic() || c == '_' {
            let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
            out.push(Token::Word(rest[..end].to_owned()));
            end
        } else if let Some(sign) = SIGNS.iter().find(|s| rest.starts_with(**s)) {
            out.push(Token::Sign(sign));
            sign.len()
        } else {
            return Err(format!("`{c}` is not known in an expression"));
        };
        rest = rest[used..].trim_start();
    }
    Ok(out)
}

/// `'it''s'`: the value, and how many bytes it takes.
fn string(text: &str) -> Result<(String, usize), String> {
    let mut value = String::new();
    let mut at = 1;
    while let Some(end) = text[at..].find('\'') {
        value.push_str(&text[at..at + end]);
        at += end + 1;
        if !text[at..].starts_with('\'') {
            return Ok((value, at));
        }
        value.push('\'');
        at += 1;
    }
    Err("a string in an expression is never closed".to_owned())
}

fn in_words(t: &Token) -> String {
    match t {
        Token::Text(t) => format!("`'{t}'`"),
        Token::Word(w) => format!("`{w}`"),
        Token::Sign(s) => format!("`{s}`"),
    }
}

/// How deep parentheses and `!` may be nested; GitHub's own limit is 50 (`ExpressionConstants.MaxDepth`).
const DEPTH: usize = 50;

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(s)) if *s == sign);
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<Expr, String> {
        self.chain("||", Self::and, Expr::Or)
    }

    fn and(&mut self) -> Result<Expr, String> {
        self.chain("&&", Self::equal, Expr::And)
    }

    fn chain(
        &mut self,
        sign: &str,
        part: fn(&mut Self) -> Result<Expr, String>,
        many: fn(Vec<Expr>) -> Expr,
    ) -> Result<Expr, String> {
        let first = part(self)?;
        let mut all = vec![first];
        while self.sign(sign) {
            all.push(part(self)?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { many(all) })
    }

    fn equal(&mut self) -> Result<Expr, String> {
        let mut left = self.not()?;
        loop {
            let equal = if self.sign("==") {
                true
            } else if self.sign("!=") {
                false
            } else {
                return Ok(left);
            };
            left = Expr::Equal(Box::new(left), Box::new(self.not()?), equal);
        }
    }

    fn not(&mut self) -> Result<Expr, String> {
        if !self.sign("!") {
            return self.one();
        }
        self.deeper(|p| Ok(Expr::Not(Box::new(p.not()?))))
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("an expression is nested too deeply".to_owned());
        }
        let expr = inner(self);
        self.depth -= 1;
        expr
    }

    fn one(&mut self) -> Result<Expr, String> {
        if self.sign("(") {
            return self.deeper(|p| {
                let inner = p.or()?;
                if p.sign(")") { Ok(inner) } else { Err("a `(` is never closed".to_owned()) }
            });
        }
        let token = self.tokens.get(self.at).ok_or("an expression ends too early")?;
        self.at += 1;
        match token {
            Token::Text(t) => Ok(Expr::Text(t.clone())),
            Token::Word(w) => self.word(w),
            Token::Sign(s) => Err(format!("`{s}` is not expected in an expression")),
        }
    }

    fn word(&mut self, word: &str) -> Result<Expr, String> {
        if self.sign("(") {
            let function = Function::of(word).ok_or_else(|| format!("the function `{word}` is not known"))?;
            let with = self.deeper(Self::arguments)?;
            return match function.takes(with.len()) {
                true => Ok(Expr::Call(function, with)),
                false => Err(format!("`{word}` does not take {} arguments", with.len())),
            };
        }
        match word {
            "true" => return Ok(Expr::Bool(true)),
            "false" => return Ok(Expr::Bool(false)),
            "null" => return Ok(Expr::Null),
            _ => {}
        }
        let mut name = vec![word.to_owned()];
        while self.sign(".") {
            match self.tokens.get(self.at) {
                Some(Token::Word(w)) => name.push(w.clone()),
                _ => return Err("a name in an expression ends with a dot".to_owned()),
            }
            self.at += 1;
        }
        Ok(Expr::Name(name))
    }

    fn arguments(&mut self) -> Result<Vec<Expr>, String> {
        let mut with = Vec::new();
        if self.sign(")") {
            return Ok(with);
        }
        loop {
            with.push(self.or()?);
            if self.sign(")") {
                return Ok(with);
            }
            if !self.sign(",") {
                return Err("a `(` is never closed".to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_binds_closer() {
        for (text, same) in [
            ("!a && b || c", "((!a) && b) || c"),
            ("a || b && c", "a || (b && c)"),
            ("a == b && c != d", "(a == b) && (c != d)"),
            ("!a == b", "(!a) == b"),
            ("  a.b-c.d_1  ", "a.b-c.d_1"),
            ("contains( a , 'it''s' )", "contains(a,'it''s')"),
        ] {
            assert_eq!(parse(text), parse(same), "{text}");
            assert!(parse(text).is_ok(), "{text}");
        }
        assert_ne!(parse("a && (b || c)"), parse("a && b || c"));
        assert_eq!(parse("'it''s'"), Ok(Expr::Text("it's".into())));
    }

    #[test]
    fn what_is_no_expression() {
        for text in [
            "",
            "a b",
            "a &&",
            "(a",
            "a)",
            "'a",
            "a.",
            "a..b",
            "f(a)",
            "always(",
            "contains(a)",
            "a[0]",
            "a.*",
            "a | b",
            "\"a\"",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&format!("{}a{}", "(".repeat(60), ")".repeat(60))).is_err());
    }

    #[test]
    fn a_text_falls_into_pieces() {
        let text = |t: &str| Piece::Text(t.into());
        let name = Expr::Name(vec!["a".into()]);
        assert_eq!(pieces("x ${{ '${{' }} a }}"), Ok(vec![text("x ${{ a }}")]));
        assert_eq!(pieces("x${{ a }}y"), Ok(vec![text("x"), Piece::Expr(name, "a".into()), text("y")]));
        let Ok(all) = pieces("${{ a == '}}' }}") else { panic!("one piece") };
        assert!(matches!(all.as_slice(), [Piece::Expr(Expr::Equal(..), _)]));
        assert!(pieces("${{ a }").is_err());
    }
}
