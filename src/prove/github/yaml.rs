//! Strict access to a YAML document: every key has to be asked for, and what is left over is refused.

use super::super::Unreadable;
use serde_yaml::{Mapping, Value};
use std::cell::RefCell;

/// The text, for lines.
#[derive(Clone, Copy)]
pub(super) struct Lines<'a>(pub(super) &'a str);

impl Lines<'_> {
    /// The first line from `from` (counted from 1) on that starts so, blanks included; `from` itself where there is none.
    pub(super) fn find(self, from: usize, start: &str) -> usize {
        let at = self.0.lines().skip(from.saturating_sub(1)).position(|l| l.starts_with(start));
        at.map_or(from, |i| from.max(1) + i)
    }
}

/// A mapping whose keys are taken one by one.
pub(super) struct Map<'a> {
    entries: &'a Mapping,
    taken: RefCell<Vec<&'static str>>,
    what: String,
    line: usize,
}

impl<'a> Map<'a> {
    pub(super) fn new(value: &'a Value, what: &str, line: usize) -> Result<Self, Unreadable> {
        let entries = value
            .as_mapping()
            .ok_or_else(|| Unreadable { line, what: format!("{what} is not a mapping") })?;
        Ok(Self { entries, taken: RefCell::default(), what: what.to_owned(), line })
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &'static str) -> Option<&'a Value> {
        self.taken.borrow_mut().push(key);
        self.entries.get(key)
    }

    /// The value of a key that has to be there.
    pub(super) fn need(&self, key: &'static str) -> Result<&'a Value, Unreadable> {
        self.get(key).ok_or_else(|| self.refuse(format!("{} has no `{key}`", self.what)))
    }

    /// The text of a key.
    pub(super) fn text(&self, key: &'static str) -> Result<Option<String>, Unreadable> {
        self.get(key)
            .map(|v| scalar(v).ok_or_else(|| self.refuse(format!("`{key}` is not a text"))))
            .transpose()
    }

    /// Everything was asked for.
    pub(super) fn done(self) -> Result<(), Unreadable> {
        let taken = self.taken.borrow();
        for key in self.entries.keys() {
            let name = key.as_str().unwrap_or("?");
            if !taken.contains(&name) {
                return Err(self.refuse(format!("`{name}` in {} is not known here", self.what)));
            }
        }
        Ok(())
    }

    pub(super) fn refuse(&self, what: String) -> Unreadable {
        Unreadable { line: self.line, what }
    }
}

/// A scalar as text.
pub(super) fn scalar(v: &Value) -> Option<String> {
    match v {
        Value::String(s) => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        Value::Null => Some(String::new()),
        _ => None,
    }
}

/// A text, or a list of texts.
pub(super) fn texts(v: &Value) -> Option<Vec<String>> {
    match v {
        Value::Sequence(all) => all.iter().map(|x| x.as_str().map(str::to_owned)).collect(),
        Value::String(s) => Some(vec![s.clone()]),
        _ => None,
    }
}

/// Key and value of a mapping of texts.
pub(super) fn pairs(v: &Value) -> Option<Vec<(String, String)>> {
    v.as_mapping()?.iter().map(|(k, v)| Some((k.as_str()?.to_owned(), scalar(v)?))).collect()
}
