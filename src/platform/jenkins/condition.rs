//! The static part of a job's `when`, as Groovy over `event()`, `branchName()`, `env` and `params`.
//!
//! A job's condition is a disjunction of activations. Those that cover the same refs and the same pull requests share
//! one line, so that a person can read it. Operators stand at the end of a line: Groovy ends a statement at a line
//! break that could be one.

use crate::plan::{Activation, Condition, EventKind, Pattern, PrSource, Refs};
use crate::render::{Quoted, groovy};

/// The terms of a condition: the build runs the job when any one holds. Empty means never.
pub(super) fn terms(condition: &Condition) -> Vec<Quoted> {
    let mut groups: Vec<(&Activation, Vec<Quoted>)> = Vec::new();
    for activation in &condition.any_of {
        let name = event_name(&activation.event);
        let same = |(first, _): &&mut (&Activation, Vec<Quoted>)| {
            first.refs == activation.refs
                && first.source == activation.source
                && (first.event == EventKind::PullRequest) == (activation.event == EventKind::PullRequest)
        };
        match groups.iter_mut().find(same) {
            Some((_, names)) => names.push(name),
            None => groups.push((activation, vec![name])),
        }
    }
    groups.iter().map(|(activation, names)| term(activation, names)).collect()
}

fn term(activation: &Activation, names: &[Quoted]) -> Quoted {
    let mut parts = vec![one_of("event()", names)];
    let pull_request = activation.event == EventKind::PullRequest;
    if let Refs::Only { branches, tags } = &activation.refs {
        let (left, tags) = if pull_request {
            ("env.CHANGE_TARGET", [].as_slice())
        } else {
            ("branchName()", tags.as_slice())
        };
        let mut refs = matches(left, branches);
        refs.extend(matches("env.TAG_NAME", tags));
        parts.push(any(refs));
    }
    match activation.source {
        PrSource::Trusted if pull_request => parts.push(Quoted::fixed("env.CHANGE_FORK == null")),
        PrSource::Untrusted if pull_request => parts.push(Quoted::fixed("env.CHANGE_FORK != null")),
        _ => {}
    }
    Quoted::join(&parts, " && ")
}

/// What `event()` returns; a named event carries its name.
fn event_name(event: &EventKind) -> Quoted {
    match event {
        EventKind::Push => Quoted::fixed("'push'"),
        EventKind::Tag => Quoted::fixed("'tag'"),
        EventKind::PullRequest => Quoted::fixed("'pull_request'"),
        EventKind::Schedule => Quoted::fixed("'schedule'"),
        EventKind::Manual => Quoted::fixed("'manual'"),
        EventKind::Named(name) => groovy(&format!("event {name}")),
    }
}

/// Literal names together, then one anchored regular expression a glob.
fn matches(left: &'static str, patterns: &[Pattern]) -> Vec<Quoted> {
    let (literal, globs): (Vec<_>, Vec<_>) = patterns.iter().partition(|p| p.is_literal());
    let mut out = Vec::new();
    if !literal.is_empty() {
        out.push(one_of(left, &literal.iter().map(|p| groovy(&p.0)).collect::<Vec<_>>()));
    }
    for glob in globs {
        out.push(Quoted::join([&Quoted::fixed(left), &groovy(&regex(glob))], " ==~ "));
    }
    out
}

/// `left == 'a'`, or `left in ['a', 'b']`.
pub(super) fn one_of(left: &'static str, values: &[Quoted]) -> Quoted {
    match values {
        [value] => Quoted::join([&Quoted::fixed(left), value], " == "),
        values => Quoted::join([&Quoted::fixed(left), &list(values)], " in "),
    }
}

/// `['a', 'b']`.
pub(super) fn list(values: &[Quoted]) -> Quoted {
    Quoted::join([&Quoted::fixed("["), &Quoted::join(values, ", "), &Quoted::fixed("]")], "")
}

/// A disjunction that may stand beside `&&`; nothing at all is never true.
fn any(terms: Vec<Quoted>) -> Quoted {
    match terms.as_slice() {
        [] => Quoted::fixed("false"),
        [one] => one.clone(),
        many => Quoted::join([&Quoted::fixed("("), &Quoted::join(many, " || "), &Quoted::fixed(")")], ""),
    }
}

