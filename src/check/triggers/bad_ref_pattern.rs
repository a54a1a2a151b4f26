#![doc = include_str!("../../../docs/findings/MLP306.md")]

use crate::check::facts::every_on;
use crate::diag::{Code, Finding};
use crate::spec::{Event, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for on in every_on(spec) {
        let (kind, patterns) = match &on.event {
            Event::Push(list) | Event::PullRequest(list) => ("branch", list),
            Event::Tag(list) => ("tag", list),
            _ => continue,
        };
        for pattern in patterns {
            let Some((why, help)) = problem(&pattern.node, kind) else { continue };
            let message = format!("the {kind} pattern `{}` {why}", pattern.node);
            out.push(Finding::at(Code::BAD_REF_PATTERN, pattern.span, message).help(help));
        }
    }
}

fn problem(pattern: &str, kind: &str) -> Option<(String, String)> {
    let plain =
        "write letters, digits, `.`, `_`, `-` and `/`, with `*` for a part and `**` for any number of parts";
    if pattern.is_empty() {
        return Some(("is empty".into(), format!("name a {kind}, or write `\"**\"` for every one")));
    }
    if let Some(short) = pattern.strip_prefix("refs/heads/").or_else(|| pattern.strip_prefix("refs/tags/")) {
        return Some(("is the full name of a ref".into(), format!("write `{short}`")));
    }
    if pattern.starts_with('!') {
        return Some((
            "excludes, which not every platform can".into(),
            format!("list the {kind}s that are wanted"),
        ));
    }
    if let Some(c) = pattern.chars().find(|c| matches!(c, '?' | '[' | ']' | '+' | '{' | '}')) {
        return Some((format!("has `{c}`, which the platforms read in different ways"), plain.into()));
    }
    // What git takes in no name.
    let impossible = |c: &char| *c == ' ' || c.is_control() || "~^:\\".contains(*c);
    if let Some(c) = pattern.chars().find(impossible) {
        let name = match c {
            ' ' | '\t' => "white space".to_owned(),
            c if c.is_control() => format!("`{}`", c.escape_default()),
            c => format!("`{c}`"),
        };
        return Some((format!("has {name}, which the name of a {kind} cannot have"), plain.into()));
    }
    if let Some(c) = pattern.chars().find(|c| c.is_whitespace() || "'\"`$".contains(*c)) {
        let name = if c.is_whitespace() { format!("`{}`", c.escape_unicode()) } else { format!("`{c}`") };
        let why = format!(
            "has {name}: git allows that in a name, mlpipe does not, because shells and the platforms' expressions read \
             more into it"
        );
        return Some((why, format!("{plain}; a {kind} called so is reached by `*` in its place")));
    }
    if pattern.contains("***") {
        return Some(("has more than two `*` in a row".into(), plain.into()));
    }
    let shape = pattern.starts_with(['/', '-'])
        || pattern.ends_with(['/', '.'])
        || pattern.ends_with(".lock")
        || ["//", "..", "@{", "/.", ".lock/"].iter().any(|s| pattern.contains(s));
    shape.then(|| (format!("cannot be the name of a {kind} in git"), plain.into()))
}
