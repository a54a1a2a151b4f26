//! From words to the tree, by recursive descent.
//!
//! Declarative blocks are Groovy calls with a block behind them, so one small language covers both.

use super::ast::{Block, Call, Does, Expr, Field, File, Function, Is, Operator, Statement};
use super::token::{Name, Spot, Token, tokens};
use crate::prove::Unreadable;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Brackets and blocks in each other.
const DEPTH: usize = 60;

/// The tree of a file.
pub(super) fn file(text: &str) -> Result<File, Unreadable> {
    let mut p = Parser { spots: tokens(text)?, at: 0, open: 0, depth: 0 };
    let (mut fields, mut functions, mut pipeline) = (Vec::<Field>::new(), FxHashMap::default(), None);
    let mut imported = false;
    while p.peek() != &Token::End {
        let line = p.line();
        if p.word("import") {
            for part in ["groovy", ".", "transform", ".", "Field"] {
                if !p.word(part) {
                    p.sign(part)?;
                }
            }
            imported = true;
        } else if p.takes("@") {
            let field = p.field()?;
            if !imported || fields.iter().any(|f| f.name == field.name) {
                let what = format!("`@Field` of `{}` without its import, or a second time", field.name);
                return Err(Unreadable { line, what });
            }
            fields.push(field);
        } else if p.word("pipeline") {
            if pipeline.is_some() {
                return Err(Unreadable { line, what: "a second `pipeline` block".into() });
            }
            pipeline = Some((p.block()?, line));
        } else {
            let (name, function) = p.function()?;
            if functions.insert(name.clone(), Rc::new(function)).is_some() {
                return Err(Unreadable { line, what: format!("a second function `{name}`") });
            }
        }
    }
    let none = || Unreadable { line: 0, what: "no `pipeline` block".into() };
    let (pipeline, line) = pipeline.ok_or_else(none)?;
    Ok(File { fields, functions, pipeline, line })
}

