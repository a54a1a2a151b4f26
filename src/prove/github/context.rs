//! What the `github` context holds in a situation (docs, "Contexts reference" and "Events that trigger workflows").

use super::value::Value;
use crate::plan::EventKind;
use crate::prove::{On, Situation, Whose};

/// The repository of every situation; only that a fork is another one counts.
const REPOSITORY: &str = "owner/repository";

/// The value of `github.…`, given without the first word.
///
/// # Errors
/// A name that a situation does not fix, or that is not known.
pub(super) fn github(s: &Situation, name: &[String]) -> Result<Value, String> {
    let name = name.join(".");
    let none = || Ok(Value::text(""));
    let pull_request = matches!(s.on, On::PullRequest { .. });
    Ok(match name.as_str() {
        "event_name" => Value::text(match s.event {
            EventKind::Push | EventKind::Tag => "push",
            EventKind::PullRequest => "pull_request",
            EventKind::Schedule => "schedule",
            EventKind::Manual => "workflow_dispatch",
            EventKind::Named(_) => "repository_dispatch",
        }),
        "ref" => match &s.on {
            On::Branch(b) => Value::Text(format!("refs/heads/{b}")),
            On::Tag(t) => Value::Text(format!("refs/tags/{t}")),
            On::PullRequest { .. } => Value::text("refs/pull/1/merge"),
        },
        "ref_name" => match &s.on {
            On::Branch(name) | On::Tag(name) => Value::text(name),
            On::PullRequest { .. } => Value::text("1/merge"),
        },
        "ref_type" => Value::text(if matches!(s.on, On::Tag(_)) { "tag" } else { "branch" }),
        "base_ref" => match &s.on {
            On::PullRequest { target, .. } => Value::text(target),
            _ => return none(),
        },
        "repository" => Value::text(REPOSITORY),
        "event.action" => match &s.event {
            EventKind::Named(n) => Value::text(n),
            EventKind::PullRequest => {
                return Err("`github.event.action` has several values in a pull request".to_owned());
            }
            _ => Value::Null,
        },
        "event.pull_request.head.repo.full_name" if pull_request => match &s.on {
            On::PullRequest { from: Whose::Fork, .. } => Value::text("somebody/fork"),
            _ => Value::text(REPOSITORY),
        },
        "event.pull_request.user.type" if pull_request => match &s.on {
            On::PullRequest { from: Whose::Bot, .. } => Value::text("Bot"),
            _ => Value::text("User"),
        },
        "event.pull_request.head.repo.full_name" | "event.pull_request.user.type" => Value::Null,
        _ => return Err(format!("`github.{name}` is not known in a condition")),
    })
}
