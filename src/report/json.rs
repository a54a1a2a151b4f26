//! Findings for machines. `docs/findings-json.md` documents the form; [`SCHEMA_VERSION`] counts its changes.

use super::Group;
use crate::diag::{Finding, LineCol, Severity, Span};
use serde::Serialize;

/// Version of the JSON form.
pub const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    findings: Vec<Row<'a>>,
    allowed: Vec<AllowedRow<'a>>,
}

#[derive(Serialize)]
struct AllowedRow<'a> {
    reason: &'a str,
    #[serde(flatten)]
    row: Row<'a>,
}

#[derive(Serialize)]
struct Row<'a> {
    code: &'static str,
    name: &'static str,
    severity: Severity,
    message: &'a str,
    help: Option<&'a str>,
    file: Option<String>,
    start: Option<LineCol>,
    end: Option<LineCol>,
    related: Vec<Place<'a>>,
    fix: Option<FixRow<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    message: &'a str,
    file: String,
    start: LineCol,
    end: LineCol,
}

#[derive(Serialize)]
struct FixRow<'a> {
    title: &'a str,
    edits: Vec<EditRow<'a>>,
}

#[derive(Serialize)]
struct EditRow<'a> {
    file: String,
    start: LineCol,
    end: LineCol,
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
