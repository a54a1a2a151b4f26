#![doc = include_str!("../../../docs/findings/MLP310.md")]

use crate::check::facts::normal;
use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for path in spec.emit.iter().filter_map(|e| e.path.as_ref()) {
        let text = path.node.as_str();
        let why = if text.is_empty() {
            "is empty"
        } else if text.starts_with(['/', '~']) || text.get(1..2) == Some(":") {
            "is absolute"
        } else if text.contains('\\') {
            "has `\\`; folders are divided by `/`"
        } else if text.ends_with('/') {
            "is a folder"
        } else if normal(text).is_none() {
            "leaves the repository"
        } else if text.chars().any(char::is_control) {
            "has a control character"
        } else {
            continue;
        };
        out.push(
            Finding::at(Code::BAD_EMIT_PATH, path.span, format!("the path `{}` {why}", text.escape_debug()))
                .help("write a file below the root of the repository, such as `\".github/workflows/release.yml\"`"),
        );
    }
}
