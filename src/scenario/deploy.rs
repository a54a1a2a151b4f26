//! The critical section of one environment: begin, roll out in steps, smoke, watch, finish; and putting back.

use super::outcome::{Left, State};
use super::play::{Done, Run};
use super::situation::{Cancel, End};
use super::time::Time;
use super::watch::Polls;
use crate::plan::{DeployWork, Job, PlanTarget, StepWhen};
use crate::spec::{Deploy, Strategy};

/// Why a section does not go on.
enum Stop {
    Failed(String),
    TimedOut(String),
    Cancelled,
}

/// What the steps of a section share.
struct Section<'r, 'p> {
    run: &'r mut Run<'p>,
    job: &'r Job,
    work: &'r DeployWork,
    deploy: Option<&'p Deploy>,
    /// The cancel that comes in this job.
    own: Option<&'r Cancel>,
    /// The moment of any cancel.
    cut: Option<Time>,
    /// What is left of the job's limit, which counts over all of its calls.
    left: Time,
    start: Time,
    now: Time,
    calls: Vec<Vec<String>>,
    begun: bool,
    /// When traffic moved.
    moved: Vec<Time>,
    /// When the last of it moved.
    whole: Option<Time>,
    smoked: bool,
}

/// Plays a deploy that starts at that moment. `cut` is the moment of a cancel that comes in another job.
pub(super) fn play(
    run: &mut Run<'_>,
    job: &Job,
    work: &DeployWork,
    start: Time,
    own: Option<&Cancel>,
    cut: Option<Time>,
) -> Done {
    let deploy = run.spec.deploys.get(&work.environment);
    let at = own.filter(|c| c.step.is_none()).and_then(|c| c.at).map(|at| start.plus(at));
    let mut section = Section {
        run,
        job,
        work,
        deploy,
        own,
        cut: cut.or(at),
        left: Time::seconds(job.timeout),
        start,
        now: start,
        calls: Vec::new(),
        begun: false,
        moved: Vec::new(),
        whole: None,
        smoked: false,
    };
    let stop = section.forward().err();
    let (state, why) = match stop {
        None => (State::Passed, String::new()),
        Some(stop) => section.stopped(stop),
    };
    Done { state, end: section.now, why, calls: section.calls }
}

impl Section<'_, '_> {
    fn forward(&mut self) -> Result<(), Stop> {
        if let Some(why) = self.run.ledger.stops(self.work, self.start) {
            self.called("begin");
            return Err(Stop::Failed(format!("halted: {why}")));
        }
        self.call("begin")?;
        self.begun = true;
        self.call("roll-out")?;
        match self.deploy.and_then(|d| d.strategy.as_ref()).map(|s| s.node.clone()) {
            Some(Strategy::Canary(steps)) => {
                self.shadow()?;
                for (i, step) in steps.into_iter().enumerate() {
                    self.called(&format!("canary-{}", i + 1));
                    self.tell(format!("{}% of the traffic", step.weight));
                    self.moved.push(self.now);
                    self.whole = (step.weight >= 100.0).then_some(self.now);
                    self.smoke()?;
                    self.hold(step.hold.map(Time::from).unwrap_or_default())?;
                }
            }
            Some(Strategy::BlueGreen(hold)) => {
                self.tell("runs beside the one before".to_owned());
                // Nobody is served by it yet, so there is nothing to watch.
                self.smoke()?;
                self.shadow()?;
                self.call("switch")?;
                self.moved.push(self.now);
                self.whole = Some(self.now);
                self.tell("all of the traffic, the one before stays at hand".to_owned());
                self.smoke()?;
                self.hold(hold.map(Time::from).unwrap_or_default())?;
            }
            Some(Strategy::Rolling) | None => {
                self.moved.push(self.now);
                self.whole = Some(self.now);
                self.tell("rolled out".to_owned());
                self.smoke()?;
                self.shadow()?;
            }
        }
        if let Some(watch) = self.deploy.and_then(|d| d.watch.as_ref()) {
            self.called("watch");
            let window = Time::from(watch.window.node);
            if let Some(polls) = self.polls() {
                let words = polls.words();
                self.tell(format!("watches {words} for {window}"));
            }
            self.hold(window)?;
        }
        self.call("finish")?;
        self.leave(Left::Deployed);
        self.tell("deployed".to_owned());
        Ok(())
    }

