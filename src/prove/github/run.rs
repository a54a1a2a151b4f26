//! The formulas: what a run does under every outcome, by GitHub's rules.
//!
//! - A job's `if` without a status function is `success() && (…)`. `success()` and `failure()` look at all ancestors
//!   (docs, "Status check functions": "if you have a chain of dependent jobs, `failure()` returns `true` if any
//!   ancestor job fails"), `success()` also at skipped ones (docs, "Using jobs in a workflow": "a failure or skip
//!   applies to all jobs in the dependency chain"; actions/runner#491, #2205).
//! - A result is `success`, `failure`, `cancelled` or `skipped`. A job that was still waiting when its run was
//!   cancelled is taken as `skipped`; which of the two it is, no documentation says.
//! - `continue-on-error` (docs, "Workflow syntax"): of a step, the outcome stays `failure`, the conclusion becomes `success`
//!   and the job goes on; of a job, the result becomes `success` (actions/runner#1161) and the run stays green. A cancel
//!   is not undone by it.
//! - On a cancel the server looks at the `if` of every running job again and leaves alone those for which it still holds;
//!   in the others the running step is ended unless its own `if` still holds, and the steps behind it are asked for theirs
//!   (docs, "Workflow cancellation"; `actions/runner`, `StepsRunner.cs`, which marks the job as cancelled, asks the running
//!   step's condition again, and then that of every step behind it). What a call comes to that a cancel does not
//!   stop is not known; it is taken to succeed, which no plan says of a cancelled call.
//! - A cancelled job stays cancelled, whatever its handlers come to (`TaskResultUtil.MergeTaskResults`).
//! - Steps that set a job up are taken to succeed, but for a download by name of what its job did not keep.

use super::context;
use super::expression::{Expr, Function};
use super::value::Value;
use super::workflow::{Does, Step, Workflow};
use crate::prove::{CallOutcome, Diagrams, JobRun, Node, Outcomes, Situation, Unreadable};
use rustc_hash::FxHashMap;

/// The run that a situation starts.
pub(super) fn run(
    w: &Workflow,
    s: &Situation,
    outcomes: &Outcomes,
    d: &mut Diagrams,
) -> Result<Vec<JobRun>, Unreadable> {
    if !w.triggers.start(s) {
        return Ok(Vec::new());
    }
    let mut run = Run { w, s, outcomes, ended: vec![None; w.jobs.len()] };
    let mut runs = Vec::new();
    for &index in &w.order {
        runs.push(run.job(index, d)?);
    }
    Ok(runs)
}

/// How a job ended.
#[derive(Debug, Clone, Copy)]
struct Ended {
    starts: Node,
    success: Node,
    failure: Node,
    cancelled: Node,
    /// It and all its ancestors succeeded.
    chain: Node,
    /// It or an ancestor failed.
    failed: Node,
    /// The run was cancelled while a call of it or of an ancestor ran.
    hit: Node,
    /// Its artifact is there.
    kept: Node,
}

struct Run<'a> {
    w: &'a Workflow,
    s: &'a Situation,
    outcomes: &'a Outcomes,
    /// By job.
    ended: Vec<Option<Ended>>,
}

/// What the status functions come to.
#[derive(Debug, Clone, Copy)]
struct Status {
    success: Node,
    failure: Node,
    cancelled: Node,
}

/// A value under each of the conditions that exclude each other and cover everything.
type Values = Vec<(Node, Value)>;

/// What `steps.ID` holds.
struct StepEnded<'a> {
    id: &'a str,
    outcome: [Node; 4],
    conclusion: [Node; 4],
}

const RESULTS: [&str; 4] = ["success", "failure", "cancelled", "skipped"];

