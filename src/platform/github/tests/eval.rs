//! A small evaluator of GitHub expressions, after `actions/runner`'s `Expressions2`: strings are compared without
//! regard to the case of letters, an unknown property is null, null equals no string but the empty one.

use std::collections::BTreeMap;

/// Values of the contexts by their dotted path, and whether the run was cancelled.
#[derive(Debug, Default)]
pub(super) struct Contexts {
    pub(super) values: BTreeMap<String, String>,
    pub(super) cancelled: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Null,
    Bool(bool),
    Text(String),
}

impl Value {
    fn truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(b) => *b,
            Self::Text(t) => !t.is_empty(),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(b) => b.to_string(),
            Self::Text(t) => t.to_uppercase(),
        }
    }

    fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(_), Self::Text(_)) => self.text() == other.text(),
            // null becomes the number 0 and so does the empty text; any other text here is no number
            (Self::Null, Self::Text(t)) | (Self::Text(t), Self::Null) => t.is_empty(),
            (a, b) => a == b,
        }
    }
}

/// The value of `${{ … }}` as a condition.
pub(super) fn holds(text: &str, contexts: &Contexts) -> bool {
    let inner = text.trim().strip_prefix("${{").unwrap().strip_suffix("}}").unwrap();
    let tokens = lex(inner);
    let mut parser = Parser { tokens: &tokens, at: 0, contexts };
    let value = parser.or();
    assert_eq!(parser.at, tokens.len(), "trailing tokens in {text}");
    value.truthy()
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Op(&'static str),
}

fn lex(mut s: &str) -> Vec<Token> {
    let mut out = Vec::new();
    'next: loop {
        s = s.trim_start();
        if s.is_empty() {
            return out;
        }
        for op in ["&&", "||", "==", "!=", "!", "(", ")", ","] {
            if let Some(rest) = s.strip_prefix(op) {
                out.push(Token::Op(op));
                s = rest;
                continue 'next;
            }
        }
        if let Some(mut rest) = s.strip_prefix('\'') {
            let mut text = String::new();
            loop {
                let end = rest.find('\'').expect("an open literal");
                text.push_str(&rest[..end]);
                rest = &rest[end + 1..];
                match rest.strip_prefix('\'') {
                    Some(more) => {
                        text.push('\'');
                        rest = more;
                    }
                    None => break,
                }
            }
            out.push(Token::Text(text));
            s = rest;
            continue;
        }
        let end = s.find(|c: char| !(c.is_ascii_alphanumeric() || "_-.".contains(c))).unwrap_or(s.len());
        assert!(end > 0, "an unexpected character: {s}");
        out.push(Token::Word(s[..end].to_owned()));
        s = &s[end..];
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    contexts: &'a Contexts,
}

impl Parser<'_> {
    fn eat(&mut self, op: &'static str) -> bool {
        let yes = self.tokens.get(self.at) == Some(&Token::Op(op));
        self.at += usize::from(yes);
        yes
    }

    fn or(&mut self) -> Value {
        let mut left = self.and();
        while self.eat("||") {
            let right = self.and();
            left = if left.truthy() { left } else { right };
        }
        left
    }

    fn and(&mut self) -> Value {
        let mut left = self.equality();
        while self.eat("&&") {
            let right = self.equality();
            left = if left.truthy() { right } else { left };
        }
        left
    }

    fn equality(&mut self) -> Value {
        let left = self.unary();
        if self.eat("==") {
            return Value::Bool(left.equals(&self.unary()));
        }
        if self.eat("!=") {
            return Value::Bool(!left.equals(&self.unary()));
        }
        left
    }

    fn unary(&mut self) -> Value {
        if self.eat("!") {
            return Value::Bool(!self.unary().truthy());
        }
        if self.eat("(") {
            let value = self.or();
            assert!(self.eat(")"), "a missing )");
            return value;
        }
        let token = self.tokens[self.at].clone();
        self.at += 1;
        match token {
            Token::Text(t) => Value::Text(t),
            Token::Word(w) if self.eat("(") => self.call(&w),
            Token::Word(w) if w == "false" || w == "true" => Value::Bool(w == "true"),
            Token::Word(w) => self.contexts.values.get(&w).cloned().map_or(Value::Null, Value::Text),
            Token::Op(op) => panic!("an operator where a value belongs: {op}"),
        }
    }

    fn call(&mut self, name: &str) -> Value {
        let mut args = Vec::new();
        while !self.eat(")") {
            args.push(self.or().text());
            self.eat(",");
        }
        let arg = |i: usize| args.get(i).map_or("", String::as_str);
        Value::Bool(match name {
            "cancelled" => self.contexts.cancelled,
            "always" => true,
            "startsWith" => arg(0).starts_with(arg(1)),
            "endsWith" => arg(0).ends_with(arg(1)),
            "contains" => arg(0).contains(arg(1)),
            other => panic!("an unknown function: {other}"),
        })
    }
}
