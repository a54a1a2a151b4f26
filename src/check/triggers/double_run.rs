#![doc = include_str!("../../../docs/findings/MLP303.md")]

use crate::diag::{Code, Finding};
use crate::spec::{Event, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(pull_request) = spec.on.iter().find(|o| matches!(o.event, Event::PullRequest(_))) else {
        return;
    };
    for on in &spec.on {
        let Event::Push(branches) = &on.event else { continue };
        let (words, span) = match branches.iter().find(|b| is_every_branch(&b.node)) {
            Some(every) => (format!("`on push \"{}\"`", every.node), every.span),
            // No list means all.
            None if branches.is_empty() => ("`on push` of every branch".to_owned(), on.span),
            None => continue,
        };
        let message =
            format!("{words} together with `on pull_request` runs twice for a push to an open pull request");
        out.push(
            Finding::at(Code::DOUBLE_RUN, span, message)
                .also(pull_request.span, "runs for the same commit")
                .help("name the branches that live long, `on push main`; the others are tested by their pull request"),
        );
    }
}

/// `*`, `**`, `**/*`: a pattern without a literal part.
fn is_every_branch(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.chars().all(|c| c == '*' || c == '/')
}
