#![doc = include_str!("../../../docs/findings/MLP343.md")]

use crate::diag::{Code, Finding};
use crate::spec::{ModelSource, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for source in spec.models.values().filter_map(|m| m.source.as_ref()) {
        let ModelSource::Http { url, .. } = &source.node else { continue };
        if let Some((why, help)) = problem(&url.node) {
            out.push(Finding::at(Code::BAD_URL, url.span, why).help(help));
        }
    }
}

/// `http://` is let through: the checksum says whether the file is the right one.
fn problem(url: &str) -> Option<(String, &'static str)> {
    let whole = "write it from the scheme on: `\"https://models.example.com/fraud.pkl\"`";
    let lower = url.to_ascii_lowercase();
    let Some(rest) = ["https://", "http://"].iter().find_map(|s| lower.strip_prefix(s)) else {
        return Some((format!("`{url}` is not an `https://` URL"), whole));
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((_, host)) = authority.rsplit_once('@') {
        // The password itself is not repeated: findings end up in logs.
        let message = format!("the URL to `{host}` has a user or password in it");
        return Some((
            message,
            "take it out; fetch with `source run \"…\"` and a `secret` when it needs a login",
        ));
    }
    if authority.is_empty() || authority.starts_with(':') {
        return Some((format!("`{url}` names no host"), whole));
    }
    if url.chars().any(|c| c.is_whitespace() || c.is_control() || "\"<>\\^`{}|".contains(c)) {
        return Some((
            format!("`{}` has a character that a URL cannot have", url.escape_debug()),
            "write it percent-encoded, such as `%20`",
        ));
    }
    None
}
