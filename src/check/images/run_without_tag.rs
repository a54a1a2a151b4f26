#![doc = include_str!("../../../docs/findings/MLP356.md")]

use super::tag_without_trigger::uses_git_tag;
use crate::check::facts::{event_words, is_fixed};
use crate::diag::{Code, Finding};
use crate::spec::{Event, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(image) = &spec.image else { return };
    let mut fixed = image.tags.iter().filter(|t| is_fixed(&t.node));
    let Some(first) = fixed.next().filter(|t| uses_git_tag(&t.node)) else { return };
    // Without `on tag` it is said by a rule of its own.
    let tags = spec.on.iter().any(|o| matches!(o.event, Event::Tag(_)));
    if !tags || !fixed.all(|t| uses_git_tag(&t.node)) {
        return;
    }
    // For a pull request the image is built and not pushed.
    let pushes = |e: &Event| !matches!(e, Event::Tag(_) | Event::PullRequest(_));
    let Some(on) = spec.on.iter().find(|o| pushes(&o.event)) else { return };
    let event = event_words(&on.event);
    out.push(
        Finding::at(
            Code::RUN_WITHOUT_TAG,
            first.span,
            format!("a run of `{event}` pushes the image and has no git tag"),
        )
        .also(on.span, "such a run would end in an error")
        .help("tag with `commit` too: it is there in every run"),
    );
}
