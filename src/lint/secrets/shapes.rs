//! How credentials look.

use crate::check::secrets::shapes::{Shape, entropy, is_placeholder, known, shape};
use regex::Regex;
use std::sync::LazyLock;

/// Credentials of well-known issuers. Those that `compile` refuses stand in [`crate::check::secrets`].
///
/// Sources: the rules of gitleaks (`config/gitleaks.toml`) and betterleaks and the detectors of trufflehog, as read in August 2026;
/// where their lengths differ, the wider. GitLab Docs, "GitLab token overview", "Token prefixes". Google AI for Developers,
/// "Using Gemini API keys" (new keys are authorization keys, `AQ.`, no longer `AIza`). W&B Docs, "API keys must be 40 characters":
/// new keys have a prefix and 86 characters; the older are 40 hexadecimal digits, which only the name of their variable gives away.
/// Keys of Stripe's test mode and publishable keys are no secrets and are left alone.
const SHAPES: [Shape; 32] = [
    shape("hf_", "[A-Za-z0-9]{34}", "a Hugging Face token"),
    shape("api_org_", "[A-Za-z0-9]{34}", "a Hugging Face token"),
    shape("AIza", "[A-Za-z0-9_-]{35}", "a Google API key"),
    shape("AQ.Ab8", "[A-Za-z0-9_-]{44,}", "a Google API key"),
    shape("ya29.", "[A-Za-z0-9_-]{40,}", "a Google access token"),
    shape("npm_", "[A-Za-z0-9]{36}", "an npm token"),
    shape("pypi-AgE", "[A-Za-z0-9_-]{60,}", "a PyPI token"),
    shape("dckr_pat_", "[A-Za-z0-9_-]{27}", "a Docker Hub token"),
    shape("dckr_oat_", "[A-Za-z0-9_-]{32}", "a Docker Hub token"),
    shape("sk_live_", "[A-Za-z0-9]{20,247}", "a Stripe key"),
    shape("rk_live_", "[A-Za-z0-9]{20,247}", "a Stripe key"),
    shape("xoxp-", "[0-9]{10,13}-[A-Za-z0-9-]{20,}", "a Slack token"),
    shape("xoxa-", "[A-Za-z0-9-]{20,}", "a Slack token"),
    shape("xoxr-", "[A-Za-z0-9-]{20,}", "a Slack token"),
    shape("xapp-", "[0-9]-[A-Z0-9]+-[0-9]+-[a-z0-9]{20,}", "a Slack token"),
    shape("ghu_", "[A-Za-z0-9_]{36,255}", "a GitHub token"),
    shape("ghr_", "[A-Za-z0-9_]{36,255}", "a GitHub token"),
    shape("glptt-", "[a-f0-9]{40}", "a GitLab token"),
    shape("gldt-", "[A-Za-z0-9_-]{20,}", "a GitLab token"),
    shape("glrt-", "[A-Za-z0-9_.-]{20,}", "a GitLab token"),
    shape("SG.", "[A-Za-z0-9_-]{20,24}[.][A-Za-z0-9_-]{39,50}", "a SendGrid key"),
    shape("dapi", "[a-f0-9]{32}(?:-[0-9])?", "a Databricks token"),
    shape("wandb_v1_", "[A-Za-z0-9_]{77}", "a Weights & Biases key"),
    shape("gsk_", "[A-Za-z0-9]{52}", "a Groq key"),
    shape("r8_", "[A-Za-z0-9_-]{37}", "a Replicate token"),
    shape("nvapi-", "[A-Za-z0-9_-]{60,70}", "an NVIDIA key"),
    shape("pplx-", "[A-Za-z0-9]{48}", "a Perplexity key"),
    shape("sk-or-v1-", "[a-f0-9]{64}", "an OpenRouter key"),
    shape("lsv2_", "(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}", "a LangSmith key"),
    shape("sk-lf-", "[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}", "a Langfuse key"),
    shape("AGE-SECRET-KEY-1", "[A-Z0-9]{58}", "an age key"),
    shape("eyJ", "[A-Za-z0-9_-]{12,}[.]eyJ[A-Za-z0-9_-]{12,}[.][A-Za-z0-9_-]{12,}", "a JSON web token"),
];

/// `scheme://user:password@host`: the user, the password and the host.
static URL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"[a-zA-Z][a-zA-Z0-9+.-]*://([^/\s:@'"$]+):([^/\s:@'"]+)@([^/\s'":@]+)"#).ok()
});

/// A credential by its shape, in words: of a known issuer, or in a URL.
pub(super) fn credential(text: &str) -> Option<&'static str> {
    known(&SHAPES, text).or_else(|| in_url(text).then_some("a password inside a URL"))
}

