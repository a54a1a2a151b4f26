//! What the file says whatever happens.

use super::file::File;
use super::job::{Job, When};
use super::script::ScriptCall;
use crate::prove::{Asks, Call, FileFacts, JobFacts, Lock, Value};

/// Seconds that `after_script` gets unless a variable says otherwise (runner documentation, `RUNNER_AFTER_SCRIPT_TIMEOUT`).
const AFTER_SCRIPT: u64 = 300;

/// The facts of a file.
pub(super) fn facts(file: &File) -> FileFacts {
    FileFacts {
        jobs: file.jobs.iter().map(|j| job(file, j)).collect(),
        // GitLab keeps them in the project.
        schedules: Vec::new(),
        inputs: file
            .inputs
            .iter()
            .filter(|i| !file.variables.is_own(i))
            .map(|i| (i.name.clone(), i.default.clone()))
            .collect(),
        brought: Vec::new(),
        shared: file.name.is_some(),
        includes: file.includes.clone(),
        hazards: file.hazards.clone(),
    }
}

fn job(file: &File, j: &Job) -> JobFacts {
    let (script, after) = backstops(j);
    let main = j.script.iter().map(|c| call(file, j, c, script));
    let handlers = j.after.iter().map(|(c, _)| call(file, j, c, after));
    JobFacts {
        name: j.name.clone(),
        line: j.line,
        calls: main.chain(handlers).collect(),
        reads: reads(j),
        tolerates: Vec::new(),
        keeps: j.artifacts.paths.clone(),
        keeps_always: j.artifacts.always,
        junit: j.artifacts.junit.clone(),
        metrics: j.artifacts.metrics.clone(),
        environment: j.environment.clone(),
        deploys_nothing: j.deploys_nothing,
        asks: asks(j),
        waits: waits(j),
        // A job waits for its group once it would start, and holds it until its last command has ended.
        lock: j.lock.as_ref().map(|name| Lock {
            name: name.clone(),
            cancels: false,
            displaces: false,
            whole: true,
        }),
        permissions: Vec::new(),
        credentials_left: false,
        shared_limits: Vec::new(),
        runner: j.runner.clone(),
        lines: j.lines.clone(),
    }
}

/// Limits of `script` and of `after_script`, in seconds. The job's own ends both, and behind it no `after_script` runs:
/// that one has what `script` leaves.
fn backstops(j: &Job) -> (Option<u64>, Option<u64>) {
    let [script, after] = j.limits;
    let Some(job) = j.timeout else { return (script, None) };
    let script = script.map_or(job, |s| s.min(job));
    (Some(script), Some(after.unwrap_or(AFTER_SCRIPT).min(job - script)))
}

/// Variables of the job stand before those of the file, and what the shell exports before both.
fn call(file: &File, j: &Job, c: &ScriptCall, backstop: Option<u64>) -> Call {
    let mut env: Vec<(String, Value)> = Vec::new();
    for (name, value) in file.variables.all.iter().chain(&j.variables).chain(&c.exports) {
        env.retain(|(n, _)| n != name);
        env.push((name.clone(), value.clone()));
    }
    env.sort();
    Call { script: c.script.clone(), args: c.args.clone(), env, backstop, line: c.line }
}

/// With `needs` a job fetches the artifacts of those only; without, of all earlier stages.
fn reads(j: &Job) -> Vec<String> {
    let mut reads: Vec<String> = match (&j.needs, &j.dependencies) {
        (Some(needs), _) => needs.iter().filter(|n| n.artifacts).map(|n| n.job.clone()).collect(),
        (None, Some(jobs)) => jobs.clone(),
        (None, None) => vec!["*".to_owned()],
    };
    reads.sort();
    reads
}

/// How long a delayed job waits, by each of its rules. The clock starts when what it needs has ended
/// (`Ci::ProcessBuildService`, `schedule`).
fn waits(j: &Job) -> Option<u64> {
    j.rules.as_ref()?.iter().find(|r| r.when != Some(When::Never))?.start_in
}

/// A manual job asks when its turn has come, before it waits for its group. One that some rule lets start without being
/// asked, or that lets others go on, does not block.
fn asks(j: &Job) -> Option<Asks> {
    let one = |when: Option<When>, allow_failure: Option<bool>| {
        let when = when.unwrap_or(j.default_when());
        let allow_failure = allow_failure.unwrap_or(j.default_allow_failure());
        (when != When::Never).then_some((when == When::Manual, !allow_failure))
    };
    let ways: Vec<(bool, bool)> = match &j.rules {
        None => one(None, None).into_iter().collect(),
        Some(rules) => rules.iter().filter_map(|r| one(r.when, r.allow_failure)).collect(),
    };
    ways.iter().any(|(manual, _)| *manual).then(|| Asks {
        by: Vec::new(),
        blocks: ways.iter().all(|(manual, blocks)| *manual && *blocks),
        first: true,
        expires: None,
    })
}
