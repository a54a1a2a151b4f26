#![doc = include_str!("../../../docs/findings/MLP312.md")]

use super::bad_python_version::version;
use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// What the runtime of the generated script is written for.
const OLDEST: (u32, u32) = (3, 8);

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(python) = &spec.python else { return };
    if version(&python.version.node).is_some_and(|v| v < OLDEST) {
        let message = format!(
            "Python {} is older than 3.8, the oldest that mlpipe's runtime runs under",
            python.version.node
        );
        out.push(
            Finding::at(Code::PYTHON_TOO_OLD, python.version.span, message)
                .help("write `python \"3.8\"` or newer"),
        );
    }
}
