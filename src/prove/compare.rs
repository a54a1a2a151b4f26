//! The comparison of a file's runs with the plan's, situation by situation.

use super::diagram::{Diagrams, Node, Outcome};
use super::expected::{Expected, ExpectedRun};
use super::graph::{FileFacts, JobRun, Reading};
use super::outcomes::{Outcomes, in_order};
use super::{Aspect, Difference, On, Situation, Whose};
use crate::plan::{EventKind, Job, Plan, StepWhen, Trigger};
use crate::spec::PlatformName;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Jobs of the file by index, with the plan's job that their first call belongs to.
pub(super) struct Matched<'a> {
    pub(super) plan: &'a Plan,
    pub(super) facts: &'a FileFacts,
    /// For each job of the file, the plan's.
    pub(super) of: Vec<Option<usize>>,
    /// For each call of each job of the file, what it is.
    pub(super) calls: Vec<Vec<Option<Called>>>,
}

/// What a call of the script is in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Called {
    /// This step of this job.
    Step(usize, usize),
    /// All phases of this job, which the script makes in order; it puts back by itself when one of them fails.
    Phases(usize),
}

impl Called {
    pub(super) fn job(self) -> usize {
        let (Self::Step(j, _) | Self::Phases(j)) = self;
        j
    }
}

impl<'a> Matched<'a> {
    /// A job is known by what it calls, not by its name.
    pub(super) fn new(plan: &'a Plan, facts: &'a FileFacts) -> Self {
        let mut known: FxHashMap<&[String], Called> = FxHashMap::default();
        for (j, job) in plan.jobs.iter().enumerate() {
            for (s, step) in job.steps.iter().enumerate() {
                known.insert(&step.args, Called::Step(j, s));
            }
            if job.steps.len() > 1 {
                let args = &job.steps[0].args;
                known.insert(&args[..args.len() - 1], Called::Phases(j));
            }
        }
        let calls: Vec<Vec<Option<Called>>> = facts
            .jobs
            .iter()
            .map(|j| j.calls.iter().map(|c| known.get(c.args.as_slice()).copied()).collect())
            .collect();
        let of = calls.iter().map(|c| c.first().copied().flatten().map(Called::job)).collect();
        Self { plan, facts, of, calls }
    }
}

/// Can the platform tell this situation apart, and can it occur there at all?
fn asked(platform: PlatformName, plan: &Plan, s: &Situation) -> bool {
    let started_by = |t: &Trigger| match &s.event {
        EventKind::Schedule => matches!(t, Trigger::Schedule { .. }),
        EventKind::Manual => matches!(t, Trigger::Manual),
        _ => false,
    };
    let bot = matches!(s.on, On::PullRequest { from: Whose::Bot, .. });
    match platform {
        PlatformName::Github => true,
        PlatformName::Gitlab => !bot,
        // Jenkins' button cannot be taken away: where nothing is started by hand it builds the branch as a push would.
        // A build of a tag is a tag's build, whoever started it.
        PlatformName::Jenkins => {
            let by_hand = matches!(s.event, EventKind::Schedule | EventKind::Manual);
            let tag_by_hand = by_hand && matches!(s.on, On::Tag(_));
            !bot && !tag_by_hand && (!by_hand || plan.triggers.iter().any(started_by))
        }
    }
}

/// A schedule, or on GitLab a named event, on a branch that is not the home branch. A multibranch project would fire a
/// schedule on every branch, and GitLab's schedules and trigger tokens take any branch, so the file itself has to say
/// where; GitHub has one place outside the file that does.
fn elsewhere(platform: PlatformName, plan: &Plan, s: &Situation) -> bool {
    let home = matches!(&s.on, On::Branch(b) if *b == plan.home_branch);
    let bound = match platform {
        PlatformName::Github => false,
        PlatformName::Gitlab => matches!(s.event, EventKind::Schedule | EventKind::Named(_)),
        PlatformName::Jenkins => s.event == EventKind::Schedule,
    };
    bound && !home
}

