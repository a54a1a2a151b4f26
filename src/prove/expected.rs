//! What the plan says happens, as formulas: the other side of the comparison.

use super::Situation;
use super::diagram::{Diagrams, Node};
use super::outcomes::{CallOutcome, Outcomes, in_order};
use crate::plan::{Job, Plan, RunIf, StepWhen};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// One job of the plan that exists in a run.
#[derive(Debug, Clone)]
pub(super) struct ExpectedRun {
    /// Index into [`Plan::jobs`].
    pub(super) job: usize,
    /// When it starts.
    pub(super) starts: Node,
    /// When each of its steps is called.
    pub(super) steps: Vec<Node>,
    /// When it ends as a success.
    pub(super) succeeds: Node,
    /// When it makes the run red.
    pub(super) red: Node,
}

/// The plan's runs. Situations in which the same jobs exist have the same run.
pub(super) struct Expected<'p> {
    plan: &'p Plan,
    /// By the jobs that exist in it.
    known: FxHashMap<Vec<usize>, Rc<[ExpectedRun]>>,
}

impl<'p> Expected<'p> {
    /// Nothing is known yet.
    pub(super) fn new(plan: &'p Plan) -> Self {
        Self { plan, known: FxHashMap::default() }
    }

    /// The run that this situation starts; no job when none is started.
    pub(super) fn run(&mut self, s: &Situation, outcomes: &Outcomes, d: &mut Diagrams) -> Rc<[ExpectedRun]> {
        let exist = |(i, j): (usize, &Job)| s.holds(&j.condition).then_some(i);
        let jobs: Vec<usize> = self.plan.jobs.iter().enumerate().filter_map(exist).collect();
        if let Some(known) = self.known.get(&jobs) {
            return Rc::clone(known);
        }
        let runs: Rc<[ExpectedRun]> = of_jobs(self.plan, &jobs, outcomes, d).into();
        self.known.insert(jobs, Rc::clone(&runs));
        runs
    }
}

fn of_jobs(plan: &Plan, jobs: &[usize], outcomes: &Outcomes, d: &mut Diagrams) -> Vec<ExpectedRun> {
    let mut runs: Vec<ExpectedRun> = Vec::new();
    let mut known: FxHashMap<&str, Known> = FxHashMap::default();
    for (index, job) in jobs.iter().map(|i| (*i, &plan.jobs[*i])) {
        let needs: Vec<&Known> = job.needs.iter().filter_map(|n| known.get(n.as_str())).collect();
        let starts = starts(job, &needs, outcomes, d);
        let one = one(index, job, starts, outcomes, d);
        let cancelled: Vec<Node> = needs.iter().map(|k| k.cancelled).collect();
        let own = own_cancel(job, &one, outcomes, d);
        let cancelled = d.any(cancelled.into_iter().chain([own]));
        known.insert(&job.id, Known { succeeds: one.succeeds, red: one.red, cancelled });
        runs.push(one);
    }
    runs
}

/// What a job that needs another one has to know of it.
struct Known {
    succeeds: Node,
    red: Node,
    /// A call of it, or of what it needs, was cancelled.
    cancelled: Node,
}

fn starts(job: &Job, needs: &[&Known], outcomes: &Outcomes, d: &mut Diagrams) -> Node {
    let going = d.not(outcomes.cancelled());
    let decided = match job.run_if {
        RunIf::AllSucceeded | RunIf::NoneFailed => d.all(needs.iter().map(|k| k.succeeds)),
        RunIf::AnyFailed => {
            let red = d.any(needs.iter().map(|k| k.red));
            let cancelled = d.any(needs.iter().map(|k| k.cancelled));
            d.without(red, cancelled)
        }
    };
    d.and(going, decided)
}

fn one(index: usize, job: &Job, starts: Node, outcomes: &Outcomes, d: &mut Diagrams) -> ExpectedRun {
    let of = |i: usize| outcomes.of_call(&job.steps[i].args).unwrap_or(NEVER);
    let normal: Vec<usize> =
        (0..job.steps.len()).filter(|i| job.steps[*i].when == StepWhen::Normal).collect();
    let mut steps = vec![Node::NO; job.steps.len()];
    let mut so_far = starts;
    for i in &normal {
        steps[*i] = so_far;
        so_far = d.and(so_far, of(*i).success);
    }
    let succeeds = so_far;
    for i in (0..job.steps.len()).filter(|i| job.steps[*i].when == StepWhen::Unfinished) {
        steps[i] = match normal[..] {
            [begin, .., _] => {
                let begun = d.and(steps[begin], of(begin).success);
                d.without(begun, succeeds)
            }
            _ => Node::NO,
        };
    }
    let whole = in_order(&normal.iter().map(|i| of(*i)).collect::<Vec<_>>(), d);
    let red = d.and(starts, whole.failure);
    ExpectedRun { job: index, starts, steps, succeeds, red }
}

fn own_cancel(job: &Job, run: &ExpectedRun, outcomes: &Outcomes, d: &mut Diagrams) -> Node {
    let mut all = Vec::new();
    for (i, step) in job.steps.iter().enumerate() {
        let cancelled = outcomes.of_call(&step.args).unwrap_or(NEVER).cancelled;
        all.push(d.and(run.steps[i], cancelled));
    }
    d.any(all)
}

/// A call that the plan does not know; there is none.
const NEVER: CallOutcome = CallOutcome { success: Node::NO, failure: Node::NO, cancelled: Node::NO };
