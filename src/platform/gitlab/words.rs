//! Small pieces of text in GitLab's YAML.

use crate::render::{Quoted, comment, yaml};

/// Words that a YAML 1.1 reader does not take for text.
const TYPED: [&str; 10] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan"];

/// A scalar: bare where every YAML reader takes it for this text (a lower-case letter, then letters, digits and
/// `- _ . / :`), else double-quoted.
pub(super) fn scalar(text: &str) -> Quoted {
    let inner = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    let bare = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(inner)
        && !text.ends_with(':')
        && !TYPED.contains(&text);
    if bare { Quoted::word(text) } else { yaml(text) }
}

/// A call of the script. Its path and its arguments hold nothing that a shell or YAML reads otherwise: the language
/// restricts the names that they are made of.
pub(super) fn call(script: &str, args: &[String]) -> Quoted {
    let words: Vec<Quoted> =
        ["sh", script].into_iter().chain(args.iter().map(String::as_str)).map(Quoted::word).collect();
    Quoted::join(&words, " ")
}

/// Text for a comment. GitLab interpolates in comments too, so nothing in one may look like an input.
pub(super) fn note(text: &str) -> Quoted {
    comment(&text.replace("$[[", "$ [["))
}

/// A name that a shell can hold.
pub(super) fn is_shell_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
