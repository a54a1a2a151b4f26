//! Formulas against builds that are played plainly.

use super::read;
use super::simulate::Player;
use super::tests::MUTANTS;
use crate::plan::{EventKind, Plan, RunIf, fixture};
use crate::platform::{Platform, jenkins::Jenkins};
use crate::prove::play::{Play, Vector};
use crate::prove::random::{self, Dice};
use crate::prove::{Diagrams, On, Outcome, Outcomes, Situation, situations};
use rustc_hash::FxHashMap;

fn push() -> Situation {
    Situation { event: EventKind::Push, on: On::Branch("main".into()) }
}

/// The plan's variables in order, as arguments; the last one, without any, is the run's.
fn variables(plan: &Plan) -> Vec<Vec<String>> {
    let args = plan.jobs.iter().flat_map(|j| j.steps.iter().map(|s| s.args.clone()));
    args.chain([Vec::new()]).collect()
}

/// The ancestors of each job, by index.
fn ancestors(plan: &Plan) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    for job in &plan.jobs {
        let mut mine = Vec::new();
        for need in &job.needs {
            let i = plan.jobs.iter().position(|j| j.id == *need).unwrap();
            mine.push(i);
            mine.extend(&all[i]);
        }
        all.push(mine);
    }
    all
}

/// Formulas and simulation of the text agree on `vectors`; returns how many calls were compared.
fn agree(plan: &Plan, text: &str, s: &Situation, vectors: impl Iterator<Item = Vec<Outcome>>) -> usize {
    let d = &mut Diagrams::default();
    let outcomes = Outcomes::of(plan, d);
    let file = read(text).unwrap();
    let runs = file.run(s, &outcomes, d).unwrap();
    let player = Player::new(text).unwrap();
    let (variables, ancestors) = (variables(plan), ancestors(plan));
    let place: FxHashMap<&[String], usize> =
        variables.iter().enumerate().map(|(i, a)| (a.as_slice(), i)).collect();
    let owner: Vec<usize> =
        plan.jobs.iter().enumerate().flat_map(|(j, job)| vec![j; job.steps.len()]).collect();
    let of_plan = |run: usize| plan.jobs.iter().position(|j| j.id == file.facts().jobs[run].name).unwrap();
    let levels: Vec<usize> = plan.jobs.iter().map(|j| player.level(&j.id).unwrap()).collect();
    let mut compared = 0;
    for vector in vectors {
        let decided = Vector { call: &|args| vector[place[args]], cancelled: false };
        let played = player.build(s, &decided, true).unwrap();
        let aborted = played.iter().any(|p| p.result == "cancelled");
        let mut made: Vec<usize> = Vec::new();
        for (p, facts) in played.iter().zip(&file.facts().jobs) {
            let calls = facts.calls.iter().zip(&p.calls).filter(|(_, made)| **made);
            made.extend(calls.map(|(c, _)| place[c.args.as_slice()]));
        }
        let hit: Vec<usize> =
            made.iter().filter(|m| vector[**m] == Outcome::Cancelled).map(|m| owner[*m]).collect();
        let mut red = false;
        for run in &runs {
            let j = of_plan(run.job);
            // A cancel of a job that stands earlier and is no ancestor is one of the run, to this job.
            let cancelled =
                aborted && hit.iter().any(|h| *h != j && !ancestors[j].contains(h) && levels[*h] < levels[j]);
            let outcome = |v: u32| {
                let v = v as usize;
                if variables[v].is_empty() && cancelled { Outcome::Cancelled } else { vector[v] }
            };
            for (call, node) in file.facts().jobs[run.job].calls.iter().zip(&run.calls) {
                let says = d.holds(*node, &outcome);
                let does = made.contains(&place[call.args.as_slice()]);
                assert_eq!(says, does, "`{}` in {vector:?} of\n{text}", call.args.join(" "));
                compared += 1;
            }
            red |= d.holds(run.red, &outcome);
        }
        if !aborted {
            assert_eq!(red, played.iter().any(|p| p.red), "{vector:?} of\n{text}");
        }
    }
    compared
}

