//! Findings for machines. `docs/findings-json.md` documents the form; [`SCHEMA_VERSION`] counts its changes.

use super::Group;
use crate::diag::{Finding, LineCol, Severity, Span};
use serde::Serialize;

/// Version of the JSON form.
pub const SCHEMA_VERSION: u32 = 1;

/// Every finding of a call.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    /// Version of this form. It grows when a field changes its meaning or goes away; new fields may come without.
    #[cfg_attr(test, schemars(extend("const" = SCHEMA_VERSION)))]
    schema: u32,
    /// In the order of files and places.
    findings: Vec<Row<'a>>,
    /// Findings that comments allow; they fail nothing.
    allowed: Vec<AllowedRow<'a>>,
}

/// A finding that a comment in the spec allows.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct AllowedRow<'a> {
    /// Why, as the comment says.
    reason: &'a str,
    #[serde(flatten)]
    row: Row<'a>,
}

/// A finding.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Row<'a> {
    /// Stable id, `MLP101`; `mlpipe explain` takes it.
    #[cfg_attr(test, schemars(regex(pattern = "^MLP[0-9]{3}$")))]
    code: &'static str,
    /// Stable name in words.
    name: &'static str,
    severity: Severity,
    /// One sentence.
    message: &'a str,
    /// What to write or do.
    help: Option<&'a str>,
    /// Path from the current folder.
    file: Option<String>,
    /// Its first character; null when the finding speaks of a whole file.
    start: Option<LineCol>,
    /// Just behind its last character.
    end: Option<LineCol>,
    /// Further places.
    related: Vec<Place<'a>>,
    /// A change of the text that takes it away, where one is certain.
    fix: Option<FixRow<'a>>,
}

/// A further place.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Place<'a> {
    /// What is there, in a few words.
    message: &'a str,
    /// Path from the current folder.
    file: String,
    /// Its first character.
    start: LineCol,
    /// Just behind its last character.
    end: LineCol,
}

/// A change of the text.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FixRow<'a> {
    /// What it does, as a command.
    title: &'a str,
    /// What stands where afterwards; no two of them overlap.
    edits: Vec<EditRow<'a>>,
}

/// One place of a change.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct EditRow<'a> {
    /// Path from the current folder.
    file: String,
    /// The first character that is taken out.
    start: LineCol,
    /// Just behind the last one; the same where something is only put in.
    end: LineCol,
    /// What is put in.
    text: &'a str,
}

/// All findings as one JSON document; lines and columns count from 1, `end` is just behind the last character.
pub fn findings(groups: &[Group<'_>]) -> String {
    let told = groups.iter().flat_map(|g| g.findings.iter().map(|f| row(g, f)));
    let allowed = groups
        .iter()
        .flat_map(|g| g.allowed.iter().map(|a| AllowedRow { reason: &a.reason, row: row(g, &a.finding) }));
    let document = Document { schema: SCHEMA_VERSION, findings: told.collect(), allowed: allowed.collect() };
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn row<'a>(group: &Group<'a>, f: &'a Finding) -> Row<'a> {
    let ends = |span: Span| (group.sources.start(span), group.sources.end(span));
    let at = f.span.map(ends);
    let fix = f.fix.as_ref().map(|fix| FixRow {
        title: &fix.title,
        edits: fix
            .edits
            .iter()
            .map(|e| {
                let (start, end) = ends(e.span);
                EditRow { file: group.path(e.span), start, end, text: &e.text }
            })
            .collect(),
    });
    Row {
        code: f.code.id,
        name: f.code.name,
        severity: f.severity,
        message: &f.message,
        help: f.help.as_deref(),
        file: group.file_of(f),
        start: at.map(|p| p.0),
        end: at.map(|p| p.1),
        related: f
            .related
            .iter()
            .map(|l| {
                let (start, end) = ends(l.span);
                Place { message: &l.text, file: group.path(l.span), start, end }
            })
            .collect(),
        fix,
    }
}
