#![doc = include_str!("../../../docs/findings/MLP732.md")]

use crate::diag::{Code, Finding};
use crate::lint::Subject;

/// Names that no file may have on Windows, with or without an ending ("Naming Files, Paths, and Namespaces", learn.microsoft.com).
const DEVICES: [&str; 4] = ["aux", "con", "nul", "prn"];

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let name = &subject.spec.pipeline;
    let port = ["com", "lpt"].iter().find_map(|p| name.strip_prefix(p));
    let is_port = port.is_some_and(|n| matches!(n.as_bytes(), [b'1'..=b'9']));
    if !is_port && !DEVICES.contains(&name.as_str()) {
        return;
    }
    let message = format!(
        "a pipeline `{0}` writes `.mlpipe/{0}.sh`, and Windows lets no file be called so: the repository cannot be checked out there",
        name.node
    );
    out.push(
        Finding::at(Code::NAME_RESERVED_ON_WINDOWS, name.span, message)
            .help(format!("give the pipeline a longer name, such as `{}-service`", name.node)),
    );
}
