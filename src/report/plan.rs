//! A plan as a person wants to read it: what starts it, the jobs in order, what each waits for, every default.

use crate::plan::{
    Activation, Condition, EventKind, Job, Pattern, Plan, PrSource, Refs, RunIf, Trigger, Work,
};
use std::fmt::Write;

/// Renders a plan.
pub fn human(plan: &Plan) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "pipeline {}   ({})", plan.pipeline, plan.source);
    let _ = writeln!(out, "\nstarted by");
    for t in &plan.triggers {
        let _ = writeln!(out, "  {}", trigger(t, plan));
    }
    if !plan.inputs.is_empty() {
        let _ = writeln!(out, "\ninputs");
        for i in &plan.inputs {
            let mut from: Vec<&str> = i.events.iter().map(String::as_str).collect();
            if i.manual {
                from.insert(0, "manual");
            }
            let _ = writeln!(
                out,
                "  {}   {}   default {:?}   from {}",
                i.name,
                kind(&i.kind),
                i.default,
                from.join(", ")
            );
        }
    }
    let _ = writeln!(out, "\njobs, in order");
    for (n, job) in plan.jobs.iter().enumerate() {
        one(&mut out, n + 1, job);
    }
    if !plan.emit.is_empty() {
        let _ = writeln!(out, "\nwrites");
        for e in &plan.emit {
            let _ = writeln!(out, "  {:<8} {}", e.platform.word(), e.path);
        }
        let _ = writeln!(out, "  {:<8} {}", "script", plan.script);
    }
    if !plan.defaults.is_empty() {
        let _ = writeln!(out, "\ndefaults filled in");
        let wide = plan.defaults.iter().map(|d| d.place.chars().count()).max().unwrap_or(0);
        for d in &plan.defaults {
            let _ = writeln!(out, "  {:<wide$} = {}   ({})", d.place, d.value, d.why);
        }
    }
    if !plan.notes.is_empty() {
        let _ = writeln!(out, "\nto set up outside the files");
        for n in &plan.notes {
            let _ = writeln!(out, "  - {n}");
        }
    }
    out
}

/// What the plan says of one job: when it runs, after what, what it does.
pub fn job(job: &Job) -> String {
    job_lines(job).lines().map(|l| format!("{}\n", l.trim_start())).collect()
}

fn one(out: &mut String, n: usize, job: &Job) {
    let _ = writeln!(out, "\n  {n}. {}   {}:{}", job.id, job.origin.path, job.origin.line);
    out.push_str(&job_lines(job));
}

/// A job in a few lines: when it runs, after what, what it does.
pub(super) fn job_lines(job: &Job) -> String {
    let mut text = String::new();
    let out = &mut text;
    let _ = writeln!(out, "     runs when   {}", condition(&job.condition));
    if job.run_if == RunIf::AllSucceeded {
        if !job.needs.is_empty() {
            let _ = writeln!(out, "     after       {} succeeded", job.needs.join(", "));
        }
    } else {
        let how = if job.run_if == RunIf::AnyFailed { "any job failed" } else { "no job failed" };
        let _ = writeln!(out, "     after       every other job has ended, and {how}");
    }
    let _ = writeln!(out, "     does        {}", does(job));
    if let Some(e) = &job.environment {
        let _ = writeln!(out, "     environment {} ({})", e.name, e.tier);
    }
    if let Some(lock) = &job.lock {
        let _ = writeln!(out, "     alone under {lock}; no newer run cancels it");
    }
    if !job.secrets.is_empty() {
        let names: Vec<&str> = job.secrets.iter().map(|s| s.name.as_str()).collect();
        let _ = writeln!(out, "     secrets     {}", names.join(", "));
    }
    let _ = writeln!(out, "     time limit  {}", time(job.timeout));
    text
}

