//! When a job exists in a run: a disjunction of activations over event, ref and source of a pull request.
//!
//! Conditions are static: they are decided when the run starts, by event and ref alone. What depends on how other
//! jobs ended is [`super::RunIf`].

use serde::Serialize;

/// The kind of event that started a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A branch was pushed.
    Push,
    /// A tag was pushed.
    Tag,
    /// A pull (merge) request was opened or changed.
    PullRequest,
    /// A schedule fired.
    Schedule,
    /// A person started it.
    Manual,
    /// An authenticated call named this event.
    Named(String),
}

/// A glob over branch or tag names: literals, `*` (stops at `/`) and `**`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Pattern(pub String);

impl Pattern {
    /// True when it has no `*`.
    pub fn is_literal(&self) -> bool {
        !self.0.contains('*')
    }

    /// Does the name match?
    pub fn matches(&self, name: &str) -> bool {
        fn go(p: &[u8], s: &[u8]) -> bool {
            match p {
                [] => s.is_empty(),
                [b'*', b'*', rest @ ..] => (0..=s.len()).any(|i| go(rest, &s[i..])),
                [b'*', rest @ ..] => {
                    let end = s.iter().position(|&c| c == b'/').unwrap_or(s.len());
                    (0..=end).any(|i| go(rest, &s[i..]))
                }
                [c, rest @ ..] => s.first() == Some(c) && go(rest, &s[1..]),
            }
        }
        go(self.0.as_bytes(), name.as_bytes())
    }
}

/// Which refs an activation covers. For a pull request: the branches that it wants to get into.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refs {
    /// Every ref on which the event can happen.
    Any,
    /// A branch or a tag that matches one of these.
    Only {
        /// Branch globs.
        branches: Vec<Pattern>,
        /// Tag globs.
        tags: Vec<Pattern>,
    },
}

/// Whose pull request: only asked for [`EventKind::PullRequest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PrSource {
    /// Anybody's.
    Any,
    /// From a branch of this repository, and not a bot's: secrets may be used.
    Trusted,
    /// From a fork or a bot: no secrets. The exact complement of `Trusted`.
    Untrusted,
}

/// One way in which a run may have been started.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Activation {
    /// The event.
    pub event: EventKind,
    /// The refs.
    pub refs: Refs,
    /// The pull request's source; `Any` for every other event.
    pub source: PrSource,
}

/// When a job exists: in a run that any one of the activations covers. Empty means never.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Condition {
    /// Sorted, without repeats.
    pub any_of: Vec<Activation>,
}
