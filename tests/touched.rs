//! `--touched`: which pipelines a file belongs to, and that nothing else is looked at.

#![allow(clippy::expect_used, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;

use runner::{Repo, SPEC};
use std::process::Command;

const GATES: &str =
    "mlpipe 1\ngate shared { run \"python3 evaluate.py\"; metrics \"metrics.json\"; require f1 >= 0.8 }\n";

fn named(name: &str, more: &str) -> String {
    SPEC.replace("pipeline demo", &format!("pipeline {name}\n{more}"))
}

/// Two pipelines that share no file but the runtime: `one` uses a library, `two` does not.
fn two() -> Repo {
    let repo = Repo::new();
    repo.write("shared/gates.mlpipe", GATES);
    repo.write("one.mlpipe", named("one", "use \"shared/gates.mlpipe\"\nemit github"));
    repo.write("svc/two.mlpipe", named("two", "emit jenkins \"svc/two.Jenkinsfile\""));
    repo.run(&["compile"], 0);
    repo
}

/// Breaks what belongs to `two`: its spec and what it makes.
fn break_two(repo: &Repo) {
    repo.write("svc/two.mlpipe", named("two", "emit jenkins \"svc/two.Jenkinsfile\"\nemitt github"));
    repo.write("svc/two.Jenkinsfile", "by hand\n");
}

fn touched(repo: &Repo, files: &[&str], code: i32) -> String {
    let mut args = vec!["check", "--touched"];
    args.extend(files);
    let ran = repo.run(&args, code);
    ran.out + &ran.err
}

#[test]
fn each_file_leads_to_its_pipeline_and_no_further() {
    let repo = two();
    for file in ["one.mlpipe", "shared/gates.mlpipe", ".github/workflows/one.yml", ".mlpipe/one.sh"] {
        assert!(touched(&repo, &[file], 0).contains("3 files as the spec says"), "{file}");
    }
    repo.write(
        "one.mlpipe",
        named("one", "use \"shared/gates.mlpipe\"\nemit github").replace("0.85", "0.86"),
    );
    for file in ["one.mlpipe", "shared/gates.mlpipe", ".github/workflows/one.yml", ".mlpipe/one.sh"] {
        let said = touched(&repo, &[file], 1);
        assert!(said.contains(".github/workflows/one.yml: is older than its spec"), "{file}: {said}");
    }
    for file in ["svc/two.mlpipe", "svc/two.Jenkinsfile", ".mlpipe/two.sh", ".mlpipe/mlpipe_runtime.py"] {
        assert!(touched(&repo, &[file], 0).contains("as the spec says"), "{file}");
    }
}

#[test]
fn a_broken_pipeline_that_nothing_touched_stays_unseen() {
    let repo = two();
    break_two(&repo);
    repo.run(&["check"], 1);
    for file in
        ["one.mlpipe", "shared/gates.mlpipe", ".github/workflows/one.yml", ".mlpipe/mlpipe_runtime.py"]
    {
        let said = touched(&repo, &[file], 0);
        assert!(!said.contains("two"), "{file}: {said}");
    }
    for file in ["svc/two.mlpipe", ".mlpipe/two.sh", "svc/two.Jenkinsfile"] {
        assert!(touched(&repo, &[file], 1).contains("emitt"), "{file}");
    }
    repo.run(&["lint", "--touched", "one.mlpipe", "shared/gates.mlpipe"], 0);
    assert!(repo.run(&["lint", "--touched", "svc/two.mlpipe"], 1).err.contains("emitt"));
}

#[test]
fn what_has_nothing_to_do_with_mlpipe_is_passed_over() {
    let repo = two();
    break_two(&repo);
    repo.write("src/main.py", "print()\n");
    repo.write("Jenkinsfile", "pipeline {}\n");
    repo.write("blob.bin", [0_u8, 255, 254, 10]);
    for files in [&["src/main.py", "Jenkinsfile", "blob.bin", "gone/away.txt"][..], &[], &["src"]] {
        assert!(touched(&repo, files, 0).contains("no pipeline was touched"), "{files:?}");
        let mut args = vec!["lint", "--touched"];
        args.extend(files);
        repo.run(&args, 0);
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let odd = std::ffi::OsStr::from_bytes(b"caf\xe9.py");
        let ran = Command::new(env!("CARGO_BIN_EXE_mlpipe"))
            .args(["check", "--touched"])
            .arg(odd)
            .current_dir(repo.path("."))
            .status()
            .expect("mlpipe starts");
        assert_eq!(ran.code(), Some(0), "a name that is no text belongs to no pipeline");
    }
}