    fn tell(&mut self, what: String) {
        self.run.tell(self.now, what, Some(&self.job.id));
    }

    fn leave(&mut self, left: Left) {
        if let Some(e) = self.run.environments.get_mut(&self.work.environment) {
            e.left = left;
        }
    }

    /// Notes a call of the script.
    fn called(&mut self, step: &str) {
        self.calls.extend(self.job.steps.iter().find(|s| s.id == step).map(|s| s.args.clone()));
    }

    /// A step of the plan, from its call to its end.
    fn call(&mut self, step: &str) -> Result<(), Stop> {
        self.called(step);
        self.body(step)
    }

    fn body(&mut self, step: &str) -> Result<(), Stop> {
        let own = self.limit(step);
        let limit = own.min(self.left);
        let long = self.run.situation.takes(&self.job.id, step);
        let end = self.run.situation.end(&self.job.id, step).map(|(end, _)| end);
        let over = self.now.plus(if end == Some(End::TimesOut) { limit } else { long.min(limit) });
        if let Some(at) = self.cancelled_in(step, over) {
            self.now = self.now.max(at);
            return Err(Stop::Cancelled);
        }
        if end == Some(End::TimesOut) || long > limit {
            self.pass(limit)?;
            let whole = Time::seconds(self.job.timeout);
            return Err(Stop::TimedOut(if own <= self.left {
                format!("{step} did not end within {own}")
            } else {
                format!("the deploy did not end within {whole}, it was in {step}")
            }));
        }
        self.left = self.left.since(long);
        self.pass(long)?;
        match end {
            Some(_) => Err(Stop::Failed(format!("{step} failed"))),
            None => Ok(()),
        }
    }

    /// The moment of the job's own cancel, where it comes in this run of a step, which would be over then.
    fn cancelled_in(&self, step: &str, over: Time) -> Option<Time> {
        let cancel = self.own?;
        let at = cancel.at.map(|at| self.start.plus(at));
        match (&cancel.step, at) {
            (Some(named), None) => (named == step).then_some(self.now),
            (None, None) => (step == "roll-out").then_some(self.now),
            (Some(named), Some(at)) => (named == step && (self.now >= at || over > at)).then_some(at),
            // It is a moment of the whole section: `cut`.
            (None, Some(_)) => None,
        }
    }

    /// What the runtime allows a step by itself: the target's limit is that of a roll-out, of a command's every verb.
    fn limit(&self, step: &str) -> Time {
        let own = match &self.work.target {
            PlanTarget::Kubernetes { timeout, .. } | PlanTarget::ArgoRollouts { timeout, .. }
                if step == "roll-out" =>
            {
                *timeout
            }
            PlanTarget::Command { timeout, .. } if step != "smoke" => *timeout,
            PlanTarget::Ssh { .. } if step == "roll-out" => self.work.target.timeout(),
            _ => self.job.timeout,
        };
        Time::seconds(own.min(self.job.timeout))
    }

    /// Time goes by, up to a cancel.
    fn pass(&mut self, long: Time) -> Result<(), Stop> {
        let until = self.now.plus(long);
        if let Some(cut) = self.cut.filter(|c| *c < until) {
            self.now = cut.max(self.now);
            return Err(Stop::Cancelled);
        }
        self.now = until;
        Ok(())
    }

    /// Time goes by in which it is only looked; the job's limit counts on.
    fn look(&mut self, long: Time) -> Result<(), Stop> {
        let fits = long.min(self.left);
        self.pass(fits)?;
        self.left = self.left.since(fits);
        if fits < long {
            let whole = Time::seconds(self.job.timeout);
            return Err(Stop::TimedOut(format!(
                "the deploy did not end within {whole}, it was being watched"
            )));
        }
        Ok(())
    }

