//! Findings as SARIF 2.1.0, the exchange format of OASIS for static analysis. A test holds the output against its schema.

use super::Group;
use super::group::Fingerprints;
use crate::diag::{Code, Finding, Fix, Severity, Span};
use serde::Serialize;
use std::collections::BTreeMap;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    /// Section 3.14.17: what a column counts.
    column_kind: &'static str,
    results: Vec<Result<'a>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    name: &'static str,
    short_description: Message<'static>,
    full_description: Message<'static>,
    help: Help,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

/// A page is Markdown, and reads as text too.
#[derive(Serialize)]
struct Help {
    text: &'static str,
    markdown: &'static str,
}

#[derive(Serialize)]
struct Message<'a> {
    text: std::borrow::Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Result<'a> {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message<'a>,
    locations: Vec<Location<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<FixOf<'a>>,
    /// Section 3.27.23: empty says that nothing suppresses it, absent that nobody looked.
    suppressions: Vec<Suppression<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FixOf<'a> {
    description: Message<'a>,
    artifact_changes: Vec<Change<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    artifact_location: Artifact,
    replacements: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'a> {
    deleted_region: Region,
    inserted_content: Content<'a>,
}

#[derive(Serialize)]
struct Content<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Suppression<'a> {
    kind: &'static str,
    status: &'static str,
    justification: &'a str,
}

/// All findings as one SARIF log with one run. What a comment allows is in it too, suppressed, with its reason.
pub fn findings(groups: &[Group<'_>]) -> String {
    let all = || {
        groups.iter().flat_map(|g| {
            let told = g.findings.iter().map(move |f| (g, f, None));
            told.chain(g.allowed.iter().map(move |a| (g, &a.finding, Some(a.reason.as_str()))))
        })
    };
    let codes: BTreeMap<&str, &'static Code> = all().map(|(_, f, _)| (f.code.id, f.code)).collect();
    let index = |code: &Code| codes.keys().position(|id| *id == code.id).unwrap_or_default();
    let mut prints = Fingerprints::default();
    let results = all().map(|(g, f, reason)| result(g, f, reason, index(f.code), prints.of(g, f))).collect();
    let rules = codes.values().map(|c| rule(c)).collect();
    let driver = Driver { name: "mlpipe", version: env!("CARGO_PKG_VERSION"), rules };
    let run = Run { tool: Tool { driver }, column_kind: "utf16CodeUnits", results };
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [run] };
    serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"
}

fn level(severity: Severity) -> &'static str {
    // SARIF has the same three words.
    severity.word()
}

fn rule(code: &'static Code) -> Rule {
    let about = about(code.page);
    // The first sentence, as a heading: GitHub shows it above the page.
    let short = about.find(". ").map_or(about.as_str(), |n| &about[..=n]).to_owned();
    Rule {
        id: code.id,
        name: code.name,
        short_description: text(short),
        full_description: text(about),
        help: Help { text: code.page, markdown: code.page },
        default_configuration: Configuration { level: level(code.severity) },
    }
}

/// The first paragraph of a page, behind its title.
fn about(page: &str) -> String {
    let body = page.split_once("\n\n").map_or(page, |(_, body)| body);
    let paragraph = body.split("\n\n").next().unwrap_or_default();
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text<'a>(text: impl Into<std::borrow::Cow<'a, str>>) -> Message<'a> {
    Message { text: text.into() }
}

