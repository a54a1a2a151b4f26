//! Expressions evaluated for one run in which everything is decided. The formulas ([`super::run`]) do not use it.

use super::expression::{Expr, Function};
use super::value::Value;

/// What an expression may ask.
pub(super) struct Known<'a> {
    /// The value of a name.
    pub(super) name: &'a dyn Fn(&[String]) -> Result<Value, String>,
    /// `success()`.
    pub(super) success: bool,
    /// `failure()`.
    pub(super) failure: bool,
    /// `cancelled()`.
    pub(super) cancelled: bool,
}

impl Known<'_> {
    /// Does the condition hold? One without a status function is `success() && (…)`, as is one that is not there.
    pub(super) fn holds(&self, condition: Option<&Expr>) -> Result<bool, String> {
        match condition {
            None => Ok(self.success),
            Some(c) if c.asks_status() => Ok(self.value(c)?.holds()),
            Some(c) => Ok(self.success && self.value(c)?.holds()),
        }
    }

    /// The value of an expression. What stands behind a decided `&&` or `||` is not looked at.
    pub(super) fn value(&self, e: &Expr) -> Result<Value, String> {
        Ok(match e {
            Expr::Text(t) => Value::text(t),
            Expr::Bool(b) => Value::Bool(*b),
            Expr::Null => Value::Null,
            Expr::Name(n) => (self.name)(n)?,
            Expr::Not(a) => Value::Bool(!self.value(a)?.holds()),
            Expr::Equal(a, b, equal) => Value::Bool(self.value(a)?.equals(&self.value(b)?) == *equal),
            Expr::And(all) => self.first(all, false)?,
            Expr::Or(all) => self.first(all, true)?,
            Expr::Call(Function::Always, _) => Value::Bool(true),
            Expr::Call(Function::Success, _) => Value::Bool(self.success),
            Expr::Call(Function::Failure, _) => Value::Bool(self.failure),
            Expr::Call(Function::Cancelled, _) => Value::Bool(self.cancelled),
            Expr::Call(f @ (Function::Contains | Function::StartsWith | Function::EndsWith), with) => {
                let [a, b] = with.as_slice() else { return Err("two arguments are wanted".to_owned()) };
                Value::Bool(self.value(a)?.asked(*f, &self.value(b)?))
            }
            Expr::Call(Function::HashFiles, _) => return Err("`hashFiles` is not known here".to_owned()),
        })
    }

    /// The first value that decides, else the last.
    fn first(&self, all: &[Expr], decides: bool) -> Result<Value, String> {
        let mut value = Value::Bool(!decides);
        for e in all {
            value = self.value(e)?;
            if value.holds() == decides {
                break;
            }
        }
        Ok(value)
    }
}
