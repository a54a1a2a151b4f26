#![doc = include_str!("../../../docs/findings/MLP342.md")]

use crate::diag::{Code, Finding};
use crate::spec::{ModelSource, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for source in spec.models.values().filter_map(|m| m.source.as_ref()) {
        let ModelSource::Http { sha256, .. } = &source.node else { continue };
        let text = sha256.node.as_str();
        let why = if text.len() != 64 {
            format!("has {}", crate::diag::words::count(text.chars().count(), "character"))
        } else if !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            "has characters that are no hex digits".to_owned()
        } else {
            continue;
        };
        out.push(
            Finding::at(
                Code::BAD_CHECKSUM,
                sha256.span,
                format!("a SHA-256 has 64 hex digits; this one {why}"),
            )
            .help("write what `sha256sum FILE` prints for the file that you have tested"),
        );
    }
}
