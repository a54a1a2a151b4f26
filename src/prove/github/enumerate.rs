//! One run in which every outcome is decided, played job by job: what the formulas are checked against in tests.
//! It shares with them what was read, and nothing of what follows from it.

use super::context;
use super::evaluate::Known;
use super::value::Value;
use super::workflow::{Does, Workflow};
use crate::prove::play::{Play, Played, Vector};
use crate::prove::{Outcome, Situation, Unreadable};
use rustc_hash::FxHashMap;

/// A file that can be played.
pub struct Simulator(Workflow);

impl Simulator {
    /// Reads a workflow file.
    ///
    /// # Errors
    /// As [`super::read`].
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        Workflow::read(text).map(Self)
    }
}

impl Play for Simulator {
    fn play(&self, s: &Situation, vector: &Vector<'_>) -> Result<Vec<Played>, Unreadable> {
        let w = &self.0;
        if !w.triggers.start(s) {
            return Ok(Vec::new());
        }
        let mut play = Game { w, s, vector, done: FxHashMap::default() };
        for &index in &w.order {
            let done = play.job(index)?;
            play.done.insert(index, done);
        }
        let all = (0..w.jobs.len()).filter_map(|i| play.done.remove(&i)).map(|d| d.played);
        Ok(all.map(|p| Played { red: p.result == "failure", ..p }).collect())
    }
}

/// [`Simulator::read`] and [`Simulator::play`].
///
/// # Errors
/// Those of both.
pub fn simulate(text: &str, s: &Situation, vector: &Vector<'_>) -> Result<Vec<Played>, Unreadable> {
    Simulator::read(text)?.play(s, vector)
}

struct Done {
    played: Played,
    /// The run was cancelled while one of its calls ran.
    hit: bool,
    kept: bool,
}

struct Game<'a> {
    w: &'a Workflow,
    s: &'a Situation,
    vector: &'a Vector<'a>,
    done: FxHashMap<usize, Done>,
}

/// The state of a job while its steps run.
struct State {
    status: &'static str,
    /// Outcome and conclusion of the steps so far that have an id.
    steps: FxHashMap<String, (&'static str, &'static str)>,
}

impl Game<'_> {
    fn job(&self, index: usize) -> Result<Done, Unreadable> {
        let job = &self.w.jobs[index];
        let above = self.w.ancestors(index);
        let above: Vec<&Done> =
            (0..above.len()).filter(|i| above[*i]).filter_map(|i| self.done.get(&i)).collect();
        let cancelled = self.vector.cancelled || above.iter().any(|d| d.hit);
        let good = above.iter().all(|d| d.played.result == "success");
        let failure = above.iter().any(|d| d.played.result == "failure");
        let nothing = State { status: "success", steps: FxHashMap::default() };
        let name = |n: &[String]| self.name(index, &nothing, n);
        let holds = |success, cancelled| {
            Known { name: &name, success, failure, cancelled }
                .holds(job.condition.as_ref())
                .map_err(|what| Unreadable { line: job.line, what })
        };
        let calls = vec![false; self.w.facts.jobs[index].calls.len()];
        let mut done = Done {
            played: Played { job: job.id.clone(), started: false, calls, result: "skipped", red: false },
            hit: false,
            kept: false,
        };
        if holds(good && !cancelled, cancelled)? {
            done.played.started = true;
            self.steps(index, &mut done, &|| holds(false, true))?;
        }
        Ok(done)
    }

    fn steps(
        &self,
        index: usize,
        done: &mut Done,
        stays: &dyn Fn() -> Result<bool, Unreadable>,
    ) -> Result<(), Unreadable> {
        let job = &self.w.jobs[index];
        let mut state = State { status: "success", steps: FxHashMap::default() };
        for step in &job.steps {
            let asked = |state: &State, status: &str| {
                let name = |n: &[String]| self.name(index, state, n);
                let (success, failure) = (status == "success", status == "failure");
                Known { name: &name, success, failure, cancelled: status == "cancelled" }
                    .holds(step.condition.as_ref())
                    .map_err(|what| Unreadable { line: step.line, what })
            };
            let mut outcome = "skipped";
            if asked(&state, state.status)? {
                outcome = "success";
                match &step.does {
                    Does::SetUp => {}
                    Does::Keep => done.kept = true,
                    Does::Fetch(name) => {
                        let from = self.w.kept_by.get(name).and_then(|j| self.done.get(j));
                        if !from.is_some_and(|d| d.kept) {
                            outcome = "failure";
                        }
                    }
                    Does::Call(c) => {
                        done.played.calls[*c] = true;
                        match (self.vector.call)(&self.w.facts.jobs[index].calls[*c].args) {
                            Outcome::Success => {}
                            Outcome::Failure | Outcome::Timeout => outcome = "failure",
                            Outcome::Cancelled => {
                                done.hit = true;
                                if !stays()? {
                                    state.status = "cancelled";
                                    if !asked(&state, "cancelled")? {
                                        outcome = "cancelled";
                                    }
                                }
                            }
                        }
                    }
                }
            }
            let conclusion = match (outcome, step.continue_on_error) {
                ("failure", true) => "success",
                _ => outcome,
            };
            if conclusion == "failure" && state.status == "success" {
                state.status = "failure";
            }
            if let Some(id) = &step.id {
                state.steps.insert(id.clone(), (outcome, conclusion));
            }
        }
        done.played.result = match (state.status, job.continue_on_error) {
            ("failure", true) => "success",
            (status, _) => status,
        };
        Ok(())
    }

    fn name(&self, job: usize, state: &State, name: &[String]) -> Result<Value, String> {
        let parts: Vec<&str> = name.iter().map(String::as_str).collect();
        Ok(match parts[..] {
            ["github", ..] => context::github(self.s, &name[1..])?,
            ["needs", id, "result"] => {
                let needed = self.w.jobs[job].needs.iter().find(|n| self.w.jobs[**n].id == id);
                let done = needed.and_then(|n| self.done.get(n));
                done.map_or(Value::Null, |d| Value::text(d.played.result))
            }
            ["steps", id, "outcome"] => state.steps.get(id).map_or(Value::Null, |(o, _)| Value::text(*o)),
            ["steps", id, "conclusion"] => state.steps.get(id).map_or(Value::Null, |(_, c)| Value::text(*c)),
            _ => return Err(format!("`{}` is not known in a condition", name.join("."))),
        })
    }
}
