//! Formulas against plain enumeration: on random plans of up to seven jobs, every run that can be told apart is played on
//! each platform with concrete outcomes, and what it does is what the formulas say.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops where it fails, and says how much it has played"
)]

#[path = "support/specs.rs"]
mod specs;

use camino::Utf8PathBuf;
use mlpipe::plan::{Plan, StepWhen};
use mlpipe::project::Project;
use mlpipe::prove::{self, Diagrams, File, Node, Outcome, Outcomes, Play, Reading, Root, Vector};
use mlpipe::render::Overlay;
use mlpipe::spec::PlatformName;
use std::cell::RefCell;
use std::collections::BTreeSet;

const PLANS: usize = 600;
const MOST_JOBS: usize = 7;

/// One pipeline's files, as they are printed.
struct Printed {
    plan: Plan,
    /// Each platform's file; none where the plan has too many jobs.
    texts: Vec<(PlatformName, String)>,
    /// GitLab's file that includes this one, and all that it includes: a `reconcile` shares it.
    root: Option<(String, Vec<String>)>,
}

/// A random spec, compiled.
fn printed(seed: u64) -> Printed {
    let dir = tempfile::tempdir().expect("a folder");
    let root = Utf8PathBuf::from_path_buf(dir.path().canonicalize().expect("a path")).expect("UTF-8");
    std::fs::write(root.join("release.mlpipe"), specs::spec(seed)).expect("written");
    let all = vec![Utf8PathBuf::from("release.mlpipe")];
    let mut project = Project::load(&root, &all, &all);
    let plan = project.plans_selected().next().expect("a plan").clone();
    if plan.jobs.len() > MOST_JOBS {
        return Printed { plan, texts: Vec::new(), root: None };
    }
    let files = project.print(&PlatformName::ALL, &Overlay::default());
    let text = |path: &str| files.iter().find(|f| f.path == path).expect("printed").text.clone();
    let part = format!(".gitlab/{}.yml", plan.pipeline);
    let includes: Vec<String> =
        files.iter().map(|f| f.path.clone()).filter(|path| path.starts_with(".gitlab/")).collect();
    let shared = includes.contains(&part);
    let of = |platform, path: &str| match platform == PlatformName::Gitlab && shared {
        true => text(&part),
        false => text(path),
    };
    let texts = plan.emit.iter().map(|e| (e.platform, of(e.platform, &e.path))).collect();
    let root = shared.then(|| (text(".gitlab-ci.yml"), includes));
    Printed { plan, texts, root }
}

/// Outcomes are decided when a call asks for its own, so that every run is played once: a list of decisions, of which the
/// last is taken back and changed until there is none left to change.
///
/// A failure and the script's own time limit are one and the same to a platform: one plan takes the first for both, the
/// next one the second.
struct Decisions {
    taken: RefCell<Vec<(Vec<String>, Outcome)>>,
    bad: Outcome,
}

impl Decisions {
    fn of(&self, args: &[String]) -> Option<Outcome> {
        self.taken.borrow().iter().find(|(a, _)| a == args).map(|(_, o)| *o)
    }

    fn ask(&self, plan: &Plan, args: &[String]) -> Outcome {
        let phases: Vec<&Vec<String>> = plan
            .jobs
            .iter()
            // What puts an environment in order begins with the same words and is no phase of its deploy.
            .filter(|j| j.steps.len() > 1)
            .flat_map(|j| &j.steps)
            .filter(|s| s.when == StepWhen::Normal && s.args.len() > args.len() && s.args.starts_with(args))
            .map(|s| &s.args)
            .collect();
        if phases.len() > 1 {
            // All phases in one call: the first that does not succeed decides.
            let each = phases.into_iter().map(|p| self.ask(plan, p));
            return each.into_iter().find(|o| *o != Outcome::Success).unwrap_or(Outcome::Success);
        }
        if let Some(known) = self.of(args) {
            return known;
        }
        self.taken.borrow_mut().push((args.to_vec(), Outcome::Success));
        Outcome::Success
    }

