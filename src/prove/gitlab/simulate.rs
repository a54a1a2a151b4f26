//! One run in which every outcome is decided, played job by job with concrete statuses: what the formulas are checked
//! against in tests. It shares with them what was read, and nothing of what follows from it.

use super::events::pipeline;
use super::file::{File, file};
use super::job::{Job, When};
use super::script::Status;
use crate::prove::play::{Play, Played, Vector};
use crate::prove::{Outcome, Situation, Unreadable};

/// Plays the run that a situation starts: one entry for each job of the pipeline, in the order of the file; none when
/// there is no pipeline.
///
/// A cancel hits the job in which it happens and everything behind that one; jobs beside it have run.
///
/// # Errors
/// As [`super::read`], and no pipeline can be made in this situation.
pub fn simulate(
    text: &str,
    root: Option<&str>,
    s: &Situation,
    vector: &Vector<'_>,
) -> Result<Vec<Played>, Unreadable> {
    Player::new(text, root)?.play(s, vector)
}

/// A file that was read once and is played many times.
pub struct Player(File);

impl Player {
    /// Reads the file.
    ///
    /// # Errors
    /// As [`super::read`].
    pub fn new(text: &str, root: Option<&str>) -> Result<Self, Unreadable> {
        file(text, root).map(Self)
    }
}

impl Play for Player {
    fn play(&self, s: &Situation, vector: &Vector<'_>) -> Result<Vec<Played>, Unreadable> {
        let jobs = &self.0.jobs;
        let mut done: Vec<Option<Played>> = vec![None; jobs.len()];
        for c in pipeline(&self.0, s)? {
            let job = &jobs[c.job];
            let decides: Vec<usize> = match &job.needs {
                Some(needs) => needs.iter().map(|n| n.index).collect(),
                None => (0..jobs.len()).filter(|i| jobs[*i].stage < job.stage).collect(),
            };
            let before: Vec<&str> =
                decides.iter().filter_map(|i| done[*i].as_ref()).map(|p| p.result).collect();
            let played = if vector.cancelled || before.contains(&"canceled") {
                Played { result: "canceled", ..idle(job) }
            } else if starts(c.when, composite(&before, job.needs.is_some()), job.needs.is_some()) {
                started(job, c.allow_failure, c.when, vector)
            } else {
                idle(job)
            };
            done[c.job] = Some(played);
        }
        Ok(done.into_iter().flatten().map(|p| Played { red: p.result == "failed", ..p }).collect())
    }
}

fn idle(job: &Job) -> Played {
    let calls = vec![false; job.script.len() + job.after.len()];
    Played { job: job.name.clone(), started: false, calls, result: "skipped", red: false }
}

fn started(job: &Job, allow_failure: bool, when: When, vector: &Vector<'_>) -> Played {
    let mut played = Played { started: true, ..idle(job) };
    let mut status = Status::Success;
    for (i, call) in job.script.iter().enumerate() {
        played.calls[i] = true;
        match (vector.call)(&call.args) {
            Outcome::Success => continue,
            Outcome::Failure | Outcome::Timeout => status = Status::Failed,
            Outcome::Cancelled => status = Status::Canceled,
        }
        break;
    }
    for (i, (call, asked)) in job.after.iter().enumerate() {
        if asked.holds(status) {
            played.calls[job.script.len() + i] = true;
            if (vector.call)(&call.args) != Outcome::Success {
                break;
            }
        }
    }
    played.result = match status {
        Status::Canceled => "canceled",
        _ if allow_failure && when == When::Manual => "ignored",
        Status::Success => "success",
        Status::Failed if allow_failure => "warnings",
        Status::Failed => "failed",
    };
    played
}

/// `Gitlab::Ci::Status::Composite#status`, for jobs that are done.
fn composite(all: &[&str], dag: bool) -> &'static str {
    let only = |these: &[&str]| all.iter().all(|i| these.contains(i));
    let left_out = |i: &&str| ["skipped", "ignored"].contains(i);
    if all.is_empty() {
        "success"
    } else if (dag && all.iter().any(left_out)) || all.iter().all(left_out) {
        "skipped"
    } else if only(&["success", "skipped", "warnings", "ignored"]) {
        "success"
    } else if only(&["canceled", "success", "skipped", "warnings", "ignored"]) {
        "canceled"
    } else {
        "failed"
    }
}

/// `Ci::ProcessBuildService#valid_statuses_for_build`.
fn starts(when: When, before: &str, dag: bool) -> bool {
    let valid: &[&str] = match when {
        When::OnSuccess | When::Manual | When::Delayed if dag => &["success"],
        When::OnSuccess | When::Manual | When::Delayed => &["success", "skipped"],
        When::OnFailure => &["failed"],
        When::Always => &["success", "failed", "skipped"],
        When::Never => &[],
    };
    valid.contains(&before)
}