impl<'a> Run<'a> {
    fn job(&mut self, index: usize, d: &mut Diagrams) -> Result<JobRun, Unreadable> {
        let job = &self.w.jobs[index];
        let above: Vec<Ended> = job.needs.iter().filter_map(|n| self.ended[*n]).collect();
        let at = |what: String| Unreadable { line: job.line, what };
        let hit = d.any(above.iter().map(|a| a.hit));
        let cancelled = d.or(self.outcomes.cancelled(), hit);
        let chain = d.all(above.iter().map(|a| a.chain));
        let failed = d.any(above.iter().map(|a| a.failed));
        let status = Status { success: d.without(chain, cancelled), failure: failed, cancelled };
        let asked = Asked { run: self, needs: &job.needed, steps: &[], status };
        let starts = asked.condition(job.condition.as_ref(), d).map_err(at)?;
        let stays = match ends_on_cancel(job.condition.as_ref()) {
            true => Node::NO,
            false => {
                let status = Status { success: Node::NO, cancelled: Node::YES, ..status };
                Asked { status, ..asked }.condition(job.condition.as_ref(), d).map_err(at)?
            }
        };
        let (mut ended, calls) = self.steps(index, starts, stays, d)?;
        ended.hit = d.or(ended.hit, hit);
        ended.chain = d.and(ended.success, chain);
        ended.failed = d.or(ended.failure, failed);
        self.ended[index] = Some(ended);
        let Ended { success, failure, .. } = ended;
        Ok(JobRun { job: index, starts, calls, succeeds: success, red: failure })
    }

    /// The job's steps, one after the other. `stays` is where a cancel leaves the job alone.
    fn steps(
        &self,
        index: usize,
        starts: Node,
        stays: Node,
        d: &mut Diagrams,
    ) -> Result<(Ended, Vec<Node>), Unreadable> {
        let job = &self.w.jobs[index];
        let mut status = Status { success: starts, failure: Node::NO, cancelled: Node::NO };
        let mut seen: Vec<StepEnded<'a>> = Vec::new();
        let (mut hit, mut kept) = (Node::NO, Node::NO);
        let mut calls = vec![Node::NO; self.w.facts.jobs[index].calls.len()];
        for step in &job.steps {
            if step.does == Does::SetUp && step.id.is_none() {
                // It has no condition, succeeds if it runs, and nobody can ask about it.
                continue;
            }
            let at = |what: String| Unreadable { line: step.line, what };
            let asked = Asked { run: self, needs: &job.needed, steps: &seen, status };
            let holds = asked.condition(step.condition.as_ref(), d).map_err(at)?;
            let made = d.and(starts, holds);
            let outcome = self.outcome(index, step, d);
            let stopped = d.and(made, outcome.cancelled);
            // Where the job is cancelled, and where the step is ended with it.
            let job_hit = d.without(stopped, stays);
            let ended = if job_hit == Node::NO {
                Node::NO
            } else {
                let status = Status { success: Node::NO, failure: Node::NO, cancelled: Node::YES };
                let asked = Asked { run: self, needs: &job.needed, steps: &seen, status };
                let step_stays = asked.condition(step.condition.as_ref(), d).map_err(at)?;
                d.without(job_hit, step_stays)
            };
            match &step.does {
                Does::Call(c) => {
                    calls[*c] = made;
                    hit = d.or(hit, stopped);
                }
                Does::Keep => kept = made,
                Does::SetUp | Does::Fetch(_) => {}
            }
            let failure = d.and(made, outcome.failure);
            let bad = d.or(failure, ended);
            let one = [d.without(made, bad), failure, ended, d.without(starts, made)];
            status = step_ended(status, if step.continue_on_error { Node::NO } else { failure }, job_hit, d);
            if let Some(id) = &step.id {
                let mut conclusion = one;
                if step.continue_on_error {
                    conclusion = [d.or(one[0], failure), Node::NO, one[2], one[3]];
                }
                seen.push(StepEnded { id, outcome: one, conclusion });
            }
        }
        let (success, failure) = match job.continue_on_error {
            true => (d.or(status.success, status.failure), Node::NO),
            false => (status.success, status.failure),
        };
        let cancelled = status.cancelled;
        let none = Node::NO;
        Ok((Ended { starts, success, failure, cancelled, chain: none, failed: none, hit, kept }, calls))
    }

