//! The whole language in one file: it type-checks, plans, compiles, and its scenarios hold.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;

use runner::Repo;

fn whole() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/fraud-scorer/release.mlpipe");
    std::fs::read_to_string(path).expect("the whole file is an example")
}

fn findings(repo: &Repo, code: i32) -> Vec<serde_json::Value> {
    let json: serde_json::Value =
        serde_json::from_str(&repo.run(&["lint", "--format", "json"], code).out).expect("JSON");
    json["findings"].as_array().expect("a list").clone()
}

#[test]
fn it_plans_compiles_and_keeps_its_scenarios() {
    let repo = Repo::new();
    repo.write("release.mlpipe", whole());
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
    let jobs = github.split("\n  # ").filter(|job| job.contains("secrets.MIRROR_KUBECONFIG"));
    let given: Vec<&str> = jobs.filter_map(|job| job.lines().nth(1)).map(str::trim).collect();
    assert_eq!(
        given,
        ["deploy-staging:", "reconcile-staging:"],
        "who begins the copies, and who ends what was left"
    );
    let setup = repo.run(&["setup", "--to", "github"], 0).out;
    let rights = "get and patch on the Ingress p in the namespace live of production";
    assert!(setup.split_whitespace().collect::<Vec<_>>().join(" ").contains(rights), "{setup}");
}