fn does(job: &Job) -> String {
    match &job.work {
        Work::Gate(g) => {
            let mut parts = Vec::new();
            if let Some(run) = &g.run {
                parts.push(format!("runs `{}`", first_line(run)));
            }
            if !g.require.is_empty() {
                let rules: Vec<&str> = g.require.iter().map(|r| r.text.as_str()).collect();
                parts.push(format!("requires {}", rules.join("; ")));
            }
            if let Some(r) = &g.repeat {
                parts.push(format!("{} of {} repetitions must pass", r.pass, r.times));
            }
            if let Some(why) = &g.advisory {
                parts.push(format!("never blocks (advisory: {why})"));
            }
            parts.join("; ")
        }
        Work::Model(m) => match &m.source {
            None => "names the version of a hosted model".into(),
            Some(_) => "resolves the model's version and checksum, once for the run".into(),
        },
        Work::Image(i) => match (i.push, i.scan.is_some()) {
            (true, true) => format!("builds, scans and pushes {}; hands on its digest", i.repository),
            (true, false) => {
                format!("builds {} and pushes it without a scan; hands on its digest", i.repository)
            }
            (false, true) => format!("builds and scans {}; pushes nothing", i.repository),
            (false, false) => format!("builds {}; scans and pushes nothing", i.repository),
        },
        Work::Approve(_) => "waits for a person, and records who said yes".into(),
        Work::Deploy(d) => {
            let steps: Vec<&str> = job.steps.iter().map(|s| s.id.as_str()).collect();
            format!("deploys to {} by digest: {}", d.environment, steps.join(", "))
        }
        Work::Soak(s) => {
            let wait = job.wait.unwrap_or_default();
            let watched = if s.watch.is_some() { ", and whether its watch held" } else { "" };
            format!(
                "waits for {}, and looks whether it has run in {} all that time{watched}",
                time(wait),
                s.environment
            )
        }
        Work::Reconcile(r) if r.redeploy => {
            format!("puts the last good one back in {}, whatever is live there", r.environment)
        }
        Work::Reconcile(r) => {
            format!("puts back what a killed deploy left in {}; deploys nothing", r.environment)
        }
        Work::Drill(d) => {
            format!("takes a release back in {} on purpose, and times that", d.place.environment)
        }
        Work::Withheld(w) => {
            let jobs: Vec<&str> = w.jobs.iter().map(|(j, _)| j.as_str()).collect();
            format!("says that {} do not run for a fork", jobs.join(", "))
        }
        Work::Notify(n) => format!("sends a message to the address in {}", n.url),
    }
}

fn first_line(s: &str) -> String {
    let mut lines = s.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    if lines.next().is_some() { format!("{first} …") } else { first }
}

fn trigger(t: &Trigger, plan: &Plan) -> String {
    match t {
        Trigger::Push { branches } => format!("push to {}", globs(branches)),
        Trigger::Tag { tags } => format!("tag {}", globs(tags)),
        Trigger::PullRequest { branches } => format!("pull request into {}", globs(branches)),
        Trigger::Schedule { cron, timezone } => {
            format!("schedule {cron} ({}) on {}", timezone.as_deref().unwrap_or("UTC"), plan.home_branch)
        }
        Trigger::Manual => "a person".into(),
        Trigger::Named { name } => format!("event {name}"),
    }
}

fn kind(k: &crate::spec::InputKind) -> String {
    use crate::spec::InputKind;
    match k {
        InputKind::String => "string".into(),
        InputKind::Bool => "bool".into(),
        InputKind::Number => "number".into(),
        InputKind::Choice(c) => format!("one of {}", c.join(", ")),
    }
}

fn condition(c: &Condition) -> String {
    if c.any_of.is_empty() {
        return "never".into();
    }
    c.any_of.iter().map(activation).collect::<Vec<_>>().join(" · ")
}

fn activation(a: &Activation) -> String {
    let event = match &a.event {
        EventKind::Push => "push".to_owned(),
        EventKind::Tag => "tag".to_owned(),
        EventKind::PullRequest => match a.source {
            PrSource::Any => "pull request".to_owned(),
            PrSource::Trusted => "pull request from this repository".to_owned(),
            PrSource::Untrusted => "pull request from a fork or a bot".to_owned(),
        },
        EventKind::Schedule => "schedule".to_owned(),
        EventKind::Manual => "manual".to_owned(),
        EventKind::Named(n) => format!("event {n}"),
    };
    match &a.refs {
        Refs::Any => event,
        Refs::Only { branches, tags } => {
            let all: Vec<Pattern> = branches.iter().chain(tags).cloned().collect();
            let word = match a.event {
                EventKind::Push => "to",
                EventKind::PullRequest => "into",
                EventKind::Tag => "",
                _ => "on",
            };
            format!("{event} {word} {}", globs(&all)).replace("  ", " ")
        }
    }
}

fn globs(p: &[Pattern]) -> String {
    p.iter().map(|p| p.0.as_str()).collect::<Vec<_>>().join(", ")
}

fn time(seconds: u64) -> String {
    if seconds.is_multiple_of(60) { format!("{} min", seconds / 60) } else { format!("{seconds} s") }
}
