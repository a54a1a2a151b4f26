//! Each limit on a plan that breaks it and nothing else.

use crate::plan::{Pattern, Plan, PlanInput, Refs, SecretFrom, Trigger, fixture};
use crate::platform::{Platform, github::Github};
use crate::spec::{Duration, InputKind};

fn input(i: usize, manual: bool) -> PlanInput {
    PlanInput {
        name: format!("input_{i}"),
        kind: InputKind::String,
        default: String::new(),
        manual,
        events: if manual { vec![] } else { vec!["model-registered".into()] },
    }
}

fn found(change: impl FnOnce(&mut Plan)) -> Vec<String> {
    let mut plan = fixture::full();
    change(&mut plan);
    let mut all = Github.limits(&plan);
    all.extend(Github.text_limits(&plan, ""));
    assert!(all.iter().all(|f| f.help.is_some()), "{all:?}");
    all.into_iter().map(|f| format!("{} {}", f.code.id, f.message)).collect()
}

/// Place of the job in the full plan.
fn at(plan: &Plan, id: &str) -> usize {
    plan.jobs.iter().position(|j| j.id == id).unwrap()
}

#[test]
fn each_limit_is_named_with_what_breaks_it() {
    assert_eq!(found(|_| ()), [""; 0]);
    let cases: Vec<(Vec<String>, &[&str])> = vec![
        (
            found(|p| p.inputs = (0..26).map(|i| input(i, true)).collect()),
            &["MLP411 `on manual` has 26 inputs, GitHub takes at most 25"],
        ),
        (
            found(|p| p.inputs = (0..11).map(|i| input(i, false)).collect()),
            &["MLP411 `on event model-registered` has 11 inputs, GitHub takes at most 10"],
        ),
        (
            found(|p| p.jobs[0].timeout = 330 * 60 + 1),
            &[
                "MLP413 `gate-unit` may take 331 minutes, GitHub gives its commands at most 5 h 30 min on a hosted runner",
            ],
        ),
        (
            found(|p| {
                p.jobs[0].runner.github = vec!["self-hosted".into()];
                p.jobs[0].timeout = 5 * 24 * 3600;
            }),
            &[
                "MLP413 `gate-unit` may take 7200 minutes, GitHub gives its commands at most 5 days, less the backstop of 10 minutes",
            ],
        ),
        (
            found(|p| {
                let i = at(p, "approve-production");
                p.jobs[i].ask.as_mut().unwrap().expires = Some(Duration { seconds: 31.0 * 86_400.0 });
            }),
            &["MLP415 GitHub ends a question after 30 days, earlier than `expires` says"],
        ),
        (found(|p| p.jobs[0].wait = Some(30 * 86_400)), &[]),
        (
            found(|p| p.jobs[0].wait = Some(30 * 86_400 + 1)),
            &["MLP486 `gate-unit` waits for 43201 minutes, and a wait timer of GitHub's for 43200 at most"],
        ),
        (
            found(|p| {
                p.triggers[0] =
                    Trigger::Push { branches: vec![Pattern("main".into()), Pattern("Main".into())] }
            }),
            &["MLP416 GitHub takes the refs `Main` and `main` for one"],
        ),
        (
            found(|p| {
                p.jobs[0].runner.github.clear();
                p.jobs[0].runner.name = Some("gpu".into());
            }),
            &["MLP417 the runner `gpu` has no labels for GitHub"],
        ),
        (
            found(|p| {
                let i = at(p, "gate-quality");
                p.jobs[i].secrets[0].github = "GITHUB_KEY".into();
            }),
            &["MLP410 GitHub stores no secret with the name `GITHUB_KEY`"],
        ),
        (
            found(|p| {
                let i = at(p, "gate-quality");
                p.jobs[i].secrets[0].github = "not a name".into();
                p.jobs[i].secrets[0].from = SecretFrom::StoreOnGitlab;
            }),
            &[],
        ),
        (
            found(|p| {
                let i = at(p, "gate-quality");
                p.jobs[i].secrets[0].name = "RUNNER_TEMP".into();
            }),
            &["MLP410 the runner keeps the variable `RUNNER_TEMP` for itself"],
        ),
        (
            found(|p| p.jobs[0].id = "gate.unit".into()),
            &["MLP410 GitHub takes no job with the id `gate.unit`"],
        ),
        (
            found(|p| {
                let many = (0..500).map(|i| Pattern(format!("a-branch-with-a-long-name-{i}"))).collect();
                p.jobs[0].condition.any_of.retain(|a| a.refs == Refs::Any);
                p.jobs[0].condition.any_of[1].refs = Refs::Only { branches: many, tags: vec![] };
            }),
            &["MLP414 the condition of `gate-unit` is longer than GitHub's 21000 characters"],
        ),
    ];
    for (found, want) in cases {
        assert_eq!(found, want);
    }
}

#[test]
fn a_file_beyond_the_parsers_size_is_refused() {
    let plan = fixture::full();
    let text = "x".repeat(1_048_577);
    let messages: Vec<String> = Github.text_limits(&plan, &text).into_iter().map(|f| f.message).collect();
    assert_eq!(messages, ["the workflow has 1048577 characters, GitHub reads at most 1048576"]);
    assert_eq!(Github.text_limits(&plan, &text[1..]), []);
}
