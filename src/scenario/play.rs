//! The play: jobs in the plan's order, each when what it needs has ended.

use super::deploy;
use super::gate;
use super::ledger::Ledger;
use super::outcome::{
    Entry, EnvironmentOutcome, Left, Played, PlayedJob, RunOutcome, SCHEMA_VERSION, Started, State,
};
use super::queue::Queue;
use super::situation::{Cancel, End, Situation};
use super::soak;
use super::time::{Moment, Time};
use crate::plan::{ApproveWork, Job, Plan, ReconcileWork, RunIf, Work};
use crate::spec::{Scenario, Spec};
use indexmap::{IndexMap, IndexSet};
use std::collections::HashMap;

/// Plays a scenario that `check` found no fault in, on the plan of its spec.
pub fn play(spec: &Spec, plan: &Plan, scenario: &Scenario) -> Played {
    let situation = Situation::new(spec, plan, scenario);
    let first = Run::new(spec, plan, &situation, None).go();
    // A cancel hits every job that runs at that moment, so its moment has to be known beforehand.
    match first.cancel {
        None => first.played(),
        Some(cancel) => Run::new(spec, plan, &situation, Some(cancel)).go().played(),
    }
}

/// What a job came to.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) state: State,
    pub(super) end: Time,
    pub(super) why: String,
    pub(super) calls: Vec<Vec<String>>,
}

/// The moment of a cancel, and the place of the job that it came in.
#[derive(Debug, Clone, Copy)]
struct Cancelled {
    at: Time,
    /// Where it came when its job started: how many lay before that one. What lies behind more does not start.
    behind: Option<u32>,
    index: usize,
}

/// One play.
pub(super) struct Run<'p> {
    pub(super) spec: &'p Spec,
    plan: &'p Plan,
    pub(super) situation: &'p Situation,
    pub(super) ledger: Ledger<'p>,
    cancel: Option<Cancelled>,
    /// Jobs that were played, in that order.
    pub(super) jobs: IndexMap<String, PlayedJob>,
    timeline: Vec<Entry>,
    pub(super) environments: IndexMap<String, EnvironmentOutcome>,
    /// By job that is in the run: its end.
    ends: IndexMap<String, Moment>,
    /// Gates that nothing asked for: what needs them does not wait for them.
    not_needed: IndexSet<String>,
}

impl<'p> Run<'p> {
    fn new(spec: &'p Spec, plan: &'p Plan, situation: &'p Situation, cancel: Option<Cancelled>) -> Self {
        let deploys = plan.jobs.iter().filter_map(|j| match &j.work {
            Work::Deploy(d) => Some(d.environment.clone()),
            _ => None,
        });
        let untouched = |name: String| EnvironmentOutcome {
            name,
            left: Left::Untouched,
            halted: false,
            asked: false,
            approved: false,
        };
        Self {
            spec,
            plan,
            situation,
            ledger: Ledger::new(spec, situation),
            cancel,
            jobs: IndexMap::new(),
            timeline: Vec::new(),
            environments: deploys.map(|name| (name.clone(), untouched(name))).collect(),
            ends: IndexMap::new(),
            not_needed: IndexSet::new(),
        }
    }

    fn go(mut self) -> Self {
        let started = self.started().to_string();
        self.tell(Time::default(), started, None);
        let mut queue = Queue::new(self.plan);
        while let Some((index, ready)) = queue.next() {
            let played = self.job(index, &self.plan.jobs[index], ready);
            self.jobs.insert(played.id.clone(), played);
            for freed in queue.done(index) {
                queue.add(freed, self.ready(&self.plan.jobs[freed]));
            }
        }
        if self.jobs.values().all(|j| j.state == State::NotInRun) {
            self.tell(Time::default(), "nothing runs for that".to_owned(), None);
        }
        self
    }

    fn started(&self) -> Started {
        let nothing = Started {
            event: String::new(),
            reference: String::new(),
            name: None,
            from: None,
            inputs: IndexMap::new(),
        };
        self.situation.started.clone().unwrap_or(nothing)
    }

