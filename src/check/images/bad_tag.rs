#![doc = include_str!("../../../docs/findings/MLP353.md")]

use crate::diag::{Code, Finding};
use crate::spec::{ImageTag, Spec, Template, TemplatePiece};

/// The longest tag of the OCI distribution specification.
const LONGEST: usize = 128;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(image) = &spec.image else { return };
    for (i, tag) in image.tags.iter().enumerate() {
        if let Some(first) = image.tags[..i].iter().find(|t| t.node == tag.node) {
            out.push(
                Finding::at(Code::BAD_TAG, tag.span, "this tag stands here twice")
                    .also(first.span, "stands here first")
                    .help("leave one of the two out"),
            );
            continue;
        }
        let ImageTag::Text(text) = &tag.node else { continue };
        if let Some(why) = problem(text) {
            let message = format!("the tag `{text}` {why}");
            out.push(
                Finding::at(Code::BAD_TAG, tag.span, message).help(
                    "write letters, digits, `_`, `.` and `-`, not starting with `.` or `-`, at most 128",
                ),
            );
        }
    }
}

/// `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`; a value of the run is made legal when it is put in.
fn problem(text: &Template) -> Option<String> {
    let literal = |p: &TemplatePiece| match p {
        TemplatePiece::Lit(text) => text.clone(),
        TemplatePiece::Ref(_) => "x".to_owned(),
    };
    let text: String = text.0.iter().map(literal).collect();
    let illegal = text.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')));
    if text.is_empty() {
        Some("is empty".into())
    } else if let Some(c) = illegal {
        Some(format!("has the character `{}`", c.escape_debug()))
    } else if text.starts_with(['.', '-']) {
        Some("starts with `.` or `-`".into())
    } else {
        (text.len() > LONGEST).then(|| format!("has more than {LONGEST} characters"))
    }
}