/// A plan of up to five jobs, the last of them now and then a deploy.
fn random_plan(dice: &mut Dice) -> Plan {
    let full = fixture::full();
    let find = |id: &str| full.jobs.iter().find(|j| j.id == id).unwrap().clone();
    let mut plan = full.clone();
    plan.jobs.clear();
    for i in 0..1 + dice.below(5) {
        let deploy = dice.below(5) == 0;
        let mut job = find(if deploy { "deploy-staging" } else { "gate-unit" });
        job.id = format!("job-{i}");
        job.condition = find("gate-unit").condition;
        job.needs = plan.jobs.iter().filter(|_| dice.below(2) == 0).map(|j| j.id.clone()).collect();
        job.reads = job.needs.iter().filter(|_| dice.below(2) == 0).cloned().collect();
        job.run_if = match dice.below(4) {
            0 if !job.needs.is_empty() => RunIf::AnyFailed,
            1 => RunIf::NoneFailed,
            _ => RunIf::AllSucceeded,
        };
        for step in &mut job.steps {
            step.args[1] = format!("j{i}");
        }
        plan.jobs.push(job);
    }
    plan
}

/// A vector; a handler that is cancelled has failed.
fn random_vector(plan: &Plan, dice: &mut Dice) -> Vec<Outcome> {
    let mut out = Vec::new();
    for args in variables(plan) {
        let any =
            [Outcome::Success, Outcome::Success, Outcome::Failure, Outcome::Timeout, Outcome::Cancelled];
        out.push(match any[dice.below(5)] {
            _ if args.is_empty() => Outcome::Success,
            Outcome::Cancelled if args.last().is_some_and(|a| a == "restore") => Outcome::Failure,
            o => o,
        });
    }
    out
}

#[test]
fn formulas_agree_with_simulation_on_small_plans_and_their_mutants() {
    let mut dice = Dice(41);
    let mut compared = 0;
    for _ in 0..40 {
        let plan = random_plan(&mut dice);
        let text = Jenkins.emit(&plan).unwrap();
        let vectors: Vec<_> = (0..30).map(|_| random_vector(&plan, &mut dice)).collect();
        compared += agree(&plan, &text, &push(), vectors.iter().cloned());
        let (from, to) = dice.of(&MUTANTS[..9]);
        let mutant = text.replace(from, to);
        if read(&mutant).is_ok() {
            compared += agree(&plan, &mutant, &push(), vectors.into_iter());
        }
    }
    assert!(compared > 5_000, "{compared}");
}

/// Every fact of every job, where a cancel hits what stands behind it only: as the other readers' builds are played.
fn agree_job_by_job(plan: &Plan, text: &str, s: &Situation, dice: &mut Dice) -> usize {
    let d = &mut Diagrams::default();
    let outcomes = Outcomes::of(plan, d);
    let runs = read(text).unwrap().run(s, &outcomes, d).unwrap();
    let player = Player::new(text).unwrap();
    let vectors = random::Vector::all(plan, 200, dice);
    for vector in &vectors {
        let decided = Vector { call: &|args| vector.call(args), cancelled: vector.cancelled() };
        let played = player.play(s, &decided).unwrap();
        let outcome = |v: u32| vector.of[v as usize];
        for (i, job) in played.iter().enumerate() {
            let Some(run) = runs.iter().find(|r| r.job == i) else {
                assert!(!job.started, "{job:?}");
                continue;
            };
            let shown = || format!("{job:?}, {s}, {:?} in\n{text}", vector.of);
            assert_eq!(d.holds(run.starts, &outcome), job.started, "{}", shown());
            assert_eq!(d.holds(run.succeeds, &outcome), job.result == "success", "{}", shown());
            assert_eq!(d.holds(run.red, &outcome), job.red, "{}", shown());
            for (node, made) in run.calls.iter().zip(&job.calls) {
                assert_eq!(d.holds(*node, &outcome), *made, "{}", shown());
            }
        }
    }
    vectors.len()
}

#[test]
fn formulas_agree_with_builds_job_by_job() {
    let mut vectors = 0;
    for seed in 0..60 {
        let dice = &mut Dice(seed);
        let plan = random::plan(dice, 5, 8);
        vectors += agree_job_by_job(&plan, &Jenkins.emit(&plan).unwrap(), &push(), dice);
    }
    assert!(vectors > 5_000, "{vectors} vectors");
    let plan = fixture::full();
    let text = Jenkins.emit(&plan).unwrap();
    for s in situations(&plan).iter().step_by(3) {
        agree_job_by_job(&plan, &text, s, &mut Dice(7));
    }
}