    /// What a step comes to if it runs.
    fn outcome(&self, job: usize, step: &Step, d: &mut Diagrams) -> CallOutcome {
        let fine = CallOutcome { success: Node::YES, failure: Node::NO, cancelled: Node::NO };
        match &step.does {
            // Arguments that the plan does not know are said elsewhere.
            Does::Call(c) => self.outcomes.of_call(&self.w.facts.jobs[job].calls[*c].args).unwrap_or(fine),
            Does::Fetch(name) => {
                let ended = self.w.kept_by.get(name).and_then(|j| self.ended[*j]);
                let there = ended.map_or(Node::NO, |e| e.kept);
                CallOutcome { success: there, failure: d.not(there), cancelled: Node::NO }
            }
            Does::SetUp | Does::Keep => fine,
        }
    }
}

/// Is it plain from the text that the condition does not hold in a cancelled run? Saves most second looks.
fn ends_on_cancel(condition: Option<&Expr>) -> bool {
    let says = |e: &Expr| matches!(e, Expr::Not(a) if matches!(**a, Expr::Call(Function::Cancelled, _)));
    match condition {
        None => true,
        Some(Expr::And(all)) if all.iter().any(says) => true,
        Some(c) => says(c) || !c.asks_status(),
    }
}

/// The job's status behind a step.
fn step_ended(before: Status, failure: Node, cancelled: Node, d: &mut Diagrams) -> Status {
    let cancelled = d.or(before.cancelled, cancelled);
    let failed = d.or(before.failure, failure);
    let failure = d.without(failed, cancelled);
    let bad = d.or(cancelled, failure);
    Status { success: d.without(before.success, bad), failure, cancelled }
}

/// What a condition may ask at one point of a run.
#[derive(Clone, Copy)]
struct Asked<'a, 'b> {
    run: &'b Run<'a>,
    needs: &'b FxHashMap<String, usize>,
    steps: &'b [StepEnded<'a>],
    status: Status,
}

impl Asked<'_, '_> {
    /// When the condition holds.
    fn condition(&self, condition: Option<&Expr>, d: &mut Diagrams) -> Result<Node, String> {
        match condition {
            None => Ok(self.status.success),
            Some(c) if c.asks_status() => self.holds(c, d),
            Some(c) => {
                let own = self.holds(c, d)?;
                Ok(d.and(self.status.success, own))
            }
        }
    }

    /// When the expression's value is none of those that count as false.
    fn holds(&self, e: &Expr, d: &mut Diagrams) -> Result<Node, String> {
        match e {
            Expr::Not(a) => {
                let a = self.holds(a, d)?;
                Ok(d.not(a))
            }
            Expr::And(all) => self.several(all, Node::NO, d),
            Expr::Or(all) => self.several(all, Node::YES, d),
            Expr::Call(Function::Always, _) => Ok(Node::YES),
            Expr::Call(Function::Success, _) => Ok(self.status.success),
            Expr::Call(Function::Failure, _) => Ok(self.status.failure),
            Expr::Call(Function::Cancelled, _) => Ok(self.status.cancelled),
            _ => {
                let values = self.values(e, d)?;
                Ok(d.any(values.into_iter().filter(|(_, v)| v.holds()).map(|(n, _)| n)))
            }
        }
    }

    /// `&&` and `||`. What stands behind a part that decides for certain is not looked at: GitHub does not either.
    fn several(&self, all: &[Expr], decides: Node, d: &mut Diagrams) -> Result<Node, String> {
        let mut parts = Vec::new();
        for e in all {
            let part = self.holds(e, d)?;
            if part == decides {
                return Ok(decides);
            }
            parts.push(part);
        }
        Ok(if decides == Node::NO { d.all(parts) } else { d.any(parts) })
    }

