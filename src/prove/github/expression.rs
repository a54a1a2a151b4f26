//! GitHub's expressions, as far as they stand in a file of ours. Anything else is refused.
//!
//! Operators, precedence, truth of values and `==` without regard to letter case: GitHub Docs, "Evaluate expressions in
//! workflows and actions".

/// A parsed expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    /// `'text'`.
    Text(String),
    /// `true`, `false`.
    Bool(bool),
    /// `github.event.action`, by its parts.
    Context(Vec<String>),
    /// `always()`, `startsWith(a, b)`.
    Call(String, Vec<Self>),
    /// `!a`.
    Not(Box<Self>),
    /// `a && b`.
    And(Box<Self>, Box<Self>),
    /// `a || b`.
    Or(Box<Self>, Box<Self>),
    /// `a == b`.
    Equal(Box<Self>, Box<Self>),
    /// `a != b`.
    Differs(Box<Self>, Box<Self>),
}

/// Functions that ask for the status of what came before. Where none of them stands, GitHub puts `success() &&` in front.
const STATUS: [&str; 4] = ["success", "failure", "cancelled", "always"];

impl Expr {
    /// The expression of an `if`, with or without `${{ }}` around all of it; with the implicit `success()`.
    pub(super) fn condition(text: &str) -> Result<Self, String> {
        let trimmed = text.trim();
        let inner = match trimmed.strip_prefix("${{") {
            Some(rest) => rest.strip_suffix("}}").ok_or_else(|| unknown(trimmed))?,
            None => trimmed,
        };
        let expr = Self::parse(inner)?;
        if expr.asks_status() {
            return Ok(expr);
        }
        Ok(Self::And(Box::new(Self::success()), Box::new(expr)))
    }

    /// `success()`.
    pub(super) fn success() -> Self {
        Self::Call("success".into(), Vec::new())
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut p = Parser { tokens: tokens(text)?, at: 0 };
        let expr = p.or()?;
        if p.at < p.tokens.len() { Err(unknown(text.trim())) } else { Ok(expr) }
    }

    fn asks_status(&self) -> bool {
        match self {
            Self::Text(_) | Self::Bool(_) | Self::Context(_) => false,
            Self::Call(name, args) => STATUS.contains(&name.as_str()) || args.iter().any(Self::asks_status),
            Self::Not(a) => a.asks_status(),
            Self::And(a, b) | Self::Or(a, b) | Self::Equal(a, b) | Self::Differs(a, b) => {
                a.asks_status() || b.asks_status()
            }
        }
    }
}

pub(super) fn unknown(text: &str) -> String {
    format!("the expression `{text}` is not understood")
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Sign(&'static str),
}

const SIGNS: [&str; 10] = ["&&", "||", "==", "!=", "!", "(", ")", ",", ".", "*"];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(body) = rest.strip_prefix('\'') {
            let mut value = String::new();
            let mut left = body;
            loop {
                let Some((before, after)) = left.split_once('\'') else { return Err(unknown(text)) };
                value.push_str(before);
                left = after;
                match left.strip_prefix('\'') {
                    Some(more) => {
                        value.push('\'');
                        left = more;
                    }
                    None => break,
                }
            }
            out.push(Token::Text(value));
            rest = left;
        } else if first.is_ascii_alphanumeric() || first == '_' {
            let end = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
                .unwrap_or(rest.len());
            out.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        } else if let Some(sign) = SIGNS.iter().find(|s| rest.starts_with(**s)) {
            out.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            return Err(unknown(text));
        }
        rest = rest.trim_start();
    }
    Ok(out)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn sign(&mut self, sign: &'static str) -> bool {
        let is = self.tokens.get(self.at) == Some(&Token::Sign(sign));
        self.at += usize::from(is);
        is
    }

    fn or(&mut self) -> Result<Expr, String> {
        let mut a = self.and()?;
        while self.sign("||") {
            a = Expr::Or(Box::new(a), Box::new(self.and()?));
        }
        Ok(a)
    }

    fn and(&mut self) -> Result<Expr, String> {
        let mut a = self.equality()?;
        while self.sign("&&") {
            a = Expr::And(Box::new(a), Box::new(self.equality()?));
        }
        Ok(a)
    }

    fn equality(&mut self) -> Result<Expr, String> {
        let a = self.unary()?;
        if self.sign("==") {
            return Ok(Expr::Equal(Box::new(a), Box::new(self.unary()?)));
        }
        if self.sign("!=") {
            return Ok(Expr::Differs(Box::new(a), Box::new(self.unary()?)));
        }
        Ok(a)
    }

    fn unary(&mut self) -> Result<Expr, String> {
        if self.sign("!") {
            return Ok(Expr::Not(Box::new(self.unary()?)));
        }
        if self.sign("(") {
            let inner = self.or()?;
            return if self.sign(")") { Ok(inner) } else { Err("a bracket is not closed".into()) };
        }
        match self.tokens.get(self.at).cloned() {
            Some(Token::Text(t)) => {
                self.at += 1;
                Ok(Expr::Text(t))
            }
            Some(Token::Word(w)) => {
                self.at += 1;
                self.word(w)
            }
            _ => Err("an expression ends too early".into()),
        }
    }

    fn word(&mut self, first: String) -> Result<Expr, String> {
        if self.sign("(") {
            let mut args = Vec::new();
            if !self.sign(")") {
                loop {
                    args.push(self.or()?);
                    if self.sign(")") {
                        break;
                    }
                    if !self.sign(",") {
                        return Err("a bracket is not closed".into());
                    }
                }
            }
            return Ok(Expr::Call(first, args));
        }
        match first.as_str() {
            "true" => return Ok(Expr::Bool(true)),
            "false" => return Ok(Expr::Bool(false)),
            _ => {}
        }
        let mut path = vec![first];
        while self.sign(".") {
            match self.tokens.get(self.at) {
                Some(Token::Word(w)) => path.push(w.clone()),
                _ => return Err("a context ends with a dot".into()),
            }
            self.at += 1;
        }
        Ok(Expr::Context(path))
    }
}
