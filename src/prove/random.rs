//! Random graphs of jobs for the readers' tests: the same seed gives the same graph.

use crate::plan::{Plan, Step, StepWhen, fixture};
use crate::prove::{Outcome, Outcomes};

/// SplitMix64: small, seeded, and the same on every machine.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of `n` numbers from 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// True once in `n` times.
    pub(crate) fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of these.
    pub(crate) fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// A plan of up to `jobs` jobs and `calls` calls: ids `a`, `b` …, needs and steps at random, the rest as in the hand-made
/// one. The calls of `a` are `run a 0`, `run a 1` …; the last of several may be one that puts back.
pub(crate) fn plan(dice: &mut Dice, jobs: usize, calls: usize) -> Plan {
    let mut plan = fixture::minimal();
    let like = plan.jobs[0].clone();
    plan.jobs.clear();
    let (mut left, count) = (calls, 1 + dice.below(jobs));
    for index in 0..count {
        let mut job = like.clone();
        job.id = char::from(b'a' + u8::try_from(index).unwrap()).to_string();
        job.needs = plan.jobs.iter().filter(|_| dice.once_in(2)).map(|j| j.id.clone()).collect();
        let most = (left - (count - index - 1)).min(3);
        let steps = 1 + dice.below(most);
        left -= steps;
        job.steps = (0..steps)
            .map(|i| Step {
                id: format!("s{i}"),
                args: vec!["run".into(), job.id.clone(), i.to_string()],
                when: if i > 0 && i + 1 == steps && dice.once_in(2) {
                    StepWhen::Unfinished
                } else {
                    StepWhen::Normal
                },
                ..like.steps[0].clone()
            })
            .collect();
        plan.jobs.push(job);
    }
    plan
}

/// One vector of outcomes: of every variable of [`Outcomes::of`], the run's own cancel last.
pub(crate) struct Vector<'a> {
    plan: &'a Plan,
    /// By variable.
    pub(crate) of: Vec<Outcome>,
}

impl<'a> Vector<'a> {
    /// Every vector of the plan, where there are at most `most`; else so many of them at random.
    pub(crate) fn all(plan: &'a Plan, most: usize, dice: &mut Dice) -> Vec<Self> {
        let calls: usize = plan.jobs.iter().map(|j| j.steps.len()).sum();
        let whole = 4usize.checked_pow(u32::try_from(calls).unwrap()).filter(|n| 2 * n <= most);
        let run = |cancelled| if cancelled { Outcome::Cancelled } else { Outcome::Success };
        let exact = |n: usize| {
            let of = (0..calls).map(|i| Outcome::ALL[(n >> (2 * i + 1)) % 4]);
            of.chain([run(n % 2 == 1)]).collect()
        };
        // Where not all are tried, mostly all goes well: or nothing but the first jobs would ever run.
        let mut any = || {
            let odds = 2 + dice.below(calls + 1);
            let mut one = || if dice.once_in(odds) { *dice.of(&Outcome::ALL) } else { Outcome::Success };
            let of: Vec<Outcome> = (0..calls).map(|_| one()).collect();
            of.into_iter().chain([run(dice.once_in(10))]).collect()
        };
        let all: Vec<Vec<Outcome>> = match whole {
            Some(n) => (0..2 * n).map(exact).collect(),
            None => (0..most).map(|_| any()).collect(),
        };
        all.into_iter().map(|of| Self { plan, of }).collect()
    }

    /// The run was cancelled before.
    pub(crate) fn cancelled(&self) -> bool {
        self.of.last() != Some(&Outcome::Success)
    }

    /// What a call comes to. A cancel of what is put back is its failure, as [`Outcomes`] has it.
    pub(crate) fn call(&self, args: &[String]) -> Outcome {
        let steps = self.plan.jobs.iter().flat_map(|j| &j.steps).enumerate();
        for (variable, step) in steps {
            if step.args == args {
                return match (self.of[variable], step.when) {
                    (Outcome::Cancelled, StepWhen::Unfinished) => Outcome::Failure,
                    (outcome, _) => outcome,
                };
            }
        }
        Outcome::Success
    }
}

/// What the plan's formulas say of one job in one run.
pub(crate) struct Foretold {
    pub(crate) job: String,
    pub(crate) starts: bool,
    pub(crate) succeeds: bool,
    pub(crate) red: bool,
    /// The arguments of each call that is made, in order.
    pub(crate) calls: Vec<Vec<String>>,
}

/// Every job that exists in a run that starts so.
pub(crate) struct Formulas<'a> {
    plan: &'a Plan,
    diagrams: crate::prove::Diagrams,
    runs: std::rc::Rc<[super::expected::ExpectedRun]>,
}

impl<'a> Formulas<'a> {
    pub(crate) fn of(plan: &'a Plan, situation: &super::Situation) -> Self {
        let mut diagrams = crate::prove::Diagrams::default();
        let outcomes = Outcomes::of(plan, &mut diagrams);
        let runs = super::expected::Expected::new(plan).run(situation, &outcomes, &mut diagrams);
        Self { plan, diagrams, runs }
    }

    /// What they say under outcomes that are numbered as those of [`Vector`].
    pub(crate) fn under(&self, of: &[Outcome]) -> Vec<Foretold> {
        let holds = |node| self.diagrams.holds(node, &|v: u32| of[v as usize]);
        let one = |run: &super::expected::ExpectedRun| {
            let job = &self.plan.jobs[run.job];
            let made = job.steps.iter().zip(&run.steps).filter(|(_, node)| holds(**node));
            Foretold {
                job: job.id.clone(),
                starts: holds(run.starts),
                succeeds: holds(run.succeeds),
                red: holds(run.red),
                calls: made.map(|(step, _)| step.args.clone()).collect(),
            }
        };
        self.runs.iter().map(one).collect()
    }
}

/// [`Outcomes`] numbers its variables as [`Vector`] does.
#[test]
fn variables_are_numbered_in_the_order_of_the_plan() {
    let plan = plan(&mut Dice(3), 4, 7);
    let mut d = crate::prove::Diagrams::default();
    let outcomes = Outcomes::of(&plan, &mut d);
    let steps = plan.jobs.iter().flat_map(|j| &j.steps);
    let count = steps.clone().count();
    for (i, step) in steps.enumerate() {
        let success = outcomes.of_call(&step.args).unwrap().success;
        for good in [true, false] {
            let of = |v: u32| if (v as usize == i) == good { Outcome::Success } else { Outcome::Failure };
            assert_eq!(d.holds(success, &of), good);
        }
    }
    let of = |v: u32| if v as usize == count { Outcome::Cancelled } else { Outcome::Success };
    assert!(d.holds(outcomes.cancelled(), &of));
}
