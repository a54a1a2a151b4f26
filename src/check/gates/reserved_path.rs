#![doc = include_str!("../../../docs/findings/MLP313.md")]

use crate::check::facts::{is_below, normal, paths};
use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Folders with another owner.
const OWNED: [(&str, &str); 3] = [("mlpipe-out", "mlpipe"), (".mlpipe", "mlpipe"), (".git", "git")];

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for path in paths(spec) {
        let full = format!("{}/{}", path.workdir, path.path.node);
        let Some(full) = normal(full.trim_start_matches('/')) else { continue };
        if path.path.starts_with('/') {
            continue;
        }
        let Some((folder, owner)) = OWNED.iter().find(|(folder, _)| is_below(&full, folder)) else {
            continue;
        };
        let message = format!(
            "the path `{}` of `{}` lies in `{folder}`, which {owner} keeps to itself",
            path.path.node, path.word
        );
        out.push(
            Finding::at(Code::RESERVED_PATH, path.path.span, message)
                .help("write a path in a folder of your own; mlpipe collects what you name by itself"),
        );
    }
}
