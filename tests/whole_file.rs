//! The whole language in one file: it type-checks and plans today; compiling it refuses exactly the statements that have
//! no output yet, each once; and without them it compiles.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;

use runner::Repo;

/// The statements without output, in the order of the file.
const LATER: &[&str] = &["auth"];

fn whole() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/ok/whole-file.mlpipe");
    std::fs::read_to_string(path).expect("the whole file is in the corpus")
}

fn findings(repo: &Repo, code: i32) -> Vec<serde_json::Value> {
    let json: serde_json::Value =
        serde_json::from_str(&repo.run(&["lint", "--format", "json"], code).out).expect("JSON");
    json["findings"].as_array().expect("a list").clone()
}

/// Takes out a statement that stands on that line (counted from 1) by itself.
fn without(text: &str, line: usize, word: &str) -> String {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let at = start + text[start..].find(word).expect("the statement");
    let end = at + text[at..].find('\n').expect("a line end");
    format!("{}{}", &text[..at], &text[end..])
}

#[test]
fn it_plans_and_is_refused_statement_by_statement_and_compiles_without_them() {
    let repo = Repo::new();
    let mut text = whole();
    repo.write("release.mlpipe", &text);
    let plan = repo.run(&["plan"], 0);
    for job in [
        "gate-quality",
        "model-fraud-scorer",
        "image",
        "deploy-staging",
        "approve-production",
        "deploy-production",
    ] {
        assert!(plan.out.contains(job), "{job}");
    }
    let refused: Vec<_> = findings(&repo, 1).into_iter().filter(|f| f["severity"] == "error").collect();
    let words: Vec<String> = refused
        .iter()
        .map(|f| {
            assert_eq!(f["code"], "MLP500", "{f}");
            assert!(f["help"].as_str().is_some_and(|h| h.len() > 20), "a remedy: {f}");
            f["message"].as_str().expect("text").split('`').nth(1).expect("a word").to_owned()
        })
        .collect();
    assert_eq!(words, LATER);
    // Scenarios are played all the same: what they need of these statements is known.
    repo.run(&["test"], 0);
    repo.run(&["compile"], 1);
    assert!(!repo.path(".gitlab-ci.yml").exists(), "nothing is written");

    for (f, word) in refused.iter().zip(LATER).rev() {
        let line = f["start"]["line"].as_u64().expect("a line") as usize;
        text = without(&text, line, word);
    }
    repo.write("release.mlpipe", &text);
    repo.run(&["compile"], 0);
    repo.run(&["check"], 0);
    repo.run(&["test"], 0);
    let left: Vec<_> = findings(&repo, 0).into_iter().filter(|f| f["severity"] == "error").collect();
    assert!(left.is_empty(), "{left:#?}");
}

/// The lines that hold one of these texts, without what stands around it.
fn order<'t>(text: &str, wanted: &[&'t str]) -> Vec<&'t str> {
    text.lines().filter_map(|line| wanted.iter().copied().find(|w| line.contains(w))).collect()
}

#[test]
fn what_is_beside_and_what_is_copied_is_seen_on_every_platform() {
    let repo = Repo::new();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/ok/traffic-beside-and-copied.mlpipe");
    repo.write("release.mlpipe", std::fs::read_to_string(path).expect("it is in the corpus"));
    repo.run(&["compile"], 0);
    let script = repo.read(".mlpipe/p.sh");
    for call in [
        "--shadow 'production' 'MIRROR_KUBECONFIG' 'live' 'p'",
        "--shadow-run 'staging' './copy.sh start' './copy.sh stop'",
        "--blue-green '600'",
        "'deploy staging shadow-stop'",
    ] {
        assert!(script.contains(call), "{call}");
    }
    let steps = [
        "Start beside what is live",
        "Smoke test",
        "Copy the requests of production to it",
        "Copy the requests of staging to it",
        "Switch all traffic to it, keep the old one for 10m",
        "Switch all traffic to it",
        "Take the old one away and confirm what is live",
    ];
    let wanted = [
        steps[1], steps[2], // staging
        steps[0], steps[1], steps[4], steps[6], // production
        steps[0], steps[3], steps[5], steps[6], // preview
    ];
    for file in [".github/workflows/p.yml", "Jenkinsfile"] {
        assert_eq!(order(&repo.read(file), &steps), wanted, "{file}");
    }
    let github = repo.read(".github/workflows/p.yml");
    let jobs: Vec<&str> = github.split("\n  deploy-").collect();
    let given: Vec<bool> = jobs.iter().map(|job| job.contains("secrets.MIRROR_KUBECONFIG")).collect();
    assert_eq!(given, [false, true, false, false], "the kubeconfig of the mirror goes to one job");
    let setup = repo.run(&["setup", "--to", "github"], 0).out;
    let rights = "get and patch on the Ingress p in the namespace live of production";
    assert!(setup.split_whitespace().collect::<Vec<_>>().join(" ").contains(rights), "{setup}");
}
