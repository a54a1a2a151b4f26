//! Values of expressions, and calls of functions, blocks and methods.

use super::ast::{Block, Call, Expr, Function, Is, Operator};
use super::machine::{Machine, Object, Result, refuse};
use super::text::Regex;
use super::token::Name;
use super::value::{ByAddress, Guarded, Value};
use crate::prove::Node;
use std::rc::Rc;

/// Calls of functions and blocks in each other.
const DEPTH: usize = 40;

impl Machine<'_> {
    /// A value that no outcome changes.
    pub(super) fn value(&mut self, e: &Expr, pc: &mut Node) -> Result<Value> {
        match self.evaluate(e, pc)? {
            Guarded::One(v) => Ok(v),
            Guarded::Many(_) => refuse(e.line, "a value here that depends on how jobs end"),
        }
    }

    pub(super) fn evaluate(&mut self, e: &Expr, pc: &mut Node) -> Result<Guarded> {
        Ok(match &e.is {
            Is::Null => Value::Null.into(),
            Is::Bool(b) => Value::from(*b).into(),
            Is::Number(n) => Value::Number(*n).into(),
            Is::Text(t) => Value::Text(t.clone()).into(),
            Is::Variable(name) => return self.variable(name, e.line, *pc),
            Is::List(items) => {
                let items = items.iter().map(|i| self.value(i, pc)).collect::<Result<_>>()?;
                Value::List(Rc::new(items)).into()
            }
            Is::EmptyMap => return refuse(e.line, "a map here"),
            Is::Property(target, name) => return self.property(target, name, e.line, pc),
            Is::Index(target, key) => return self.entry(target, key, e.line, pc),
            Is::Call(call) => return self.call(call, e.line, pc),
            Is::Not(inner) => {
                let value = self.evaluate(inner, pc)?;
                let yes = self.truth(&value, e.line)?;
                Value::Bool(self.d.not(yes)).into()
            }
            Is::Binary(op, a, b) => self.binary(*op, a, b, pc)?.into(),
            Is::Choice(c, a, b) => {
                let value = self.evaluate(c, pc)?;
                match self.truth(&value, e.line)? {
                    Node::YES => return self.evaluate(a, pc),
                    Node::NO => return self.evaluate(b, pc),
                    _ => return refuse(e.line, "a choice that depends on how jobs end"),
                }
            }
            Is::Or(a, b) => {
                let value = self.evaluate(a, pc)?;
                match self.truth(&value, e.line)? {
                    Node::YES => value,
                    Node::NO => return self.evaluate(b, pc),
                    _ => return refuse(e.line, "a choice that depends on how jobs end"),
                }
            }
        })
    }

    fn variable(&mut self, name: &Name, line: usize, pc: Node) -> Result<Guarded> {
        let local = self.frames[self.frame].iter().rev().find(|(n, _)| n == name).map(|(_, v)| v);
        match local.or_else(|| self.fields.get(name)) {
            Some(v) => Ok(v.under(pc, self.d)),
            None => refuse(line, format!("`{name}` is not known here")),
        }
    }

    fn is_local(&self, name: &str) -> bool {
        self.frames[self.frame].iter().any(|(n, _)| &**n == name) || self.fields.contains_key(name)
    }

    fn property(&mut self, target: &Expr, name: &Name, line: usize, pc: &mut Node) -> Result<Guarded> {
        if let Is::Variable(of) = &target.is
            && !self.is_local(of)
        {
            return match &**of {
                "env" => match self.build.env(name) {
                    Some(v) => Ok(Value::from(v).into()),
                    None => refuse(line, format!("`env.{name}` is not known here")),
                },
                "params" => Ok(match self.build.param(name) {
                    Some((v, true)) => Value::from(&*v == "true").into(),
                    v => Value::from(v.map(|v| v.0)).into(),
                }),
                _ => refuse(line, format!("`{of}.{name}` is not known here")),
            };
        }
        match self.value(target, pc)? {
            Value::Arguments(all) => {
                Ok(all.iter().find(|(n, _)| n == name).map_or(Value::Null, |(_, v)| v.clone()).into())
            }
            Value::Checkout => Ok(Value::Commit("".into(), name.clone()).into()),
            _ => refuse(line, format!("`.{name}` is not known here")),
        }
    }

    fn entry(&mut self, target: &Expr, key: &Expr, line: usize, pc: &mut Node) -> Result<Guarded> {
        let target = self.value(target, pc)?;
        let (Value::Object(o), Value::Text(key)) = (target, self.value(key, pc)?) else {
            return refuse(line, "an entry of something else than a map");
        };
        let Object::Map(entries) = &self.objects[o] else { return refuse(line, "an entry of a list") };
        match entries.get(&key) {
            Some((v, job)) => {
                self.looked_up.push(*job);
                Ok(v.clone())
            }
            None => {
                self.looked_up.extend(self.names.get(&key));
                Ok(Value::Null.into())
            }
        }
    }

    /// Under which outcomes the value counts as true.
    pub(super) fn truth(&mut self, v: &Guarded, line: usize) -> Result<Node> {
        let yes = |value: &Value| match value {
            Value::Bool(n) => Ok(*n),
            Value::Null => Ok(Node::NO),
            Value::Text(t) => Ok(Node::from(!t.is_empty())),
            Value::List(items) => Ok(Node::from(!items.is_empty())),
            // The checkout gives both of its values.
            Value::Commit(..) => Ok(Node::YES),
            _ => refuse(line, "a condition that is none"),
        };
        let parts = match v {
            Guarded::One(value) => return yes(value),
            Guarded::Many(parts) => parts,
        };
        let mut ways = Vec::new();
        for (guard, value) in parts {
            ways.push(self.d.and(*guard, yes(value)?));
        }
        Ok(self.d.any(ways))
    }

    fn binary(&mut self, op: Operator, a: &Expr, b: &Expr, pc: &mut Node) -> Result<Value> {
        let left = self.evaluate(a, pc)?;
        if matches!(op, Operator::And | Operator::Either) {
            let left = self.truth(&left, a.line)?;
            // The right side is asked only where the left one leaves it open.
            let mut open =
                if op == Operator::And { self.d.and(*pc, left) } else { self.d.without(*pc, left) };
            if open == Node::NO {
                return Ok(Value::Bool(left));
            }
            let asked = open;
            let right = self.evaluate(b, &mut open)?;
            if asked != open {
                return refuse(b.line, "a condition that may fail");
            }
            let right = self.truth(&right, b.line)?;
            return Ok(Value::Bool(if op == Operator::And {
                self.d.and(left, right)
            } else {
                self.d.or(left, right)
            }));
        }
        let right = self.evaluate(b, pc)?;
        match op {
            Operator::Plus => match (left, right) {
                (Guarded::One(x), Guarded::One(y)) => plus(x, y, a.line),
                _ => refuse(a.line, "a text that depends on how jobs end"),
            },
            _ => {
                if let (Guarded::One(x), Guarded::One(y)) = (&left, &right) {
                    return Ok(Value::from(compare(op, x, y, a.line)?));
                }
                let mut ways = Vec::new();
                for (g, x) in left.parts() {
                    for (h, y) in right.parts() {
                        if compare(op, &x, &y, a.line)? {
                            ways.push(self.d.and(g, h));
                        }
                    }
                }
                Ok(Value::Bool(self.d.any(ways)))
            }
        }
    }

    // ---- calls

    fn call(&mut self, call: &Call, line: usize, pc: &mut Node) -> Result<Guarded> {
        if call.target.is_some() {
            return self.method(call, line, pc);
        }
        let local =
            self.frames[self.frame].iter().rev().find(|(n, _)| *n == call.name).map(|(_, v)| v.clone());
        if let Some(v) = local {
            return match v {
                Guarded::One(Value::Block(b, frame))
                    if call.plain.is_empty() && call.named.is_empty() && call.block.is_none() =>
                {
                    self.within(frame, |m, pc| m.inner(&b.0, None, pc), pc)
                }
                _ => refuse(line, format!("a call of `{}`", call.name)),
            };
        }
        if let Some(f) = self.file.functions.get(&call.name) {
            return self.function(&f.clone(), call, line, pc);
        }
        self.step(call, line, pc)
    }

    /// Runs a block that belongs to another frame.
    fn within<T>(
        &mut self,
        frame: usize,
        f: impl FnOnce(&mut Self, &mut Node) -> Result<T>,
        pc: &mut Node,
    ) -> Result<T> {
        let here = std::mem::replace(&mut self.frame, frame);
        let out = f(self, pc);
        self.frame = here;
        out
    }

    /// Runs a block behind a call: `return` leaves the block only.
    pub(super) fn inner(&mut self, block: &Block, it: Option<Value>, pc: &mut Node) -> Result<Guarded> {
        if self.depth == DEPTH {
            return refuse(self.site, "too many calls in each other");
        }
        self.depth += 1;
        let outer = std::mem::take(&mut self.returned);
        let frame = self.frame;
        let bound = it.is_some();
        if let Some(v) = it {
            self.frames[frame].push(("it".into(), v.into()));
        }
        let last = self.block(block, pc)?;
        if bound {
            self.frames[frame].pop();
        }
        self.depth -= 1;
        let returned = std::mem::replace(&mut self.returned, outer);
        Ok(self.results(returned, last, pc))
    }

    /// The value of what returned early or ran to its end; all of that goes on.
    fn results(&mut self, returned: Vec<(Node, Guarded)>, last: Guarded, pc: &mut Node) -> Guarded {
        if returned.is_empty() {
            return last;
        }
        let mut parts = Vec::new();
        if *pc != Node::NO {
            parts.extend(last.parts().into_iter().map(|(g, v)| (self.d.and(g, *pc), v)));
        }
        for (guard, value) in returned {
            *pc = self.d.or(*pc, guard);
            parts.extend(value.parts().into_iter().map(|(g, v)| (self.d.and(g, guard), v)));
        }
        parts.into()
    }

    fn function(&mut self, f: &Rc<Function>, call: &Call, line: usize, pc: &mut Node) -> Result<Guarded> {
        let mut given: Vec<Guarded> = Vec::new();
        if !call.named.is_empty() {
            let mut all = Vec::new();
            for (name, e) in &call.named {
                all.push((name.clone(), self.value(e, pc)?));
            }
            given.push(Value::Arguments(Rc::new(all)).into());
        }
        for e in &call.plain {
            given.push(self.evaluate(e, pc)?);
        }
        if let Some(b) = &call.block {
            given.push(Value::Block(ByAddress(b.clone()), self.frame).into());
        }
        if given.len() != f.parameters.len() {
            return refuse(line, format!("`{}` with {} arguments", call.name, given.len()));
        }
        self.frames.push(f.parameters.iter().cloned().zip(given).collect());
        let frame = self.frames.len() - 1;
        let out = self.within(frame, |m, pc| m.inner(&f.body, None, pc), pc);
        self.frames.pop();
        out
    }

    fn method(&mut self, call: &Call, line: usize, pc: &mut Node) -> Result<Guarded> {
        let Some(target) = &call.target else { return refuse(line, "a call of nothing") };
        let unknown = || refuse(line, format!("`.{}` is not known here", call.name));
        if !call.named.is_empty() {
            return unknown();
        }
        if let (Is::Variable(v), "getBuildCauses", [class], None) =
            (&target.is, &*call.name, call.plain.as_slice(), &call.block)
            && &**v == "currentBuild"
        {
            let Value::Text(class) = self.value(class, pc)? else { return unknown() };
            return Ok(Value::from(self.build.caused_by(&class)).into());
        }
        let target = self.value(target, pc)?;
        if let ("every" | "any", [], Some(block)) = (&*call.name, call.plain.as_slice(), &call.block) {
            let Value::List(items) = target else { return unknown() };
            let mut all = Vec::new();
            for item in items.iter() {
                let before = *pc;
                let value = self.inner(block, Some(item.clone()), pc)?;
                if before != *pc {
                    return refuse(line, "a condition that may fail");
                }
                all.push(self.truth(&value, line)?);
            }
            let all = if &*call.name == "every" { self.d.all(all) } else { self.d.any(all) };
            return Ok(Value::Bool(all).into());
        }
        let mut given = Vec::new();
        for e in &call.plain {
            given.push(self.value(e, pc)?);
        }
        match (target, &*call.name, given.as_slice(), &call.block) {
            (Value::Object(o), "add", [Value::Text(t)], None) => {
                let Object::List(items) = &mut self.objects[o] else { return unknown() };
                let old = items.get(t).map_or(Node::NO, |i| i.0);
                items.insert(t.clone(), (self.d.or(old, *pc), self.level));
                Ok(Value::Nothing.into())
            }
            (Value::Object(o), "contains", [Value::Text(t)], None) => {
                let Object::List(items) = &self.objects[o] else { return unknown() };
                // Whatever a job beside this one adds comes too late, or may do so.
                let found = items.get(t).filter(|i| i.1 != self.level).map_or(Node::NO, |i| i.0);
                Ok(Value::Bool(found).into())
            }
            (Value::Text(t), "replaceAll", [Value::Text(pattern), Value::Text(with)], None)
                if with.is_empty() =>
            {
                let Some(pattern) = Regex::new(pattern) else { return unknown() };
                Ok(Value::Text(pattern.remove(&t).into()).into())
            }
            _ => unknown(),
        }
    }
}

