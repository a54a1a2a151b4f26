#![doc = include_str!("../../../docs/findings/MLP341.md")]

use crate::diag::{Code, Finding};
use crate::spec::{Spec, Template, TemplatePiece};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for model in spec.models.values() {
        let Some(version) = &model.version else { continue };
        if let Some(why) = problem(&version.node) {
            let message = format!("the version `{}` {why}", version.node);
            out.push(
                Finding::at(Code::BAD_MODEL_VERSION, version.span, message)
                    .help("write one to three parts that name one thing for ever, such as `\"fraud-scorer/2024-11-20/v3\"`"),
            );
        }
    }
}

fn problem(version: &Template) -> Option<String> {
    // A value of the run is never empty and has no `/` that counts: it stands as one letter here.
    let text: String = version
        .0
        .iter()
        .map(|p| match p {
            TemplatePiece::Lit(text) => text.as_str(),
            TemplatePiece::Ref(_) => "x",
        })
        .collect();
    let parts: Vec<&str> = text.split('/').collect();
    let legal = |c: char| c.is_ascii_alphanumeric() || "._-+@:=".contains(c);
    if text.is_empty() {
        Some("is empty".into())
    } else if parts.len() > 3 {
        Some(format!("has {} parts; three are the most", parts.len()))
    } else if parts.iter().any(|p| p.is_empty()) {
        Some("has an empty part".into())
    } else if parts.iter().any(|p| p.eq_ignore_ascii_case("latest")) {
        Some("says `latest`, which is another model tomorrow".into())
    } else {
        let c = text.chars().find(|c| *c != '/' && !legal(*c))?;
        Some(format!("has the character `{}`", c.escape_debug()))
    }
}
