//! Identities in a cloud: which jobs have one in the emitted files, and which commands of theirs see it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "support/runner.rs"]
mod runner;

use runner::Repo;
use std::process::Command;

const ROLE: &str = "arn:aws:iam::123456789012:role/ml-release";

fn corpus() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/ok/identities.mlpipe");
    std::fs::read_to_string(path).expect("the case is in the corpus")
}

fn plan(repo: &Repo) -> serde_json::Value {
    serde_json::from_str(&repo.run(&["plan", "--format", "json"], 0).out).unwrap()
}

/// Job, cloud, name and whether it only fetches.
fn identities(plan: &serde_json::Value) -> Vec<(String, String, String, bool)> {
    let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
    let jobs = plan["jobs"].as_array().expect("jobs").iter();
    jobs.flat_map(|j| j["identities"].as_array().unwrap().iter().map(move |i| (j, i)))
        .map(|(j, i)| (text(&j["id"]), text(&i["cloud"]), text(&i["name"]), i["only_fetches"] == true))
        .collect()
}

#[test]
fn deploys_have_the_pipelines_or_their_own_and_models_what_they_name() {
    let repo = Repo::new();
    repo.write("release.mlpipe", corpus());
    let plan = plan(&repo);
    let found = identities(&plan);
    let role = "arn:aws:iam::123456789012:role/ml/release@acme";
    let of = |job: &str| -> Vec<(&str, &str, bool)> {
        let mine = found.iter().filter(|(j, ..)| j == job);
        mine.map(|(_, cloud, name, fetch)| (cloud.as_str(), name.as_str(), *fetch)).collect()
    };
    assert_eq!(of("model-ranker"), [("aws", role, false)]);
    assert_eq!(of("gate-quality"), [("aws", role, true)]);
    assert_eq!(of("image"), [("aws", role, true)]);
    assert!(of("gate-unit").is_empty());
    let clouds = |job: &str| of(job).iter().map(|i| i.0.to_owned()).collect::<Vec<_>>();
    assert_eq!(clouds("deploy-staging"), ["gcp", "azure", "aws"]);
    assert_eq!(of("deploy-staging")[2].1, "arn:aws:iam::123456789012:role/ml-staging");
    assert_eq!(clouds("deploy-production"), ["aws", "gcp", "azure"]);
    assert_eq!(clouds("soak-staging"), ["aws"], "it reads the ledger in s3 and runs nothing");
    assert_eq!(of("reconcile-production"), of("deploy-production"));
    assert_eq!(of("deploy-production")[0].1, role);
}