    /// The deploy's own smoke test, once after each step.
    fn smoke(&mut self) -> Result<(), Stop> {
        if self.work.smoke.is_none() {
            return Ok(());
        }
        if !self.smoked {
            self.smoked = true;
            self.called("smoke");
        }
        self.body("smoke")?;
        self.tell("smoke test passed".to_owned());
        Ok(())
    }

    /// It gets copies of the requests of another environment.
    fn shadow(&mut self) -> Result<(), Stop> {
        let Some(shadow) = &self.work.shadow else { return Ok(()) };
        self.call("shadow")?;
        self.tell(format!("gets copies of the requests of {}", shadow.from));
        Ok(())
    }

    fn polls(&self) -> Option<Polls<'_>> {
        let deploy = self.deploy?;
        let whole = self.whole.map(|moment| moment.since(self.start));
        let moved = self.moved.iter().map(|moment| moment.since(self.start)).collect();
        deploy.watch.as_ref().and_then(|w| Polls::new(self.run.situation, deploy, w, moved, whole))
    }

    /// The traffic stays as it is for a time, and is watched.
    fn hold(&mut self, long: Time) -> Result<(), Stop> {
        let end = self.now.plus(long).since(self.start);
        let trip = self.polls().and_then(|p| p.first_trip(end));
        if let Some(trip) = trip {
            let wait = self.start.plus(trip.at).since(self.now);
            self.look(wait)?;
            return Err(Stop::Failed(trip.why));
        }
        self.look(long)?;
        match self.polls().filter(|_| long.0 > 0).and_then(|p| p.silent(end)) {
            Some(why) => Err(Stop::Failed(why)),
            None => Ok(()),
        }
    }

    /// Ends a section that did not get to its end, and puts back what was live.
    fn stopped(&mut self, stop: Stop) -> (State, String) {
        let (state, why) = match stop {
            Stop::Failed(why) => (State::Failed, why),
            Stop::TimedOut(why) => (State::TimedOut, why),
            Stop::Cancelled => (State::Cancelled, "the run was cancelled".to_owned()),
        };
        match state {
            State::Cancelled => self.tell(state.word().to_owned()),
            _ => self.tell(format!("{}: {why}", state.word())),
        }
        let cancelled_at = self.now;
        if self.begun && self.job.steps.iter().any(|s| s.when == StepWhen::Unfinished) {
            self.called("restore");
            self.restore();
        }
        if state == State::Cancelled {
            // The run ends at the cancel; putting back goes on after it.
            self.now = cancelled_at;
        }
        (state, why)
    }

    /// Puts back what was live, or does not.
    fn restore(&mut self) {
        let within = self.deploy.and_then(|d| d.rollback.as_ref()).and_then(|r| r.within.as_ref());
        let limit = within.map_or(Time::seconds(self.work.restore_seconds()), |w| Time::from(w.node));
        let long = self.run.situation.takes(&self.job.id, "restore");
        let end = self.run.situation.end(&self.job.id, "restore").map(|(end, _)| end);
        let late = end == Some(End::TimesOut) || long > limit;
        self.now = self.now.plus(long.min(limit));
        match end {
            _ if late => {
                self.leave(Left::NotRestored);
                self.tell(format!("NOT put back: that did not end within {limit}"));
            }
            Some(_) => {
                self.leave(Left::NotRestored);
                self.tell("NOT put back: that failed too".to_owned());
            }
            None => {
                self.leave(Left::RolledBack);
                self.tell("what was live before is put back".to_owned());
            }
        }
        self.count();
    }

    /// Writes the rollback into the ledger.
    fn count(&mut self) {
        if let Some(words) = self.run.ledger.rolled_back(&self.work.environment, self.now) {
            self.tell(format!("halted: {words}; no deploy starts there until a person resumes"));
        }
    }
}
