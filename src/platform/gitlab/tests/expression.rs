//! `rules:if` as GitLab reads it: its tokens (a string is the shortest run between two quotes, a pattern stands between
//! slashes), its operators and their precedence. An unset variable is null.

use regex::Regex;
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Variable(String),
    Text(String),
    Pattern(String),
    Sign(&'static str),
}

/// Is the expression true with these variables?
pub(super) fn holds(expression: &str, variables: &BTreeMap<&str, String>) -> bool {
    let tokens = tokens(expression);
    let mut reader = Reader { tokens: &tokens, at: 0, variables };
    let value = reader.or();
    assert_eq!(reader.at, tokens.len(), "left over in {expression}");
    value
}

fn tokens(expression: &str) -> Vec<Token> {
    let pattern = Regex::new(r"^/([^/]|\\/)+[^\\]/[ismU]*").unwrap();
    let text = Regex::new(r#"^("(.*?)"|'(.*?)')"#).unwrap();
    let variable = Regex::new(r"^\$\w+").unwrap();
    let mut rest = expression.trim_start();
    let mut out = Vec::new();
    while !rest.is_empty() {
        let taken = if let Some(m) = variable.find(rest) {
            out.push(Token::Variable(m.as_str()[1..].to_owned()));
            m.len()
        } else if let Some(m) = text.find(rest) {
            out.push(Token::Text(m.as_str()[1..m.len() - 1].to_owned()));
            m.len()
        } else if let Some(m) = pattern.find(rest) {
            let inner = m.as_str();
            out.push(Token::Pattern(inner[1..inner.len() - 1].replace("\\/", "/")));
            m.len()
        } else {
            let sign = ["==", "!=", "=~", "&&", "||", "(", ")"].into_iter().find(|s| rest.starts_with(s));
            let sign = sign.unwrap_or_else(|| panic!("no token at `{rest}` of `{expression}`"));
            out.push(Token::Sign(sign));
            sign.len()
        };
        rest = rest[taken..].trim_start();
    }
    out
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    variables: &'a BTreeMap<&'a str, String>,
}

impl Reader<'_> {
    fn take(&mut self, sign: &'static str) -> bool {
        let there = self.tokens.get(self.at) == Some(&Token::Sign(sign));
        self.at += usize::from(there);
        there
    }

    fn or(&mut self) -> bool {
        let mut value = self.and();
        while self.take("||") {
            let right = self.and();
            value = value || right;
        }
        value
    }

    fn and(&mut self) -> bool {
        let mut value = self.comparison();
        while self.take("&&") {
            let right = self.comparison();
            value = value && right;
        }
        value
    }

    fn comparison(&mut self) -> bool {
        if self.take("(") {
            let value = self.or();
            assert!(self.take(")"), "an open parenthesis");
            return value;
        }
        let left = self.value();
        if self.take("==") {
            let right = self.value();
            left == right
        } else if self.take("!=") {
            let right = self.value();
            left != right
        } else if self.take("=~") {
            let Some(Token::Pattern(p)) = self.tokens.get(self.at) else { panic!("no pattern") };
            self.at += 1;
            left.is_some_and(|text| Regex::new(p).unwrap().is_match(&text))
        } else {
            left.is_some_and(|text| !text.is_empty())
        }
    }

    fn value(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        match token {
            Some(Token::Variable(v)) => self.variables.get(v.as_str()).cloned(),
            Some(Token::Text(t)) => Some(t),
            other => panic!("a value was expected, not {other:?}"),
        }
    }
}
