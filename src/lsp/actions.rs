//! What can be done about a diagnostic: its fix, one by one or all at once.

use super::analysis::{Offer, Told};
use super::documents::Documents;
use super::protocol::{Range, TextEdit};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Does every safe fix of a file.
pub(super) const FIX_ALL: &str = "source.fixAll.mlpipe";

/// The actions for a range of a file; only those of some kinds where the client says so.
pub(super) fn of(documents: &Documents, told: &[&Told], range: Range, only: Option<&[String]>) -> Vec<Value> {
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
        let Some(fix) = &told.fix else { continue };
        actions.push(json!({
            "title": fix.title,
            "kind": "quickfix",
            "diagnostics": [told.diagnostic],
            "isPreferred": fix.safe,
            "edit": { "changes": changes(documents, fix.edits.iter()) },
        }));
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
