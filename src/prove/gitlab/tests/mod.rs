//! The reader on small texts, on everything that is printed, and against plain enumeration.

mod enumeration;
mod expressions;
mod mutants;
mod printed;
mod refused;
mod rules;

use super::simulate::Player;
use crate::plan::{Condition, EventKind, Plan, fixture};
use crate::prove::play::{Play, Played, Vector};
use crate::prove::{Diagrams, JobRun, On, Outcome, Outcomes, Situation, Unreadable};

/// Everything before the jobs: a push to any branch starts a run.
const HEAD: &str = "\
workflow:
  auto_cancel:
    on_new_commit: none
  rules:
    - if: \"$CI_PIPELINE_SOURCE == 'push'\"
stages: [one, two, three]
";

/// A job that calls the script with its own name; `more` are further lines of it.
fn job(name: &str, stage: &str, more: &[&str]) -> String {
    let more: String = more.iter().map(|l| format!("  {l}\n")).collect();
    format!("{name}:\n  stage: {stage}\n{more}  script:\n    - sh .mlpipe/x.sh {name}\n")
}

fn text(jobs: &[String]) -> String {
    format!("{HEAD}{}", jobs.concat())
}

/// A plan that knows the calls `a`, `b` … of as many jobs.
fn plan(names: &[&str]) -> Plan {
    let mut plan = fixture::minimal();
    let template = plan.jobs.swap_remove(0);
    plan.jobs = names
        .iter()
        .map(|n| {
            let mut j = template.clone();
            j.id = (*n).to_owned();
            j.condition = Condition::default();
            j.steps.truncate(1);
            j.steps[0].args = vec![(*n).to_owned()];
            j
        })
        .collect();
    plan
}

fn push() -> Situation {
    Situation { event: EventKind::Push, on: On::Branch("main".into()) }
}

/// A file with the formulas of one situation, and the same file to be played.
struct Both {
    names: Vec<String>,
    runs: Vec<JobRun>,
    d: Diagrams,
    player: Player,
    situation: Situation,
}

impl Both {
    fn new(text: &str, names: &[&str]) -> Result<Self, Unreadable> {
        Self::on(text, names, push())
    }

    fn on(text: &str, names: &[&str], situation: Situation) -> Result<Self, Unreadable> {
        let mut d = Diagrams::default();
        let outcomes = Outcomes::of(&plan(names), &mut d);
        let reading = super::read(text, None)?;
        let runs = reading.run(&situation, &outcomes, &mut d)?;
        let names = reading.facts().jobs.iter().map(|j| j.name.clone()).collect();
        Ok(Self { names, runs, d, player: Player::new(text, None)?, situation })
    }

    /// What the formulas say under one vector, for each job of the pipeline: it starts, calls, is a success to others, red.
    fn formulas(&self, vector: &[Outcome], cancelled: bool) -> Vec<(String, bool, Vec<bool>, bool, bool)> {
        let value = |v: u32| match vector.get(v as usize) {
            Some(o) => *o,
            None if cancelled => Outcome::Cancelled,
            None => Outcome::Success,
        };
        let holds = |n| self.d.holds(n, &value);
        let mut runs: Vec<&JobRun> = self.runs.iter().collect();
        runs.sort_by_key(|r| r.job);
        runs.into_iter()
            .map(|r| {
                let calls = r.calls.iter().map(|c| holds(*c)).collect();
                (self.names[r.job].clone(), holds(r.starts), calls, holds(r.succeeds), holds(r.red))
            })
            .collect()
    }

    /// The same, played.
    fn played(&self, names: &[&str], vector: &[Outcome], cancelled: bool) -> Vec<Played> {
        let call = |args: &[String]| {
            let at = names.iter().position(|n| *n == args[0]).unwrap();
            vector[at]
        };
        self.player.play(&self.situation, &Vector { call: &call, cancelled }).unwrap()
    }

    /// Names of the jobs that start under this vector, which formulas and play agree on.
    fn start(&self, names: &[&str], vector: &[Outcome]) -> Vec<String> {
        self.agree(names, vector, false);
        let all = self.formulas(vector, false).into_iter();
        all.filter(|(_, starts, ..)| *starts).map(|(name, ..)| name).collect()
    }

    fn agree(&self, names: &[&str], vector: &[Outcome], cancelled: bool) {
        let played: Vec<_> = self
            .played(names, vector, cancelled)
            .into_iter()
            .map(|p| {
                let good = ["success", "warnings"].contains(&p.result);
                (p.job, p.started, p.calls, good, p.result == "failed")
            })
            .collect();
        assert_eq!(self.formulas(vector, cancelled), played, "{vector:?}, cancelled before: {cancelled}");
    }
}

/// Every vector of so many outcomes.
fn vectors(count: usize) -> impl Iterator<Item = Vec<Outcome>> {
    (0..4usize.pow(u32::try_from(count).unwrap()))
        .map(move |n| (0..count).map(|i| Outcome::ALL[(n >> (2 * i)) & 3]).collect())
}
