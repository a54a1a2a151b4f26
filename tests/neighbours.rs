//! Findings that need more than one file, or a statement that is not compiled yet.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;

use runner::{Repo, SPEC};

/// `FILE CODE` of every finding of `mlpipe lint ARGS` but what the rules of lint say of each spec, which is their own matter.
fn lint(repo: &Repo, args: &[&str], exit: i32) -> Vec<String> {
    let mut all = vec!["lint", "--format", "json"];
    all.extend(args);
    let ran = repo.run(&all, exit);
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let text = |v: &serde_json::Value| v.as_str().unwrap_or("-").to_owned();
    let findings = json["findings"].as_array().expect("a list");
    let codes = findings.iter().filter(|f| !text(&f["code"]).starts_with("MLP7"));
    codes.map(|f| format!("{} {}", text(&f["file"]), text(&f["code"]))).collect()
}

#[test]
fn two_pipelines_of_one_name() {
    let repo = Repo::with_spec();
    repo.write("other.mlpipe", SPEC);
    assert_eq!(lint(&repo, &[], 1), ["release.mlpipe MLP601"], "their paths meet by that name alone");
}

#[test]
fn two_pipelines_that_would_write_one_path() {
    let repo = Repo::with_spec();
    let other = SPEC.replace("pipeline demo", "pipeline second\nemit github \".github/workflows/demo.yml\"");
    repo.write("second.mlpipe", other);
    assert_eq!(lint(&repo, &[], 1), ["second.mlpipe MLP602"]);
}

#[test]
fn a_broken_neighbour_of_a_shared_root() {
    let repo = Repo::with_spec();
    repo.write("second.mlpipe", SPEC.replace("pipeline demo", "pipeline second").replace("gate ", "gatte "));
    assert_eq!(lint(&repo, &["release.mlpipe"], 1), ["second.mlpipe MLP603"]);
    repo.write("second.mlpipe", SPEC.replace("pipeline demo", "pipeline second"));
    assert!(lint(&repo, &["release.mlpipe"], 0).is_empty());
}

#[test]
fn a_statement_without_output_yet_is_refused_by_name() {
    let repo = Repo::new();
    repo.write("release.mlpipe", format!("{SPEC}patch github \"jobs.image\" \"timeout-minutes: 90\"\n"));
    let before = repo.files();
    assert_eq!(lint(&repo, &[], 1), ["release.mlpipe MLP500"]);
    assert!(repo.run(&["compile"], 1).err.contains("`patch` is checked but not compiled yet"));
    assert_eq!(repo.files(), before);
    repo.run(&["plan"], 0);
}