struct Parser {
    spots: Vec<Spot>,
    at: usize,
    /// Round and square brackets that are open in the block at hand: line ends mean nothing inside.
    open: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.spots[self.at].token
    }

    fn line(&self) -> usize {
        self.spots[self.at].line
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        if self.at + 1 < self.spots.len() {
            self.at += 1;
        }
        token
    }

    /// The statement may go on with the word at hand.
    fn goes_on(&self) -> bool {
        self.open > 0 || !self.spots[self.at].first
    }

    fn refuse<T>(&self) -> Result<T, Unreadable> {
        let what = match self.peek() {
            Token::Word(w) => format!("`{w}` is not known here"),
            Token::Text(t) => format!("the text `{t}` is not known here"),
            Token::Number(n) => format!("the number {n} is not known here"),
            Token::Sign(s) => format!("`{s}` is not known here"),
            Token::End => "the file ends too early".into(),
        };
        Err(Unreadable { line: self.line(), what })
    }

    fn at_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(s) if *s == sign)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = self.at_sign(sign);
        if found {
            self.next();
        }
        found
    }

    /// The sign, if the statement goes on with it.
    fn goes_on_with(&mut self, sign: &str) -> bool {
        self.goes_on() && self.takes(sign)
    }

    fn sign(&mut self, sign: &str) -> Result<(), Unreadable> {
        if self.takes(sign) { Ok(()) } else { self.refuse() }
    }

    /// The comma between two items, or nothing before the closing bracket.
    fn between(&mut self, close: &str) -> Result<(), Unreadable> {
        if self.at_sign(close) {
            return Ok(());
        }
        self.sign(",")?;
        if self.at_sign(close) { self.refuse() } else { Ok(()) }
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Word(w) if &**w == word);
        if found {
            self.next();
        }
        found
    }

    fn name(&mut self) -> Result<Name, Unreadable> {
        const KEYWORDS: &[&str] = &[
            "def", "if", "else", "for", "in", "return", "throw", "try", "catch", "finally", "null", "true",
            "false",
        ];
        match self.peek() {
            Token::Word(w) if !KEYWORDS.contains(&&**w) => {
                let w = w.clone();
                self.next();
                Ok(w)
            }
            _ => self.refuse(),
        }
    }

    /// `Field Map S = [:]`, behind its `@`.
    fn field(&mut self) -> Result<Field, Unreadable> {
        if !self.word("Field") || !["Map", "List", "String"].iter().any(|t| self.word(t)) {
            return self.refuse();
        }
        let name = self.name()?;
        self.sign("=")?;
        let start = self.expression()?;
        Ok(Field { name, start })
    }

    /// `String event() {…}`, `def job(Map j, Closure commands) {…}`.
    fn function(&mut self) -> Result<(Name, Function), Unreadable> {
        if !["def", "String"].iter().any(|t| self.word(t)) {
            return self.refuse();
        }
        let name = self.name()?;
        self.sign("(")?;
        let mut parameters = Vec::new();
        while !self.takes(")") {
            if !["Map", "Closure", "int", "String"].iter().any(|t| self.word(t)) {
                return self.refuse();
            }
            parameters.push(self.name()?);
            self.between(")")?;
        }
        Ok((name, Function { parameters, body: self.block()? }))
    }

    fn block(&mut self) -> Result<Block, Unreadable> {
        self.deeper(|p| {
            p.sign("{")?;
            let open = std::mem::take(&mut p.open);
            let mut statements = Vec::new();
            while !p.takes("}") {
                statements.push(p.statement()?);
                let ends = p.at_sign("}") || p.spots[p.at].first || p.takes(";");
                if !ends {
                    return p.refuse();
                }
            }
            p.open = open;
            Ok(Rc::new(statements))
        })
    }

    fn deeper<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T, Unreadable>) -> Result<T, Unreadable> {
        if self.depth == DEPTH {
            return Err(Unreadable { line: self.line(), what: "too many blocks in each other".into() });
        }
        self.depth += 1;
        let out = f(self);
        self.depth -= 1;
        out
    }

    /// Something in round brackets.
    fn bracketed<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T, Unreadable>) -> Result<T, Unreadable> {
        self.sign("(")?;
        self.open += 1;
        let out = f(self)?;
        self.sign(")")?;
        self.open -= 1;
        Ok(out)
    }

    fn statement(&mut self) -> Result<Statement, Unreadable> {
        let line = self.line();
        let does = if self.word("def") {
            let name = self.name()?;
            self.sign("=")?;
            Does::Define(name, self.expression()?)
        } else if self.word("if") {
            self.branch()?
        } else if self.word("for") {
            let (name, list) = self.bracketed(|p| {
                let name = p.name()?;
                if p.word("in") { Ok((name, p.expression()?)) } else { p.refuse() }
            })?;
            Does::For(name, list, self.block()?)
        } else if self.word("return") {
            let nothing = !self.goes_on() || self.at_sign("}") || self.at_sign(";");
            Does::Return(if nothing { None } else { Some(self.expression()?) })
        } else if self.word("throw") {
            Does::Throw(self.expression()?)
        } else if self.word("try") {
            self.attempt()?
        } else {
            self.simple()?
        };
        Ok(Statement { line, does })
    }

    fn branch(&mut self) -> Result<Does, Unreadable> {
        let condition = self.bracketed(Self::expression)?;
        let then = self.block()?;
        let mut other = None;
        if self.word("else") {
            let line = self.line();
            other = Some(if self.word("if") {
                let does = self.deeper(Self::branch)?;
                Rc::new(vec![Statement { line, does }])
            } else {
                self.block()?
            });
        }
        Ok(Does::If(condition, then, other))
    }

    fn attempt(&mut self) -> Result<Does, Unreadable> {
        let body = self.block()?;
        let mut caught = None;
        if self.word("catch") {
            // Both names take every exception that a step throws, as no name does.
            let name = self.bracketed(|p| {
                let _ = p.word("Exception") || p.word("Throwable");
                p.name()
            })?;
            caught = Some((name, self.block()?));
        }
        let last = if self.word("finally") { Some(self.block()?) } else { None };
        if caught.is_none() && last.is_none() {
            return self.refuse();
        }
        Ok(Does::Try(body, caught, last))
    }

    /// An assignment, a call with or without brackets, or a value.
    fn simple(&mut self) -> Result<Does, Unreadable> {
        let value = self.expression()?;
        if self.goes_on_with("=") {
            return Ok(Does::Assign(value, self.expression()?));
        }
        let argument = matches!(self.peek(), Token::Text(_) | Token::Number(_) | Token::Word(_));
        if let Is::Variable(name) = &value.is
            && self.goes_on()
            && argument
        {
            let plain = vec![self.expression()?];
            let call = Call { target: None, name: name.clone(), plain, named: Vec::new(), block: None };
            return Ok(Does::Evaluate(Expr { line: value.line, is: Is::Call(call) }));
        }
        Ok(Does::Evaluate(value))
    }

    fn expression(&mut self) -> Result<Expr, Unreadable> {
        self.deeper(|p| {
            let line = p.line();
            let first = p.binary(0)?;
            let is = if p.goes_on_with("?") {
                let yes = p.expression()?;
                p.sign(":")?;
                Is::Choice(Box::new(first), Box::new(yes), Box::new(p.expression()?))
            } else if p.goes_on_with("?:") {
                Is::Or(Box::new(first), Box::new(p.expression()?))
            } else {
                return Ok(first);
            };
            Ok(Expr { line, is })
        })
    }

    /// Operators of this level, which bind tighter the higher it is.
    fn binary(&mut self, level: usize) -> Result<Expr, Unreadable> {
        let table: &[(&str, Operator)] = match level {
            0 => &[("||", Operator::Either)],
            1 => &[("&&", Operator::And)],
            2 => &[("==~", Operator::Matches), ("==", Operator::Equal), ("!=", Operator::Unequal)],
            3 => &[("in", Operator::In)],
            4 => &[("+", Operator::Plus)],
            _ => return self.unary(),
        };
        let mut left = self.binary(level + 1)?;
        while self.goes_on() {
            let found = table.iter().find(|(text, _)| match self.peek() {
                Token::Sign(s) => s == text,
                Token::Word(w) => &**w == *text,
                _ => false,
            });
            let Some((_, operator)) = found else { break };
            let line = self.line();
            self.next();
            let right = self.binary(level + 1)?;
            left = Expr { line, is: Is::Binary(*operator, Box::new(left), Box::new(right)) };
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr, Unreadable> {
        let line = self.line();
        if self.takes("!") {
            let inner = self.deeper(Self::unary)?;
            return Ok(Expr { line, is: Is::Not(Box::new(inner)) });
        }
        let mut value = self.primary()?;
        while self.goes_on() {
            let line = self.line();
            if self.takes("[") {
                self.open += 1;
                let key = self.expression()?;
                self.sign("]")?;
                self.open -= 1;
                value = Expr { line, is: Is::Index(Box::new(value), Box::new(key)) };
            } else if self.takes(".") {
                let name = self.name()?;
                let calls = self.goes_on() && (self.at_sign("(") || self.at_sign("{"));
                let is = if calls {
                    Is::Call(self.call(Some(Box::new(value)), name)?)
                } else {
                    Is::Property(Box::new(value), name)
                };
                value = Expr { line, is };
            } else {
                break;
            }
        }
        Ok(value)
    }

    fn primary(&mut self) -> Result<Expr, Unreadable> {
        let line = self.line();
        let is = match self.peek().clone() {
            Token::Text(t) => {
                self.next();
                Is::Text(t)
            }
            Token::Number(n) => {
                self.next();
                Is::Number(n)
            }
            Token::Sign("(") => return self.bracketed(Self::expression),
            Token::Sign("[") => self.list()?,
            Token::Word(_) if self.word("true") => Is::Bool(true),
            Token::Word(_) if self.word("false") => Is::Bool(false),
            Token::Word(_) if self.word("null") => Is::Null,
            Token::Word(_) => {
                let name = self.name()?;
                let calls = self.goes_on() && (self.at_sign("(") || self.at_sign("{"));
                if calls { Is::Call(self.call(None, name)?) } else { Is::Variable(name) }
            }
            _ => return self.refuse(),
        };
        Ok(Expr { line, is })
    }

    fn list(&mut self) -> Result<Is, Unreadable> {
        self.sign("[")?;
        self.open += 1;
        let mut items = Vec::new();
        if self.takes(":") {
            self.sign("]")?;
            self.open -= 1;
            return Ok(Is::EmptyMap);
        }
        while !self.takes("]") {
            items.push(self.expression()?);
            self.between("]")?;
        }
        self.open -= 1;
        Ok(Is::List(items))
    }

    /// What follows a name that is called.
    fn call(&mut self, target: Option<Box<Expr>>, name: Name) -> Result<Call, Unreadable> {
        let (mut plain, mut named) = (Vec::new(), Vec::<(Name, Expr)>::new());
        if self.takes("(") {
            self.open += 1;
            while !self.takes(")") {
                let label = matches!(self.peek(), Token::Word(_))
                    && matches!(self.spots.get(self.at + 1), Some(s) if s.token == Token::Sign(":"));
                if label {
                    let key = self.name()?;
                    if named.iter().any(|(k, _)| *k == key) {
                        return self.refuse();
                    }
                    self.sign(":")?;
                    named.push((key, self.expression()?));
                } else {
                    plain.push(self.expression()?);
                }
                self.between(")")?;
            }
            self.open -= 1;
        }
        let block = if self.goes_on() && self.at_sign("{") { Some(self.block()?) } else { None };
        Ok(Call { target, name, plain, named, block })
    }
}
