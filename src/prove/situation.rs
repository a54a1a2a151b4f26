//! What may start a run: every event on every class of branch, tag and pull request that the plan tells apart.

use super::named::Named;
use crate::plan::{Activation, Condition, EventKind, Pattern, Plan, PrSource, Refs, Trigger};
use std::collections::BTreeSet;
use std::fmt;

/// One way in which a run may be started. Everything that a static condition may ask is fixed in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// The event.
    pub event: EventKind,
    /// What is built.
    pub on: On,
}

/// What is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum On {
    /// A branch of this repository.
    Branch(String),
    /// A tag.
    Tag(String),
    /// A pull (merge) request into the branch `target`.
    PullRequest {
        /// The branch that it is to be merged into.
        target: String,
        /// Whose it is.
        from: Whose,
    },
}

/// Whose pull request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// A person's, from a branch of this repository.
    Own,
    /// Anybody's, from a fork.
    Fork,
    /// A bot's, from a branch of this repository. GitHub alone withholds secrets from those (Dependabot), so that only
    /// its file is asked about them.
    Bot,
}

impl Situation {
    /// Does the activation cover this situation?
    pub fn covered_by(&self, a: &Activation) -> bool {
        let refs = |name: &str, tag: bool| match &a.refs {
            Refs::Any => true,
            Refs::Only { branches, tags } => {
                (if tag { tags } else { branches }).iter().any(|p| p.matches(name))
            }
        };
        a.event == self.event
            && match &self.on {
                On::Branch(b) => refs(b, false),
                On::Tag(t) => refs(t, true),
                On::PullRequest { target, from } => {
                    refs(target, false)
                        && match a.source {
                            PrSource::Any => true,
                            PrSource::Trusted => *from == Whose::Own,
                            PrSource::Untrusted => *from != Whose::Own,
                        }
                }
            }
    }

    /// Does the condition hold?
    pub fn holds(&self, c: &Condition) -> bool {
        c.any_of.iter().any(|a| self.covered_by(a))
    }
}

impl fmt::Display for Situation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.event, &self.on) {
            (_, On::PullRequest { target, from }) => {
                let whose = match from {
                    Whose::Own => "from a branch of the repository",
                    Whose::Fork => "from a fork",
                    Whose::Bot => "of a bot",
                };
                write!(f, "a pull request into `{target}` {whose}")
            }
            (EventKind::Manual, On::Tag(t)) => write!(f, "a manual run on the tag `{t}`"),
            (EventKind::Named(n), On::Tag(t)) => write!(f, "the event `{n}` on the tag `{t}`"),
            (_, On::Tag(t)) => write!(f, "a push of the tag `{t}`"),
            (EventKind::Schedule, On::Branch(b)) => write!(f, "a schedule on `{b}`"),
            (EventKind::Manual, On::Branch(b)) => write!(f, "a manual run on `{b}`"),
            (EventKind::Named(n), On::Branch(b)) => write!(f, "the event `{n}` on `{b}`"),
            (_, On::Branch(b)) => write!(f, "a push to `{b}`"),
        }
    }
}

/// Every situation that the plan tells apart, and those next to them: a branch that no pattern names, names that nearly
/// match a pattern, events that the plan does not have.
pub fn situations(plan: &Plan) -> Vec<Situation> {
    situations_with(plan, &Named::default())
}

