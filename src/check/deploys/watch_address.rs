#![doc = include_str!("../../../docs/findings/MLP368.md")]

use crate::diag::{Code, Finding};
use crate::spec::{ServerAuth, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for watch in spec.deploys.values().filter_map(|d| d.watch.as_ref()) {
        let base = watch.prometheus.as_ref().and_then(|p| p.url());
        for (url, auth) in watch.addresses() {
            let is_base = base.is_some_and(|base| base.span == url.span);
            if let Some((why, help)) = problem(&url.node, matches!(auth, ServerAuth::None), is_base) {
                out.push(Finding::at(Code::WATCH_ADDRESS, url.span, why).help(help));
            }
        }
    }
}

/// The runtime refuses the same of an address that is a secret.
fn problem(url: &str, open: bool, is_base: bool) -> Option<(String, &'static str)> {
    let whole = "write it from the scheme on: `\"https://stats.example.com/v1\"`";
    let lower = url.to_ascii_lowercase();
    let (clear, rest) = match (lower.strip_prefix("https://"), lower.strip_prefix("http://")) {
        (Some(rest), _) => (false, rest),
        (None, Some(rest)) => (true, rest),
        (None, None) => return Some((format!("`{url}` is no `https://` or `http://` address"), whole)),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((_, host)) = authority.rsplit_once('@') {
        // The password itself is not repeated: findings end up in logs.
        let message = format!("the address of `{host}` has a user or password in it");
        return Some((message, "take it out, and show it from secrets: `{ basic secret USER, PASSWORD }`"));
    }
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    if host.is_empty() {
        return Some((format!("`{url}` names no host"), whole));
    }
    if url.chars().any(|c| !c.is_ascii_graphic()) {
        let message = format!("`{}` has a character that an address cannot have", url.escape_debug());
        return Some((message, "write it percent-encoded, such as `%20`"));
    }
    if is_base && rest.contains(['?', '#']) {
        let message = format!("`{url}` ends with a query or fragment, and `/api/v1/query` comes behind it");
        return Some((message, "write the address alone, without what comes behind `?` or `#`"));
    }
    (clear && !open && !is_at_home(host)).then(|| {
        let message = format!("what `{host}` is shown could be read on the way: its address is `http://`");
        let help = "write `https://`; a secret is sent in clear to this machine only, such as `http://127.0.0.1:9090`";
        (message, help)
    })
}

/// This machine, which nobody else listens to.
fn is_at_home(host: &str) -> bool {
    let parts: Vec<&str> = host.split('.').collect();
    let v4 = parts.len() == 4 && parts[0] == "127" && parts.iter().all(|p| p.parse::<u8>().is_ok());
    v4 || host == "localhost" || host == "::1"
}
