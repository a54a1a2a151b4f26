//! Findings for machines. `docs/findings-json.md` documents the form; [`SCHEMA_VERSION`] counts its changes.

use crate::diag::{Finding, LineCol, Severity, SourceMap, Span};
use camino::Utf8Path;
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