#[test]
fn a_file_that_is_gone_still_belongs_to_its_pipeline() {
    let repo = two();
    std::fs::remove_file(repo.path(".github/workflows/one.yml")).expect("removed");
    let said = touched(&repo, &[".github/workflows/one.yml"], 1);
    assert!(said.contains(".github/workflows/one.yml: is missing"), "{said}");
    repo.run(&["compile"], 0);
    std::fs::remove_dir_all(repo.path("shared")).expect("removed");
    let said = touched(&repo, &["shared/gates.mlpipe"], 2);
    assert!(said.contains("`shared/gates.mlpipe` does not exist"), "{said}");
    std::fs::remove_file(repo.path(".mlpipe/mlpipe_runtime.py")).expect("removed");
    let said = touched(&repo, &[".mlpipe/mlpipe_runtime.py"], 1);
    assert!(said.contains("mlpipe_runtime.py: is missing") && !said.contains("one.mlpipe"), "{said}");
}

#[test]
fn a_library_that_holds_errors_stops_where_it_is_used() {
    let repo = two();
    repo.write("shared/gates.mlpipe", GATES.replace("require", "requier"));
    assert!(touched(&repo, &["shared/gates.mlpipe"], 1).contains("requier"));
    repo.write("shared/gates.mlpipe", "}{");
    assert!(touched(&repo, &["shared/gates.mlpipe"], 1).contains("shared/gates.mlpipe"));
    repo.write("alone.mlpipe", "mlpipe 1\ngate x {\n");
    assert!(
        touched(&repo, &["alone.mlpipe"], 1).contains("alone.mlpipe"),
        "a library that nobody uses is looked at"
    );
}

#[test]
fn templates_and_the_configuration_belong_to_every_pipeline_below() {
    let repo = two();
    break_two(&repo);
    repo.write("templates/github/job.yml.j2", "");
    let said =
        repo.run(&["check", "--templates", "templates", "--touched", "templates/github/job.yml.j2"], 1).err;
    assert!(said.contains("emitt"), "{said}");
    repo.run(&["check", "--templates", "templates", "--touched", "src/main.py"], 0);
    assert!(touched(&repo, &["mlpipe.toml"], 1).contains("emitt"));
    repo.write("mlpipe.toml", "templates = \"templates\"\n");
    assert!(
        touched(&repo, &["templates/github/job.yml.j2"], 1).contains("emitt"),
        "the configuration names them too"
    );
    repo.write("ci.toml", "");
    repo.run(&["check", "--config", "ci.toml", "--touched", "src/main.py"], 0);
    assert!(repo.run(&["check", "--config", "ci.toml", "--touched", "ci.toml"], 1).err.contains("emitt"));
}

/// Two pipelines with one GitLab root file.
fn sharing() -> Repo {
    let repo = Repo::new();
    repo.write("one.mlpipe", named("one", ""));
    repo.write("two.mlpipe", named("two", ""));
    repo.run(&["compile"], 0);
    repo
}

