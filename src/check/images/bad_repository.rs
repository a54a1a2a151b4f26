#![doc = include_str!("../../../docs/findings/MLP350.md")]

use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// The host of a repository: what stands before the first `/`, when it looks like one (docker's own rule).
pub(super) fn split_host(repository: &str) -> (Option<&str>, &str) {
    match repository.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (Some(host), rest),
        _ => (None, repository),
    }
}

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(image) = &spec.image else { return };
    let text = image.repository.node.as_str();
    let (host, path) = split_host(text);
    let (why, help) = if text.contains("://") {
        let rest = text.split_once("://").map_or("", |(_, rest)| rest);
        ("starts with a scheme".to_owned(), format!("write `\"{rest}\"`"))
    } else if text.contains('@') {
        (
            "has a digest in it".to_owned(),
            "name the repository alone; deploys use the digest of this run".to_owned(),
        )
    } else if path.contains(':') || host.is_none() && text.contains(':') {
        ("has a tag in it".to_owned(), "name the repository alone and write `tags` in the block".to_owned())
    } else if text.chars().any(|c| c.is_ascii_uppercase()) {
        (
            "has upper-case letters, which registries refuse".to_owned(),
            format!("write `\"{}\"`", text.to_lowercase()),
        )
    } else if !path.split('/').all(is_component) || host.is_some_and(|h| !is_host(h)) {
        let help = "write lower-case letters and digits, divided by `.`, `_`, `-` or `/`, such as `\"ghcr.io/acme/fraud-scorer\"`";
        ("is not a legal name of a repository".to_owned(), help.to_owned())
    } else {
        return;
    };
    let message = format!("`{}` {why}", text.escape_debug());
    out.push(Finding::at(Code::BAD_REPOSITORY, image.repository.span, message).help(help));
}

/// A part of a repository's path by the OCI distribution specification: `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`.
fn is_component(part: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    part.starts_with(word)
        && part.ends_with(word)
        && part.split(word).all(|gap| matches!(gap, "" | "." | "_" | "__") || gap.chars().all(|c| c == '-'))
}

fn is_host(host: &str) -> bool {
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let label = |l: &str| {
        !l.is_empty()
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    name.split('.').all(label) && port.is_none_or(|p| p.parse::<u16>().is_ok_and(|p| p > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_follow_the_distribution_specification() {
        for good in ["a", "a1", "a.b", "a_b", "a__b", "a---b", "0"] {
            assert!(is_component(good), "{good}");
        }
        for bad in ["", ".a", "a.", "a..b", "a___b", "a._b", "A", "a b", "ä"] {
            assert!(!is_component(bad), "{bad}");
        }
    }

    #[test]
    fn a_host_has_a_dot_a_port_or_is_localhost() {
        assert_eq!(split_host("ghcr.io/a/b"), (Some("ghcr.io"), "a/b"));
        assert_eq!(split_host("localhost/a"), (Some("localhost"), "a"));
        assert_eq!(split_host("registry:5000/a"), (Some("registry:5000"), "a"));
        assert_eq!(split_host("acme/ranker"), (None, "acme/ranker"));
        assert!(is_host("registry.example.com:5000") && !is_host("registry:0") && !is_host("-a.b"));
    }
}
