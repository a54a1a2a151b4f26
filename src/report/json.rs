//! Findings for machines. `docs/findings-json.md` documents the form; [`SCHEMA_VERSION`] counts its changes.

use crate::diag::{Finding, LineCol, Severity, SourceMap, Span};
use serde::Serialize;

/// Version of the JSON form.
pub const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    findings: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    code: &'static str,
    name: &'static str,
    severity: Severity,
    message: &'a str,
    help: Option<&'a str>,
    file: Option<&'a str>,
    start: Option<LineCol>,
    end: Option<LineCol>,
    related: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    message: &'a str,
    file: &'a str,
    start: LineCol,
    end: LineCol,
}

/// All findings as one JSON document; lines and columns count from 1, `end` is just behind the last character.
pub fn findings(findings: &[Finding], sources: &SourceMap) -> String {
    let place = |span: Span| (sources.path(span.file).as_str(), sources.start(span), sources.end(span));
    let rows = findings
        .iter()
        .map(|f| {
            let at = f.span.map(place);
            Row {
                code: f.code.id,
                name: f.code.name,
                severity: f.severity,
                message: &f.message,
                help: f.help.as_deref(),
                file: at.map(|p| p.0).or(f.path.as_deref()),
                start: at.map(|p| p.1),
                end: at.map(|p| p.2),
                related: f
                    .related
                    .iter()
                    .map(|l| {
                        let (file, start, end) = place(l.span);
                        Place { message: &l.text, file, start, end }
                    })
                    .collect(),
            }
        })
        .collect();
    let document = Document { schema: SCHEMA_VERSION, findings: rows };
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}
