//! `mlpipe test` and `mlpipe simulate`, as a user meets them.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;

use runner::{Repo, SPEC};
use serde_json::Value;
use std::time::{Duration, Instant};

/// One that holds, one that does not, one of a pull request, and one whose title is a trap for XML.
const SCENARIOS: &str = r#"
scenario "a bad model never ships" {
  given  quality takes 12m, quality.accuracy = 80%
  expect quality failed, image skipped, production untouched
}
scenario "a \"bad\" <model> & 'more' — 模型 🚢 ]]>" {
  given  production failed
  expect production untouched, production failed
}
scenario "a pull request" { given on pull_request; expect image passed, production untouched }
scenario "cancelled" { given production takes 2m, cancelled during production at 30s; expect production rolled_back }
"#;

fn with(scenarios: &str) -> Repo {
    let repo = Repo::new();
    repo.write("release.mlpipe", format!("{SPEC}{scenarios}"));
    repo
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// A canary with a watch, which `compile` refuses and scenarios play.
fn live() -> String {
    let target = "target kubernetes { kubeconfig secret KUBECONFIG_PRODUCTION; namespace \"ml\"; deployment \"demo\"; \
                  container \"app\"; traffic nginx \"demo\" }";
    let body = r#"
  canary 5% for 10m, 25% for 10m, 100%
  watch 30d every 1s {
    prometheus secret PROMETHEUS_URL
    metric error_rate = "errors"
    smoke "python smoke.py" every 5m
  }
  rollback { when error_rate > 1%; when smoke.failures > 3 consecutive; within 3m; halt when rollbacks > 2 in 1h }
}
"#;
    let head = SPEC.split("deploy production").next().expect("a head");
    format!("{head}deploy production {{\n  {target}{body}")
}

#[test]
fn timelines_are_for_people() {
    let repo = with(SCENARIOS);
    insta::assert_snapshot!("test", repo.run(&["test"], 1).out);
    insta::assert_snapshot!("test-brief", repo.run(&["test", "--brief"], 1).out);
    insta::assert_snapshot!("test-only", repo.run(&["test", "--only", "pull"], 0).out);
    insta::assert_snapshot!("simulate", repo.run(&["simulate"], 0).out);
    let fork = ["simulate", "--on", "pull_request main from fork", "--expect", "production untouched"];
    insta::assert_snapshot!("simulate-fork", repo.run(&fork, 0).out);
    let failing = [
        "simulate",
        "--given",
        "quality.accuracy = missing",
        "--expect",
        "production deployed, quality failed",
    ];
    insta::assert_snapshot!("simulate-fails", repo.run(&failing, 1).out);
}

#[test]
fn json_is_for_machines() {
    let repo = with(SCENARIOS);
    insta::assert_snapshot!(
        "test-json",
        repo.run(&["test", "--format", "json", "--only", "bad model"], 0).out
    );
    let ran = repo.run(&["simulate", "--given", "cancelled during production", "--format", "json"], 0);
    insta::assert_snapshot!("simulate-json", ran.out);
    let all = json(&repo.run(&["test", "--format", "json"], 1).out);
    let held: Vec<bool> =
        all["scenarios"].as_array().expect("a list").iter().filter_map(|s| s["held"].as_bool()).collect();
    assert_eq!(held, [true, false, true, true]);
    assert_eq!(all["scenarios"][1]["title"], "a \"bad\" <model> & 'more' — 模型 🚢 ]]>");
    // A played scenario and the same words on the command line come to the same.
    let words = "quality takes 12m, quality.accuracy = 80%";
    let expect = "quality failed, image skipped, production untouched";
    let once = ["simulate", "--given", words, "--expect", expect, "--format", "json"];
    let simulated = json(&repo.run(&once, 0).out);
    for field in ["schema", "pipeline", "event", "outcome", "jobs", "environments", "timeline"] {
        let there = if field == "schema" { &all["schema"] } else { &all["scenarios"][0][field] };
        assert_eq!(&simulated[field], there, "{field}");
    }
}

