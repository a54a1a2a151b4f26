//! A soak: nothing happens for a time, and then somebody looks back over it.

use super::outcome::State;
use super::play::{Done, Run, calls, cancelled};
use super::time::Time;
use super::watch::Polls;
use crate::plan::{Job, SoakWork};

/// Plays a soak whose deploy has ended at `start`. `own` is the moment of a cancel that comes in it, `cut` that of one in
/// another job. The script is called once the time is over.
pub(super) fn play(
    run: &mut Run<'_>,
    job: &Job,
    work: &SoakWork,
    start: Time,
    own: Option<Time>,
    cut: Option<Time>,
) -> Done {
    let long = Time::seconds(job.wait.unwrap_or_default());
    let over = start.plus(long);
    run.tell(start, format!("soaks for {long}"), Some(&job.id));
    let mut done = run.simple(job, &job.id, over);
    if done.state == State::Passed
        && let Some(why) = trouble(run, work, start, over)
    {
        done = Done { state: State::Failed, why, ..done };
    }
    let own = own.filter(|at| *at < done.end || *at == start);
    if let Some(at) = own.or(cut.filter(|c| *c < done.end)) {
        let made = if at < over { Vec::new() } else { calls(job) };
        run.tell(at, State::Cancelled.word().to_owned(), Some(&job.id));
        return cancelled(at, made);
    }
    let words = match done.state {
        State::Passed => format!("has soaked for {long}"),
        state if done.why.is_empty() => format!("{}: it has not soaked for {long}", state.word()),
        state => format!("{}: {}", state.word(), done.why),
    };
    run.tell(done.end, words, Some(&job.id));
    done
}

/// Why the watch of its deploy did not hold over it. The scenario counts from the start of that deploy.
fn trouble(run: &Run<'_>, work: &SoakWork, start: Time, over: Time) -> Option<String> {
    let deploy = run.spec.deploys.get(&work.environment)?;
    let began = run.jobs.get(&format!("deploy-{}", work.environment))?.started_at?;
    let polls = Polls::behind(run.situation, deploy, deploy.watch.as_ref()?, start.since(began));
    polls.over_a_soak(over.since(began))
}