    fn played(mut self) -> Played {
        let places: HashMap<&str, usize> =
            self.plan.jobs.iter().enumerate().map(|(i, j)| (j.id.as_str(), i)).collect();
        // At one moment in the order of the plan, the run's own words first.
        self.timeline.sort_by_key(|e| (e.at, e.job.as_deref().and_then(|j| places.get(j))));
        for job in &self.plan.jobs {
            let Work::Deploy(work) = &job.work else { continue };
            if let Some(e) = self.environments.get_mut(&work.environment) {
                e.halted = self.ledger.halts(work);
            }
        }
        let all = |wanted: State| self.jobs.values().all(|j| j.state == wanted);
        let red = self.jobs.values().any(|j| j.state.is_red());
        let outcome = if all(State::NotInRun) {
            RunOutcome::Nothing
        } else if self.cancel.is_some() {
            RunOutcome::Cancelled
        } else if red {
            RunOutcome::Failure
        } else {
            RunOutcome::Success
        };
        Played {
            schema: SCHEMA_VERSION,
            pipeline: self.plan.pipeline.clone(),
            event: self.started(),
            outcome,
            jobs: self.plan.jobs.iter().filter_map(|j| self.jobs.swap_remove(&j.id)).collect(),
            environments: self.environments.into_values().collect(),
            timeline: self.timeline,
        }
    }

    /// Writes something into the timeline.
    pub(super) fn tell(&mut self, at: Time, what: String, job: Option<&str>) {
        self.timeline.push(Entry { at, what, job: job.map(str::to_owned) });
    }

    fn job(&mut self, index: usize, job: &Job, ready: Moment) -> PlayedJob {
        let nothing = |state, why: String, ended_at| PlayedJob {
            id: job.id.clone(),
            state,
            why,
            started_at: None,
            ended_at,
            calls: Vec::new(),
        };
        if !job.condition.any_of.iter().any(|a| self.situation.covered_by(a)) {
            return nothing(State::NotInRun, String::new(), None);
        }
        if let Some(why) = self.held_back(job, ready) {
            self.ends.insert(job.id.clone(), ready);
            // That what waits for a failure does not run is no news.
            if job.run_if == RunIf::AllSucceeded {
                self.tell(ready.at, format!("skipped: {why}"), Some(&job.id));
            }
            return nothing(State::Skipped, why, Some(ready.at));
        }
        let done = self.cut(index, ready, self.situation_of(job).to_owned(), job);
        let no_time = done.end == ready.at;
        let behind = if no_time { ready.behind + 1 } else { 0 };
        self.ends.insert(job.id.clone(), Moment { at: done.end, behind });
        if done.state == State::Cancelled && self.cancel.is_none() {
            self.cancel = Some(Cancelled { at: done.end, behind: no_time.then_some(ready.behind), index });
        }
        PlayedJob {
            id: job.id.clone(),
            state: done.state,
            why: done.why,
            started_at: Some(ready.at),
            ended_at: Some(done.end),
            calls: done.calls,
        }
    }

