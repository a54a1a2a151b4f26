//! `mlpipe explain FILE:LINE` and `mlpipe where`, as a user calls them.

#![allow(clippy::expect_used, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;

use runner::Repo;

const SPEC: &str = r#"mlpipe 1
pipeline ranker
on push main
gate unit { run "pytest" }
image ghcr "ghcr.io/acme/ranker" { tags commit }
deploy production {
  approval required
  target command { deploy "./deploy.sh"; live "./live.sh" }
}
"#;

fn compiled() -> Repo {
    let repo = Repo::new();
    repo.write("release.mlpipe", SPEC);
    repo.run(&["compile"], 0);
    repo
}

/// `PATH:FIRST-LAST  JOB` of every line.
fn found(out: &str) -> Vec<(String, usize, usize, String)> {
    out.lines()
        .map(|l| {
            let (place, job) = l.split_once("  ").expect("a job");
            let (path, lines) = place.rsplit_once(':').expect("lines");
            let (first, last) = lines.split_once('-').expect("a range");
            (path.into(), first.parse().expect("a line"), last.parse().expect("a line"), job.into())
        })
        .collect()
}

#[test]
fn there_and_back() {
    let repo = compiled();
    for (what, line, jobs) in [
        ("gate.unit", 4, ["gate-unit"].as_slice()),
        ("unit", 4, &["gate-unit"]),
        ("gate-unit", 4, &["gate-unit"]),
        ("release.mlpipe:4", 4, &["gate-unit"]),
        ("image", 5, &["image"]),
        ("deploy.production", 6, &["approve-production", "deploy-production"]),
        ("approve-production", 6, &["approve-production"]),
        ("release.mlpipe:7", 6, &["approve-production"]),
        ("release.mlpipe:8", 6, &["deploy-production"]),
    ] {
        let all = found(&repo.run(&["where", what], 0).out);
        let files = [".github/workflows/ranker.yml", ".gitlab-ci.yml", "Jenkinsfile", ".mlpipe/ranker.sh"];
        for file in files {
            let here: Vec<&str> = all.iter().filter(|f| f.0 == file).map(|f| f.3.as_str()).collect();
            assert!(jobs.iter().all(|j| here.contains(j)), "{what}: {file} has {here:?}");
        }
        for (file, first, last, job) in &all {
            for at in [first, last] {
                let said = repo.run(&["explain", &format!("{file}:{at}")], 0).out;
                assert!(said.contains(&format!("part of     {job}, lines {first} to {last}")), "{said}");
            }
            if job == jobs[0] && jobs.len() == 1 && job != "approve-production" {
                let said = repo.run(&["explain", &format!("{file}:{first}")], 0).out;
                assert!(said.contains(&format!("made by     release.mlpipe:{line}  ")), "{said}");
            }
        }
    }
}

#[test]
fn a_line_says_why_it_is_there() {
    let repo = compiled();
    for (file, text, says) in [
        (
            ".github/workflows/ranker.yml",
            "      queue: max",
            "concurrency: in a job the lock of its environment",
        ),
        (".gitlab-ci.yml", "  resource_group: ", "resource_group: the lock of the environment"),
        ("Jenkinsfile", "input {", "input: the approval"),
        (".github/workflows/ranker.yml", "on:", "on: what starts a run"),
    ] {
        let at = repo.read(file).lines().position(|l| l.contains(text)).expect("the line") + 1;
        let said = repo.run(&["explain", &format!("{file}:{at}")], 0).out;
        assert!(said.contains(says), "{said}");
    }
    let said = repo.run(&["explain", ".github/workflows/ranker.yml:1"], 0).out;
    assert!(said.contains("of the whole file, which release.mlpipe makes"), "{said}");
    let said = repo.run(&["explain", ".mlpipe/mlpipe_runtime.py:1"], 0).out;
    assert!(said.contains("the same for every pipeline"), "{said}");
}

#[test]
fn what_is_not_there_is_said_with_the_nearest() {
    let repo = compiled();
    for (args, says) in [
        (["explain", "Jenkinsfile:99999"], "`Jenkinsfile` has "),
        (["explain", "Jenkinsfil:3"], "no such file"),
        (["explain", "release.mlpipe:3"], "`mlpipe where release.mlpipe:LINE`"),
        (["where", "gate.unitt"], "did you mean `gate-unit`?"),
        (["where", "release.mlpipe:1"], "no job comes from"),
        (["where", "release.mlpipe:4000"], "`release.mlpipe` has "),
        (["where", "release.mlpipe:0"], "lines are counted from 1"),
        (["where", "release.mlpipe:x"], "lines are counted from 1"),
        (["explain", "Jenkinsfile:0"], "lines are counted from 1"),
        (["explain", "Jenkinsfile:5-9"], "lines are counted from 1"),
        (["explain", "Jenkinsfile:"], "lines are counted from 1"),
    ] {
        assert!(repo.run(&args, 2).err.contains(says), "{args:?}");
    }
    repo.write("Jenkinsfile", repo.read("Jenkinsfile").replace("agent none", "agent any"));
    assert!(repo.run(&["explain", "Jenkinsfile:20"], 2).err.contains("`mlpipe check` says more"));
    let bare = Repo::new();
    bare.write("release.mlpipe", SPEC);
    assert!(bare.run(&["where", "gate.unit"], 2).err.contains("`mlpipe compile` writes them"));
    bare.write("release.mlpipe", "mlpipe 1\npipeline p\n");
    bare.run(&["where", "gate.unit"], 1);
}
