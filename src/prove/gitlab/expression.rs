//! `rules:if` by GitLab's own rules (`lib/gitlab/ci/pipeline/expression` of its source).
//!
//! A string has no escapes; a pattern is RE2 between slashes; an unset variable is null. The values of `&&` and `||` are
//! Ruby's: an empty text is no reason to go on behind `||`, and the whole expression holds if its value is neither null,
//! false nor blank. `null =~ …` matches as the empty text does.

use crate::prove::Unreadable;
use crate::prove::yaml::refuse;
use regex::Regex;

/// GitLab reads fewer tokens than this in one expression (`Lexer::MAX_TOKENS`).
const MOST_TOKENS: usize = 100;
/// Parentheses in each other.
const DEPTH: usize = 20;

/// A variable that a rule may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variable {
    /// What started the pipeline.
    Source,
    /// The branch; unset for tags and merge requests.
    Branch,
    /// The tag.
    Tag,
    /// Branch that a merge request is to be merged into.
    Target,
    /// Project that the merge request comes from.
    SourceProject,
    /// Project that it is to be merged into.
    TargetProject,
    /// Project that the pipeline runs in: the fork, for a fork's merge request.
    Project,
    /// Open merge requests from this branch.
    Open,
    /// The file's own: the named event that an API call brought.
    Event,
    /// A root file's own: the pipeline that a person or a schedule starts.
    Start,
}

/// Number of variables.
const COUNT: usize = 10;

const NAMES: [(&str, Variable); COUNT] = [
    ("CI_PIPELINE_SOURCE", Variable::Source),
    ("CI_COMMIT_BRANCH", Variable::Branch),
    ("CI_COMMIT_TAG", Variable::Tag),
    ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", Variable::Target),
    ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", Variable::SourceProject),
    ("CI_MERGE_REQUEST_PROJECT_ID", Variable::TargetProject),
    ("CI_PROJECT_ID", Variable::Project),
    ("CI_OPEN_MERGE_REQUESTS", Variable::Open),
    ("MLPIPE_EVENT_NAME", Variable::Event),
    ("MLPIPE_START_PIPELINE", Variable::Start),
];

/// The values of all variables; what is not set is null.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Values([Option<String>; COUNT]);

impl Values {
    /// With this one set.
    #[must_use]
    pub(super) fn with(mut self, v: Variable, value: &str) -> Self {
        self.0[v as usize] = Some(value.to_owned());
        self
    }

    fn get(&self, v: Variable) -> Option<&str> {
        self.0[v as usize].as_deref()
    }
}

/// An expression.
#[derive(Debug)]
pub(super) enum Expression {
    Null,
    Text(String),
    Variable(Variable),
    /// Equal; with `false`, not equal.
    Equal(Box<Self>, Box<Self>, bool),
    /// The pattern is found; with `false`, it is not.
    Matches(Box<Self>, Box<Regex>, bool),
    And(Vec<Self>),
    Or(Vec<Self>),
}

/// A value, as Ruby has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value<'a> {
    Null,
    Truth(bool),
    Text(&'a str),
}

impl Value<'_> {
    /// What `&&` and `||` go by.
    fn goes_on(self) -> bool {
        !matches!(self, Self::Null | Self::Truth(false))
    }
}

impl Expression {
    /// Reads an expression that stands on this line.
    ///
    /// # Errors
    /// A word, a variable or a form that is not known here; more tokens than GitLab reads.
    pub(super) fn read(text: &str, line: usize) -> Result<Self, Unreadable> {
        let tokens = match tokens(text) {
            Ok(t) => t,
            Err(what) => return refuse(line, what),
        };
        if tokens.len() >= MOST_TOKENS {
            let what =
                format!("an expression of {} words; GitLab reads fewer than {MOST_TOKENS}", tokens.len());
            return refuse(line, what);
        }
        let mut p = Parser { tokens, at: 0, depth: 0 };
        match p.whole() {
            Ok(e) if p.at == p.tokens.len() => Ok(e),
            Ok(_) => refuse(line, format!("the expression `{text}` is not understood to its end")),
            Err(what) => refuse(line, format!("{what} in `{text}`")),
        }
    }

    /// Does it hold?
    pub(super) fn holds(&self, values: &Values) -> bool {
        match self.value(values) {
            Value::Null => false,
            Value::Truth(b) => b,
            Value::Text(t) => !t.trim().is_empty(),
        }
    }

    fn value<'a>(&'a self, values: &'a Values) -> Value<'a> {
        match self {
            Self::Null => Value::Null,
            Self::Text(t) => Value::Text(t),
            Self::Variable(v) => values.get(*v).map_or(Value::Null, Value::Text),
            Self::Equal(a, b, equal) => Value::Truth((a.value(values) == b.value(values)) == *equal),
            Self::Matches(a, pattern, found) => {
                let text = match a.value(values) {
                    Value::Text(t) => t,
                    Value::Null | Value::Truth(_) => "",
                };
                Value::Truth(pattern.is_match(text) == *found)
            }
            Self::And(all) => self.chain(all, values, false),
            Self::Or(all) => self.chain(all, values, true),
        }
    }

