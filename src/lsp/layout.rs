//! The canonical layout as edits of the lines that differ, so that cursors and folds elsewhere stay where they are.

use super::index::File;
use super::protocol::{Range, TextEdit};
use crate::diag::{Code, Finding};
use crate::fmt;
use similar::{Algorithm, DiffOp};

/// The edits for a whole file, or for the lines of a range. None where the text has syntax faults, which its diagnostics tell.
///
/// # Errors
/// A bug of ours, in words.
pub(super) fn edits(file: &File, range: Option<Range>) -> Result<Option<Vec<TextEdit>>, String> {
    let laid = match range {
        None => fmt::format(&file.text),
        Some(range) => {
            let last = if range.end.character == 0 { range.end.line } else { range.end.line + 1 };
            fmt::format_range(
                &file.text,
                range.start.line as usize + 1..=last.max(range.start.line + 1) as usize,
            )
        }
    };
    let new = match laid {
        Ok(new) => new,
        Err(faults) => {
            let ours = faults.iter().find(|f: &&Finding| f.code == Code::LAYOUT_CHANGES_MEANING);
            return ours.map_or(Ok(None), |f| Err(f.message.clone()));
        }
    };
    let (old_lines, new_lines): (Vec<&str>, Vec<&str>) =
        (file.text.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let (old_starts, new_starts) = (starts(&old_lines), starts(&new_lines));
    let ops = similar::capture_diff_slices(Algorithm::Myers, &old_lines, &new_lines);
    let changed = ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    let edits = changed.map(|op| {
        let (old, now) = (op.old_range(), op.new_range());
        TextEdit {
            range: file.lines.range(&file.text, old_starts[old.start], old_starts[old.end]),
            new_text: new[new_starts[now.start]..new_starts[now.end]].to_owned(),
        }
    });
    Ok(Some(edits.collect()))
}

/// Where each line starts, and the end of the last one.
fn starts(lines: &[&str]) -> Vec<usize> {
    let ends = lines.iter().scan(0, |at, line| {
        *at += line.len();
        Some(*at)
    });
    std::iter::once(0).chain(ends).collect()
}