    /// The name under which a scenario speaks of the job.
    fn situation_of<'j>(&self, job: &'j Job) -> &'j str {
        if matches!(job.work, Work::Image(_)) { "image" } else { &job.id }
    }

    /// The jobs that it needs and that are in this run.
    fn needs(&self, job: &Job) -> Vec<&PlayedJob> {
        let needs = job.needs.iter().filter_map(|id| self.jobs.get(id));
        needs.filter(|j| j.state != State::NotInRun).collect()
    }

    /// When everything that it needs has ended.
    fn ready(&self, job: &Job) -> Moment {
        job.needs.iter().filter_map(|id| self.ends.get(id).copied()).max().unwrap_or_default()
    }

    /// Why it does not start.
    fn held_back(&mut self, job: &Job, ready: Moment) -> Option<String> {
        let needs = self.needs(job);
        let red: Vec<&&PlayedJob> = needs.iter().filter(|j| j.state.is_red()).collect();
        let late = |c: Cancelled| ready.at == c.at && c.behind.is_none_or(|b| ready.behind > b);
        let cancelled = self.cancel.is_some_and(|c| ready.at > c.at || late(c));
        if cancelled {
            return Some("the run was cancelled".to_owned());
        }
        match job.run_if {
            RunIf::AnyFailed if red.is_empty() => return Some("no job failed".to_owned()),
            RunIf::AnyFailed => return None,
            RunIf::AllSucceeded | RunIf::NoneFailed => {}
        }
        let bad = |j: &&&PlayedJob| j.state != State::Passed && !self.not_needed.contains(&j.id);
        // What was skipped itself is the reason only where nothing else is.
        if let Some(bad) = needs.iter().filter(bad).min_by_key(|j| j.state == State::Skipped) {
            let how = match bad.state {
                State::Failed | State::TimedOut => format!("{} {}", bad.id, bad.state.word()),
                other => format!("{} was {}", bad.id, other.word()),
            };
            return Some(how);
        }
        let Work::Gate(work) = &job.work else { return None };
        let looks_at = &self.spec.gates.get(&work.name)?.when_changed;
        let changed = self.situation.changed.as_ref()?;
        if looks_at.is_empty() || looks_at.iter().any(|p| changed.contains(&p.node)) {
            return None;
        }
        self.not_needed.insert(job.id.clone());
        Some("nothing that it looks at has changed, and nothing waits for it".to_owned())
    }

    /// Plays a job, and cuts it where the run is cancelled.
    fn cut(&mut self, index: usize, ready: Moment, name: String, job: &Job) -> Done {
        let start = ready.at;
        let own = self.situation.cancel.as_ref().filter(|c| c.job == name).cloned();
        let other = self.cancel.filter(|c| c.index != index);
        let cut = other.map(|c| c.at);
        // What starts beside it is hit as it is: at its start, a deploy in its roll-out.
        let beside = other.filter(|c| c.at == start && c.behind == Some(ready.behind));
        let own = own.or(beside.map(|_| Cancel { job: name.clone(), step: None, at: None }));
        match &job.work {
            Work::Deploy(work) => deploy::play(self, job, work, start, own.as_ref(), cut),
            Work::Approve(work) => {
                let own = own.map(|c| start.plus(c.at.unwrap_or_default()));
                self.approve(job, work, start, own, cut)
            }
            Work::Soak(work) => {
                let own = own.map(|c| start.plus(c.at.unwrap_or_default()));
                soak::play(self, job, work, start, own, cut)
            }
            work => {
                let mut done = match work {
                    Work::Gate(gate) => self.gate(job, gate, start),
                    _ => self.simple(job, &name, start),
                };
                let at = own.map(|c| start.plus(c.at.unwrap_or_default()));
                let at = at.filter(|at| *at < done.end || *at == start).or(cut.filter(|c| *c < done.end));
                if let Some(at) = at {
                    done = cancelled(at, done.calls);
                }
                if let Work::Reconcile(reconcile) = work {
                    self.reconcile(reconcile, &mut done);
                }
                self.told(job, start, &done);
                done
            }
        }
    }

    fn told(&mut self, job: &Job, start: Time, done: &Done) {
        if done.end > start {
            self.tell(start, "starts".to_owned(), Some(&job.id));
        }
        let words = match (done.state, &job.work) {
            (State::Passed, work) if done.why.is_empty() => does(work),
            (State::Cancelled, _) => State::Cancelled.word().to_owned(),
            (state, _) if done.why.is_empty() => state.word().to_owned(),
            (state, _) => format!("{}: {}", state.word(), done.why),
        };
        self.tell(done.end, words, Some(&job.id));
    }

    fn gate(&self, job: &Job, work: &crate::plan::GateWork, start: Time) -> Done {
        let judged = gate::judge(self.situation, &job.id, work, Time::seconds(job.timeout));
        let end = start.plus(judged.long);
        Done { state: judged.state, end, why: judged.why, calls: calls(job) }
    }

    pub(super) fn simple(&self, job: &Job, name: &str, start: Time) -> Done {
        let limit = Time::seconds(job.timeout);
        let long = self.situation.takes(name, "");
        let (state, long, why) = match self.situation.end(name, "").map(|(end, _)| end) {
            Some(End::TimesOut) => (State::TimedOut, limit, format!("it did not end within {limit}")),
            _ if long > limit => (State::TimedOut, limit, format!("it did not end within {limit}")),
            Some(End::Fails) => (State::Failed, long, String::new()),
            None => (State::Passed, long, String::new()),
        };
        Done { state, end: start.plus(long), why, calls: calls(job) }
    }

    /// What nobody has put back comes back, as it would at the first step of the next run.
    fn reconcile(&mut self, work: &ReconcileWork, done: &mut Done) {
        let Some(e) = self.environments.get_mut(&work.environment) else { return };
        if done.state == State::Passed && e.left == Left::NotRestored {
            e.left = Left::RolledBack;
            "what was live before is put back".clone_into(&mut done.why);
        }
    }

    /// A person is asked. The script is called once the answer is yes. `own` is the moment of a cancel that comes while
    /// somebody is asked, `cut` that of one in another job.
    fn approve(
        &mut self,
        job: &Job,
        work: &ApproveWork,
        start: Time,
        own: Option<Time>,
        cut: Option<Time>,
    ) -> Done {
        let said = self.situation.answer(&work.environment);
        let expires = job.ask.as_ref().and_then(|a| a.expires).map(Time::from);
        let answered = start.plus(said.after);
        let too_late = expires.filter(|e| said.after > *e).map(|e| start.plus(e));
        let end = too_late.unwrap_or(answered);
        let yes = said.yes && too_late.is_none();
        if let Some(e) = self.environments.get_mut(&work.environment) {
            e.asked = true;
        }
        let own = own.filter(|at| *at < end || *at == start);
        if end > start || own.is_some() {
            self.tell(start, format!("a person is asked about {}", work.environment), Some(&job.id));
        }
        if let Some(at) = own.or(cut.filter(|c| *c < end)) {
            self.tell(at, State::Cancelled.word().to_owned(), Some(&job.id));
            return cancelled(at, Vec::new());
        }
        let (state, words) = match (yes, too_late) {
            (true, _) => (State::Passed, "a person said yes".to_owned()),
            (false, Some(_)) => {
                (State::Failed, format!("nobody answered within {}", expires.unwrap_or_default()))
            }
            (false, None) => (State::Failed, "a person said no".to_owned()),
        };
        if let Some(e) = self.environments.get_mut(&work.environment) {
            e.approved = yes;
        }
        self.tell(end, words.clone(), Some(&job.id));
        let why = if yes { String::new() } else { words };
        Done { state, end, why, calls: if yes { calls(job) } else { Vec::new() } }
    }
}

