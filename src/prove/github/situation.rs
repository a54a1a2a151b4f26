//! What GitHub's contexts hold when a run starts, and whether it starts.

use super::super::situation::{On, Situation, Whose};
use crate::plan::EventKind;

const REPOSITORY: &str = "acme/repository";

/// The value of a `github` context, given by its parts behind `github`; nothing for one that is not understood. An empty
/// text stands for null.
pub(super) fn github(path: &[&str], s: &Situation) -> Option<String> {
    let (reference, name, kind, base) = match &s.on {
        On::Branch(b) => (format!("refs/heads/{b}"), b.clone(), "branch", ""),
        On::Tag(t) => (format!("refs/tags/{t}"), t.clone(), "tag", ""),
        On::PullRequest { target, .. } => {
            ("refs/pull/7/merge".into(), "7/merge".into(), "branch", target.as_str())
        }
    };
    let pull = match &s.on {
        On::PullRequest { from, .. } => Some(*from),
        _ => None,
    };
    Some(match path {
        ["event_name"] => event(&s.event).to_owned(),
        ["ref"] => reference,
        ["ref_name"] => name,
        ["ref_type"] => kind.to_owned(),
        ["base_ref"] => base.to_owned(),
        ["repository"] => REPOSITORY.to_owned(),
        ["event", "action"] => match &s.event {
            EventKind::Named(n) => n.clone(),
            EventKind::PullRequest => "synchronize".to_owned(),
            _ => String::new(),
        },
        ["event", "pull_request", "head", "repo", "full_name"] => match pull {
            None => String::new(),
            Some(Whose::Fork) => "somebody/fork".to_owned(),
            Some(Whose::Own | Whose::Bot) => REPOSITORY.to_owned(),
        },
        ["event", "pull_request", "user", "type"] => match pull {
            None => String::new(),
            Some(Whose::Bot) => "Bot".to_owned(),
            Some(Whose::Own | Whose::Fork) => "User".to_owned(),
        },
        _ => return None,
    })
}

/// GitHub's name of the event.
fn event(e: &EventKind) -> &'static str {
    match e {
        EventKind::Push | EventKind::Tag => "push",
        EventKind::PullRequest => "pull_request",
        EventKind::Schedule => "schedule",
        EventKind::Manual => "workflow_dispatch",
        EventKind::Named(_) => "repository_dispatch",
    }
}

/// What `on:` lets through.
#[derive(Debug, Default)]
pub(super) struct Triggers {
    /// Filters of branches and of tags; an absent filter beside a given one lets nothing through, two absent ones all.
    pub(super) push: Option<(Option<Vec<String>>, Option<Vec<String>>)>,
    /// Filters of target branches.
    pub(super) pull_request: Option<Vec<String>>,
    pub(super) schedule: bool,
    pub(super) manual: bool,
    pub(super) named: Vec<String>,
}

impl Triggers {
    /// GitHub Docs, "Events that trigger workflows" and "Workflow syntax", `on.<push>.<branches|tags>`: with only one of
    /// the two filters, the other kind of ref starts nothing.
    pub(super) fn start(&self, s: &Situation) -> bool {
        let any = |globs: &[String], name: &str| globs.iter().any(|g| glob(g.as_bytes(), name.as_bytes()));
        match (&s.event, &s.on) {
            (EventKind::Push | EventKind::Tag, On::Branch(b)) => match &self.push {
                Some((None, None)) => true,
                Some((branches, _)) => branches.as_ref().is_some_and(|g| any(g, b)),
                None => false,
            },
            (EventKind::Push | EventKind::Tag, On::Tag(t)) => match &self.push {
                Some((None, None)) => true,
                Some((_, tags)) => tags.as_ref().is_some_and(|g| any(g, t)),
                None => false,
            },
            (EventKind::PullRequest, On::PullRequest { target, .. }) => {
                self.pull_request.as_ref().is_some_and(|g| any(g, target))
            }
            (EventKind::Schedule, _) => self.schedule,
            (EventKind::Manual, _) => self.manual,
            (EventKind::Named(n), _) => self.named.contains(n),
            _ => false,
        }
    }
}

/// GitHub's filter patterns, as far as ours go: `*` stops at `/`, `**` does not, `\` takes the next character as it is.
fn glob(p: &[u8], s: &[u8]) -> bool {
    match p {
        [] => s.is_empty(),
        [b'*', b'*', rest @ ..] => (0..=s.len()).any(|i| glob(rest, &s[i..])),
        [b'*', rest @ ..] => {
            let end = s.iter().position(|c| *c == b'/').unwrap_or(s.len());
            (0..=end).any(|i| glob(rest, &s[i..]))
        }
        [b'\\', c, rest @ ..] | [c, rest @ ..] => s.first() == Some(c) && glob(rest, &s[1..]),
    }
}

/// A filter that is understood: no negation, no `?`, `+` or `[…]` but behind a backslash.
pub(super) fn plain(filter: &str) -> bool {
    let mut escaped = false;
    for (i, c) in filter.char_indices() {
        if !escaped && ("?+[]".contains(c) || (c == '!' && i == 0)) {
            return false;
        }
        escaped = c == '\\' && !escaped;
    }
    !filter.is_empty()
}
