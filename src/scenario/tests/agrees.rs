//! Two computations of one plan: what the play says runs, and what the proof's formulas say.
//!
//! They share the plan and nothing else: the play goes through virtual time job by job, the formulas know no time. Random
//! specs, every way to start a run, random outcomes of all jobs and steps.

use super::{Stage, facts};
use crate::plan::{EventKind, Job, StepWhen, Work};
use crate::prove::random::{Dice, Foretold, Formulas};
use crate::prove::{On, Outcome, Situation, Whose, situations};
use crate::scenario::{Played, PlayedJob, RunOutcome, State};
use std::collections::BTreeSet;

/// A random spec whose statements are all compiled.
fn spec(dice: &mut Dice) -> String {
    let mut text =
        String::from("mlpipe 1\npipeline random\nstate git \"mlpipe-ledger\"\non push main, \"release/*\"\n");
    for on in [
        "on pull_request main",
        "on tag \"v*\"",
        "on schedule \"17 3 * * 1\"",
        "on manual { input reason string }",
        "on event drift",
    ] {
        if dice.once_in(2) {
            text.push_str(&format!("{on}\n"));
        }
    }
    let model = dice.once_in(2);
    if model {
        text.push_str("model m { source path \"m.onnx\"; version \"m/v3\" }\n");
    }
    let (gates, deploys) = (1 + dice.below(4), dice.below(4));
    for i in 0..gates {
        let mut body = vec![format!("run \"./g{i}\"")];
        if i > 0 && dice.once_in(2) {
            body.push(format!("after g{}", dice.below(i)));
        }
        if model && dice.once_in(3) {
            body.push("needs model m".to_owned());
        }
        let last_deploy = deploys.checked_sub(1).map(|_| dice.below(deploys));
        match dice.below(8) {
            0 => body.push("advisory \"looked at every Monday\"".to_owned()),
            1 => body.push("secret API_KEY".to_owned()),
            2 => body.push("repeat 3 pass 2".to_owned()),
            3 if i == 0 => body.extend(last_deploy.map(|d| format!("before d{d}"))),
            4 if i + 1 == gates && deploys > 0 => body.push("needs image".to_owned()),
            _ => {}
        }
        text.push_str(&format!("gate g{i} {{ {} }}\n", body.join("; ")));
    }
    let scan = if dice.once_in(2) { "; scan trivy fail_on high" } else { "" };
    text.push_str(&format!("image ghcr \"ghcr.io/acme/random\" {{ tags commit{scan} }}\n"));
    for i in 0..deploys {
        let mut body = vec!["target command { deploy \"./d\"; live \"./l\" }".to_owned()];
        let on = ["on push main", "on push \"release/*\""];
        for (odds, line) in [
            (2, "smoke \"./s\""),
            (2, "approval required { by \"leads\"; expires 3d }"),
            (5, *dice.of(&on)),
            (3, "soak 24h"),
        ] {
            if dice.once_in(odds) {
                body.push(line.to_owned());
            }
        }
        if i > 1 && dice.once_in(2) {
            body.push(format!("after d{}", dice.below(i)));
        }
        text.push_str(&format!("deploy d{i} {{ {} }}\n", body.join("; ")));
    }
    if dice.once_in(2) {
        text.push_str("notify slack secret SLACK_WEBHOOK on failure, success, rollback\n");
    }
    text
}

/// The words of `given on` for a situation; nothing where a scenario cannot say it.
fn on(stage: &Stage, s: &Situation) -> Option<String> {
    let home = &stage.plan.home_branch;
    Some(match (&s.event, &s.on) {
        (EventKind::Push, On::Branch(b)) => format!("on push \"{b}\""),
        (EventKind::Tag, On::Tag(t)) => format!("on tag \"{t}\""),
        (EventKind::PullRequest, On::PullRequest { target, from }) => {
            let from = match from {
                Whose::Own => "",
                Whose::Fork => " from fork",
                Whose::Bot => " from bot",
            };
            format!("on pull_request \"{target}\"{from}")
        }
        (EventKind::Schedule, On::Branch(b)) if b == home => "on schedule".to_owned(),
        (EventKind::Manual, On::Branch(b)) => format!("on manual \"{b}\""),
        (EventKind::Named(n), On::Branch(b)) if b == home && n == "drift" => "on event drift".to_owned(),
        _ => return None,
    })
}

