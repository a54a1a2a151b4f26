//! What a scenario expects, compared with what happened.

use super::outcome::{EnvironmentOutcome, Left, Played, PlayedJob, State};
use crate::spec::{Expectation, Expected, Scenario, Spec, Subject};

/// One expectation and what happened instead, or as well.
#[derive(Debug, Clone)]
pub struct Verdict<'s> {
    /// The expectation.
    pub expectation: &'s Expectation,
    /// It holds.
    pub held: bool,
    /// What happened: `gate-quality passed`.
    pub happened: String,
    /// Jobs whose part of the timeline tells why.
    pub jobs: Vec<String>,
}

/// Compares every expectation of a scenario, in their order.
pub fn verdicts<'s>(spec: &Spec, scenario: &'s Scenario, played: &Played) -> Vec<Verdict<'s>> {
    scenario.expect.iter().map(|e| verdict(spec, e, played)).collect()
}

fn verdict<'s>(spec: &Spec, expectation: &'s Expectation, played: &Played) -> Verdict<'s> {
    let outcome = expectation.outcome.node;
    let subjects = spec.subjects(&expectation.name);
    let subject = match outcome.of_deploys_only() {
        true => subjects.iter().find(|s| matches!(s, Subject::Deploy(_))),
        false => subjects.first(),
    };
    let Some(subject) = subject else {
        let happened = format!("nothing is called `{}`", expectation.name.node);
        return Verdict { expectation, held: false, happened, jobs: Vec::new() };
    };
    let job = job_of(subject, played);
    let mut jobs: Vec<String> = job.iter().map(|j| j.id.clone()).collect();
    let (held, happened) = match (subject, outcome.of_deploys_only()) {
        (Subject::Deploy(d), true) => {
            jobs.push(format!("approve-{}", d.name.node));
            let environment = played.environments.iter().find(|e| e.name == d.name.node);
            environment.map_or((false, "it is not in the plan".to_owned()), |e| place(outcome, e, job))
        }
        _ => job.map_or((outcome == Expected::Skipped, "not in this run".to_owned()), |j| state(outcome, j)),
    };
    if !held {
        // What did not pass before it is most often the reason.
        let red = played.jobs.iter().filter(|j| j.state.is_red() || j.state == State::Cancelled);
        jobs.extend(red.map(|j| j.id.clone()));
    }
    Verdict { expectation, held, happened, jobs }
}

/// The job of a subject; the image's is the one that is in the run.
fn job_of<'p>(subject: &Subject<'_>, played: &'p Played) -> Option<&'p PlayedJob> {
    let find = |id: &str| played.jobs.iter().find(|j| j.id == id);
    let own = find(&subject.job());
    match subject {
        Subject::Image => {
            let runs = |j: &&PlayedJob| j.state != State::NotInRun;
            own.filter(runs).or_else(|| find("image-check").filter(runs)).or(own)
        }
        _ => own,
    }
}

fn state(outcome: Expected, job: &PlayedJob) -> (bool, String) {
    let held = match outcome {
        Expected::Passed => job.state == State::Passed,
        Expected::Failed => job.state.is_red(),
        Expected::TimedOut => job.state == State::TimedOut,
        Expected::Cancelled => job.state == State::Cancelled,
        _ => matches!(job.state, State::Skipped | State::NotInRun),
    };
    (held, told(job))
}

fn told(job: &PlayedJob) -> String {
    let word = job.state.word();
    let verb = match job.state {
        State::Skipped | State::Cancelled => "was ",
        State::NotInRun => "is ",
        _ => "",
    };
    if job.why.is_empty() || job.state == State::Cancelled {
        format!("{} {verb}{word}", job.id)
    } else {
        format!("{} {verb}{word}: {}", job.id, job.why)
    }
}

fn place(outcome: Expected, e: &EnvironmentOutcome, job: Option<&PlayedJob>) -> (bool, String) {
    let name = &e.name;
    let because =
        job.filter(|j| j.state != State::Passed).map_or(String::new(), |j| format!(" ({})", told(j)));
    let left = format!("{name} is {}{because}", e.left.word());
    match outcome {
        Expected::Deployed => (e.left == Left::Deployed, left),
        Expected::Untouched => (e.left == Left::Untouched, left),
        Expected::RolledBack => (e.left == Left::RolledBack, left),
        Expected::Halted => {
            let halted = if e.halted { "is halted" } else { "is not halted" };
            (e.halted, format!("{} {halted}; {left}", e.name))
        }
        Expected::Asked => {
            let asked = if e.asked { "a person was asked" } else { "nobody was asked" };
            (e.asked, format!("{asked} about {name}"))
        }
        _ => {
            let words = match (e.asked, e.approved) {
                (_, true) => "a person said yes to",
                (true, false) => "nobody said yes to",
                (false, false) => "nobody was asked about",
            };
            (e.approved, format!("{words} {name}"))
        }
    }
}
