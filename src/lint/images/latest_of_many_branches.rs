#![doc = include_str!("../../../docs/findings/MLP751.md")]

use crate::check::facts::is_fixed;
use crate::diag::{Code, Finding, Span};
use crate::lint::Subject;
use crate::plan::{Pattern, Refs, Work};
use crate::spec::{Image, ImageTag};

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let Some(image) = subject.spec.image.as_ref().filter(|i| i.tags.iter().any(|t| is_fixed(&t.node))) else {
        return;
    };
    let (Some(span), Some(branches)) = (latest(image), many(subject)) else { return };
    let named: Vec<String> = branches.iter().map(|b| format!("`{}`", b.0)).collect();
    let message = format!("every branch of {} pushes the one `latest`", named.join(", "));
    out.push(
        Finding::at(Code::LATEST_OF_MANY_BRANCHES, span, message)
            .help("take `latest` out, or write `branch`: that is one tag for each branch"),
    );
}

/// Where `latest` stands among the tags.
pub(super) fn latest(image: &Image) -> Option<Span> {
    let is_latest = |t: &ImageTag| match t {
        ImageTag::Latest => true,
        ImageTag::Text(text) => text.as_literal().as_deref() == Some("latest"),
        _ => false,
    };
    image.tags.iter().find(|t| is_latest(&t.node)).map(|t| t.span)
}

/// The branches whose runs push the image, where they are more than one.
pub(super) fn many(subject: Subject<'_>) -> Option<Vec<Pattern>> {
    let job = subject.plan?.jobs.iter().find(|j| matches!(&j.work, Work::Image(i) if i.push))?;
    let mut all: Vec<Pattern> = Vec::new();
    for activation in &job.condition.any_of {
        if let Refs::Only { branches, .. } = &activation.refs {
            all.extend(branches.iter().cloned());
        }
    }
    all.sort();
    all.dedup();
    (all.len() > 1 || all.iter().any(|b| !b.is_literal())).then_some(all)
}
