//! What can be done about a diagnostic: its fix, one by one or all at once, or a comment that allows it.

use super::analysis::{Offer, Told};
use super::documents::Documents;
use super::index::File;
use super::protocol::{Range, TextEdit};
use crate::syntax::{Arg, ArgKind, Statement};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Does every safe fix of a file.
pub(super) const FIX_ALL: &str = "source.fixAll.mlpipe";

/// The actions for a range of a file; only those of some kinds where the client says so.
pub(super) fn of(
    documents: &Documents,
    file: &File,
    told: &[&Told],
    range: Range,
    only: Option<&[String]>,
) -> Vec<Value> {
    // A kind stands for all that begin with it.
    let wanted = |kind: &str| {
        only.is_none_or(|only| {
            only.iter()
                .any(|o| kind.strip_prefix(o.as_str()).is_some_and(|r| r.is_empty() || r.starts_with('.')))
        })
    };
    let mut actions = Vec::new();
    let here = |t: &&&Told| t.diagnostic.range.start <= range.end && range.start <= t.diagnostic.range.end;
    for told in told.iter().filter(here).filter(|_| wanted("quickfix")) {
        if let Some(fix) = &told.fix {
            actions.push(json!({
                "title": fix.title,
                "kind": "quickfix",
                "diagnostics": [told.diagnostic],
                "isPreferred": fix.safe,
                "edit": { "changes": changes(documents, fix.edits.iter()) },
            }));
        }
        if let Some((rule, edit)) = told.allow.and_then(|(rule, at)| Some((rule, allow(file, rule, at)?))) {
            actions.push(json!({
                "title": format!("allow `{rule}` here, for a reason that you write"),
                "kind": "quickfix",
                "diagnostics": [told.diagnostic],
                "edit": { "changes": changes(documents, [(told.path.clone(), edit)].iter()) },
            }));
        }
    }
    // Asked for by name only: an editor does it when it saves.
    if only.is_some() && wanted(FIX_ALL) {
        let edits = apart(told.iter().filter_map(|t| t.fix.as_ref()).filter(|f| f.safe));
        if !edits.is_empty() {
            actions.push(json!({
                "title": "do every safe fix of mlpipe",
                "kind": FIX_ALL,
                "edit": { "changes": changes(documents, edits.into_iter()) },
            }));
        }
    }
    actions
}

/// A comment that allows what is found at a byte. Its reason is missing, which is a finding until there is one.
fn allow(file: &File, rule: &str, at: usize) -> Option<TextEdit> {
    let text = &file.text;
    let statement = innermost(&file.tree.statements, at)?;
    let start = statement.span.start as usize;
    let line = text[..start].rfind('\n').map_or(0, |n| n + 1);
    let indent = &text[line..start];
    let comment = format!("# mlpipe: allow({rule}) ");
    // Above `mlpipe` and `pipeline` it would hold for the whole file.
    let whole = matches!(statement.word.as_str(), "mlpipe" | "pipeline");
    if indent.trim().is_empty() && !whole {
        let range = file.lines.range(text, line, line);
        return Some(TextEdit { range, new_text: format!("{indent}{comment}\n") });
    }
    let end = text[start..].find('\n').map_or(text.len(), |n| start + n);
    let end = start + text[start..end].trim_end().len();
    let taken =
        file.tree.comments.iter().any(|c| start <= c.span.start as usize && (c.span.start as usize) < end);
    let ends = end <= statement.span.end as usize && raw_goes_on(statement, end);
    let range = file.lines.range(text, end, end);
    (!taken && !ends).then(|| TextEdit { range, new_text: format!("   {comment}") })
}

/// Does the statement have a raw text that goes on behind that byte? A comment there would be part of it.
fn raw_goes_on(statement: &Statement, end: usize) -> bool {
    let inside = |a: &Arg| {
        matches!(a.kind, ArgKind::Raw(_)) && (a.span.start as usize) < end && end < a.span.end as usize
    };
    statement.args.iter().any(inside)
}

fn innermost(statements: &[Statement], at: usize) -> Option<&Statement> {
    let around = |s: &&Statement| s.span.start as usize <= at && at <= s.span.end as usize;
    let statement = statements.iter().rfind(around)?;
    let inner = statement.block.as_ref().and_then(|b| innermost(&b.statements, at));
    Some(inner.unwrap_or(statement))
}

/// The edits of those fixes that do not get in the way of an earlier one.
fn apart<'t>(fixes: impl Iterator<Item = &'t Offer>) -> Vec<&'t (Utf8PathBuf, TextEdit)> {
    let mut all: Vec<&(Utf8PathBuf, TextEdit)> = Vec::new();
    for fix in fixes {
        let meets = |(path, edit): &(Utf8PathBuf, TextEdit)| {
            all.iter()
                .any(|(p, e)| p == path && e.range.start <= edit.range.end && edit.range.start <= e.range.end)
        };
        if !fix.edits.iter().any(meets) {
            all.extend(&fix.edits);
        }
    }
    all
}

/// Edits by the address of their file, in the order of the addresses.
pub(super) fn changes<'e>(
    documents: &Documents,
    edits: impl Iterator<Item = &'e (Utf8PathBuf, TextEdit)>,
) -> Value {
    let mut files: BTreeMap<&Utf8Path, Vec<&TextEdit>> = BTreeMap::new();
    for (path, edit) in edits {
        files.entry(path).or_default().push(edit);
    }
    let each = files.into_iter().map(|(path, edits)| (documents.uri(path), json!(edits)));
    Value::Object(each.collect::<Map<String, Value>>())
}
