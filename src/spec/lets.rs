//! `let`s: values with a name, and the references `${…}` that strings make to them and to values of the run.

use super::decimal::Literal;
use super::{RUN_VALUES, Template, TemplatePiece};
use crate::diag::{Code, Finding, Span, Spanned, words};
use crate::syntax::{Piece, Text};
use indexmap::IndexMap;
use std::cell::Cell;

/// What a `let` holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LetValue {
    /// A number.
    Literal(Literal),
    /// A text.
    Text(Template),
    /// Nobody filled it, or its value was faulty: nothing can be said of it.
    Unknown,
}

/// The `let`s of a spec, over all its files.
#[derive(Debug, Default)]
pub(crate) struct Lets {
    /// Values by name, each with the place of the name.
    pub(crate) values: IndexMap<String, Spanned<LetValue>>,
    /// Those without a value, with the `use` that brought them in. Told when one is asked for.
    pub(crate) unfilled: IndexMap<String, Unfilled>,
}

/// A `let` without a value.
#[derive(Debug, Clone)]
pub(crate) struct Unfilled {
    /// The statement.
    pub(crate) statement: Span,
    /// The `use` of the spec that brought it in.
    pub(crate) via: Option<Span>,
    /// A library is looked at alone: its users fill it.
    pub(crate) may_stay: bool,
    /// The user knows it by now.
    pub(crate) told: Cell<bool>,
}

impl Lets {
    /// Is there a `let` of that name, with or without a value?
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.values.contains_key(name) || self.unfilled.contains_key(name)
    }

    /// Every name.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().chain(self.unfilled.keys()).map(String::as_str)
    }

    /// The value of a `let`; none when there is none of that name. One that nobody filled is told.
    pub(crate) fn get(&self, name: &str, at: Span, findings: &mut Vec<Finding>) -> Option<LetValue> {
        if let Some(value) = self.values.get(name) {
            return Some(value.node.clone());
        }
        let unfilled = self.unfilled.get(name)?;
        if !unfilled.may_stay && !unfilled.told.replace(true) {
            findings.push(self::unfilled(name, unfilled, Some(at)));
        }
        Some(LetValue::Unknown)
    }

    /// Puts the `let`s into a text. None when it cannot be known or a reference in it is wrong.
    pub(crate) fn fill(&self, text: &Text, findings: &mut Vec<Finding>) -> Option<Template> {
        let mut filled = Template::default();
        let mut known = true;
        for piece in &text.pieces {
            match piece {
                Piece::Lit(text) => push(&mut filled, text),
                Piece::OpenRef(span) => {
                    known = false;
                    findings.push(
                        Finding::at(Code::UNKNOWN_REFERENCE, *span, "this `${` has no `}`")
                            .help("write `${name}`, or `\\${` for a dollar sign and a brace"),
                    );
                }
                Piece::Ref(name) => known &= self.reference(name, &mut filled, findings),
            }
        }
        known.then_some(filled)
    }

    fn reference(&self, name: &Spanned<String>, into: &mut Template, findings: &mut Vec<Finding>) -> bool {
        match self.get(name, name.span, findings) {
            Some(LetValue::Literal(literal)) => push(into, &literal.text),
            Some(LetValue::Text(template)) => {
                for piece in template.0 {
                    match piece {
                        TemplatePiece::Lit(text) => push(into, &text),
                        reference => into.0.push(reference),
                    }
                }
            }
            Some(LetValue::Unknown) => return false,
            None if RUN_VALUES.contains(&name.as_str()) => into.0.push(TemplatePiece::Ref(name.node.clone())),
            None => {
                findings.push(self.unknown(name));
                return false;
            }
        }
        true
    }

    fn unknown(&self, name: &Spanned<String>) -> Finding {
        let finding = Finding::at(
            Code::UNKNOWN_REFERENCE,
            name.span,
            format!("`${{{}}}` is neither a `let` nor a value of the run", name.node),
        );
        let candidates = self.names().chain(RUN_VALUES);
        match words::nearest(name, candidates) {
            Some(near) => finding.help(format!("did you mean `${{{near}}}`?")),
            None => finding.help(format!(
                "values of the run are {}; write `\\${{` for a dollar sign and a brace",
                words::and_list(&RUN_VALUES)
            )),
        }
    }
}

/// The finding for a `let` that nobody filled.
pub(crate) fn unfilled(name: &str, it: &Unfilled, used: Option<Span>) -> Finding {
    let at = it.via.unwrap_or(it.statement);
    let mut finding = Finding::at(Code::LET_UNFILLED, at, format!("`let {name}` has no value"));
    if it.via.is_some() {
        finding = finding.also(it.statement, "it is left to you here");
    }
    if let Some(used) = used {
        finding = finding.also(used, "it is used here");
    }
    finding.help(format!("write `let {name} = …` in the file with the `pipeline`"))
}

fn push(into: &mut Template, text: &str) {
    if text.is_empty() {
        return;
    }
    match into.0.last_mut() {
        Some(TemplatePiece::Lit(last)) => last.push_str(text),
        _ => into.0.push(TemplatePiece::Lit(text.to_owned())),
    }
}
