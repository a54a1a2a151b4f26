//! One run with one outcome for each call, job by job, with concrete statuses: what the tests hold against the formulas.
//! It shares what was read with them, and nothing of how they are made.

use super::events::pipeline;
use super::file::file;
use super::job::When;
use super::script::Status;
use crate::prove::{Outcome, Situation, Unreadable};

/// What a job did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    /// Its name in the file.
    pub job: String,
    /// Calls that were made, in order, with their arguments.
    pub calls: Vec<Vec<String>>,
    /// It ended as a success to those that need it.
    pub succeeded: bool,
    /// It made the run red.
    pub red: bool,
}

/// A status of GitLab's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Success,
    Warnings,
    Failed,
    Canceled,
    Skipped,
    Ignored,
}

/// The jobs that start when this situation starts a run, each call coming to what `outcome` says if it is made.
/// `cancelled` says that the run is cancelled before any job starts.
///
/// A cancel hits the job in which it happens and everything behind that one; jobs beside it have run.
///
/// # Errors
/// The file is not understood, or no run can be made in this situation.
pub fn simulate(
    text: &str,
    root: Option<&str>,
    s: &Situation,
    outcome: &dyn Fn(&[String]) -> Outcome,
    cancelled: bool,
) -> Result<Vec<Simulated>, Unreadable> {
    let file = file(text, root)?;
    let mut status: Vec<Option<Is>> = vec![None; file.jobs.len()];
    let mut out = Vec::new();
    for c in pipeline(&file, s)? {
        let job = &file.jobs[c.job];
        let before: Vec<Is> = match &job.needs {
            Some(needs) => needs.iter().filter_map(|n| status[n.index]).collect(),
            None => (0..file.jobs.len())
                .filter(|i| file.jobs[*i].stage < job.stage)
                .filter_map(|i| status[i])
                .collect(),
        };
        if cancelled || before.contains(&Is::Canceled) {
            status[c.job] = Some(Is::Canceled);
            continue;
        }
        if !starts(c.when, composite(&before, job.needs.is_some()), job.needs.is_some()) {
            status[c.job] = Some(Is::Skipped);
            continue;
        }
        let mut calls = Vec::new();
        let mut ended = Status::Success;
        for call in &job.script {
            calls.push(call.args.clone());
            match outcome(&call.args) {
                Outcome::Success => continue,
                Outcome::Failure | Outcome::Timeout => ended = Status::Failed,
                Outcome::Cancelled => ended = Status::Canceled,
            }
            break;
        }
        for (call, asked) in &job.after {
            if asked.holds(ended) {
                calls.push(call.args.clone());
                if outcome(&call.args) != Outcome::Success {
                    break;
                }
            }
        }
        let is = match ended {
            Status::Success => Is::Success,
            Status::Failed if c.allow_failure => Is::Warnings,
            Status::Failed => Is::Failed,
            Status::Canceled => Is::Canceled,
        };
        let ignored = c.when == When::Manual && c.allow_failure;
        status[c.job] = Some(if ignored && is != Is::Canceled { Is::Ignored } else { is });
        out.push(Simulated {
            job: job.name.clone(),
            calls,
            succeeded: !ignored && matches!(is, Is::Success | Is::Warnings),
            red: is == Is::Failed,
        });
    }
    Ok(out)
}

/// `Gitlab::Ci::Status::Composite#status`, for jobs that are done.
fn composite(all: &[Is], dag: bool) -> &'static str {
    let only = |these: &[Is]| all.iter().all(|i| these.contains(i));
    if all.is_empty() {
        "success"
    } else if dag && all.iter().any(|i| matches!(i, Is::Skipped | Is::Ignored)) {
        "skipped"
    } else if only(&[Is::Skipped, Is::Ignored]) {
        "skipped"
    } else if only(&[Is::Success, Is::Skipped, Is::Warnings, Is::Ignored]) {
        "success"
    } else if only(&[Is::Canceled, Is::Success, Is::Skipped, Is::Warnings, Is::Ignored]) {
        "canceled"
    } else {
        "failed"
    }
}

/// `Ci::ProcessBuildService#valid_statuses_for_build`.
fn starts(when: When, before: &str, dag: bool) -> bool {
    let valid: &[&str] = match when {
        When::OnSuccess | When::Manual if dag => &["success"],
        When::OnSuccess | When::Manual => &["success", "skipped"],
        When::OnFailure => &["failed"],
        When::Always => &["success", "failed", "skipped"],
        When::Never => &[],
    };
    valid.contains(&before)
}
