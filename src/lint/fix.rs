//! Fixes of findings, done: the texts of some specs, changed until nothing is left to change.

use crate::diag::{Edit, FileId, Finding};
use crate::project::Project;
use crate::spec::Texts;
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::{BTreeMap, BTreeSet};

/// So often are texts changed and looked at again. A fix may make room for another; none should need more.
pub const MAX_ROUNDS: usize = 10;

/// Changed texts by their full paths, each without a byte order mark. They stand in for the files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed(pub BTreeMap<Utf8PathBuf, String>);

impl Texts for Changed {
    fn unsaved(&self, path: &Utf8Path) -> Option<String> {
        self.0.get(path).cloned()
    }
}

/// A fix that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Path of the file below the root.
    pub path: Utf8PathBuf,
    /// Line of the finding, from 1, as it was when it was fixed.
    pub line: u32,
    /// The finding.
    pub finding: Finding,
    /// What was done about it.
    pub title: String,
}

/// What one round did.
#[derive(Debug, Default)]
pub struct Round {
    /// The fixes, in the order of their places.
    pub done: Vec<Done>,
    /// Files below the root that have fixes and were left alone, since their text cannot be read as it should.
    pub refused: BTreeSet<Utf8PathBuf>,
}

/// Applies the fixes of a project's findings to the specs that were asked for, and puts their new texts in `changed`. Of fixes
/// that touch the same place the first one wins; the others wait for the next round.
pub fn round(project: &Project, changed: &mut Changed) -> Round {
    let mut round = Round::default();
    let broken = broken(project);
    let mut taken: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    for finding in &project.findings {
        let (Some(fix), Some(at)) = (&finding.fix, finding.span) else { continue };
        let path = |id: FileId| project.sources.path(id);
        if fix.edits.iter().any(|e| !project.selected.iter().any(|s| s == path(e.span.file))) {
            continue;
        }
        let refused = fix.edits.iter().map(|e| e.span.file).find(|f| broken.contains(path(*f)));
        if let Some(file) = refused {
            round.refused.insert(path(file).to_owned());
            continue;
        }
        let free = |e: &Edit| taken.get(&e.span.file).is_none_or(|all| all.iter().all(|t| apart(t, e)));
        if fix.edits.is_empty() || !fix.edits.iter().all(free) {
            continue;
        }
        for edit in &fix.edits {
            taken.entry(edit.span.file).or_default().push(edit);
        }
        round.done.push(Done {
            path: path(at.file).to_owned(),
            line: project.sources.start(at).line,
            finding: finding.clone(),
            title: fix.title.clone(),
        });
    }
    for (file, edits) in taken {
        let text = applied(&project.sources.file(file).text, edits);
        changed.0.insert(project.root.join(project.sources.path(file)), text);
    }
    round
}

/// Files below the root that cannot be read as they should, by their findings.
pub fn broken(project: &Project) -> BTreeSet<&Utf8Path> {
    // Ids below MLP020 are about reading a file and its syntax.
    let broken = project.findings.iter().filter(|f| f.code.id < "MLP020");
    broken.filter_map(|f| f.span).map(|s| project.sources.path(s.file)).collect()
}

/// Do two edits touch different places, so that their order does not matter?
fn apart(a: &Edit, b: &Edit) -> bool {
    let (a, b) = (a.span, b.span);
    (a.end < b.start || b.end < a.start)
        || (a.end == b.start || b.end == a.start) && a.start != a.end && b.start != b.end
}

/// A text with edits that are apart from each other.
fn applied(text: &str, mut edits: Vec<&Edit>) -> String {
    edits.sort_by_key(|e| e.span.start);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        out.push_str(text.get(at..start).unwrap_or_default());
        out.push_str(&edit.text);
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Span;
    use proptest::prelude::*;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit { span: Span::new(FileId(0), start, end), text: text.into() }
    }

    #[test]
    fn edits_side_by_side_are_apart_and_those_at_one_place_are_not() {
        assert!(apart(&edit(0, 2, ""), &edit(2, 4, "")));
        assert!(apart(&edit(0, 2, ""), &edit(3, 3, "x")));
        for (a, b) in [
            (edit(0, 3, ""), edit(2, 4, "")),
            (edit(2, 2, "a"), edit(2, 2, "b")),
            (edit(0, 2, ""), edit(2, 2, "b")),
            (edit(0, 9, ""), edit(3, 4, "")),
        ] {
            assert!(!apart(&a, &b) && !apart(&b, &a), "{a:?} {b:?}");
        }
    }

    proptest! {
        #[test]
        fn edits_do_the_same_in_any_order(text in "[a-z]{20}", places in prop::collection::vec((0usize..20, 0usize..4, "[A-Z]{0,3}"), 0..8)) {
            let mut edits: Vec<Edit> = Vec::new();
            for (start, length, put) in places {
                let new = edit(start, (start + length).min(20), &put);
                if edits.iter().all(|e| apart(e, &new)) {
                    edits.push(new);
                }
            }
            let together = applied(&text, edits.iter().collect());
            // One by one from the end, so that no place moves.
            edits.sort_by_key(|e| std::cmp::Reverse(e.span.start));
            let mut one_by_one = text;
            for e in &edits {
                one_by_one.replace_range(e.span.start as usize..e.span.end as usize, &e.text);
            }
            prop_assert_eq!(together, one_by_one);
        }
    }
}
