//! A Jenkinsfile as a tree: the part of Groovy that mlpipe's own files use.

use super::token::Name;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// A file.
#[derive(Debug)]
pub(super) struct File {
    /// `@Field` declarations.
    pub(super) fields: Vec<Field>,
    /// Functions by name.
    pub(super) functions: FxHashMap<Name, Rc<Function>>,
    /// The block of `pipeline`.
    pub(super) pipeline: Block,
    /// Line of `pipeline`.
    pub(super) line: usize,
}

/// A variable of the whole build.
#[derive(Debug)]
pub(super) struct Field {
    /// Its name.
    pub(super) name: Name,
    /// What it is in the beginning.
    pub(super) start: Expr,
}

/// A function.
#[derive(Debug)]
pub(super) struct Function {
    /// Names of its parameters.
    pub(super) parameters: Vec<Name>,
    /// What it does.
    pub(super) body: Block,
}

/// Statements between braces.
pub(super) type Block = Rc<Vec<Statement>>;

/// A statement.
#[derive(Debug)]
pub(super) struct Statement {
    /// Line, from 1.
    pub(super) line: usize,
    /// What it does.
    pub(super) does: Does,
}

/// What a statement does.
#[derive(Debug)]
pub(super) enum Does {
    /// `def name = value`.
    Define(Name, Expr),
    /// `place = value`.
    Assign(Expr, Expr),
    /// A call, or the value of a block.
    Evaluate(Expr),
    /// `if (…) {…} else {…}`.
    If(Expr, Block, Option<Block>),
    /// `for (name in list) {…}`.
    For(Name, Expr, Block),
    /// `return value`.
    Return(Option<Expr>),
    /// `throw value`.
    Throw(Expr),
    /// `try {…} catch (name) {…} finally {…}`.
    Try(Block, Option<(Name, Block)>, Option<Block>),
}

/// An expression.
#[derive(Debug)]
pub(super) struct Expr {
    /// Line, from 1.
    pub(super) line: usize,
    /// What it is.
    pub(super) is: Is,
}

/// What an expression is.
#[derive(Debug)]
pub(super) enum Is {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Number(u64),
    /// A text.
    Text(Name),
    /// A variable.
    Variable(Name),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `[:]`.
    EmptyMap,
    /// `value.name`.
    Property(Box<Expr>, Name),
    /// `value[key]`.
    Index(Box<Expr>, Box<Expr>),
    /// A call of a function, a step, a method or a block.
    Call(Call),
    /// `!value`.
    Not(Box<Expr>),
    /// `a op b`.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `c ? a : b`.
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `a ?: b`.
    Or(Box<Expr>, Box<Expr>),
}

/// An operator between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `&&`
    And,
    /// `||`
    Either,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `==~`
    Matches,
    /// `in`
    In,
    /// `+`
    Plus,
}

/// A call.
#[derive(Debug)]
pub(super) struct Call {
    /// What stands before the dot.
    pub(super) target: Option<Box<Expr>>,
    /// What is called.
    pub(super) name: Name,
    /// Arguments without a name.
    pub(super) plain: Vec<Expr>,
    /// Arguments with one.
    pub(super) named: Vec<(Name, Expr)>,
    /// The block behind them.
    pub(super) block: Option<Block>,
}