    /// The next list of decisions; false when every one has been played.
    fn next(&self, plan: &Plan) -> bool {
        let mut taken = self.taken.borrow_mut();
        while let Some((args, outcome)) = taken.pop() {
            let handler = plan
                .jobs
                .iter()
                .flat_map(|j| &j.steps)
                .any(|s| s.args == args && s.when == StepWhen::Unfinished);
            let next = match outcome {
                Outcome::Success => Some(self.bad),
                Outcome::Failure | Outcome::Timeout if !handler => Some(Outcome::Cancelled),
                Outcome::Failure | Outcome::Timeout | Outcome::Cancelled => None,
            };
            if let Some(next) = next {
                taken.push((args, next));
                return true;
            }
        }
        false
    }
}

/// Plays every run of every situation that starts another set of jobs; how many there were.
fn agree(plan: &Plan, file: &dyn Reading, player: &dyn Play, bad: Outcome, name: &str) -> usize {
    let steps: Vec<&Vec<String>> = plan.jobs.iter().flat_map(|j| &j.steps).map(|s| &s.args).collect();
    let (mut seen, mut played): (BTreeSet<Vec<usize>>, usize) = (BTreeSet::new(), 0);
    for s in prove::situations(plan) {
        let d = &mut Diagrams::default();
        let outcomes = Outcomes::of(plan, d);
        let Ok(runs) = file.run(&s, &outcomes, d) else { panic!("{name}: {s}") };
        let jobs = runs.iter().filter(|r| r.starts != Node::NO).map(|r| r.job).collect();
        if !seen.insert(jobs) {
            continue;
        }
        for cancelled in [false, true] {
            let decisions = Decisions { taken: RefCell::default(), bad };
            loop {
                let vector = Vector { call: &|args| decisions.ask(plan, args), cancelled };
                let done = player.play(&s, &vector).unwrap_or_else(|e| panic!("{name}: {s}: {e}"));
                played += 1;
                // What nobody asked for must not matter.
                for unasked in [Outcome::Success, Outcome::Failure] {
                    let outcome = |v: u32| match steps.get(v as usize) {
                        Some(args) => decisions.of(args).unwrap_or(unasked),
                        None if cancelled => Outcome::Cancelled,
                        None => Outcome::Success,
                    };
                    for run in &runs {
                        let facts = &file.facts().jobs[run.job];
                        let job = done.iter().find(|p| p.job == facts.name);
                        let is = |n: Node| d.holds(n, &outcome);
                        let shown =
                            || format!("{name}, {s}, `{}`: {:?}", facts.name, decisions.taken.borrow());
                        assert_eq!(is(run.starts), job.is_some_and(|p| p.started), "starts: {}", shown());
                        assert_eq!(is(run.red), job.is_some_and(|p| p.red), "red: {}", shown());
                        for (i, call) in run.calls.iter().enumerate() {
                            assert_eq!(is(*call), job.is_some_and(|p| p.calls[i]), "call {i}: {}", shown());
                        }
                    }
                }
                if !decisions.next(plan) {
                    break;
                }
            }
        }
    }
    played
}

/// Two tests, so that two cores have something to do: each takes every second seed.
fn half(first: u64) {
    let (mut plans, mut runs, mut seed) = (0, 0, first);
    while plans < PLANS / 2 {
        let Printed { plan, texts, root } = printed(seed);
        for (platform, text) in &texts {
            let name = format!("seed {seed}, {platform:?}");
            let shared = root.as_ref().filter(|_| *platform == PlatformName::Gitlab);
            let root = shared.map(|(text, includes)| Root { text, includes });
            let file = File { platform: *platform, text, root };
            let reading = prove::read(file).unwrap_or_else(|e| panic!("{name}: {e}"));
            let player = prove::player(file).unwrap_or_else(|e| panic!("{name}: {e}"));
            let bad = if plans % 2 == 0 { Outcome::Failure } else { Outcome::Timeout };
            runs += agree(&plan, reading.as_ref(), player.as_ref(), bad, &name);
        }
        plans += usize::from(!texts.is_empty());
        seed += 2;
    }
    assert!(runs > PLANS * 30, "{runs} runs are too few to mean anything");
    println!("{plans} plans of up to {MOST_JOBS} jobs, {runs} runs played on three platforms");
}

#[test]
fn formulas_agree_with_enumeration_on_even_seeds() {
    half(0);
}

#[test]
fn formulas_agree_with_enumeration_on_odd_seeds() {
    half(1);
}