#[test]
fn junit_is_for_ci() {
    let repo = with(SCENARIOS);
    let ran = repo.run(&["test", "--format", "junit"], 1);
    insta::assert_snapshot!("test-junit", ran.out);
    repo.write("scenarios.xml", &ran.out);
    // An XML parser finds the titles as they were written.
    let program = "import sys, xml.etree.ElementTree as e; [print(c.get('name'), len(c)) for c in e.parse(sys.argv[1]).iter('testcase')]";
    let read = std::process::Command::new("python3")
        .args(["-c", program])
        .arg(repo.path("scenarios.xml"))
        .env("PYTHONIOENCODING", "utf-8")
        .output()
        .expect("python3 starts");
    assert_eq!(
        String::from_utf8_lossy(&read.stdout),
        "a bad model never ships 0\na \"bad\" <model> & 'more' — 模型 🚢 ]]> 1\na pull request 0\ncancelled 0\n",
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
}

#[test]
fn nothing_tested_is_not_passed() {
    let repo = Repo::with_spec();
    let ran = repo.run(&["test"], 2);
    assert!(ran.err.contains("there is no scenario to play") && ran.out.is_empty(), "{}", ran.err);
    repo.write("release.mlpipe", format!("{SPEC}{SCENARIOS}"));
    let ran = repo.run(&["test", "--only", "Pull"], 2);
    assert!(ran.err.contains("no scenario has `Pull` in its title; there is `a bad model"), "{}", ran.err);
    repo.write("library.mlpipe", "gate lint { run \"ruff check .\" }\n");
    assert!(repo.run(&["test", "library.mlpipe"], 2).err.contains("no scenario to play"));
    assert!(repo.run(&["simulate", "library.mlpipe"], 2).err.contains("libraries only"));
    repo.run(&["test", "nowhere.mlpipe"], 2);
    repo.run(&["test", "--format", "yaml"], 2);
    // Of two specs one without scenarios is named, for nobody tests it.
    repo.write("other.mlpipe", SPEC.replace("demo", "other"));
    let ran = repo.run(&["test", "--brief"], 1);
    assert!(ran.err.contains("other.mlpipe has no scenario"), "{}", ran.err);
    assert!(!repo.run(&["test", "--only", "cancelled"], 0).err.contains("other.mlpipe"));
}

#[test]
fn a_spec_with_errors_is_not_played() {
    let repo = with(&SCENARIOS.replace("image skipped", "imge skipped"));
    let ran = repo.run(&["test"], 1);
    assert!(ran.err.contains("MLP201") && ran.err.contains("did you mean `image`?"), "{}", ran.err);
    assert!(ran.out.is_empty(), "{}", ran.out);
    let ran = repo.run(&["simulate"], 1);
    assert!(ran.out.is_empty(), "{}", ran.out);
}

#[test]
fn wrong_words_are_a_wrong_call_with_a_way_out() {
    let repo = Repo::with_spec();
    for (option, words, told) in [
        ("--given", "qualty failed", "did you mean `quality`?"),
        ("--given", "quality.acuracy = 0.1", "did you mean `quality.accuracy`?"),
        ("--given", "production.smke failed", "its steps are"),
        ("--given", "quality.accuracy = 200ms", "cannot be `200ms`"),
        ("--given", "quality", "`passed`"),
        ("--given", "", "an example: `given quality.accuracy = 0.80`"),
        ("--given", "cancelled during production.restore", "write `production.restore failed`"),
        ("--given", "approval denied", "nobody is asked"),
        ("--given", "quality failed } gate x { run \"x\" }", "MLP"),
        ("--on", "psh", "did you mean `push`?"),
        ("--on", "event drift", "`on event drift` at the top of the spec"),
        ("--on", "", "`push`, `tag`"),
        ("--expect", "prodution deployed", "did you mean `production`?"),
        ("--expect", "production deploid", "MLP109"),
        ("--expect", "production halted", "nothing ever halts"),
    ] {
        let ran = repo.run(&["simulate", option, words], 2);
        assert!(ran.err.contains(told), "{option} {words}: {}", ran.err);
        assert!(ran.out.is_empty(), "{option} {words}: {}", ran.out);
    }
    let twice = repo.run(&["simulate", "--on", "push", "--given", "on pull_request"], 2);
    assert!(twice.err.contains("given twice"), "{}", twice.err);
}

#[test]
fn several_specs_are_tested_one_is_simulated() {
    let repo = with(SCENARIOS);
    let other = "scenario \"also\" { given quality failed; expect production untouched }\n";
    repo.write("services/other.mlpipe", format!("{}{other}", SPEC.replace("demo", "other")));
    let ran = repo.run(&["test", "--brief"], 1);
    insta::assert_snapshot!("test-several", ran.out);
    let ran = repo.run(&["test", "--format", "junit"], 1);
    assert_eq!(ran.out.matches("<testsuite ").count(), 2, "{}", ran.out);
    assert!(repo.run(&["test", "services"], 0).out.contains("1 scenario played, all hold"));
    let both = repo.run(&["test", "release.mlpipe", "services/other.mlpipe", "--format", "json"], 1);
    assert_eq!(json(&both.out)["scenarios"].as_array().map(Vec::len), Some(5));
    let ran = repo.run(&["simulate"], 2);
    assert!(ran.err.contains("name one of `release.mlpipe` or `services/other.mlpipe`"), "{}", ran.err);
    assert!(repo.run(&["simulate", "services/other.mlpipe"], 0).out.starts_with("pipeline other\n"));
}

#[test]
fn what_fits_no_platform_is_played_all_the_same() {
    let repo = Repo::new();
    let scenarios = r#"
scenario "errors in the canary" { given production.error_rate = 1.3% at 12m; expect production rolled_back }
scenario "three in a row" { given production.smoke failed at 5m, production.smoke passed at 20m; expect production deployed }
scenario "four in a row" { given production.smoke failed at 5m; expect production rolled_back }
scenario "the third in an hour" { given production failed, production.rollbacks = 2 in 1h; expect production halted }
scenario "in the last second" { given production.error_rate = 2% at 2593200s; expect production rolled_back }
"#;
    repo.write("release.mlpipe", format!("{}{scenarios}", live()));
    let before = repo.files();
    let ran = repo.run(&["compile"], 1);
    assert!(ran.err.contains("MLP413 github-time") && !ran.err.contains("MLP500"), "{}", ran.err);
    assert_eq!(repo.files(), before, "nothing is written");
    let began = Instant::now();
    let ran = repo.run(&["test", "--brief"], 0);
    assert!(began.elapsed() < Duration::from_secs(3), "thirty days of polls took {:?}", began.elapsed());
    assert!(
        ran.out.ends_with("5 scenarios played, all hold\n") && ran.err.is_empty(),
        "{}{}",
        ran.out,
        ran.err
    );
}

/// What happens when nobody looks any more changes nothing; the command line is held to that too.
#[test]
fn a_moment_after_the_last_poll_is_refused() {
    let repo = Repo::new();
    repo.write("release.mlpipe", live());
    let play = |at: &str| ["simulate", "--given", at].map(str::to_owned);
    for (given, exit) in [
        ("production.error_rate = 2% at 2593200s", 0),
        ("production.error_rate = 2% at 2593201s", 2),
        ("production.smoke failed at 43220m", 0),
        ("production.smoke failed at 43221m", 2),
        ("production takes 1m, production.smoke failed at 43221m", 0),
        ("on push \"refs/heads/main\"", 2),
    ] {
        let words = play(given);
        let ran = repo.run(&words.each_ref().map(String::as_str), exit);
        assert_eq!(ran.err.contains("MLP38"), exit == 2, "{given}: {}", ran.err);
    }
}

#[test]
fn a_thousand_scenarios_are_quick() {
    let repo = Repo::new();
    let many: String = (0..1000)
        .map(|i| format!("scenario \"number {i}\" {{ given production.error_rate = 2% at {}m; expect production rolled_back }}\n", i + 1))
        .collect();
    repo.write("release.mlpipe", format!("{}{many}", live()));
    let began = Instant::now();
    let ran = repo.run(&["test", "--brief"], 0);
    assert!(ran.out.ends_with("1000 scenarios played, all hold\n"));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?} in a debug build", began.elapsed());
    // Not a thousand titles for a slip.
    let ran = repo.run(&["test", "--only", "numbr"], 2);
    assert!(ran.err.contains("there is `number 0`") && ran.err.len() < 400, "{}", ran.err);
}

