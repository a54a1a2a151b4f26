//! One run in which every outcome is decided, played job by job: what the formulas are checked against in tests.
//! It shares with them what was read, and nothing of what follows from it.

use super::context;
use super::evaluate::Known;
use super::value::Value;
use super::workflow::{Does, Workflow};
use crate::prove::{Outcome, Situation, Unreadable};
use std::collections::HashMap;

/// What is decided beforehand.
pub struct Vector<'a> {
    /// What a call with these arguments comes to, if it is made. [`crate::prove::Outcomes`] knows no cancel of what is
    /// put back: say [`Outcome::Failure`] there.
    pub call: &'a dyn Fn(&[String]) -> Outcome,
    /// The run is cancelled before any job starts.
    pub cancelled: bool,
}

/// What one job did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// Its name in the file.
    pub job: String,
    /// It started.
    pub started: bool,
    /// For each of its calls, whether it was made.
    pub calls: Vec<bool>,
    /// `success`, `failure`, `cancelled` or `skipped`.
    pub result: &'static str,
}

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

    /// Plays the run that a situation starts: one entry a job of the file, in its order; none when no run is started.
    ///
    /// # Errors
    /// An expression that cannot be evaluated.
    pub fn play(&self, s: &Situation, vector: &Vector<'_>) -> Result<Vec<Played>, Unreadable> {
        let w = &self.0;
        if !w.triggers.start(s) {
            return Ok(Vec::new());
        }
        let mut play = Play { w, s, vector, done: HashMap::new() };
        for &index in &w.order {
            let done = play.job(index)?;
            play.done.insert(index, done);
        }
        let all = (0..w.jobs.len()).filter_map(|i| play.done.remove(&i)).map(|d| d.played);
        Ok(all.collect())
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

struct Play<'a> {
    w: &'a Workflow,
    s: &'a Situation,
    vector: &'a Vector<'a>,
    done: HashMap<usize, Done>,
}

/// The state of a job while its steps run.
struct State {
    status: &'static str,
    /// Outcome and conclusion of the steps so far that have an id.
    steps: HashMap<String, (&'static str, &'static str)>,
}

impl Play<'_> {
    fn job(&self, index: usize) -> Result<Done, Unreadable> {
        let job = &self.w.jobs[index];
        let above = self.w.ancestors(index);
        let above: Vec<&Done> =
            (0..above.len()).filter(|i| above[*i]).filter_map(|i| self.done.get(&i)).collect();
        let cancelled = self.vector.cancelled || above.iter().any(|d| d.hit);
        let good = above.iter().all(|d| d.played.result == "success");
        let failure = above.iter().any(|d| d.played.result == "failure");
        let nothing = State { status: "success", steps: HashMap::new() };
        let name = |n: &[String]| self.name(index, &nothing, n);
        let holds = |success, cancelled| {
            Known { name: &name, success, failure, cancelled }
                .holds(job.condition.as_ref())
                .map_err(|what| Unreadable { line: job.line, what })
        };
        let calls = vec![false; self.w.facts.jobs[index].calls.len()];
        let mut done = Done {
            played: Played { job: job.id.clone(), started: false, calls, result: "skipped" },
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
        let mut state = State { status: "success", steps: HashMap::new() };
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