    fn values(&self, e: &Expr, d: &mut Diagrams) -> Result<Values, String> {
        let one = |v: Value| Ok(vec![(Node::YES, v)]);
        match e {
            Expr::Text(t) => one(Value::text(t)),
            Expr::Bool(b) => one(Value::Bool(*b)),
            Expr::Null => one(Value::Null),
            Expr::Name(n) => self.name(n, d),
            Expr::Equal(a, b, equal) => {
                let both = (self.values(a, d)?, self.values(b, d)?);
                Ok(truth(asked(both, |a, b| a.equals(b) == *equal, d), d))
            }
            Expr::Call(f @ (Function::Contains | Function::StartsWith | Function::EndsWith), with) => {
                let [a, b] = with.as_slice() else { return Err("two arguments are wanted".to_owned()) };
                let both = (self.values(a, d)?, self.values(b, d)?);
                Ok(truth(asked(both, |a, b| a.asked(*f, b), d), d))
            }
            // As operands of a comparison: the first part that decides, else the last.
            Expr::And(all) => self.first(all, false, d),
            Expr::Or(all) => self.first(all, true, d),
            Expr::Call(Function::HashFiles, _) => Err("`hashFiles` is not known in a condition".to_owned()),
            Expr::Not(_) | Expr::Call(..) => {
                let holds = self.holds(e, d)?;
                Ok(truth(holds, d))
            }
        }
    }

    fn first(&self, all: &[Expr], decides: bool, d: &mut Diagrams) -> Result<Values, String> {
        let (mut out, mut open) = (Values::new(), Node::YES);
        for (i, e) in all.iter().enumerate() {
            if open == Node::NO {
                break;
            }
            let mut next = Node::NO;
            for (node, value) in self.values(e, d)? {
                let here = d.and(open, node);
                if value.holds() == decides || i + 1 == all.len() {
                    out.push((here, value));
                } else {
                    next = d.or(next, here);
                }
            }
            open = next;
        }
        out.retain(|(n, _)| *n != Node::NO);
        Ok(out)
    }

    /// `needs.X.result`, `steps.X.outcome`, `github.…`. Of a job that is not needed, or a step that has not run yet,
    /// everything is `null`.
    fn name(&self, name: &[String], d: &mut Diagrams) -> Result<Values, String> {
        let parts: Vec<&str> = name.iter().map(String::as_str).collect();
        let nothing = || Ok(vec![(Node::YES, Value::Null)]);
        let results = |nodes: [Node; 4]| {
            let all = nodes.into_iter().zip(RESULTS).map(|(n, r)| (n, Value::text(r)));
            all.filter(|(n, _)| *n != Node::NO).collect()
        };
        match parts[..] {
            ["github", ..] => Ok(vec![(Node::YES, context::github(self.run.s, &name[1..])?)]),
            ["needs", job, "result"] => {
                let Some(e) = self.needs.get(job).and_then(|n| self.run.ended[*n]) else { return nothing() };
                Ok(results([e.success, e.failure, e.cancelled, d.not(e.starts)]))
            }
            ["steps", step, what @ ("outcome" | "conclusion")] => {
                let Some(e) = self.steps.iter().find(|s| s.id == step) else { return nothing() };
                let mut nodes = if what == "outcome" { e.outcome } else { e.conclusion };
                // Only asked where the job has started; so that the four cover everything.
                let all = d.any(nodes);
                let rest = d.not(all);
                nodes[3] = d.or(nodes[3], rest);
                Ok(results(nodes))
            }
            _ => Err(format!("`{}` is not known in a condition", name.join("."))),
        }
    }
}

fn truth(holds: Node, d: &mut Diagrams) -> Values {
    vec![(holds, Value::Bool(true)), (d.not(holds), Value::Bool(false))]
}

fn asked((a, b): (Values, Values), holds: impl Fn(&Value, &Value) -> bool, d: &mut Diagrams) -> Node {
    let mut nodes = Vec::new();
    for (n, x) in &a {
        for (m, y) in &b {
            if holds(x, y) {
                nodes.push(d.and(*n, *m));
            }
        }
    }
    d.any(nodes)
}
