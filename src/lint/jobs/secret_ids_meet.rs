#![doc = include_str!("../../../docs/findings/MLP733.md")]

use crate::check::facts::{emits, secret_uses};
use crate::diag::{Code, Finding, Span};
use crate::lint::Subject;
use crate::spec::{PlatformName, Spec};
use std::collections::BTreeMap;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let spec = subject.spec;
    if !emits(spec, PlatformName::Github) {
        return;
    }
    // By the letters that GitHub compares: the first secret that has them.
    let mut known: BTreeMap<String, (&str, &str, Span)> = BTreeMap::new();
    for (name, id, span) in ids(spec) {
        let Some((other, same, first)) = known.get(&id.to_ascii_uppercase()) else {
            known.insert(id.to_ascii_uppercase(), (name, id, span));
            continue;
        };
        if *same == id {
            continue;
        }
        let message =
            format!("on GitHub, `{id}` is the same secret as `{same}`: `{name}` and `{other}` get one value");
        out.push(
            Finding::at(Code::SECRET_IDS_MEET, span, message)
                .also(*first, "the other one")
                .help("GitHub keeps names of secrets in capitals: give one of them another id"),
        );
    }
}

/// Every secret that a job names: its name, its id on GitHub and where that stands.
fn ids(spec: &Spec) -> Vec<(&str, &str, Span)> {
    let mut all: Vec<(&str, &str, Span)> = Vec::new();
    let uses = secret_uses(spec);
    for name in uses.iter().map(|u| u.name) {
        if all.iter().any(|(known, ..)| *known == name.as_str()) {
            continue;
        }
        let id = spec.secrets.get(name.as_str()).and_then(|s| s.ids.get(&PlatformName::Github));
        let id = id.map_or((name.as_str(), name.span), |i| (i.as_str(), i.span));
        all.push((name.as_str(), id.0, id.1));
    }
    // What stands first in the file is told as the first.
    all.sort_by_key(|(.., span)| *span);
    all
}
