//! `scenario`: what happens, and how it must end.

use super::value::Captured;
use super::{Decoder, Item, Value, statements};
use crate::diag::{Span, Spanned};
use crate::spec::decimal::Literal;
use crate::spec::shape::Place;
use crate::spec::{
    Answer, Duration, Expectation, Expected, Given, GivenEvent, GivenState, GivenValue, GivenWhat,
    MetricPath, Quantity, Scenario, Unit,
};
use crate::syntax::Block;

impl Decoder<'_> {
    /// `scenario "…" { … }`.
    pub(super) fn scenario(&mut self, item: &Item<'_>) -> Option<Scenario> {
        let title = item.text("title")?;
        let mut scenario =
            Scenario { title, given: Vec::new(), expect: Vec::new(), span: item.statement.head };
        let items = self.complete(item, Place::Scenario);
        items.iter().for_each(|inner| said(&mut scenario, inner));
        Some(scenario)
    }

    /// The same of a block alone, which may do without `expect`.
    pub(crate) fn scenario_block(&mut self, title: &str, span: Span, block: Option<&Block>) -> Scenario {
        let title = Spanned::new(title.to_owned(), span);
        let mut scenario = Scenario { title, given: Vec::new(), expect: Vec::new(), span };
        let items = self.items(statements(block), Place::Scenario);
        items.iter().for_each(|inner| said(&mut scenario, inner));
        scenario
    }
}

fn said(scenario: &mut Scenario, item: &Item<'_>) {
    if item.failed() {
        return;
    }
    if item.word() == "expect" {
        let (names, outcomes) = (item.texts("name"), item.texts("outcome"));
        for (name, outcome) in names.into_iter().zip(outcomes) {
            let Some(word) = Expected::ALL.into_iter().find(|e| e.word() == outcome.node) else { continue };
            scenario.expect.push(Expectation { name, outcome: outcome.map(|_| word) });
        }
        return;
    }
    let values: Vec<_> = item.values().collect();
    for element in elements(&values) {
        let span = element.iter().map(|(_, v)| v.span).reduce(Span::to).unwrap_or(item.statement.head);
        scenario.given.extend(Element(element).given().map(|what| Given { what, span }));
    }
}

/// The values of each element of the list; the first capture of every form is one of its own.
fn elements<'v, 'c>(values: &'v [(&'static str, &'c Captured)]) -> Vec<&'v [(&'static str, &'c Captured)]> {
    let starts = |i: usize| {
        let before = i.checked_sub(1).map(|b| values[b].0);
        match values[i].0 {
            "event" | "input" | "cancelled" | "subject" | "approval_of" => true,
            "answer" => before != Some("approval_of"),
            "part" => before != Some("part"),
            _ => false,
        }
    };
    let mut found = Vec::new();
    let mut from = 0;
    for i in 1..values.len() {
        if starts(i) {
            found.push(&values[from..i]);
            from = i;
        }
    }
    if from < values.len() {
        found.push(&values[from..]);
    }
    found
}

struct Element<'v, 'c>(&'v [(&'static str, &'c Captured)]);

impl Element<'_, '_> {
    fn given(&self) -> Option<GivenWhat> {
        match self.0.first()?.0 {
            "event" => Some(GivenWhat::On(GivenEvent {
                event: self.text("event")?,
                reference: self.text("ref"),
                name: self.text("name"),
                from: self.text("from"),
            })),
            "input" => Some(GivenWhat::Input { name: self.text("input")?, value: self.input_value()? }),
            "part" => {
                let parts = self.0.iter().filter_map(|(_, v)| text(v)).collect();
                Some(GivenWhat::Changed(parts))
            }
            "approval_of" | "answer" => {
                let no = self.text("answer")?.node == "denied";
                let answer = if no { Answer::Denied } else { Answer::Given };
                Some(GivenWhat::Approval {
                    of: self.text("approval_of"),
                    answer,
                    after: self.duration("after"),
                })
            }
            "cancelled" => {
                let subject = self.metric("cancelled")?;
                Some(GivenWhat::Cancelled { subject, at: self.duration("at") })
            }
            _ => self.about_subject(),
        }
    }

    fn about_subject(&self) -> Option<GivenWhat> {
        let subject = self.metric("subject")?;
        let at = self.duration("at");
        if let Some(time) = self.duration("takes") {
            return Some(GivenWhat::Takes { subject, time });
        }
        if let Some(ago) = self.duration("ago") {
            return Some(GivenWhat::RolledBack { subject, ago });
        }
        if let Some(word) = self.text("state") {
            let state = match word.node.as_str() {
                "passed" => GivenState::Passed,
                "failed" => GivenState::Failed,
                _ => GivenState::TimedOut,
            };
            let of = self.count("count").zip(self.count("times"));
            let of = of.map(|(a, b)| Spanned::new((a.node, b.node), a.span.to(b.span)));
            return Some(GivenWhat::State { subject, state, of, at });
        }
        let value = if let Some(word) = self.text("gone") {
            word.map(|w| if w == "nan" { GivenValue::Nan } else { GivenValue::Missing })
        } else if let Some(text) = self.text("text") {
            text.map(GivenValue::Text)
        } else {
            let quantity = |l: Literal| Quantity { number: l.number.value(), unit: l.unit };
            self.literal("value")?.map(|l| GivenValue::Number(quantity(l)))
        };
        Some(GivenWhat::Value { subject, value, at, window: self.duration("window") })
    }

    fn input_value(&self) -> Option<Spanned<String>> {
        let captured = self.get("value")?;
        let value = match &captured.node {
            Value::Text(text) => text.clone(),
            Value::Template(template) => template.as_literal()?,
            Value::Literal(literal) => literal.text.clone(),
            _ => return None,
        };
        Some(Spanned::new(value, captured.span))
    }

    fn get(&self, name: &str) -> Option<&Captured> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, v)| *v)
    }

    fn text(&self, name: &str) -> Option<Spanned<String>> {
        self.get(name).and_then(text)
    }

    fn metric(&self, name: &str) -> Option<Spanned<MetricPath>> {
        match self.get(name)? {
            Spanned { node: Value::Metric(path), span } => Some(Spanned::new(path.clone(), *span)),
            _ => None,
        }
    }

    fn literal(&self, name: &str) -> Option<Spanned<Literal>> {
        match self.get(name)? {
            Spanned { node: Value::Literal(literal), span } => Some(Spanned::new(literal.clone(), *span)),
            _ => None,
        }
    }

    fn duration(&self, name: &str) -> Option<Spanned<Duration>> {
        let literal = self.literal(name)?;
        let seconds = literal.in_unit(Unit::S)?;
        Some(literal.map(|_| Duration { seconds }))
    }

    fn count(&self, name: &str) -> Option<Spanned<u32>> {
        let literal = self.literal(name)?;
        let value = literal.number.value();
        (0.0..=f64::from(u32::MAX)).contains(&value).then(|| literal.map(|_| value as u32))
    }
}

fn text(captured: &Captured) -> Option<Spanned<String>> {
    match &captured.node {
        Value::Text(text) => Some(Spanned::new(text.clone(), captured.span)),
        _ => None,
    }
}
