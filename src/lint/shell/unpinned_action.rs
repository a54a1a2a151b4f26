#![doc = include_str!("../../../docs/findings/MLP772.md")]

use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::lint::commands::place;
use crate::spec::PlatformName;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for patch in subject.spec.patches.iter().filter(|p| p.platform.node == PlatformName::Github) {
        let mut start = 0;
        for line in patch.text.node.split_inclusive('\n') {
            if let Some(action) = uses(line).filter(|a| is_moving(a)) {
                let at = start + line.find(action).unwrap_or_default();
                let span = place(subject.sources, &patch.text, at..at + action.len());
                let message = format!("`{action}` is whatever its owner has put there last");
                out.push(
                    Finding::at(Code::UNPINNED_ACTION, span, message)
                        .help("write the 40 digits of its commit, and the version behind it as a comment: `@… # v4.2.2`"),
                );
            }
            start += line.len();
        }
    }
}

/// The value of a line `- uses: VALUE`.
fn uses(line: &str) -> Option<&str> {
    let line = line.trim();
    let value = line.strip_prefix("- ").unwrap_or(line).trim_start().strip_prefix("uses:")?;
    let value = value.split(" #").next()?.trim().trim_matches(['"', '\'']);
    (!value.is_empty() && !value.contains(['{', ' '])).then_some(value)
}

/// An action of another repository, by something else than a commit.
fn is_moving(action: &str) -> bool {
    let commit = |r: &str| r.len() == 40 && r.bytes().all(|b| b.is_ascii_hexdigit());
    let elsewhere = !action.starts_with('.') && !action.starts_with("docker://") && action.contains('/');
    elsewhere && action.rsplit_once('@').is_none_or(|(_, reference)| !commit(reference))
}
