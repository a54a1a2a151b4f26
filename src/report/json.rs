//! Findings for machines. `docs/findings-json.md` documents the form; [`SCHEMA_VERSION`] counts its changes.

use crate::diag::{Finding, LineCol, Severity, SourceMap, Span};
use camino::Utf8Path;
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
    file: Option<String>,
    start: Option<LineCol>,
    end: Option<LineCol>,
    related: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    message: &'a str,
    file: String,
    start: LineCol,
    end: LineCol,
}

/// The findings of one root, what they speak of, and the way from the current folder to it.
pub type Group<'a> = (&'a [Finding], &'a SourceMap, &'a Utf8Path);

/// All findings as one JSON document; lines and columns count from 1, `end` is just behind the last character.
pub fn findings(groups: &[Group<'_>]) -> String {
    let rows = groups.iter().flat_map(|(f, sources, base)| f.iter().map(|f| row(f, sources, base))).collect();
    let document = Document { schema: SCHEMA_VERSION, findings: rows };
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn row<'a>(f: &'a Finding, sources: &SourceMap, base: &Utf8Path) -> Row<'a> {
    let place = |span: Span| {
        (base.join(sources.path(span.file)).into_string(), sources.start(span), sources.end(span))
    };
    let at = f.span.map(place);
    Row {
        code: f.code.id,
        name: f.code.name,
        severity: f.severity,
        message: &f.message,
        help: f.help.as_deref(),
        start: at.as_ref().map(|p| p.1),
        end: at.as_ref().map(|p| p.2),
        file: at.map(|p| p.0).or_else(|| f.path.as_ref().map(|p| base.join(p).into_string())),
        related: f
            .related
            .iter()
            .map(|l| {
                let (file, start, end) = place(l.span);
                Place { message: &l.text, file, start, end }
            })
            .collect(),
    }
}