    /// The first operand that stops the chain, or the last one.
    fn chain<'a>(&'a self, all: &'a [Self], values: &'a Values, stop: bool) -> Value<'a> {
        let mut last = Value::Null;
        for e in all {
            last = e.value(values);
            if last.goes_on() == stop {
                break;
            }
        }
        last
    }

    /// Does it ask for this variable?
    pub(super) fn asks(&self, v: Variable) -> bool {
        match self {
            Self::Null | Self::Text(_) => false,
            Self::Variable(own) => *own == v,
            Self::Equal(a, b, _) => a.asks(v) || b.asks(v),
            Self::Matches(a, _, _) => a.asks(v),
            Self::And(all) | Self::Or(all) => all.iter().any(|e| e.asks(v)),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Variable(Variable),
    Text(String),
    Pattern(String, String),
    Null,
    Sign(&'static str),
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut rest = text.trim_start();
    let mut out = Vec::new();
    while let Some(c) = rest.chars().next() {
        let (token, after) = match c {
            '$' => variable(&rest[1..])?,
            '"' | '\'' => {
                let inner = &rest[1..];
                let end = inner.find(c).ok_or_else(|| format!("a text without its end: `{rest}`"))?;
                (Token::Text(inner[..end].to_owned()), &inner[end + 1..])
            }
            '/' => pattern(rest)?,
            _ => sign(rest).ok_or_else(|| format!("`{rest}` is not known in an expression"))?,
        };
        out.push(token);
        rest = after.trim_start();
    }
    Ok(out)
}

fn variable(rest: &str) -> Result<(Token, &str), String> {
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    let known = NAMES.iter().find(|(n, _)| *n == &rest[..end]);
    let (_, v) = known.ok_or_else(|| format!("the variable `${}` is not known here", &rest[..end]))?;
    Ok((Token::Variable(*v), &rest[end..]))
}

/// A pattern ends at the last slash that one expression of GitLab's lexer can reach: slashes inside it are escaped.
fn pattern(rest: &str) -> Result<(Token, &str), String> {
    let broken = || format!("the pattern `{rest}` is not understood");
    let mut chars = rest.char_indices().skip(1);
    let mut end = None;
    while let Some((i, c)) = chars.next() {
        match c {
            '\\' => {
                let (_, escaped) = chars.next().ok_or_else(broken)?;
                // RE2 and this reader's patterns agree on signs and code points; on classes they do not.
                let code = escaped == 'x' && rest[i + 2..].starts_with('{');
                if escaped == '\\' || (escaped.is_alphanumeric() && !code) {
                    return Err(broken());
                }
            }
            '/' => {
                end = Some(i);
                break;
            }
            _ => {}
        }
    }
    let end = end.ok_or_else(broken)?;
    let inner = &rest[1..end];
    // GitLab wants two characters at least, and the last one not escaped away.
    if inner.chars().count() < 2 {
        return Err(broken());
    }
    let after = &rest[end + 1..];
    let flags = after.find(|c| !"ismU".contains(c)).unwrap_or(after.len());
    Ok((Token::Pattern(inner.replace("\\/", "/"), after[..flags].to_owned()), &after[flags..]))
}

fn sign(rest: &str) -> Option<(Token, &str)> {
    const SIGNS: [&str; 8] = ["==", "!=", "=~", "!~", "&&", "||", "(", ")"];
    if let Some(after) = rest.strip_prefix("null") {
        let ends = !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        return ends.then_some((Token::Null, after));
    }
    let s = SIGNS.into_iter().find(|s| rest.starts_with(s))?;
    Some((Token::Sign(s), &rest[s.len()..]))
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn take(&mut self, sign: &'static str) -> bool {
        let there = self.tokens.get(self.at) == Some(&Token::Sign(sign));
        self.at += usize::from(there);
        there
    }

    /// Operands of one kind. GitLab's parser pops one operator at a time, so that `a && b == c || d` does not mean what
    /// it looks like: the two kinds side by side are refused.
    fn whole(&mut self) -> Result<Expression, String> {
        let mut all = vec![self.comparison()?];
        let kind = ["&&", "||"].into_iter().find(|s| self.take(s));
        let Some(kind) = kind else { return Ok(all.remove(0)) };
        loop {
            all.push(self.comparison()?);
            if !self.take(kind) {
                break;
            }
        }
        if self.take("&&") || self.take("||") {
            return Err("`&&` and `||` side by side without parentheses".into());
        }
        Ok(if kind == "&&" { Expression::And(all) } else { Expression::Or(all) })
    }

    fn comparison(&mut self) -> Result<Expression, String> {
        let left = self.operand()?;
        for (sign, equal) in [("==", true), ("!=", false)] {
            if self.take(sign) {
                return Ok(Expression::Equal(left.into(), self.operand()?.into(), equal));
            }
        }
        for (sign, found) in [("=~", true), ("!~", false)] {
            if self.take(sign) {
                let Some(Token::Pattern(p, flags)) = self.tokens.get(self.at).cloned() else {
                    return Err(format!("no pattern behind `{sign}`"));
                };
                self.at += 1;
                let p = if flags.is_empty() { p } else { format!("(?{flags}){p}") };
                let regex = Regex::new(&p).map_err(|_| format!("the pattern `/{p}/` is not understood"))?;
                return Ok(Expression::Matches(left.into(), regex.into(), found));
            }
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expression, String> {
        if self.take("(") {
            self.depth += 1;
            if self.depth > DEPTH {
                return Err("too many parentheses".into());
            }
            let inner = self.whole()?;
            self.depth -= 1;
            return if self.take(")") { Ok(inner) } else { Err("a parenthesis is not closed".into()) };
        }
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        match token {
            Some(Token::Variable(v)) => Ok(Expression::Variable(v)),
            Some(Token::Text(t)) => Ok(Expression::Text(t)),
            Some(Token::Null) => Ok(Expression::Null),
            Some(Token::Pattern(..)) => Err("a pattern that is compared with nothing".into()),
            Some(Token::Sign(s)) => Err(format!("`{s}` where a value is expected")),
            None => Err("a value is missing".into()),
        }
    }
}
