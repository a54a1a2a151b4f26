//! Findings as workflow commands of GitHub Actions: a line on standard output that the runner makes an annotation of.

use super::Group;
use crate::diag::{Finding, Severity};
use std::fmt::Write;

/// A line for each finding.
pub fn findings(groups: &[Group<'_>]) -> String {
    let mut out = String::new();
    for g in groups {
        for f in g.findings {
            let _ = writeln!(out, "{}", command(g, f));
        }
    }
    out
}

fn command(group: &Group<'_>, f: &Finding) -> String {
    let level = match f.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties: Vec<(&str, String)> = Vec::new();
    if let Some(file) = group.file_of(f) {
        properties.push(("file", file));
    }
    if let Some(span) = f.span {
        let (start, end) = (group.sources.start(span), group.last(span));
        properties.push(("line", start.line.to_string()));
        properties.push(("endLine", end.line.to_string()));
        // The runner takes columns only where both are of one line.
        if start.line == end.line {
            properties.push(("col", start.column.to_string()));
            properties.push(("endColumn", end.column.to_string()));
        }
    }
    properties.push(("title", format!("{} {}", f.code.id, f.code.name)));
    let properties: Vec<String> = properties.iter().map(|(k, v)| format!("{k}={}", property(v))).collect();
    let help = f.help.as_ref().map(|h| format!("\n{h}")).unwrap_or_default();
    format!("::{level} {}::{}", properties.join(","), data(&format!("{}{help}", f.message)))
}

/// A text behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A text between `=` and the next `,` or `::`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};
    use proptest::prelude::*;

    /// What the runner does: split a line at `::`, the properties at `,` and `=`, then undo the escapes, `%25` last.
    fn unescape(text: &str, property: bool) -> String {
        let mut text = text.replace("%0D", "\r").replace("%0A", "\n");
        if property {
            text = text.replace("%3A", ":").replace("%2C", ",");
        }
        text.replace("%25", "%")
    }

    proptest! {
        #[test]
        fn the_runner_reads_what_was_meant(title in "(?s).{0,40}", file in "[%:,=\\r\\na-z0-9ADC]{0,40}", message in "(?s)[%:,\\r\\n.a-z0-9ADC]{0,60}") {
            let line = format!("::error file={},title={}::{}", property(&file), property(&title), data(&message));
            prop_assert!(!line.contains(['\r', '\n']));
            let rest = line.strip_prefix("::error ").expect("a command");
            let (properties, said) = rest.split_once("::").expect("an end");
            let (first, second) = properties.split_once(',').expect("two properties");
            prop_assert_eq!(unescape(first.strip_prefix("file=").expect("a file"), true), file);
            prop_assert_eq!(unescape(second.strip_prefix("title=").expect("a title"), true), title);
            prop_assert_eq!(unescape(said, false), message);
        }
    }

    #[test]
    fn a_percent_sign_is_escaped_first() {
        assert_eq!(property("100%: a,b\r\n"), "100%25%3A a%2Cb%0D%0A");
        assert_eq!(data("100%: a,b\r\n%0A"), "100%25: a,b%0D%0A%250A");
    }
}
