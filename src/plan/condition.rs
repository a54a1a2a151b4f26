//! When a job exists in a run: a disjunction of activations over event, ref and source of a pull request.
//!
//! Conditions are static: they are decided when the run starts, by event and ref alone. What depends on how other
//! jobs ended is [`super::RunIf`].

use serde::Serialize;

/// The kind of event that started a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Condition {
    /// Sorted, without repeats.
    pub any_of: Vec<Activation>,
}

impl Refs {
    /// Refs that both cover. Globs are compared by what can be decided exactly: equal globs, a literal inside a glob,
    /// and a glob below a `prefix**`; anything else is taken to share nothing, and `check` refuses it beforehand.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Any, x) | (x, Self::Any) => x.clone(),
            (Self::Only { branches, tags }, Self::Only { branches: b2, tags: t2 }) => {
                Self::Only { branches: common(branches, b2), tags: common(tags, t2) }
            }
        }
    }

    /// Certainly covers every ref that `other` covers.
    pub fn covers(&self, other: &Self) -> bool {
        let within = |a: &[Pattern], b: &[Pattern]| b.iter().all(|q| a.iter().any(|p| p.covers(q)));
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Only { .. }, Self::Any) => false,
            (Self::Only { branches, tags }, Self::Only { branches: b2, tags: t2 }) => {
                within(branches, b2) && within(tags, t2)
            }
        }
    }

    /// True when no ref can match.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Only { branches, tags } if branches.is_empty() && tags.is_empty())
    }
}

fn common(a: &[Pattern], b: &[Pattern]) -> Vec<Pattern> {
    let inside = |p: &&Pattern, set: &[Pattern]| set.iter().any(|q| q.covers(p));
    let mut both: Vec<Pattern> =
        a.iter().filter(|p| inside(p, b)).chain(b.iter().filter(|p| inside(p, a))).cloned().collect();
    both.sort();
    both.dedup();
    both
}

impl Pattern {
    /// Certainly matches everything that `other` matches.
    pub fn covers(&self, other: &Self) -> bool {
        if self == other {
            return true;
        }
        if other.is_literal() {
            return self.matches(&other.0);
        }
        self.0.strip_suffix("**").is_some_and(|prefix| !prefix.contains('*') && other.0.starts_with(prefix))
    }
}

impl PrSource {
    fn and(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Any, x) | (x, Self::Any) => Some(x),
            (a, b) if a == b => Some(a),
            _ => None,
        }
    }
}

impl Activation {
    /// Certainly covers every run that `other` covers.
    fn covers(&self, other: &Self) -> bool {
        let source = self.source == PrSource::Any || self.source == other.source;
        self.event == other.event && source && self.refs.covers(&other.refs)
    }
}

impl Condition {
    /// A condition from activations in any order.
    pub fn new(mut any_of: Vec<Activation>) -> Self {
        any_of.retain(|a| !a.refs.is_nothing());
        any_of.sort();
        any_of.dedup();
        Self { any_of }
    }

    /// Both hold.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = Vec::new();
        for a in &self.any_of {
            for b in other.any_of.iter().filter(|b| b.event == a.event) {
                if let Some(source) = a.source.and(b.source) {
                    both.push(Activation { event: a.event.clone(), refs: a.refs.and(&b.refs), source });
                }
            }
        }
        Self::new(both)
    }

    /// The part of it in which one of the others holds too. What one of them covers stays as it is.
    #[must_use]
    pub fn where_any(&self, others: &[&Self]) -> Self {
        let others: Vec<&Activation> = others.iter().flat_map(|c| &c.any_of).collect();
        let mut out: Vec<Activation> = Vec::new();
        for own in &self.any_of {
            if others.iter().any(|o| o.covers(own)) {
                out.push(own.clone());
                continue;
            }
            let own = Self { any_of: vec![own.clone()] };
            let mut parts: Vec<Activation> = Vec::new();
            for part in others.iter().flat_map(|o| own.and(&Self { any_of: vec![(*o).clone()] }).any_of) {
                if !parts.iter().any(|p| p.covers(&part)) {
                    parts.retain(|p| !part.covers(p));
                    parts.push(part);
                }
            }
            out.extend(parts);
        }
        Self::new(out)
    }

    /// Keeps the activations of some events.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&EventKind) -> bool) -> Self {
        Self::new(self.any_of.iter().filter(|a| keep(&a.event)).cloned().collect())
    }

    /// The same, with pull requests from this repository's own branches only.
    #[must_use]
    pub fn trusted(&self) -> Self {
        let mut c = self.clone();
        for a in c.any_of.iter_mut().filter(|a| a.event == EventKind::PullRequest) {
            a.source = PrSource::Trusted;
        }
        c
    }

    /// True when some event can make it hold.
    pub fn can_hold(&self) -> bool {
        !self.any_of.is_empty()
    }

    /// True when some activation is of that event.
    pub fn has(&self, event: &EventKind) -> bool {
        self.any_of.iter().any(|a| a.event == *event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(branches: &[&str]) -> Refs {
        Refs::Only { branches: branches.iter().map(|b| Pattern((*b).into())).collect(), tags: vec![] }
    }

    fn on(event: EventKind, refs: Refs, source: PrSource) -> Condition {
        Condition::new(vec![Activation { event, refs, source }])
    }

    #[test]
    fn globs_stop_where_they_should() {
        for (glob, name, want) in [
            ("main", "main", true),
            ("main", "Main", false),
            ("release/*", "release/1", true),
            ("release/*", "release/1/2", false),
            ("release/**", "release/1/2", true),
            ("**", "a/b", true),
            ("v*", "v1.2", true),
            ("*-rc", "1-rc", true),
        ] {
            assert_eq!(Pattern(glob.into()).matches(name), want, "{glob} on {name}");
        }
    }

    #[test]
    fn narrowing_keeps_the_smaller_side() {
        assert_eq!(only(&["main", "release/**"]).and(&only(&["main"])), only(&["main"]));
        assert_eq!(only(&["release/**"]).and(&only(&["release/1.*"])), only(&["release/1.*"]));
        assert_eq!(only(&["**"]).and(&only(&["main"])), only(&["main"]));
        assert!(only(&["main"]).and(&only(&["dev"])).is_nothing());
        assert_eq!(Refs::Any.and(&only(&["dev"])), only(&["dev"]));
    }

    #[test]
    fn what_nobody_shares_is_cut_off() {
        let manual = |refs| on(EventKind::Manual, refs, PrSource::Any);
        let all = manual(Refs::Any);
        let (main, more) = (manual(only(&["main"])), manual(only(&["hotfix", "main"])));
        assert_eq!(all.where_any(&[&main, &all]), all, "what one of them covers stays whole");
        assert_eq!(
            all.where_any(&[&main, &more, &main]),
            more,
            "a part inside another one is not said twice"
        );
        assert_eq!(manual(only(&["release/**", "main"])).where_any(&[&main]), main);
        assert!(!on(EventKind::Push, Refs::Any, PrSource::Any).where_any(&[&main]).can_hold());
        assert!(!all.where_any(&[]).can_hold());
    }

    #[test]
    fn both_sources_meet_or_exclude_each_other() {
        let pr = |s| on(EventKind::PullRequest, Refs::Any, s);
        assert_eq!(pr(PrSource::Any).and(&pr(PrSource::Trusted)), pr(PrSource::Trusted));
        assert!(!pr(PrSource::Untrusted).and(&pr(PrSource::Trusted)).can_hold());
        assert!(!on(EventKind::Push, Refs::Any, PrSource::Any).and(&pr(PrSource::Any)).can_hold());
    }
}