fn in_url(text: &str) -> bool {
    let Some(pattern) = URL.as_ref() else { return false };
    pattern.captures_iter(text).any(|found| {
        let (user, password, host) = (&found[1], &found[2], &found[3]);
        let common =
            ["password", "pass", "postgres", "root", "admin", "guest", "secret", "user", "mlflow", "minio"];
        let standing = password.contains('$')
            || is_placeholder(password)
            || password == user
            || common.contains(&password);
        !standing && !crate::lint::urls::is_local(host) && !host.contains("example")
    })
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

/// Parts that read like words or versions: `fraud-scorer-2024-11-20`, `gpt-4o-mini-2024-07-18`.
fn is_words(text: &str) -> bool {
    let short = |p: &str| p.len() <= 3 && p.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let word = |p: &str| {
        p.len() < 16
            && (p.chars().all(|c| c.is_ascii_digit())
                || p.chars().all(|c| c.is_ascii_lowercase())
                || short(p))
    };
    text.split(['-', '_', '.', '/']).all(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::secrets::shapes::made::{HEX, WORD, of};

    #[test]
    fn each_credential_is_known_by_prefix_alphabet_and_length() {
        let made = [
            ("hf_", of(WORD, 34)),
            ("api_org_", of(WORD, 34)),
            ("AIza", of(WORD, 35)),
            ("AQ.Ab8", of(WORD, 47)),
            ("ya29.", of(WORD, 120)),
            ("npm_", of(WORD, 36)),
            ("pypi-AgE", of(WORD, 160)),
            ("dckr_pat_", of(WORD, 27)),
            ("dckr_oat_", of(WORD, 32)),
            ("sk_live_", of(WORD, 24)),
            ("rk_live_", of(WORD, 24)),
            ("xoxp-", format!("48172935061-72910364857-{}", of(WORD, 24))),
            ("xoxa-", format!("2-{}", of(WORD, 40))),
            ("xoxr-", of(WORD, 40)),
            ("xapp-", format!("1-A03B5C7D9E-48172935061-{}", of(HEX, 64))),
            ("ghu_", of(WORD, 36)),
            ("ghr_", of(WORD, 36)),
            ("glptt-", of(HEX, 40)),
            ("gldt-", of(WORD, 20)),
            ("glrt-", of(WORD, 20)),
            ("SG.", format!("{}.{}", of(WORD, 22), of(WORD, 43))),
            ("dapi", of(HEX, 32)),
            ("wandb_v1_", of(WORD, 77)),
            ("gsk_", of(WORD, 52)),
            ("r8_", of(WORD, 37)),
            ("nvapi-", of(WORD, 64)),
            ("pplx-", of(WORD, 48)),
            ("sk-or-v1-", of(HEX, 64)),
            ("lsv2_", format!("pt_{}_{}", of(HEX, 32), of(HEX, 10))),
            ("sk-lf-", format!("{0}-{1}-{1}-{1}-{2}", of(HEX, 8), of(HEX, 4), of(HEX, 12))),
            ("AGE-SECRET-KEY-1", of(WORD, 58).to_uppercase()),
            ("eyJ", format!("{0}.eyJ{0}.{0}", of(WORD, 30))),
        ];
        assert_eq!(made.len(), SHAPES.len());
        for ((prefix, body), shape) in made.iter().zip(&SHAPES) {
            assert_eq!(*prefix, shape.prefix);
            assert_eq!(credential(&format!("export T={prefix}{body}")), Some(shape.what), "{prefix}{body}");
            assert_eq!(credential(&format!("x{prefix}{body}")), None, "{prefix}{body}");
            let short = &body[..body.len().min(18)];
            assert_eq!(credential(&format!("{prefix}{short}")), None, "{prefix}{short}");
        }
    }

    #[test]
    fn names_and_what_documents_show_are_no_credentials() {
        for text in [
            "hf_hub_download_cache_directory_of_the_runner",
            "python -m hf_transfer --repo acme/ranker",
            "npm_config_cache=/tmp/npm",
            "r8_fp8_quantised_resnet",
            "gsk_studies/2025/phase3.parquet",
            "dapi.acme.io",
            "AIzaSyabcdefghijklmnopqrstuvwxyz1234567",
            "hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
            // What jwt.io shows.
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        ] {
            assert_eq!(credential(text), None, "{text}");
        }
    }

    #[test]
    fn disorder_is_told_from_names() {
        for random in ["kX9vQ2mLr8TzWb4NcY7p", "9f86d081884c7d659a2feaa0c55ad015", "Zm9v+YmFy/3Jh8bmQx=="] {
            assert!(is_random(random), "{random}");
        }
        for plain in [
            "fraud-scorer-2024-11-20",
            "models/fraud-scorer-v3",
            "gpt-4o-mini-2024-07-18",
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
            "postgresql+psycopg2://airflow:airflow@db.acme.io/airflow",
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
