//! The rollbacks in the ledgers, and which deploys a halt stops.

use super::Time;
use super::gate::holds;
use super::situation::Situation;
use crate::plan::DeployWork;
use crate::spec::{Halt, Spec};
use indexmap::IndexMap;

/// The rollbacks of every environment, and the halt.
#[derive(Debug)]
pub(super) struct Ledger<'p> {
    spec: &'p Spec,
    situation: &'p Situation,
    /// By environment: the rollbacks of this run.
    here: IndexMap<String, Vec<Time>>,
    /// By environment: its first halt.
    halted: IndexMap<String, Halted>,
}

/// A halt.
#[derive(Debug)]
pub(super) struct Halted {
    /// The environment and the count of its rollbacks, in words.
    why: String,
    /// Its moment; nothing when it is older than the run.
    at: Option<Time>,
}

impl<'p> Ledger<'p> {
    /// The ledger at the start of the run. A halt of then stands: only a person ends it.
    pub(super) fn new(spec: &'p Spec, situation: &'p Situation) -> Self {
        let mut ledger = Self { spec, situation, here: IndexMap::new(), halted: IndexMap::new() };
        for d in spec.deploys.values() {
            let Some(halt) = d.rollback.as_ref().and_then(|r| r.halt.as_ref()) else { continue };
            let name = &d.name.node;
            let Some((recent, ages)) = situation.rollbacks.get(name) else { continue };
            // Each rollback was counted with those before it that were not older than the window.
            let then = ages.iter().map(|age| {
                let oldest = age.plus(Time::from(halt.window));
                counted(ages.iter().filter(|a| **a >= *age && **a <= oldest).count())
            });
            let now = (*recent > 0).then(|| ledger.count(name, halt, Time::default()));
            if let Some(count) = then.chain(now).find(|count| trips(halt, *count)) {
                ledger.halted.insert(name.clone(), Halted { why: in_words(name, count, halt), at: None });
            }
        }
        ledger
    }

    /// Writes a rollback down; gives the words of a halt that it makes.
    pub(super) fn rolled_back(&mut self, environment: &str, at: Time) -> Option<String> {
        self.here.entry(environment.to_owned()).or_default().push(at);
        let halt = self.spec.deploys.get(environment)?.rollback.as_ref()?.halt.as_ref()?;
        let count = self.count(environment, halt, at);
        if self.halted.contains_key(environment) || !trips(halt, count) {
            return None;
        }
        let why = in_words(environment, count, halt);
        self.halted.insert(environment.to_owned(), Halted { why: why.clone(), at: Some(at) });
        Some(why)
    }

    /// Why a deploy that starts at that moment stops at its first step. One that starts beside the halt does not.
    pub(super) fn stops(&self, work: &DeployWork, start: Time) -> Option<String> {
        self.seen(work).find(|h| h.at.is_none_or(|at| at < start)).map(|h| h.why.clone())
    }

    /// Does a halt stop the next deploy there?
    pub(super) fn halts(&self, work: &DeployWork) -> bool {
        self.seen(work).next().is_some()
    }

    /// The halts that a deploy sees: those of its own ledger, and of the ledgers that lie beside it.
    fn seen<'a>(&'a self, work: &'a DeployWork) -> impl Iterator<Item = &'a Halted> {
        let beside = |name: &String| work.ledger.as_ref().is_some_and(|l| l.beside.contains(name));
        let mine = move |name: &String| *name == work.environment || beside(name);
        self.halted.iter().filter(move |(name, _)| mine(name)).map(|(_, halted)| halted)
    }

    /// Rollbacks that are not older than the window at that moment; one exactly as old still counts.
    fn count(&self, environment: &str, halt: &Halt, at: Time) -> u32 {
        let window = Time::from(halt.window);
        let (recent, ages) = self.situation.rollbacks.get(environment).cloned().unwrap_or_default();
        let before = ages.iter().filter(|age| age.plus(at) <= window).count();
        let here = self.here.get(environment).map_or(&[][..], Vec::as_slice);
        let here = here.iter().filter(|t| at.since(**t) <= window).count();
        recent.saturating_add(counted(before + here))
    }
}

fn counted(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn trips(halt: &Halt, count: u32) -> bool {
    holds(halt.op, count.cmp(&halt.count))
}

fn in_words(environment: &str, count: u32, halt: &Halt) -> String {
    let s = if count == 1 { "" } else { "s" };
    let window = Time::from(halt.window);
    format!(
        "{count} rollback{s} of {environment} in {window}, `rollbacks {} {} in {window}`",
        halt.op.text(),
        halt.count
    )
}
