//! A build, as a multibranch project starts it: what `env`, `params` and `currentBuild` say in it.
//!
//! `CHANGE_ID`, `CHANGE_TARGET`, `CHANGE_FORK` (forks only) and `TAG_NAME` are set by branch-api's
//! `BranchNameContributor`; `BRANCH_NAME` always is, for a change request as `PR-7`.

use super::declarative::Pipeline;
use super::token::Name;
use crate::plan::EventKind;
use crate::prove::{On, Situation, Whose};
use std::rc::Rc;

/// What a build is about.
#[derive(Debug, Clone)]
pub(super) struct Build {
    branch: Name,
    change: Option<(Name, bool)>,
    tag: bool,
    /// Class of the build's cause.
    cause: &'static str,
    /// Values of the parameters.
    params: Vec<(Name, Name, bool)>,
    /// What `MLPIPE_EVENT` must say.
    pub(super) word: &'static str,
}

/// A push, or a tag or a change request that was found.
const BRANCH: &str = "jenkins.branch.BranchEventCause";
const TIMER: &str = "hudson.triggers.TimerTrigger$TimerTriggerCause";
const PERSON: &str = "hudson.model.Cause$UserIdCause";

/// A branch that was scanned: how a push is found that no hook told of.
const INDEXING: &str = "jenkins.branch.BranchIndexingCause";
const UPSTREAM: &str = "hudson.model.Cause$UpstreamCause";
const REPLAY: &str = "org.jenkinsci.plugins.workflow.cps.replay.ReplayCause";

/// The parameter that carries a named event.
pub(super) const EVENT_NAME: &str = "MLPIPE_EVENT_NAME";

impl Build {
    /// The build of a situation, with every parameter at its default but the named event's.
    pub(super) fn of(s: &Situation, p: &Pipeline) -> Self {
        let (cause, word) = match &s.event {
            EventKind::Push => (BRANCH, "push"),
            EventKind::Tag => (BRANCH, "tag"),
            EventKind::PullRequest => (BRANCH, "pull_request"),
            EventKind::Schedule => (TIMER, "schedule"),
            EventKind::Manual => (PERSON, "manual"),
            // A call with a user's token is that user's.
            EventKind::Named(_) => (PERSON, "event"),
        };
        let mut build =
            Self { branch: "PR-1".into(), change: None, tag: false, cause, params: Vec::new(), word };
        match &s.on {
            On::Branch(b) => build.branch = b.as_str().into(),
            On::Tag(t) => (build.branch, build.tag) = (t.as_str().into(), true),
            On::PullRequest { target, from } => {
                build.change = Some((target.as_str().into(), *from == Whose::Fork));
            }
        }
        for parameter in &p.parameters {
            let value = match &s.event {
                EventKind::Named(n) if &*parameter.name == EVENT_NAME => n.as_str().into(),
                _ => parameter.default.clone(),
            };
            build.params.push((parameter.name.clone(), value, parameter.bool));
        }
        build
    }

    /// The same build of a push, a tag or a change request, started in another way; in words, how. A branch that a person or
    /// another job builds is a run of its own.
    pub(super) fn started_otherwise(&self) -> Vec<(Self, &'static str)> {
        let anyhow: &[(&'static str, &'static str)] = &[
            (INDEXING, "when the branches are scanned"),
            (PERSON, "when a person builds it"),
            (TIMER, "when a timer builds it"),
            (UPSTREAM, "when another job builds it"),
            (REPLAY, "when it is replayed"),
        ];
        let ways = match self.word {
            "push" => &anyhow[..1],
            "tag" | "pull_request" => anyhow,
            _ => &[],
        };
        let caused = |cause: &'static str| Self { cause, ..self.clone() };
        let mut all: Vec<_> = ways.iter().map(|(cause, how)| (caused(cause), *how)).collect();
        let mut named = caused(PERSON);
        if let Some(p) = named.params.iter_mut().find(|p| &*p.0 == EVENT_NAME && self.change.is_some()) {
            p.1 = "an-event".into();
            all.push((named, "when a person names one"));
        }
        all
    }

    /// The same, but not started by a person.
    pub(super) fn without_person(mut self) -> Self {
        self.cause = BRANCH;
        self
    }

    /// `env.NAME`: nothing for a name that is not known here, else the value, which may be null.
    pub(super) fn env(&self, name: &str) -> Option<Option<Name>> {
        Some(match name {
            "BRANCH_NAME" => Some(self.branch.clone()),
            "TAG_NAME" => self.tag.then(|| self.branch.clone()),
            "CHANGE_ID" => self.change.as_ref().map(|_| Rc::from("1")),
            "CHANGE_TARGET" => self.change.as_ref().map(|c| c.0.clone()),
            "CHANGE_FORK" => self.change.as_ref().filter(|c| c.1).map(|_| Rc::from("someone")),
            _ => return None,
        })
    }

    /// `params.NAME`, and whether it is a flag; nothing for a parameter that is not there, which is null.
    pub(super) fn param(&self, name: &str) -> Option<(Name, bool)> {
        self.params.iter().find(|p| &*p.0 == name).map(|p| (p.1.clone(), p.2))
    }

    /// `currentBuild.getBuildCauses(CLASS)` is not empty.
    pub(super) fn caused_by(&self, class: &str) -> bool {
        self.cause == class
    }
}