#[test]
fn a_broken_neighbour_behind_a_shared_root_file_stays_unseen_too() {
    for broken in [named("two", "emitt github"), "}{".to_owned(), String::new()] {
        let repo = sharing();
        repo.write("two.mlpipe", &broken);
        let before = repo.files();
        for file in ["one.mlpipe", ".gitlab/one.yml", "jenkins/one.Jenkinsfile"] {
            let said = touched(&repo, &[file], 0);
            assert!(!said.contains("two"), "{broken:?} {file}: {said}");
        }
        repo.run(&["lint", "--touched", "one.mlpipe"], 0);
        // Its own file and the shared one are its business.
        let both = touched(&repo, &[".gitlab-ci.yml", "two.mlpipe"], 1);
        assert!(both.contains("two.mlpipe"), "{both}");
        // Without `--touched` the shared file is needed, and must not be written without its second part.
        let ran = repo.run(&["compile", "one.mlpipe"], 1);
        assert!(ran.err.contains("needs every pipeline's part"), "{broken:?}: {}", ran.err);
        assert_eq!(repo.files(), before, "nothing is written");
        // A drift of the one that was touched is still seen.
        repo.write(".gitlab/one.yml", repo.read(".gitlab/one.yml") + "# by hand\n");
        assert!(touched(&repo, &[".gitlab/one.yml"], 1).contains("was edited by hand"), "{broken:?}");
    }
}

#[test]
fn the_header_leads_to_the_spec_where_the_layout_does_not() {
    let repo = two();
    repo.write(
        "one.mlpipe",
        named("one", "use \"shared/gates.mlpipe\"\nemit github \".github/workflows/new.yml\""),
    );
    let said = touched(&repo, &[".github/workflows/one.yml"], 1);
    assert!(said.contains("new.yml: is missing"), "{said}");
}

#[test]
fn paths_start_at_the_current_folder_and_roots_are_told_apart() {
    let repo = two();
    repo.write("apart/mlpipe.toml", "");
    repo.write("apart/three.mlpipe", named("three", "emit github"));
    let said = touched(&repo, &["apart/three.mlpipe", "one.mlpipe"], 1);
    assert!(
        said.contains("apart/.mlpipe/three.sh: is missing") && said.contains("3 files as the spec says"),
        "{said}"
    );
    let ran = Command::new(env!("CARGO_BIN_EXE_mlpipe"))
        .args(["check", "--touched", "../one.mlpipe", "two.mlpipe"])
        .current_dir(repo.path("svc"))
        .output()
        .expect("mlpipe starts");
    assert!(String::from_utf8_lossy(&ran.stderr).contains("5 files as the spec says"), "{ran:?}");
}

fn git(repo: &Repo, args: &[&str]) {
    let ran = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"])
        .args(args)
        .current_dir(repo.path("."))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("git starts");
    assert!(ran.status.success(), "git {args:?}: {ran:?}");
}

#[test]
fn what_a_commit_deletes_or_leaves_out_is_asked_of_git() {
    let repo = two();
    let ask = |code: i32, files: &[&str]| {
        let mut args = vec!["check", "--touched", "--commit"];
        args.extend(files);
        let ran = repo.run(&args, code);
        ran.out + &ran.err
    };
    let said = ask(2, &["one.mlpipe"]);
    assert!(said.contains("`--commit` asks it"), "no git here: {said}");
    assert!(repo.run(&["check", "--commit"], 2).err.contains("--touched"));
    git(&repo, &["init", "-q", "-b", "main"]);
    git(&repo, &["add", "one.mlpipe", "shared"]);
    let said = ask(1, &["one.mlpipe"]);
    assert!(said.contains(".mlpipe/one.sh: is not in the commit; `git add .mlpipe/one.sh`"), "{said}");
    git(&repo, &["add", "."]);
    ask(0, &["one.mlpipe"]);
    git(&repo, &["commit", "-q", "-m", "first"]);
    assert!(ask(0, &[]).contains("no pipeline was touched"));
    git(&repo, &["rm", "-q", ".mlpipe/one.sh"]);
    let said = ask(1, &[]);
    assert!(said.contains(".mlpipe/one.sh: is missing") && !said.contains("two"), "{said}");
    git(&repo, &["commit", "-q", "-m", "second"]);
    assert!(ask(0, &[]).contains("no pipeline was touched"));
    let ran = Command::new(env!("CARGO_BIN_EXE_mlpipe"))
        .args(["check", "--touched", "--commit"])
        .current_dir(repo.path("svc"))
        .envs([("PRE_COMMIT_FROM_REF", "HEAD~1"), ("PRE_COMMIT_TO_REF", "HEAD")])
        .output()
        .expect("mlpipe starts");
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.contains("one.sh: is missing"), "{said}");
}