/// A glob as a Java regular expression for `==~`, which matches the whole name: `*` stops at `/`, `**` does not.
///
/// It never matches the empty text, which `branchName()` is for tags and change requests: a glob of stars alone asks for
/// one character.
pub(super) fn regex(glob: &Pattern) -> String {
    let mut out = String::new();
    let mut rest = glob.0.as_str();
    let only_stars = rest.bytes().all(|b| b == b'*');
    if only_stars {
        return if rest.len() > 1 { ".+".into() } else { "[^/]+".into() };
    }
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**") {
            out.push_str(".*");
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            '*' => out.push_str("[^/]*"),
            c if c.is_alphanumeric() || "_/- ".contains(c) => out.push(c),
            c if c.is_ascii() => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Row = (EventKind, Refs, PrSource);

    fn of(activations: Vec<Row>) -> Vec<String> {
        let any_of =
            activations.into_iter().map(|(event, refs, source)| Activation { event, refs, source }).collect();
        terms(&Condition { any_of }).iter().map(|q| q.as_str().to_owned()).collect()
    }

    fn only(branches: &[&str], tags: &[&str]) -> Refs {
        let p = |s: &&str| Pattern((*s).to_owned());
        Refs::Only { branches: branches.iter().map(p).collect(), tags: tags.iter().map(p).collect() }
    }

    #[test]
    fn each_shape_of_a_condition() {
        use EventKind::*;
        use PrSource::*;
        let table: &[(Vec<Row>, &[&str])] = &[
            (vec![], &[]),
            (vec![(Push, Refs::Any, Any)], &["event() == 'push'"]),
            (vec![(Push, only(&["main"], &[]), Any)], &["event() == 'push' && branchName() == 'main'"]),
            (
                vec![
                    (Push, only(&["main", "release/*"], &["v*"]), Any),
                    (Tag, only(&["main", "release/*"], &["v*"]), Any),
                ],
                &[
                    "event() in ['push', 'tag'] && (branchName() == 'main' || branchName() ==~ 'release/[^/]*' || env.TAG_NAME ==~ 'v[^/]*')",
                ],
            ),
            (
                vec![(PullRequest, only(&["main", "dev"], &["v*"]), Trusted)],
                &[
                    "event() == 'pull_request' && env.CHANGE_TARGET in ['main', 'dev'] && env.CHANGE_FORK == null",
                ],
            ),
            (
                vec![(PullRequest, Refs::Any, Untrusted)],
                &["event() == 'pull_request' && env.CHANGE_FORK != null"],
            ),
            (
                vec![
                    (Manual, Refs::Any, Any),
                    (Named("it's $x".into()), Refs::Any, Any),
                    (PullRequest, Refs::Any, Any),
                ],
                &["event() in ['manual', 'event it\\'s $x']", "event() == 'pull_request'"],
            ),
            (vec![(Tag, only(&[], &[]), Any)], &["event() == 'tag' && false"]),
        ];
        for (activations, expected) in table {
            assert_eq!(&of(activations.clone()), expected);
        }
    }

    #[test]
    fn globs_become_whole_name_regexes() {
        for (glob, expected) in [
            ("main", "main"),
            ("release/*", "release/[^/]*"),
            ("release/**", "release/.*"),
            ("**", ".+"),
            ("*", "[^/]+"),
            ("***", ".+"),
            ("v1.*", "v1\\.[^/]*"),
            ("a+b$(c)", "a\\+b\\$\\(c\\)"),
            ("ü/**/x", "ü/.*/x"),
        ] {
            assert_eq!(regex(&Pattern(glob.into())), expected, "{glob}");
        }
    }

    proptest! {
        /// Only characters that are special to Java's `Pattern` are escaped, and none of them is left bare.
        #[test]
        fn nothing_special_is_left_bare(glob in "[ -~]{0,20}") {
            let text = regex(&Pattern(glob));
            let plain = text.replace("[^/]*", "").replace("[^/]+", "");
            let mut chars = plain.chars().peekable();
            while let Some(c) = chars.next() {
                match c {
                    '\\' => prop_assert!(chars.next().is_some_and(|c| c.is_ascii_punctuation())),
                    '.' => prop_assert!(matches!(chars.next(), Some('*' | '+'))),
                    c => prop_assert!(c.is_ascii_alphanumeric() || "_/- ".contains(c), "{c}"),
                }
            }
        }
    }
}