pub(super) fn cancelled(at: Time, calls: Vec<Vec<String>>) -> Done {
    Done { state: State::Cancelled, end: at, why: "the run was cancelled".to_owned(), calls }
}

pub(super) fn calls(job: &Job) -> Vec<Vec<String>> {
    job.steps.iter().map(|s| s.args.clone()).collect()
}

/// What a job has done when it passed.
fn does(work: &Work) -> String {
    match work {
        Work::Model(m) if m.source.is_none() => "passed: the version is named".into(),
        Work::Model(_) => "passed: version and checksum resolved".into(),
        Work::Image(i) => match (i.push, i.scan.is_some()) {
            (true, true) => "passed: built, scanned and pushed".into(),
            (true, false) => "passed: built and pushed".into(),
            (false, true) => "passed: built and scanned, not pushed".into(),
            (false, false) => "passed: built, not pushed".into(),
        },
        Work::Withheld(w) => {
            let jobs: Vec<&str> = w.jobs.iter().map(|(job, _)| job.as_str()).collect();
            format!("says what this pull request does not get: {}", jobs.join(", "))
        }
        Work::Notify(_) => "sends its message".into(),
        Work::Reconcile(r) if r.redeploy => "passed: the last good release is live".into(),
        Work::Reconcile(_) => "passed: nothing to put back".into(),
        Work::Drill(_) => "passed: the rollback was rehearsed".into(),
        Work::Gate(_) | Work::Approve(_) | Work::Deploy(_) | Work::Soak(_) => "passed".into(),
    }
}
