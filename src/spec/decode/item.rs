//! One statement that was looked up and matched.

use super::matcher::Match;
use super::value::{Captured, Value};
use crate::diag::Spanned;
use crate::spec::decimal::Literal;
use crate::spec::shape::Keyword;
use crate::spec::{Duration, MetricPath, Op, Template, Unit};
use crate::syntax::{Block, Statement};

/// A statement, its line of the keyword table, and the values behind its keyword.
#[derive(Debug)]
pub(crate) struct Item<'t> {
    pub(crate) keyword: &'static Keyword,
    pub(crate) statement: &'t Statement,
    matched: Match,
}

impl<'t> Item<'t> {
    pub(super) fn new(keyword: &'static Keyword, statement: &'t Statement, matched: Match) -> Self {
        Self { keyword, statement, matched }
    }

    /// The keyword.
    pub(crate) fn word(&self) -> &'static str {
        self.keyword.word
    }

    /// Something in its line was wrong, and was told.
    pub(crate) fn failed(&self) -> bool {
        self.matched.failed
    }

    pub(crate) fn block(&self) -> Option<&'t Block> {
        self.statement.block.as_ref()
    }

    /// Every value, in the order of the text.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static str, &Captured)> {
        self.matched.values.iter().map(|(name, value)| (*name, value))
    }

    fn get(&self, name: &str) -> Option<&Captured> {
        self.matched.values.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    fn find<T>(&self, name: &str, pick: impl Fn(&Value) -> Option<T>) -> Option<Spanned<T>> {
        let captured = self.get(name)?;
        pick(&captured.node).map(|node| Spanned::new(node, captured.span))
    }

    /// Was there anything under that name?
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A name, a word, a text, a command.
    pub(crate) fn text(&self, name: &str) -> Option<Spanned<String>> {
        self.find(name, as_text)
    }

    /// All texts under that name.
    pub(crate) fn texts(&self, name: &str) -> Vec<Spanned<String>> {
        self.values()
            .filter(|(n, _)| *n == name)
            .filter_map(|(_, v)| as_text(&v.node).map(|text| Spanned::new(text, v.span)))
            .collect()
    }

    /// The word under that name as a choice.
    pub(crate) fn choice<T>(&self, name: &str, choose: impl Fn(&str) -> Option<T>) -> Option<Spanned<T>> {
        let word = self.text(name)?;
        choose(&word.node).map(|node| Spanned::new(node, word.span))
    }

    pub(crate) fn template(&self, name: &str) -> Option<Spanned<Template>> {
        self.find(name, |value| match value {
            Value::Template(template) => Some(template.clone()),
            _ => None,
        })
    }

    pub(crate) fn literal(&self, name: &str) -> Option<Spanned<Literal>> {
        self.find(name, |value| match value {
            Value::Literal(literal) => Some(literal.clone()),
            _ => None,
        })
    }

    pub(crate) fn duration(&self, name: &str) -> Option<Spanned<Duration>> {
        let literal = self.literal(name)?;
        let seconds = literal.in_unit(Unit::S)?;
        Some(literal.map(|_| Duration { seconds }))
    }

    pub(crate) fn count(&self, name: &str) -> Option<Spanned<u32>> {
        let literal = self.literal(name)?;
        let value = literal.number.value();
        (0.0..=f64::from(u32::MAX)).contains(&value).then(|| literal.map(|_| value as u32))
    }

    pub(crate) fn metric(&self, name: &str) -> Option<Spanned<MetricPath>> {
        self.find(name, |value| match value {
            Value::Metric(metric) => Some(metric.clone()),
            _ => None,
        })
    }

    pub(crate) fn op(&self, name: &str) -> Option<Spanned<Op>> {
        self.find(name, |value| match value {
            Value::Op(op) => Some(*op),
            _ => None,
        })
    }

    pub(crate) fn unit(&self, name: &str) -> Option<Spanned<Unit>> {
        self.find(name, |value| match value {
            Value::Unit(unit) => Some(*unit),
            _ => None,
        })
    }

    /// What stands under that name, as text to compare; empty when nothing does.
    pub(super) fn text_of(&self, name: &str) -> String {
        match self.get(name).map(|v| &v.node) {
            Some(Value::Text(text)) => text.clone(),
            Some(Value::Template(template)) => template.to_string(),
            Some(Value::Metric(metric)) => metric.to_string(),
            Some(Value::Literal(literal)) => literal.text.clone(),
            _ => String::new(),
        }
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}
