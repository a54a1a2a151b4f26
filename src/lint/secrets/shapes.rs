//! How credentials look.

use regex::Regex;
use std::sync::LazyLock;

/// How credentials of well-known issuers start, and how many letters, digits, `_`, `-` or `.` follow at least. Those that `compile`
/// refuses stand in [`crate::check::secrets`].
const PREFIXES: [(&str, usize, &str); 24] = [
    ("hf_", 30, "a Hugging Face token"),
    ("AIza", 35, "a Google API key"),
    ("ya29.", 40, "a Google access token"),
    ("npm_", 36, "an npm token"),
    ("pypi-AgE", 40, "a PyPI token"),
    ("dckr_pat_", 20, "a Docker Hub token"),
    ("sk_live_", 20, "a Stripe key"),
    ("rk_live_", 20, "a Stripe key"),
    ("xoxp-", 20, "a Slack token"),
    ("xoxa-", 20, "a Slack token"),
    ("xapp-", 20, "a Slack token"),
    ("ghu_", 36, "a GitHub token"),
    ("ghr_", 36, "a GitHub token"),
    ("glptt-", 20, "a GitLab token"),
    ("gldt-", 20, "a GitLab token"),
    ("glrt-", 20, "a GitLab token"),
    ("SG.", 60, "a SendGrid key"),
    ("dapi", 32, "a Databricks token"),
    ("gsk_", 40, "a Groq key"),
    ("r8_", 37, "a Replicate token"),
    ("nvapi-", 40, "an NVIDIA key"),
    ("pplx-", 40, "a Perplexity key"),
    ("AGE-SECRET-KEY-1", 50, "an age key"),
    ("eyJhbGciOi", 60, "a JSON web token"),
];

/// `scheme://user:password@host`, the password and the host.
static URL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@'"$]+:([^/\s:@'"]+)@([^/\s'":@]+)"#).ok()
});

/// Parts of texts that stand where a secret will be.
const PLACEHOLDERS: [&str; 22] = [
    "example",
    "dummy",
    "fake",
    "test",
    "changeme",
    "change-me",
    "placeholder",
    "your",
    "xxx",
    "***",
    "...",
    "<",
    "{",
    "redacted",
    "sample",
    "insecure",
    "not-a",
    "not_a",
    "none",
    "todo",
    "1234",
    "abcd",
];

/// A credential by its shape, in words: of a known issuer, or in a URL.
pub(super) fn credential(text: &str) -> Option<&'static str> {
    let known = PREFIXES.iter().find(|(prefix, least, _)| follows(text, prefix, *least));
    known.map(|(.., what)| *what).or_else(|| in_url(text).then_some("a password inside a URL"))
}

fn follows(text: &str, prefix: &str, least: usize) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.match_indices(prefix).any(|(at, _)| {
        let body: String = text[at + prefix.len()..].chars().take_while(|c| word(*c)).collect();
        !text[..at].ends_with(word) && body.len() >= least && !is_placeholder(&body) && entropy(&body) > 2.5
    })
}

fn in_url(text: &str) -> bool {
    let Some(pattern) = URL.as_ref() else { return false };
    pattern.captures_iter(text).any(|found| {
        let (password, host) = (&found[1], &found[2]);
        let common =
            ["password", "pass", "postgres", "root", "admin", "guest", "secret", "user", "mlflow", "minio"];
        let standing = password.contains('$') || is_placeholder(password) || common.contains(&password);
        !standing && !crate::lint::urls::is_local(host) && !host.contains("example")
    })
}

/// The text stands where a secret will be.
fn is_placeholder(text: &str) -> bool {
    let lower = text.to_lowercase();
    PLACEHOLDERS.iter().any(|p| lower.contains(p))
}

/// A text without order: long, of letters and digits, and hardly any of them twice as often as another. Not a path, a name or a
/// placeholder.
pub(super) fn is_random(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-' | '.' | '~');
    let digits = text.chars().filter(char::is_ascii_digit).count();
    text.len() >= 16
        && text.chars().all(allowed)
        && digits >= 2
        && text.chars().any(|c| c.is_ascii_alphabetic())
        && !text.starts_with(['/', '.'])
        && !is_placeholder(text)
        && !is_words(text)
        && entropy(text) >= 3.3
}

/// Parts that read like words or versions: `fraud-scorer-2024-11-20`.
fn is_words(text: &str) -> bool {
    let word = |p: &str| {
        p.len() < 16
            && (p.chars().all(|c| c.is_ascii_digit())
                || p.chars().all(|c| c.is_ascii_lowercase())
                || p.is_empty())
    };
    text.split(['-', '_', '.', '/']).all(word)
}

/// Bits of information in a character, from how often each occurs (Shannon).
fn entropy(text: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::<char, f64>::new();
    for c in text.chars() {
        *counts.entry(c).or_default() += 1.0;
    }
    let length = text.chars().count() as f64;
    counts.values().map(|n| -(n / length) * (n / length).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disorder_is_told_from_names() {
        for random in ["kX9vQ2mLr8TzWb4NcY7p", "9f86d081884c7d659a2feaa0c55ad015", "Zm9v+YmFy/3Jh8bmQx=="] {
            assert!(is_random(random), "{random}");
        }
        for plain in [
            "fraud-scorer-2024-11-20",
            "models/fraud-scorer-v3",
            "your-token-goes-here-1",
            "/var/run/secrets/token2",
            "short1",
            "aaaaaaaaaaaaaaaaaaaa11",
            "12345678901234567890",
            "onlylettersinthistext",
        ] {
            assert!(!is_random(plain), "{plain}");
        }
    }

    #[test]
    fn passwords_in_urls_are_seen_where_they_are_real() {
        for bad in
            ["postgresql://ml:h7Gq2kLp@db.acme.io/features", "https://ci:p4ssw0rd9@pypi.acme.io/simple"]
        {
            assert!(in_url(bad), "{bad}");
        }
        for fine in [
            "postgresql://postgres:postgres@db.acme.io/x",
            "postgresql://ml:h7Gq2kLp@localhost:5432/x",
            "https://ci:$TOKEN@pypi.acme.io/simple",
            "https://ci:${TOKEN}@pypi.acme.io/simple",
            "https://pypi.acme.io/simple",
            "git+ssh://git@github.com/acme/x.git",
            "docker://a:1.2@sha256",
        ] {
            assert!(!in_url(fine), "{fine}");
        }
    }
}
