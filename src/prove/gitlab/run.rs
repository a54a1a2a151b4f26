//! A run as formulas over the outcomes of calls, by GitLab's rules for the status of what stands before a job.
//!
//! `app/services/ci/process_build_service.rb` and `lib/gitlab/ci/status/composite.rb` of its source: a job with `needs`
//! looks at those jobs, and is skipped as soon as one of them was skipped or is an ignored manual one, unless it is
//! `when: always`; a job without looks at all jobs of all earlier stages, where skipped and ignored ones count as
//! successes. `on_success` and `manual` want a success, `on_failure` a failure, `always` anything but a cancel. A cancel of
//! the pipeline cancels every job that has not started, `when: always` or not (`CANCELABLE_STATUSES`).

use super::events::{Chosen, pipeline};
use super::file::File;
use super::job::{Job, When};
use super::script::{Asked, ScriptCall, Status};
use crate::prove::diagram::{Diagrams, Node};
use crate::prove::outcomes::{CallOutcome, Outcomes, in_order};
use crate::prove::yaml::refuse;
use crate::prove::{JobRun, Situation, Unreadable};

/// How a job ends, for those behind it. At most one of these holds.
#[derive(Debug, Clone, Copy)]
struct Ends {
    /// As a success, or as a failure that is allowed.
    good: Node,
    /// As a failure.
    bad: Node,
    /// It does not run, or it is manual and nobody has to press it.
    skipped: Node,
    /// The run was cancelled in it or in what it waits for. The cancel that hits before any job is not in here.
    cancelled: Node,
}

/// The run that a situation starts.
pub(super) fn run(
    file: &File,
    s: &Situation,
    outcomes: &Outcomes,
    d: &mut Diagrams,
) -> Result<Vec<JobRun>, Unreadable> {
    let mut runs = Vec::new();
    let mut ends: Vec<Option<Ends>> = vec![None; file.jobs.len()];
    let mut earlier = Earlier::default();
    for c in pipeline(file, s)? {
        let job = &file.jobs[c.job];
        let (valid, cancelled) = match &job.needs {
            Some(needs) => {
                let before: Vec<Ends> = needs.iter().filter_map(|n| ends[n.index]).collect();
                (after_needs(c.when, &before, d), d.any(before.iter().map(|e| e.cancelled)))
            }
            None => {
                earlier.fold_up_to(job.stage, d);
                (after_stages(c.when, &earlier, d), earlier.cancelled)
            }
        };
        let stopped = d.or(outcomes.cancelled(), cancelled);
        let starts = d.without(valid, stopped);
        let (run, inside) = one(c, job, starts, outcomes, d)?;
        let manual = c.when == When::Manual && c.allow_failure;
        let skipped = if manual { Node::YES } else { d.not(valid) };
        let own = Ends {
            good: run.succeeds,
            bad: run.red,
            skipped: d.without(skipped, stopped),
            cancelled: d.or(cancelled, inside),
        };
        ends[c.job] = Some(own);
        earlier.waiting.push((job.stage, own));
        runs.push(run);
    }
    Ok(runs)
}

/// All jobs of the stages before one.
#[derive(Debug)]
struct Earlier {
    bad: Node,
    cancelled: Node,
    /// Jobs that are not counted yet, with their stages.
    waiting: Vec<(usize, Ends)>,
}

impl Default for Earlier {
    fn default() -> Self {
        Self { bad: Node::NO, cancelled: Node::NO, waiting: Vec::new() }
    }
}

impl Earlier {
    /// Counts the jobs of all stages before this one. Jobs come by stage, so that nothing is counted too early.
    fn fold_up_to(&mut self, stage: usize, d: &mut Diagrams) {
        let (now, later): (Vec<_>, Vec<_>) = self.waiting.drain(..).partition(|(s, _)| *s < stage);
        self.waiting = later;
        self.bad = d.any(now.iter().map(|(_, e)| e.bad).chain([self.bad]));
        self.cancelled = d.any(now.iter().map(|(_, e)| e.cancelled).chain([self.cancelled]));
    }
}

/// The status of the needed jobs is one that lets the job start. Nothing needed is a success.
fn after_needs(when: When, before: &[Ends], d: &mut Diagrams) -> Node {
    match when {
        When::OnSuccess | When::Manual | When::Delayed => d.all(before.iter().map(|e| e.good)),
        When::OnFailure => {
            let skipped = d.any(before.iter().map(|e| e.skipped));
            let bad = d.any(before.iter().map(|e| e.bad));
            d.without(bad, skipped)
        }
        When::Always => Node::YES,
        When::Never => Node::NO,
    }
}

/// The status of all jobs of the earlier stages is one that lets the job start.
fn after_stages(when: When, earlier: &Earlier, d: &mut Diagrams) -> Node {
    match when {
        When::OnSuccess | When::Manual | When::Delayed => d.not(earlier.bad),
        When::OnFailure => earlier.bad,
        When::Always => Node::YES,
        When::Never => Node::NO,
    }
}

/// A job that starts so: its run, and when a cancel hits it while it runs.
fn one(
    c: Chosen,
    job: &Job,
    starts: Node,
    outcomes: &Outcomes,
    d: &mut Diagrams,
) -> Result<(JobRun, Node), Unreadable> {
    let script: Vec<CallOutcome> =
        job.script.iter().map(|s| outcome(s, outcomes)).collect::<Result<_, _>>()?;
    let mut calls = made(starts, &script, d);
    let whole = in_order(&script, d);
    let cancelled = d.and(starts, whole.cancelled);
    let by_status = [
        (Status::Success, d.and(starts, whole.success)),
        (Status::Failed, d.and(starts, whole.failure)),
        (Status::Canceled, cancelled),
    ];
    // The last command of `script` is behind; a shell of its own runs the handlers, and stops at the first that fails.
    let mut so_far = starts;
    for (handler, asked) in &job.after {
        let node = asked_for(*asked, so_far, &by_status, d);
        calls.push(node);
        let fails = outcome(handler, outcomes)?.success;
        let stops = d.without(node, fails);
        so_far = d.without(so_far, stops);
    }
    let failed = by_status[1].1;
    let ignored = c.when == When::Manual && c.allow_failure;
    let good = if c.allow_failure { d.or(by_status[0].1, failed) } else { by_status[0].1 };
    let run = JobRun {
        job: c.job,
        starts,
        calls,
        // Nobody waits for a manual job that may be left alone.
        succeeds: if ignored { Node::NO } else { good },
        red: if c.allow_failure { Node::NO } else { failed },
    };
    Ok((run, cancelled))
}

/// When each of these calls is made: one shell, which stops at the first failure.
fn made(starts: Node, calls: &[CallOutcome], d: &mut Diagrams) -> Vec<Node> {
    let mut so_far = starts;
    let mut out = Vec::new();
    for c in calls {
        out.push(so_far);
        so_far = d.and(so_far, c.success);
    }
    out
}

fn asked_for(asked: Asked, so_far: Node, by_status: &[(Status, Node)], d: &mut Diagrams) -> Node {
    let nodes: Vec<Node> = by_status.iter().filter(|(s, _)| asked.holds(*s)).map(|(_, n)| *n).collect();
    let any = d.any(nodes);
    d.and(so_far, any)
}

fn outcome(call: &ScriptCall, outcomes: &Outcomes) -> Result<CallOutcome, Unreadable> {
    match outcomes.of_call(&call.args) {
        Some(o) => Ok(o),
        None => refuse(call.line, format!("the plan knows no call `{}`", call.args.join(" "))),
    }
}