/// The corpus has a pull request in `on`, and the model's gate would run for it were it not for the identity.
#[test]
fn no_job_of_a_pull_request_is_anybody() {
    let repo = Repo::new();
    repo.write("release.mlpipe", corpus());
    let plan = plan(&repo);
    let mut for_pull_requests = Vec::new();
    for job in plan["jobs"].as_array().unwrap() {
        let events = job["condition"].as_array().unwrap();
        if events.iter().any(|e| e["event"] == "pull_request") {
            assert_eq!(job["identities"], serde_json::json!([]), "{}", job["id"]);
            assert!(!job["rights"].as_array().unwrap().iter().any(|r| r == "id_token"), "{}", job["id"]);
            for_pull_requests.push(job["id"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(for_pull_requests, ["gate-unit"]);
    let without = corpus().replace("  auth    aws\n}", "}");
    repo.write("release.mlpipe", without);
    let text = repo.run(&["plan", "--format", "json"], 0).out;
    assert!(text.contains("image-check"), "without it the image is built for pull requests too");
}

#[test]
fn the_files_give_the_right_to_the_jobs_that_have_one_and_to_no_other() {
    let repo = Repo::new();
    repo.write("release.mlpipe", corpus());
    repo.run(&["compile"], 0);
    let github = repo.read(".github/workflows/ranker.yml");
    assert_eq!(
        github.matches("id-token: write").count(),
        8,
        "model, gate, image, two deploys with what mends them, soak"
    );
    let gitlab = repo.read(".gitlab-ci.yml");
    assert_eq!(gitlab.matches("id_tokens:").count(), 8);
    assert!(gitlab.contains("    MLPIPE_ID_TOKEN_GCP:\n      aud: ci\n"));
    let jenkins = repo.read("Jenkinsfile");
    let line = jenkins.lines().find(|l| l.contains("deploy production restore")).expect("the call");
    assert!(
        line.contains("withCredentials([string(credentialsId: 'MLPIPE_ID_TOKEN_AWS'"),
        "a token of its own: {line}"
    );
}

const SPEC: &str = r#"mlpipe 1
pipeline demo
on push main
auth aws role "arn:aws:iam::123456789012:role/ml-release"
model m { source run "env > fetched.txt; cp weights model.bin"; version "m/1"; save "model.bin"; auth aws }
gate quality { needs model m; run "env > gate.txt" }
gate unit { run "env > unit.txt" }
"#;

/// A token that AWS might take until the year 2286.
fn token() -> String {
    // {"aud": "sts.amazonaws.com", "exp": 9999999999}
    "e30.eyJhdWQiOiAic3RzLmFtYXpvbmF3cy5jb20iLCAiZXhwIjogOTk5OTk5OTk5OX0.c2ln".to_owned()
}

fn git(repo: &Repo, args: &[&str]) -> String {
    let done = Command::new("git")
        .args(["-c", "user.name=n", "-c", "user.email=n@example.com"])
        .args(args)
        .current_dir(repo.path("."))
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// A job as GitLab runs it, its token in the variable; all that it prints.
fn gitlab(repo: &Repo, args: &[&str], token: &str) -> (bool, String) {
    let done = Command::new("sh")
        .arg(".mlpipe/demo.sh")
        .args(args)
        .current_dir(repo.path("."))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", repo.path("."))
        .envs([("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_BRANCH", "main"), ("CI_PIPELINE_ID", "7")])
        .env("CI_COMMIT_SHA", git(repo, &["rev-parse", "HEAD"]))
        .env("AWS_ACCESS_KEY_ID", "of the settings")
        .env("MLPIPE_ID_TOKEN_AWS", token)
        .output()
        .unwrap();
    let text = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn a_gates_command_is_nobody_and_what_fetches_its_model_is_somebody() {
    let repo = Repo::new();
    repo.write("release.mlpipe", SPEC);
    repo.write("weights", "w");
    repo.write(".gitignore", "mlpipe-out/\n*.txt\nmodel.bin\n.cache\n");
    repo.run(&["compile"], 0);
    git(&repo, &["init", "-q", "-b", "main"]);
    git(&repo, &["add", "-A"]);
    git(&repo, &["commit", "-q", "-m", "start"]);
    let token = token();
    let (good, said) = gitlab(&repo, &["model", "m"], &token);
    assert!(good, "{said}");
    let fetched = repo.read("fetched.txt");
    assert!(fetched.contains(&format!("AWS_ROLE_ARN={ROLE}\n")), "{fetched}");
    assert!(!fetched.contains("AWS_ACCESS_KEY_ID") && !fetched.contains(&token), "{fetched}");
    std::fs::remove_file(repo.path("fetched.txt")).unwrap();
    std::fs::remove_file(repo.path("model.bin")).unwrap();
    let (good, said) = gitlab(&repo, &["gate", "quality"], &token);
    assert!(good && !said.contains(&token), "{said}");
    assert!(repo.read("fetched.txt").contains("AWS_WEB_IDENTITY_TOKEN_FILE="));
    let (good, said) = gitlab(&repo, &["gate", "unit"], &token);
    assert!(good, "{said}");
    for seen in ["gate.txt", "unit.txt"] {
        let seen = repo.read(seen);
        assert!(seen.contains("MLPIPE_JOB="), "{seen}");
        for name in ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY", "ID_TOKEN", "MLPIPE_IDENTITIES"] {
            assert!(!seen.contains(name), "{name} in {seen}");
        }
    }
    let (good, said) = gitlab(&repo, &["model", "m"], "");
    assert!(!good && said.contains("there is no id token for aws in MLPIPE_ID_TOKEN_AWS"), "{said}");
}
