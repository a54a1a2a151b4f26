#![doc = include_str!("../../../docs/findings/MLP311.md")]

use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Major, minor and patch of `3.11` or `3.11.9`; nothing for any other text.
pub(super) fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.').map(|p| {
        let digits = !p.is_empty() && p.len() <= 3 && p.bytes().all(|b| b.is_ascii_digit());
        let plain = p == "0" || !p.starts_with('0');
        (digits && plain).then(|| p.parse::<u32>().ok())?
    });
    let version = (parts.next()??, parts.next()??);
    let patch = parts.next();
    (patch != Some(None) && parts.next().is_none()).then_some(version)
}

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(python) = &spec.python else { return };
    if version(&python.version.node).is_none() {
        let message = format!("`{}` is not a Python version", python.version.node);
        out.push(
            Finding::at(Code::BAD_PYTHON_VERSION, python.version.span, message)
                .help("write major and minor, as a string: `python \"3.11\"`"),
        );
    }
}
