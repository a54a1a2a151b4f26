//! How the credentials of well-known issuers look, and how texts look that stand where one will be.

use regex::Regex;

/// What the credentials of one issuer look like.
pub(crate) struct Shape {
    /// How each begins.
    pub prefix: &'static str,
    /// What follows, as a pattern: its alphabet and its length.
    pub rest: &'static str,
    /// What it is, in words.
    pub what: &'static str,
}

/// Makes a [`Shape`] a line of a table.
pub(crate) const fn shape(prefix: &'static str, rest: &'static str, what: &'static str) -> Shape {
    Shape { prefix, rest, what }
}

/// Parts of texts that stand where a secret will be. `EXAMPLE` ends every key in the documentation of AWS (`AKIAIOSFODNN7EXAMPLE`),
/// `eyJzdWIiOiIxMjM0NTY3ODkwI` is in the token that jwt.io shows, `c3VwYWJhc2UtZGVtby` in those that every local Supabase has.
const PLACEHOLDERS: [&str; 26] = [
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
    "a1b2c3",
    "a1bc2de3",
    "eyjzdwiioiixmjm0nty3odkwi",
    "c3vwywjhc2utzgvtby",
];

/// The text stands where a secret will be.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let lower = text.to_lowercase();
    PLACEHOLDERS.iter().any(|p| lower.contains(p))
}

/// Bits of information in a character, from how often each occurs (Shannon).
pub(crate) fn entropy(text: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::<char, f64>::new();
    for c in text.chars() {
        *counts.entry(c).or_default() += 1.0;
    }
    let length = text.chars().count() as f64;
    counts.values().map(|n| -(n / length) * (n / length).log2()).sum()
}

/// What credential of these shapes stands in a text, in words.
pub(crate) fn known(shapes: &[Shape], text: &str) -> Option<&'static str> {
    shapes.iter().find(|s| text.contains(s.prefix) && stands(s, text)).map(|s| s.what)
}

fn stands(shape: &Shape, text: &str) -> bool {
    // Made only where the prefix is: hardly any text holds one.
    let Ok(pattern) = Regex::new(&format!("^(?:{})", shape.rest)) else { return false };
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    text.match_indices(shape.prefix).any(|(at, prefix)| {
        let rest = &text[at + prefix.len()..];
        let Some(body) = pattern.find(rest) else { return false };
        !text[..at].ends_with(word)
            && !rest[body.end()..].starts_with(word)
            && !is_placeholder(body.as_str())
            && entropy(body.as_str()) > 2.5
    })
}

/// The private part of a pair of keys, with the start of what it holds: its first line alone is what a search for one says.
pub(crate) fn is_private_key(text: &str) -> bool {
    text.match_indices("-----BEGIN ").any(|(at, begin)| {
        let rest = &text[at + begin.len()..];
        let Some((kind, body)) = rest.split_once("PRIVATE KEY") else { return false };
        let body = body.strip_prefix(" BLOCK").unwrap_or(body);
        let Some(body) = body.strip_prefix("-----") else { return false };
        let base64 =
            |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '\n' | '\r' | ' ' | '\\');
        kind.chars().all(|c| c.is_ascii_uppercase() || c == ' ')
            && body.chars().take_while(base64).count() >= 64
    })
}

/// Bodies of credentials for tests, put together when they run: nothing in the repository is what a scanner looks for.
#[cfg(test)]
pub(crate) mod made {
    /// Letters and digits.
    pub(crate) const WORD: &str = "kQ7zVb2NwLr9TmYp4XsDgH8jFcKa3UoEiRw5Zv";
    /// Hexadecimal digits.
    pub(crate) const HEX: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b";
    /// Upper case and the digits of base32.
    pub(crate) const BASE32: &str = "Y3QWJ5RTN7KXLD2M";

    /// `length` characters.
    pub(crate) fn of(alphabet: &str, length: usize) -> String {
        alphabet.chars().cycle().take(length).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::made::{BASE32, HEX, WORD, of};
    use super::*;
    use crate::check::secrets::literal_secret::{SHAPES, credential};

    #[test]
    fn each_credential_that_is_refused_is_known_by_prefix_alphabet_and_length() {
        let made = [
            ("AKIA", of(BASE32, 16)),
            ("ASIA", of(BASE32, 16)),
            ("ghp_", of(WORD, 36)),
            ("gho_", of(WORD, 36)),
            ("ghs_", of(WORD, 36)),
            ("github_pat_", format!("{}_{}", of(WORD, 22), of(WORD, 59))),
            ("glpat-", of(WORD, 20)),
            ("xoxb-", format!("48172935061-{}-{}", "72910364857", of(WORD, 24))),
            ("sk-", format!("proj-{}T3BlbkFJ{}", of(WORD, 58), of(WORD, 58))),
            ("sk-ant-", format!("api03-{}AA", of(WORD, 93))),
            ("hooks.slack.com/services/T", format!("{}/B{}/{}", of(BASE32, 8), of(BASE32, 8), of(WORD, 24))),
        ];
        assert_eq!(made.len(), SHAPES.len());
        for ((prefix, body), shape) in made.iter().zip(&SHAPES) {
            assert_eq!(*prefix, shape.prefix);
            let text = format!("curl -H 'Authorization: Bearer {prefix}{body}' https://api.acme.io");
            assert_eq!(credential(&text), Some(shape.what), "{text}");
            assert_eq!(credential(&text.replace(prefix, &format!("x{prefix}"))), None, "{text}");
            let (half, _) = body.split_at(body.len() / 2);
            assert_eq!(credential(&format!("{prefix}{half}")), None, "{prefix}{half}");
        }
        // What the same issuers make besides.
        for (prefix, body) in [
            ("ghs_", format!("748291_eyJ{0}.eyJ{0}.{0}", of(WORD, 38))),
            ("glpat-", format!("{}.01.1{}", of(WORD, 27), of(HEX, 8))),
            ("sk-", format!("{}T3BlbkFJ{}", of(WORD, 20), of(WORD, 20))),
        ] {
            assert!(credential(&format!("{prefix}{body}")).is_some(), "{prefix}");
        }
    }

    #[test]
    fn what_documents_show_is_no_credential() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "ASIAIOSFODNN7EXAMPLE",
            "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "glpat-0000000000000000000000",
            "xoxb-your-token",
            "sk-proj-short",
            "sk-learn-contrib-categorical-encoders-and-more",
            "s3://bucket/AKIADATASETPARTITION2025Q4",
            "grep -rn -- '-----BEGIN RSA PRIVATE KEY-----' src && exit 1",
        ] {
            assert_eq!(credential(text), None, "{text}");
        }
    }

    #[test]
    fn a_private_key_is_its_body() {
        for kind in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
            let key = format!("-----BEGIN {kind}PRIVATE KEY-----\n{}\n{}", of(WORD, 64), of(WORD, 64));
            assert!(is_private_key(&key), "{key}");
            assert!(is_private_key(&key.replace('\n', "\\n")), "{key}");
        }
        assert!(!is_private_key(&format!("-----BEGIN PUBLIC KEY-----\n{}", of(WORD, 64))));
        assert!(!is_private_key("-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----"));
    }
}