/// Schedules and named events belong to the home branch. Where a platform could start one on another branch all the
/// same, its file may refuse to (GitLab's workflow rules do); what it starts there has to be what the plan says.
fn may_refuse(plan: &Plan, s: &Situation) -> bool {
    let home = matches!(&s.on, On::Branch(b) if *b == plan.home_branch);
    matches!(s.event, EventKind::Schedule | EventKind::Named(_)) && !home
}

/// Compares every situation; stops at the first that differs, since the next ones mostly differ for the same reason.
pub(super) fn runs(
    platform: PlatformName,
    matched: &Matched<'_>,
    file: &dyn Reading,
    situations: &[Situation],
) -> Vec<Difference> {
    let d = &mut Diagrams::default();
    let outcomes = Outcomes::of(matched.plan, d);
    let mut plans = Expected::new(matched.plan);
    for s in situations.iter().filter(|s| asked(platform, matched.plan, s)) {
        let expected =
            if elsewhere(platform, matched.plan, s) { Rc::default() } else { plans.run(s, &outcomes, d) };
        let found = match file.run(s, &outcomes, d) {
            Ok(runs) if runs.is_empty() && may_refuse(matched.plan, s) => Vec::new(),
            Ok(runs) => one_situation(s, matched, &expected, &runs, &outcomes, d),
            Err(e) => {
                vec![Difference {
                    situation: Some(s.clone()),
                    line: e.line,
                    ..Difference::new(Aspect::Unreadable, e.what)
                }]
            }
        };
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn one_situation(
    s: &Situation,
    m: &Matched<'_>,
    expected: &[ExpectedRun],
    runs: &[JobRun],
    outcomes: &Outcomes,
    d: &mut Diagrams,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut seen = vec![false; m.plan.jobs.len()];
    let by_job: FxHashMap<usize, &ExpectedRun> = expected.iter().map(|e| (e.job, e)).collect();
    for run in runs {
        let Some(index) = m.of[run.job] else { continue };
        seen[index] = true;
        let job = &m.plan.jobs[index];
        let facts = &m.facts.jobs[run.job];
        let place = |what: String, aspect, vector| Difference {
            job: Some(job.id.clone()),
            situation: Some(s.clone()),
            vector,
            line: facts.line,
            ..Difference::new(aspect, what)
        };
        let none = ExpectedRun {
            job: index,
            starts: Node::NO,
            steps: vec![Node::NO; job.steps.len()],
            succeeds: Node::NO,
            red: Node::NO,
        };
        let want = by_job.get(&index).copied().unwrap_or(&none);
        let (steps, twice) = steps(job, &m.calls[run.job], &run.calls, outcomes, d);
        let called = |i: usize| {
            let handler = job.steps[i].when == StepWhen::Unfinished;
            (What::Called(i), if handler { Aspect::Handler } else { Aspect::Step }, want.steps[i], steps[i])
        };
        let mut pairs = [(What::Starts, Aspect::Condition, want.starts, run.starts)]
            .into_iter()
            .chain((0..job.steps.len()).map(called))
            .chain([
                (What::Succeeds, Aspect::Result, want.succeeds, run.succeeds),
                (What::Red, Aspect::Result, want.red, run.red),
            ]);
        // One difference a job: the first is the cause of those that follow it.
        if let Some((what, aspect, a, b)) = pairs.find(|(_, _, a, b)| a != b) {
            let what = match what {
                What::Starts => format!("`{}` starts", job.id),
                What::Called(i) => format!("`{}` is called", job.steps[i].args.join(" ")),
                What::Succeeds => format!("`{}` succeeds", job.id),
                What::Red => format!("`{}` makes the run red", job.id),
            };
            let vector = words(d.difference(a, b), outcomes);
            let says = verdict(d, a, b);
            found.push(place(format!("{what} {says}"), aspect, vector));
        } else if let Some(args) = twice {
            found.push(place(format!("`{args}` is called twice"), Aspect::Step, Vec::new()));
        }
    }
    for e in expected.iter().filter(|e| !seen[e.job]) {
        let job = &m.plan.jobs[e.job];
        found.push(Difference {
            job: Some(job.id.clone()),
            situation: Some(s.clone()),
            ..Difference::new(
                Aspect::Condition,
                format!("`{}` is in the plan's run and not in the file's", job.id),
            )
        });
    }
    found
}

/// What two formulas are about.
enum What {
    Starts,
    /// The step at this place.
    Called(usize),
    Succeeds,
    Red,
}

/// Who says what, for the vector that is shown.
fn verdict(d: &mut Diagrams, plan: Node, file: Node) -> &'static str {
    // `difference` walks towards a vector on which exactly one of the two holds.
    let more = d.without(file, plan);
    let fewer = d.without(plan, file);
    match (more == Node::NO, fewer == Node::NO) {
        (false, true) => "in the file where the plan says that it must not",
        (true, false) => "in the plan and not in the file",
        _ => "under other outcomes in the file than in the plan",
    }
}

/// When each step of the job is called, all calls of the file together, and a step that is called twice in one run.
///
/// Putting back is counted where it has an effect: the script itself does nothing unless `begin` succeeded and `finish`
/// did not, and nothing more once it has put back.
fn steps(
    job: &Job,
    called: &[Option<Called>],
    nodes: &[Node],
    outcomes: &Outcomes,
    d: &mut Diagrams,
) -> (Vec<Node>, Option<String>) {
    let of = |i: usize| outcomes.of_call(&job.steps[i].args);
    let normal: Vec<usize> =
        (0..job.steps.len()).filter(|i| job.steps[*i].when == StepWhen::Normal).collect();
    let mut steps = vec![Node::NO; job.steps.len()];
    let mut twice = None;
    for (called, node) in called.iter().zip(nodes) {
        match called {
            Some(Called::Step(_, i)) => {
                if job.steps[*i].when == StepWhen::Normal && d.and(steps[*i], *node) != Node::NO {
                    twice = Some(job.steps[*i].args.join(" "));
                }
                steps[*i] = d.or(steps[*i], *node);
            }
            Some(Called::Phases(_)) => {
                let mut so_far = *node;
                let mut outcomes = Vec::new();
                for i in &normal {
                    if d.and(steps[*i], so_far) != Node::NO {
                        twice = Some(job.steps[*i].args.join(" "));
                    }
                    steps[*i] = d.or(steps[*i], so_far);
                    let Some(o) = of(*i) else { continue };
                    so_far = d.and(so_far, o.success);
                    outcomes.push(o);
                }
                let failed = in_order(&outcomes, d).failure;
                let failed = d.and(*node, failed);
                for i in (0..job.steps.len()).filter(|i| job.steps[*i].when == StepWhen::Unfinished) {
                    steps[i] = d.or(steps[i], failed);
                }
            }
            None => {}
        }
    }
    if let [begin, .., finish] = normal[..]
        && let (Some(b), Some(f)) = (of(begin), of(finish))
    {
        let begun = d.and(steps[begin], b.success);
        let finished = d.and(steps[finish], f.success);
        let open = d.without(begun, finished);
        for i in (0..job.steps.len()).filter(|i| job.steps[*i].when == StepWhen::Unfinished) {
            steps[i] = d.and(steps[i], open);
        }
    }
    (steps, twice)
}

fn words(vector: Option<Vec<(u32, Outcome)>>, outcomes: &Outcomes) -> Vec<String> {
    let one = |(v, o): (u32, Outcome)| {
        let name = outcomes.name(v);
        let run = name == "the run";
        match (o, run) {
            (Outcome::Success, true) => "the run is not cancelled".to_owned(),
            (_, true) => "the run is cancelled before".to_owned(),
            (Outcome::Success, _) => format!("{name} succeeds"),
            (Outcome::Failure, _) => format!("{name} fails"),
            (Outcome::Timeout, _) => format!("{name} runs into its time limit"),
            (Outcome::Cancelled, _) => format!("{name} is cancelled"),
        }
    };
    vector.unwrap_or_default().into_iter().map(one).collect()
}
