#![doc = include_str!("../../../docs/findings/MLP314.md")]

use crate::check::facts::{Base, PathRef, normal, paths};
use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for path in paths(spec) {
        let Some(why) = problem(&path) else { continue };
        let from = match path.base {
            Base::Root => "the root of the repository",
            Base::Read | Base::Written => "the folder in which the command runs",
        };
        let message = format!("the path `{}` of `{}` {why}", path.path.node.escape_debug(), path.word);
        out.push(
            Finding::at(Code::PATH_OUTSIDE, path.path.span, message)
                .help(format!("write a path that counts from {from} and stays below it")),
        );
    }
}

fn problem(path: &PathRef<'_>) -> Option<&'static str> {
    let text = path.path.node.as_str();
    let below = match path.base {
        Base::Read => normal(&format!("{}/{text}", path.workdir).trim_start_matches('/')),
        Base::Root | Base::Written => normal(text),
    };
    if text.is_empty() {
        Some("is empty")
    } else if text.starts_with(['/', '~']) || text.get(1..3) == Some(":\\") || text.get(1..3) == Some(":/") {
        Some("is absolute")
    } else if text.contains('\\') {
        Some("has `\\`; folders are divided by `/`")
    } else if text.chars().any(char::is_control) {
        Some("has a control character")
    } else if path.base == Base::Written && text.split('/').any(|p| p == "..") {
        Some("has a part `..`")
    } else if below.is_none() {
        Some("leaves the repository")
    } else {
        None
    }
}