fn result<'a>(
    group: &Group<'a>,
    f: &'a Finding,
    reason: Option<&'a str>,
    rule_index: usize,
    fingerprint: String,
) -> Result<'a> {
    let message = match &f.help {
        Some(help) => text(format!("{}\nhelp: {help}", f.message)),
        None => text(f.message.as_str()),
    };
    let related = f.related.iter().enumerate().map(|(i, l)| Location {
        id: Some(i + 1),
        physical_location: physical(group, l.span),
        message: Some(text(l.text.as_str())),
    });
    let whole = |file: String| Physical { artifact_location: Artifact { uri: uri(&file) }, region: None };
    let place = f.span.map(|s| physical(group, s)).or_else(|| group.file_of(f).map(whole));
    let location = |physical_location| Location { id: None, physical_location, message: None };
    let suppress = |justification| Suppression { kind: "inSource", status: "accepted", justification };
    Result {
        rule_id: f.code.id,
        rule_index,
        level: level(f.severity),
        message,
        locations: place.into_iter().map(location).collect(),
        related_locations: related.collect(),
        partial_fingerprints: BTreeMap::from([("mlpipe/v1", fingerprint)]),
        fixes: f.fix.iter().map(|fix| fix_of(group, fix)).collect(),
        suppressions: reason.into_iter().map(suppress).collect(),
    }
}

fn fix_of<'a>(group: &Group<'a>, fix: &'a Fix) -> FixOf<'a> {
    let mut changes: Vec<Change<'a>> = Vec::new();
    for edit in &fix.edits {
        let uri = uri(&group.path(edit.span));
        let replacement = Replacement {
            deleted_region: region(group, edit.span),
            inserted_content: Content { text: &edit.text },
        };
        match changes.iter_mut().find(|c| c.artifact_location.uri == uri) {
            Some(change) => change.replacements.push(replacement),
            None => {
                changes.push(Change { artifact_location: Artifact { uri }, replacements: vec![replacement] })
            }
        }
    }
    FixOf { description: text(fix.title.as_str()), artifact_changes: changes }
}

fn physical(group: &Group<'_>, span: Span) -> Physical {
    let artifact_location = Artifact { uri: uri(&group.path(span)) };
    Physical { artifact_location, region: Some(region(group, span)) }
}

fn region(group: &Group<'_>, span: Span) -> Region {
    let file = group.sources.file(span.file);
    let (start, end) = (file.utf16(span.start), file.utf16(span.end.max(span.start)));
    Region { start_line: start.line, start_column: start.column, end_line: end.line, end_column: end.column }
}

/// A path as a reference of RFC 3986: relative as it is, absolute with the scheme of files.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte);
        if plain {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    match path.as_bytes() {
        [b'/', ..] => format!("file://{out}"),
        [drive, b':', b'/', ..] if drive.is_ascii_alphabetic() => {
            format!("file:///{}", out.replacen("%3A", ":", 1))
        }
        _ => out,
    }
}

#[cfg(test)]
mod tests {
    use super::{about, uri};
    use proptest::prelude::*;

    #[test]
    fn paths_are_references() {
        assert_eq!(uri("ml/a b#ü.mlpipe"), "ml/a%20b%23%C3%BC.mlpipe");
        assert_eq!(uri("a:b.mlpipe"), "a%3Ab.mlpipe");
        assert_eq!(uri("/srv/x.mlpipe"), "file:///srv/x.mlpipe");
        assert_eq!(uri("C:/ml/x.mlpipe"), "file:///C:/ml/x.mlpipe");
    }

    #[test]
    fn a_page_begins_with_what_its_rule_finds() {
        assert_eq!(
            about("# MLP1: x\n\nFinds a\nthing. And more.\n\n## Why\n\ny\n"),
            "Finds a thing. And more."
        );
    }

    proptest! {
        #[test]
        fn a_reference_says_its_path(path in "[^/]{1,3}(.{0,20})") {
            let said = uri(&path);
            prop_assert!(said.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}#?[]".contains(&b)), "{}", said);
            let bytes = said.as_bytes();
            let mut back = Vec::new();
            let mut i = if said.starts_with("file:///") { 8 } else { 0 };
            while i < bytes.len() {
                if bytes[i] == b'%' {
                    back.push(u8::from_str_radix(&said[i + 1..i + 3], 16).expect("two digits"));
                    i += 3;
                } else {
                    back.push(bytes[i]);
                    i += 1;
                }
            }
            prop_assert_eq!(String::from_utf8(back).expect("UTF-8"), path);
        }
    }
}