fn plus(a: Value, b: Value, line: usize) -> Result<Value> {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => Ok(Value::Text(format!("{a}{b}").into())),
        (Value::Text(a), Value::Commit(b, name)) => Ok(Value::Commit(format!("{a}{b}").into(), name)),
        _ => refuse(line, "a sum of something else than texts"),
    }
}

/// `a == b` and its like; null is equal to itself only, and matches nothing.
fn compare(op: Operator, a: &Value, b: &Value, line: usize) -> Result<bool> {
    let equal = |a: &Value, b: &Value| match (a, b) {
        (Value::Text(a), Value::Text(b)) => Ok(a == b),
        (Value::Null, Value::Null) => Ok(true),
        (Value::Text(_) | Value::Commit(..), Value::Null)
        | (Value::Null, Value::Text(_) | Value::Commit(..)) => Ok(false),
        _ => refuse(line, "a comparison of something else than texts"),
    };
    match (op, a, b) {
        (Operator::Equal, a, b) => equal(a, b),
        (Operator::Unequal, a, b) => Ok(!equal(a, b)?),
        (Operator::In, a, Value::List(all)) => {
            let mut found = false;
            for x in all.iter() {
                found |= equal(a, x)?;
            }
            Ok(found)
        }
        (Operator::Matches, Value::Null, Value::Text(_)) => Ok(false),
        (Operator::Matches, Value::Text(t), Value::Text(p)) => match Regex::new(p) {
            Some(p) => Ok(p.matches(t)),
            None => refuse(line, format!("the pattern `{p}`")),
        },
        _ => refuse(line, "a comparison of something else than texts"),
    }
}