/// Outcomes of all calls, as words of a scenario and by the variable of the formulas.
struct Day {
    given: Vec<String>,
    of: Vec<Outcome>,
    /// The job that a cancel is said to come in.
    cancelled: Option<String>,
}

/// How a scenario speaks of a call.
fn subject(job: &Job, step: &str) -> Option<String> {
    let name = |prefix: &str| job.id.strip_prefix(prefix).map(str::to_owned);
    match job.work {
        Work::Deploy(_) => name("deploy-").map(|n| format!("{n}.{step}")),
        Work::Gate(_) => name("gate-"),
        Work::Model(_) => name("model-"),
        Work::Image(_) => Some("image".to_owned()),
        Work::Soak(_) => Some(job.id.clone()),
        Work::Approve(_) | Work::Withheld(_) | Work::Notify(_) | Work::Reconcile(_) | Work::Drill(_) => None,
    }
}

fn day(stage: &Stage, dice: &mut Dice) -> Day {
    let mut day = Day { given: Vec::new(), of: Vec::new(), cancelled: None };
    let odds = 2 + dice.below(8);
    // One image in two jobs, of which a run has one.
    let mut image: Option<Outcome> = None;
    for job in &stage.plan.jobs {
        for step in &job.steps {
            let mut outcome = if dice.once_in(odds) { *dice.of(&Outcome::ALL) } else { Outcome::Success };
            let once = day.cancelled.is_some() && outcome == Outcome::Cancelled;
            if once || (outcome == Outcome::Cancelled && step.when == StepWhen::Unfinished) {
                outcome = Outcome::Failure;
            }
            if matches!(job.work, Work::Approve(_)) && outcome == Outcome::Cancelled {
                day.given.push(format!("cancelled during {}", job.id));
                day.cancelled = Some(job.id.clone());
                day.of.push(outcome);
                continue;
            }
            if let (Work::Approve(a), true) = (&job.work, outcome != Outcome::Success) {
                let no = *dice.of(&["denied", "given after 4d"]);
                day.given.push(format!("approval of {} {no}", a.environment));
                outcome = Outcome::Failure;
            }
            let Some(subject) = subject(job, &step.id) else {
                day.of.push(if matches!(job.work, Work::Approve(_)) { outcome } else { Outcome::Success });
                continue;
            };
            if let (Work::Image(_), Some(same)) = (&job.work, image) {
                day.of.push(same);
                continue;
            }
            match outcome {
                Outcome::Success => {}
                Outcome::Failure => day.given.push(format!("{subject} failed")),
                Outcome::Timeout => day.given.push(format!("{subject} timed_out")),
                Outcome::Cancelled => {
                    day.given.push(format!("cancelled during {subject}"));
                    day.cancelled = Some(job.id.clone());
                }
            }
            if matches!(job.work, Work::Image(_)) {
                image = Some(outcome);
            }
            if dice.once_in(3) {
                day.given.push(format!("{subject} takes {}s", 1 + dice.below(300)));
            }
            // What an advisory gate finds is no failure of its call.
            let advisory = matches!(&job.work, Work::Gate(g) if g.advisory.is_some());
            day.of.push(if advisory && outcome != Outcome::Cancelled { Outcome::Success } else { outcome });
        }
    }
    day.of.push(Outcome::Success);
    day
}

fn started(job: &PlayedJob) -> bool {
    !matches!(job.state, State::Skipped | State::NotInRun)
}