/// What the examples promise, those beside them with what is compiled later too.
#[test]
fn the_examples_keep_what_they_promise() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut played = 0;
    for folder in std::fs::read_dir(examples).expect("examples").map(|e| e.expect("an entry").path()) {
        for spec in ["release.mlpipe", "full.mlpipe"] {
            let text = std::fs::read_to_string(folder.join(spec)).unwrap_or_default();
            let count = text.matches("scenario \"").count();
            if count == 0 {
                continue;
            }
            let ran = std::process::Command::new(env!("CARGO_BIN_EXE_mlpipe"))
                .args(["test", "--brief", spec])
                .current_dir(&folder)
                .output()
                .expect("mlpipe starts");
            let out = String::from_utf8_lossy(&ran.stdout);
            let last = out.lines().last().unwrap_or_default();
            let all = format!("{count} scenario{} played, all hold", if count == 1 { "" } else { "s" });
            assert!(ran.status.success() && last == all, "{}/{spec}: {out}", folder.display());
            played += count;
        }
    }
    assert!(played >= 13, "only {played} scenarios");
}

/// A scenario is a test and no part of what is released: it changes no file but the hash of its spec.
#[test]
fn scenarios_leave_the_files_alone() {
    let files = |spec: String| {
        let repo = Repo::new();
        repo.write("release.mlpipe", spec);
        repo.run(&["compile"], 0);
        let mut all = repo.files();
        all.retain(|(name, _)| !name.ends_with(".mlpipe"));
        all
    };
    let (without, with) = (files(SPEC.to_owned()), files(format!("{SPEC}{SCENARIOS}")));
    assert_eq!(without.len(), with.len());
    for ((name, a), (_, b)) in without.iter().zip(&with) {
        let (a, b) = (String::from_utf8_lossy(a), String::from_utf8_lossy(b));
        let differ: Vec<&str> = a.lines().zip(b.lines()).filter(|(x, y)| x != y).map(|(x, _)| x).collect();
        assert!(a.lines().count() == b.lines().count(), "{name}");
        assert!(differ.iter().all(|l| l.contains(" spec=")), "{name}: {differ:?}");
    }
}
