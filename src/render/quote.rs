//! The quoters: the only way in which text reaches an output. The rules were tested against the platforms' own
//! readers (`docs/platform-notes.md` names the sources).

use minijinja::Value;
use serde::{Serialize, Serializer};
use std::fmt::Write;

/// Text that is already quoted for its context. A template prints it as it is.
#[derive(Debug, Clone)]
pub struct Quoted(Value);

impl Quoted {
    fn new(text: String) -> Self {
        Self(Value::from_safe_string(text))
    }

    /// Text of the compiler's own: never anything of the user's.
    pub fn fixed(text: &'static str) -> Self {
        Self::new(text.to_owned())
    }

    /// A word that cannot hold anything but letters, digits, `_`, `-`, `.`, `/`, `@` and `:`; anything else is
    /// replaced by `-`. For names that the language restricts to such words, shown unquoted.
    pub fn word(text: &str) -> Self {
        let ok = |c: char| c.is_ascii_alphanumeric() || "_-./@:".contains(c);
        Self::new(text.chars().map(|c| if ok(c) { c } else { '-' }).collect())
    }

    /// The quoted text.
    pub fn as_str(&self) -> &str {
        self.0.as_str().unwrap_or_default()
    }

    /// Pieces of one context after another, already quoted.
    pub fn join<'a>(parts: impl IntoIterator<Item = &'a Self>, between: &'static str) -> Self {
        Self::new(parts.into_iter().map(Self::as_str).collect::<Vec<_>>().join(between))
    }
}

impl Serialize for Quoted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// A YAML double-quoted scalar that a YAML 1.1 and a YAML 1.2 reader read alike.
pub fn yaml(text: &str) -> Quoted {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 || (0x7f..=0xa0).contains(&(c as u32)) => {
                let _ = write!(out, "\\x{:02X}", c as u32);
            }
            '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c if ('\u{fff0}'..='\u{ffff}').contains(&c) => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    Quoted::new(out)
}

/// A YAML double-quoted scalar for a field in which GitHub evaluates expressions: `${{` stays text.
pub fn yaml_github(text: &str) -> Quoted {
    yaml(&text.replace("${{", "${{ '${{' }}"))
}

/// A YAML scalar over several lines, which a reader joins with single spaces: a folded block, indented by `indent`
/// spaces. One line, or one with a character that a block cannot escape, is a double-quoted scalar. (GitHub's own
/// language service misreads double-quoted scalars of several lines.)
pub fn yaml_folded(lines: &[String], indent: usize) -> Quoted {
    let plain = |l: &String| l.chars().all(|c| (' '..='~').contains(&c)) && !l.is_empty() && l.trim() == l;
    if lines.len() < 2 || !lines.iter().all(plain) {
        return yaml(&lines.join(" "));
    }
    let margin = format!("\n{}", " ".repeat(indent));
    Quoted::new(format!(">-{margin}{}", lines.join(&margin)))
}

/// A string literal inside a GitHub expression: `'it''s'`. The expression's own text still goes through [`yaml`].
pub fn expression_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A bash word in single quotes. The language refuses NUL, which no argument can hold.
pub fn bash(text: &str) -> Quoted {
    Quoted::new(format!("'{}'", text.replace('\'', "'\\''")))
}

/// A Groovy string in single quotes: `$` is literal, everything outside printable ASCII is `\uNNNN` in UTF-16.
pub fn groovy(text: &str) -> Quoted {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('\'');
    Quoted::new(out)
}

/// A YAML double-quoted scalar in which Jenkins' configuration as code puts in no value of its own: `${` stays text.
pub fn yaml_casc(text: &str) -> Quoted {
    yaml(&text.replace("${", "^${"))
}

/// A Groovy string inside such a scalar: there is no `$` in it, and Groovy reads one.
pub fn groovy_casc(text: &str) -> Quoted {
    Quoted::new(groovy(text).as_str().replace('$', "\\u0024"))
}

/// Text for a comment that ends at the line's end: one line, no control characters.
pub fn comment(text: &str) -> Quoted {
    Quoted::new(
        text.chars()
            .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_quoter_on_its_nasty_case() {
        assert_eq!(yaml("a\"b\\\n\u{85}é").as_str(), "\"a\\\"b\\\\\\n\\x85é\"");
        assert_eq!(yaml_github("x ${{ y }}").as_str(), "\"x ${{ '${{' }} y }}\"");
        assert_eq!(expression_literal("it's"), "'it''s'");
        assert_eq!(yaml_folded(&["a 'b'".into(), "&& c".into()], 2).as_str(), ">-\n  a 'b'\n  && c");
        assert_eq!(yaml_folded(&["a".into(), "é".into()], 2).as_str(), "\"a é\"");
        assert_eq!(bash("it's $x").as_str(), "'it'\\''s $x'");
        assert_eq!(groovy("it's $x ü 😀").as_str(), "'it\\'s $x \\u00fc \\ud83d\\ude00'");
        assert_eq!(yaml_casc("a ${b} $c").as_str(), "\"a ^${b} $c\"");
        assert_eq!(groovy_casc("it's ${x}").as_str(), "'it\\'s \\u0024{x}'");
        assert_eq!(comment("a\nb").as_str(), "a b");
    }
}
