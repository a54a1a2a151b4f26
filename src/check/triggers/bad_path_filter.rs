#![doc = include_str!("../../../docs/findings/MLP307.md")]

use crate::check::facts::every_on;
use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for path in every_on(spec).flat_map(|on| &on.paths) {
        let Some(why) = problem(&path.node) else { continue };
        let finding =
            Finding::at(Code::BAD_PATH_FILTER, path.span, format!("the path filter `{}` {why}", path.node));
        let short = path.node.trim_start_matches("./").trim_start_matches('/');
        out.push(if !short.is_empty() && problem(short).is_none() {
            finding.help(format!("write `\"{short}\"`; paths count from the root of the repository"))
        } else {
            finding.help("write a path below the root of the repository, such as `\"services/ranker/**\"`")
        });
    }
}

fn problem(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        Some("is empty")
    } else if path.starts_with('/') {
        Some("starts with `/` and matches nothing")
    } else if path.split('/').any(|p| p == "." || p == "..") {
        Some("has a part `.` or `..` and matches nothing")
    } else if path.starts_with('!') {
        Some("excludes, which not every platform can")
    } else if path.contains('\\') {
        Some("has `\\`; folders are divided by `/`")
    } else if path.contains(['?', '[', ']', '{', '}']) {
        Some("has a character that the platforms read in different ways; `*` and `**` are all there is")
    } else {
        None
    }
}
