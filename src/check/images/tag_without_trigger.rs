#![doc = include_str!("../../../docs/findings/MLP354.md")]

use crate::diag::{Code, Finding};
use crate::spec::{Event, ImageTag, Spec, TemplatePiece};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(image) = &spec.image else { return };
    if spec.on.is_empty() || spec.on.iter().any(|o| matches!(o.event, Event::Tag(_))) {
        return;
    }
    for tag in &image.tags {
        if uses_git_tag(&tag.node) {
            out.push(
                Finding::at(
                    Code::TAG_WITHOUT_TRIGGER,
                    tag.span,
                    "the image is tagged with the git tag, and no run of this pipeline has one",
                )
                .help("add `on tag \"v*\"`, or tag with `commit`"),
            );
        }
    }
}

pub(super) fn uses_git_tag(tag: &ImageTag) -> bool {
    match tag {
        ImageTag::Tag => true,
        ImageTag::Text(text) => text.0.iter().any(|p| matches!(p, TemplatePiece::Ref(name) if name == "tag")),
        _ => false,
    }
}