/// The same, and those that a file names and the plan does not.
pub(super) fn situations_with(plan: &Plan, file: &Named) -> Vec<Situation> {
    let (of_branches, of_tags) = patterns(plan);
    let (mut branches, mut tags) = (BTreeSet::new(), BTreeSet::new());
    of_branches.iter().for_each(|p| samples(p, &mut branches));
    of_tags.iter().for_each(|p| samples(p, &mut tags));
    for p in file.refs.iter().filter(|p| !of_branches.contains(*p) && !of_tags.contains(*p)) {
        samples(p, &mut branches);
        samples(p, &mut tags);
    }
    let mut names: BTreeSet<String> = BTreeSet::from(["unknown-event".to_owned()]);
    names.extend(file.events.iter().cloned());
    for t in &plan.triggers {
        if let Trigger::Named { name } = t {
            names.insert(name.clone());
        }
    }
    branches.insert("some/other-branch".to_owned());
    tags.insert("some-other-tag".to_owned());
    // A tag may be called like a branch.
    tags.insert(plan.home_branch.clone());

    let mut all = Vec::new();
    for b in &branches {
        let on = |event| Situation { event, on: On::Branch(b.clone()) };
        all.push(on(EventKind::Push));
        all.push(on(EventKind::Schedule));
        all.push(on(EventKind::Manual));
        all.extend(names.iter().map(|n| on(EventKind::Named(n.clone()))));
        for from in [Whose::Own, Whose::Fork, Whose::Bot] {
            let on = On::PullRequest { target: b.clone(), from };
            all.push(Situation { event: EventKind::PullRequest, on });
        }
    }
    for t in &tags {
        all.push(Situation { event: EventKind::Tag, on: On::Tag(t.clone()) });
        all.push(Situation { event: EventKind::Manual, on: On::Tag(t.clone()) });
    }
    let tag = On::Tag(plan.home_branch.clone());
    all.extend(names.into_iter().map(|n| Situation { event: EventKind::Named(n), on: tag.clone() }));
    all
}

/// Every pattern of branches, and of tags, in the plan.
fn patterns(plan: &Plan) -> (BTreeSet<Pattern>, BTreeSet<Pattern>) {
    let mut branches = BTreeSet::from([Pattern(plan.home_branch.clone())]);
    let mut tags = BTreeSet::new();
    for t in &plan.triggers {
        match t {
            Trigger::Push { branches: b } | Trigger::PullRequest { branches: b } => {
                branches.extend(b.iter().cloned());
            }
            Trigger::Tag { tags: t } => tags.extend(t.iter().cloned()),
            Trigger::Named { .. } | Trigger::Schedule { .. } | Trigger::Manual => {}
        }
    }
    for a in plan.jobs.iter().flat_map(|j| &j.condition.any_of) {
        if let Refs::Only { branches: b, tags: t } = &a.refs {
            branches.extend(b.iter().cloned());
            tags.extend(t.iter().cloned());
        }
    }
    (branches, tags)
}

/// Names that match a glob, and names that nearly do.
fn samples(p: &Pattern, into: &mut BTreeSet<String>) {
    let glob = p.0.as_str();
    let fill = |one: &str, two: &str| glob.replace("**", "\u{0}").replace('*', one).replace('\u{0}', two);
    for (one, two) in [("x", "x"), ("x", "x/y"), ("", "")] {
        let name = fill(one, two);
        if !name.is_empty() && !name.ends_with('/') && !name.starts_with('/') && !name.contains("//") {
            into.insert(name);
        }
    }
    let near = fill("x", "x");
    // What a pattern without anchors, or with a `.` that stands for anything, would let through.
    into.insert(format!("{near}-y"));
    into.insert(format!("y-{near}"));
    into.insert(near.replace('.', "-"));
    // What begins like it, in a folder of its own or not.
    into.insert(near.replace('/', "-"));
    if glob.contains('*') && !glob.contains("**") {
        into.insert(fill("x/y", "x"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture;

    #[test]
    fn a_glob_is_tried_by_names_inside_and_just_outside() {
        let mut names = BTreeSet::new();
        samples(&Pattern("release/*".into()), &mut names);
        let p = Pattern("release/*".into());
        assert!(names.iter().any(|n| p.matches(n)) && names.contains("release/x/y"), "{names:?}");
        assert!(names.iter().filter(|n| !p.matches(n)).count() >= 2, "{names:?}");
    }

    #[test]
    fn every_event_meets_a_branch_that_deploys_and_one_that_does_not() {
        let all = situations(&fixture::full());
        for event in [EventKind::Push, EventKind::Schedule, EventKind::Manual, EventKind::PullRequest] {
            let on = |name: &str| {
                all.iter().any(|s| {
                    s.event == event
                        && match &s.on {
                            On::Branch(b) | On::PullRequest { target: b, .. } => b == name,
                            On::Tag(_) => false,
                        }
                })
            };
            assert!(on("main") && on("some/other-branch"), "{event:?}");
        }
        assert!(all.iter().any(|s| s.event == EventKind::Named("unknown-event".into())));
        assert!(all.iter().any(|s| s.event == EventKind::Tag));
    }
}
