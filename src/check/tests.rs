use super::facts::echoes;
use super::*;
use crate::diag::{FileId, Span};

#[test]
fn the_table_is_in_order_and_names_each_code_once() {
    let ids: Vec<&str> = RULES.iter().map(|r| r.code.id).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(ids, sorted);
}

#[test]
fn nothing_is_concluded_from_what_was_not_understood() {
    let span = |start, end| Span::new(FileId(0), start, end);
    let spec = Spec { doubtful: vec![span(10, 20)], ..Spec::default() };
    let at = |start| Finding::at(Code::NO_METRICS_FILE, span(start, start + 1), "x");
    for (absence, inside, outside) in
        [(Absence::Nowhere, false, false), (Absence::Here, true, false), (Absence::Anywhere, true, true)]
    {
        assert_eq!(echoes(absence, &spec, &at(12)), inside, "{absence:?} in the faulty statement");
        assert_eq!(echoes(absence, &spec, &at(30)), outside, "{absence:?} in another statement");
    }
    assert!(check(&spec).is_empty(), "an empty spec lacks a trigger and work, and both may be misspelt");
    assert_eq!(check(&Spec::default()).len(), 2);
}

#[test]
fn what_was_not_understood_is_not_planned() {
    let spec = Spec { doubtful: vec![Span::default()], ..Spec::default() };
    let (checked, findings) = checked(&spec);
    assert!(checked.is_none() && findings.is_empty());
}
