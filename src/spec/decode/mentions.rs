//! Names in statements that have no field of their own in the spec yet, so that the checks see them all the same.

use super::{Item, Value};
use crate::diag::{Span, Spanned};
use crate::spec::shape::Place;
use crate::spec::{Mention, MentionKind};

/// What a statement names. A secret that has a field too may be named twice.
pub(super) fn of(item: &Item<'_>, place: Place) -> Vec<Mention> {
    let mut all = Vec::new();
    let mut add = |kind, name: Spanned<String>| all.push(Mention { kind, name });
    match (place, item.word()) {
        (Place::Top, "secret") => {}
        (_, "secret") => item.texts("name").into_iter().for_each(|n| add(MentionKind::Secret, n)),
        (Place::Deploy, "shadow") => {
            item.texts("deploy").into_iter().for_each(|n| add(MentionKind::Deploy, n));
        }
        (Place::Train, _) => {
            item.texts("data").into_iter().for_each(|n| add(MentionKind::Data, n));
            item.texts("model").into_iter().for_each(|n| add(MentionKind::Model, n));
        }
        (Place::Scenario, "given") => {
            subjects(item).for_each(|n| add(MentionKind::Subject, n));
            item.texts("approval_of").into_iter().for_each(|n| add(MentionKind::Deploy, n));
        }
        (Place::Scenario, "expect") => {
            item.texts("name").into_iter().for_each(|n| add(MentionKind::Subject, n));
        }
        _ => {}
    }
    item.texts("secret").into_iter().for_each(|n| add(MentionKind::Secret, n));
    all
}

/// The first part of `quality.accuracy`: what the metric belongs to.
fn subjects<'i>(item: &'i Item<'_>) -> impl Iterator<Item = Spanned<String>> + 'i {
    item.values().filter_map(|(_, value)| match &value.node {
        Value::Metric(path) => {
            let first = path.0.first()?;
            let end = value.span.end.min(value.span.start + first.len() as u32);
            Some(Spanned::new(first.clone(), Span { end, ..value.span }))
        }
        _ => None,
    })
}
