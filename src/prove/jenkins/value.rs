//! Values of the small language, and values that depend on outcomes.

use super::ast::Block;
use super::token::Name;
use crate::prove::{Diagrams, Node};
use std::rc::Rc;

/// What was thrown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thrown {
    /// A step failed.
    Failure,
    /// The build was aborted (`FlowInterruptedException`).
    Abort,
}

/// A value. Whether a yes-or-no holds may depend on outcomes; every other value is what it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// `null`.
    Null,
    /// What a call without a value gives.
    Nothing,
    /// Yes under these outcomes.
    Bool(Node),
    /// A whole number.
    Number(u64),
    /// A text.
    Text(Name),
    /// A text, and behind it what the checkout says under a name.
    Commit(Name, Name),
    /// A list that does not change.
    List(Rc<Vec<Value>>),
    /// Named arguments.
    Arguments(Rc<Vec<(Name, Value)>>),
    /// A `@Field` map or list, by number.
    Object(usize),
    /// A block, and the frame of the variables that it sees.
    Block(ByAddress, usize),
    /// What `catch` caught.
    Thrown(Thrown),
    /// What `checkout` returned.
    Checkout,
    /// A binding of a credential: variable, id, as a file.
    Binding(Name, Name, bool),
}

/// A block is the same as itself only.
#[derive(Debug, Clone)]
pub(super) struct ByAddress(pub(super) Block);

impl PartialEq for ByAddress {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// A value that may depend on outcomes: guards, of which at most one holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Guarded {
    /// The same under all outcomes.
    One(Value),
    /// One of these.
    Many(Vec<(Node, Value)>),
}

impl Guarded {
    /// The values with their guards.
    pub(super) fn parts(&self) -> Vec<(Node, Value)> {
        match self {
            Self::One(v) => vec![(Node::YES, v.clone())],
            Self::Many(all) => all.clone(),
        }
    }

    /// This under `pc`, and the old one under any other outcome.
    pub(super) fn over(self, pc: Node, old: &Self, d: &mut Diagrams) -> Self {
        if pc == Node::YES || self == *old {
            return self;
        }
        let other = d.not(pc);
        let mut parts: Vec<(Node, Value)> = Vec::new();
        for (side, values) in [(pc, self.parts()), (other, old.parts())] {
            for (guard, value) in values {
                let guard = d.and(guard, side);
                if guard == Node::NO {
                    continue;
                }
                match parts.iter_mut().find(|p| p.1 == value) {
                    Some(p) => p.0 = d.or(p.0, guard),
                    None => parts.push((guard, value)),
                }
            }
        }
        Self::from(parts)
    }

    /// What it may be under `pc`.
    pub(super) fn under(&self, pc: Node, d: &mut Diagrams) -> Self {
        let Self::Many(all) = self else { return self.clone() };
        let possible = all.iter().filter(|(g, _)| d.and(*g, pc) != Node::NO);
        Self::from(possible.cloned().collect::<Vec<_>>())
    }
}

impl From<Vec<(Node, Value)>> for Guarded {
    fn from(mut parts: Vec<(Node, Value)>) -> Self {
        match parts.len() {
            0 => Self::One(Value::Nothing),
            1 => Self::One(parts.remove(0).1),
            _ => Self::Many(parts),
        }
    }
}

impl From<Value> for Guarded {
    fn from(v: Value) -> Self {
        Self::One(v)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b.into())
    }
}

impl From<Option<Name>> for Value {
    fn from(t: Option<Name>) -> Self {
        t.map_or(Self::Null, Self::Text)
    }
}
