#![doc = include_str!("../../../docs/findings/MLP361.md")]

use crate::check::facts::{deploy_before, event_words};
use crate::diag::{Code, Finding, Spanned};
use crate::spec::{Deploy, Event, On, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    if spec.on.is_empty() {
        return;
    }
    for deploy in spec.deploys.values() {
        let before = out.len();
        for on in deploy.on.iter().filter(|o| !is_pull_request(o)) {
            if !spec.on.iter().any(|p| meet(&p.event, &on.event)) {
                out.push(dead(spec, on));
            }
        }
        let asks = deploy.on.is_empty() || deploy.on.iter().any(|o| !is_pull_request(o));
        if out.len() == before && asks && !reached(spec, deploy) {
            out.push(unreached(spec, deploy));
        }
    }
}

fn is_pull_request(on: &On) -> bool {
    matches!(on.event, Event::PullRequest(_))
}

fn dead(spec: &Spec, on: &On) -> Finding {
    let words = event_words(&on.event);
    let same_kind = spec.on.iter().find(|p| event_words(&p.event) == words);
    let finding = Finding::at(
        Code::DEPLOY_NEVER_RUNS,
        on.span,
        match same_kind {
            Some(_) => {
                format!("this `{words}` has nothing in common with the pipeline's, so it never happens")
            }
            None => format!("the pipeline has no `{words}`, so this never happens"),
        },
    );
    let finding = finding.help(other_zone(spec, &on.event).unwrap_or_else(|| {
        "the `on` of a deploy narrows that of the pipeline: add the event there too, or take it out here"
            .to_owned()
    }));
    match same_kind {
        Some(other) => finding.also(other.span, "the pipeline's"),
        None => finding,
    }
}

/// What to write where the pipeline has that very line, in another zone.
fn other_zone(spec: &Spec, event: &Event) -> Option<String> {
    let Event::Schedule { cron, .. } = event else { return None };
    spec.on.iter().find_map(|p| match &p.event {
        Event::Schedule { cron: line, timezone } if line.split_whitespace().eq(cron.split_whitespace()) => {
            Some(format!(
                "the pipeline's `{}` counts in {}: write `timezone \"{}\"` here too; without a zone a schedule counts in UTC",
                line.node,
                zone(timezone.as_ref()),
                zone(timezone.as_ref())
            ))
        }
        _ => None,
    })
}

fn unreached(spec: &Spec, deploy: &Deploy) -> Finding {
    let name = &deploy.name.node;
    if spec.on.iter().all(is_pull_request) {
        let message = format!(
            "the deploy `{name}` never runs: the pipeline starts on pull requests alone, and those never deploy"
        );
        return Finding::at(Code::DEPLOY_NEVER_RUNS, deploy.common.head, message).help("add `on push main`");
    }
    let message = format!("the deploy `{name}` never runs: no event passes it and every deploy before it");
    let finding = Finding::at(Code::DEPLOY_NEVER_RUNS, deploy.common.head, message);
    let finding = match deploy_before(spec, deploy) {
        Some(before) => finding.also(before.common.head, "runs first"),
        None => finding,
    };
    finding.help("the `on` of a deploy narrows that of the deploy before: give that one the same event too")
}

/// Does any event of the pipeline pass this deploy and every one before it?
fn reached(spec: &Spec, deploy: &Deploy) -> bool {
    spec.on.iter().filter(|p| !is_pull_request(p)).any(|p| passes(spec, deploy, &p.event))
}

/// Does that event of the pipeline pass this deploy and every one before it?
pub(crate) fn passes(spec: &Spec, deploy: &Deploy, event: &Event) -> bool {
    let mut chain = vec![deploy];
    while let Some(before) = chain.last().and_then(|d| deploy_before(spec, d)) {
        if chain.iter().any(|d| d.name.node == before.name.node) {
            break;
        }
        chain.push(before);
    }
    chain.iter().all(|d| {
        let mut narrowing = d.on.iter().filter(|o| !is_pull_request(o)).peekable();
        narrowing.peek().is_none() || narrowing.any(|o| meet(event, &o.event))
    })
}

/// Can one run be both?
fn meet(a: &Event, b: &Event) -> bool {
    match (a, b) {
        (Event::Push(a), Event::Push(b)) | (Event::Tag(a), Event::Tag(b)) => any_meets(a, b),
        (Event::Manual(_), Event::Manual(_)) => true,
        (Event::Named { name: a, .. }, Event::Named { name: b, .. }) => a.node == b.node,
        (Event::Schedule { cron: a, timezone: x }, Event::Schedule { cron: b, timezone: y }) => {
            a.split_whitespace().eq(b.split_whitespace()) && zone(x.as_ref()) == zone(y.as_ref())
        }
        _ => false,
    }
}

/// The zone that a schedule counts in: one without a zone counts in UTC.
fn zone(said: Option<&Spanned<String>>) -> &str {
    said.map_or("UTC", |z| if z.node == "Etc/UTC" { "UTC" } else { z.node.as_str() })
}

fn any_meets(a: &[Spanned<String>], b: &[Spanned<String>]) -> bool {
    a.is_empty() || b.is_empty() || a.iter().any(|a| b.iter().any(|b| globs_meet(a.as_bytes(), b.as_bytes())))
}

/// Is there a name that both globs match?
fn globs_meet(a: &[u8], b: &[u8]) -> bool {
    match (a, b) {
        ([], []) => true,
        ([b'*', ..], _) => star(a, b),
        (_, [b'*', ..]) => star(b, a),
        ([x, a @ ..], [y, b @ ..]) => x == y && globs_meet(a, b),
        _ => false,
    }
}

/// `glob` starts with `*` or `**`: it ends here, or eats what the other one starts with.
fn star(glob: &[u8], other: &[u8]) -> bool {
    let deep = glob.starts_with(b"**");
    let rest = &glob[if deep { 2 } else { 1 }..];
    globs_meet(rest, other)
        || match other {
            [] => false,
            [b'/', tail @ ..] => deep && globs_meet(glob, tail),
            [b'*', ..] => {
                let tail = &other[if other.starts_with(b"**") { 2 } else { 1 }..];
                globs_meet(glob, tail)
            }
            [_, tail @ ..] => globs_meet(glob, tail),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does a name match a glob? By trying every way to eat it.
    fn matches(glob: &str, name: &str) -> bool {
        match (glob.strip_prefix("**"), glob.strip_prefix('*'), glob.chars().next()) {
            (Some(rest), ..) => (0..=name.len()).any(|i| matches(rest, &name[i..])),
            (None, Some(rest), _) => {
                let end = name.find('/').unwrap_or(name.len());
                (0..=end).any(|i| matches(rest, &name[i..]))
            }
            (None, None, Some(c)) => name.strip_prefix(c).is_some_and(|n| matches(&glob[1..], n)),
            (None, None, None) => name.is_empty(),
        }
    }

    #[test]
    fn globs_meet_exactly_when_some_name_matches_both() {
        let letters = ["", "a", "b", "/"];
        let mut names = vec![String::new()];
        for _ in 0..4 {
            names = names.iter().flat_map(|n| letters.iter().map(move |l| format!("{n}{l}"))).collect();
        }
        let globs =
            ["a", "b", "ab", "a/b", "*", "**", "a*", "*b", "a/*", "a/**", "**/b", "*/b", "a**b", "b*a"];
        for a in globs {
            for b in globs {
                let some = names.iter().any(|n| matches(a, n) && matches(b, n));
                assert_eq!(globs_meet(a.as_bytes(), b.as_bytes()), some, "{a} and {b}");
            }
        }
    }
}