/// In what a play differs from what was foretold; nothing is ever allowed but what a cancel cuts.
fn differences(stage: &Stage, played: &Played, foretold: &[Foretold]) -> Vec<String> {
    let mut wrong = Vec::new();
    let cut = played.outcome == RunOutcome::Cancelled;
    for (job, plan) in played.jobs.iter().zip(&stage.plan.jobs) {
        let wanted = foretold.iter().find(|f| f.job == job.id);
        let Some(wanted) = wanted else {
            if job.state != State::NotInRun {
                wrong.push(format!("{} is in the run", job.id));
            }
            continue;
        };
        if job.state == State::NotInRun {
            wrong.push(format!("{} is not in the run", job.id));
        } else if started(job) && !wanted.starts {
            wrong.push(format!("{} starts", job.id));
        } else if !started(job) && wanted.starts && !cut {
            wrong.push(format!("{} does not start: {}", job.id, job.why));
        } else if started(job) && !(cut && job.state == State::Cancelled) {
            let asked = matches!(plan.work, Work::Approve(_));
            if !asked && job.calls != wanted.calls {
                wrong.push(format!("{} calls {:?}, not {:?}", job.id, job.calls, wanted.calls));
            }
            if job.state.is_red() != wanted.red || (job.state == State::Passed) != wanted.succeeds {
                wrong.push(format!("{} is {:?}", job.id, job.state));
            }
        }
    }
    wrong
}

/// In what a cancelled run goes on as if it were not.
fn uncut(stage: &Stage, played: &Played, day: &Day, foretold: &[Foretold]) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(at) = played.jobs.iter().filter(|j| j.state == State::Cancelled).find_map(|j| j.ended_at) else {
        return vec!["no job was cancelled".to_owned()];
    };
    for (job, plan) in played.jobs.iter().zip(&stage.plan.jobs) {
        if job.started_at > Some(at) {
            wrong.push(format!("{} starts after the cancel", job.id));
        }
        if job.state == State::Cancelled && job.ended_at != Some(at) {
            wrong.push(format!("{} is cancelled at another time", job.id));
        }
        // One name for two jobs, of which a run has one.
        let name = |id: &str| if id == "image-check" { "image".to_owned() } else { id.to_owned() };
        let hit = day.cancelled.as_deref().is_some_and(|c| name(c) == name(&job.id));
        let calls = foretold.iter().find(|f| f.job == job.id).map(|f| &f.calls);
        // The script of an approval is called once the answer is yes, that of a soak once it is over, and the formulas know
        // of no answer and no time.
        let same = matches!(plan.work, Work::Approve(_) | Work::Soak(_)) || Some(&job.calls) == calls;
        if hit && started(job) && (job.state != State::Cancelled || !same) {
            wrong.push(format!("{} is {:?} and calls {:?}, not {calls:?}", job.id, job.state, job.calls));
        }
    }
    wrong
}

#[test]
fn the_play_and_the_formulas_name_the_same_jobs() {
    let mut dice = Dice(20_261_121);
    let (mut runs, mut cancelled, mut red, mut wrong) = (0, 0, 0, Vec::new());
    let mut events = BTreeSet::new();
    for _ in 0..40 {
        let text = spec(&mut dice);
        let stage = Stage::new(&text);
        for situation in situations(&stage.plan) {
            let Some(on) = on(&stage, &situation) else { continue };
            let formulas = Formulas::of(&stage.plan, &situation);
            for _ in 0..3 {
                let mut day = day(&stage, &mut dice);
                day.given.push(on.clone());
                let given = day.given.join(", ");

                let played = stage.play(&given);
                let foretold = formulas.under(&day.of);

                let mut found = differences(&stage, &played, &foretold);
                if played.outcome == RunOutcome::Cancelled {
                    found.extend(uncut(&stage, &played, &day, &foretold));
                }
                if !found.is_empty() {
                    wrong.push(format!(
                        "{text}given {given}\n{}\n{}",
                        found.join("\n"),
                        facts(&played).join(" ")
                    ));
                }
                runs += usize::from(played.outcome != RunOutcome::Nothing);
                cancelled += usize::from(played.outcome == RunOutcome::Cancelled);
                red += usize::from(played.outcome == RunOutcome::Failure);
            }
            events.insert(on.split(' ').nth(1).map(str::to_owned));
        }
    }
    assert!(wrong.is_empty(), "{} of {runs} runs differ, the first:\n{}", wrong.len(), wrong[0]);
    assert!(runs > 500 && cancelled > 50 && red > 100, "{runs} runs, {cancelled} cancelled, {red} red");
    assert_eq!(events.len(), 6, "{events:?}");
}
