//! `mlpipe doctor`: what is there is well, what is not is named, and what nobody looked at is said. `gh` and `glab` are
//! stand-ins that answer from a file.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;
#[path = "support/schemas.rs"]
mod schemas;

use runner::Repo;
use schemas::Judge;
use serde_json::{Value, json};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

const SPEC: &str = r#"mlpipe 1
pipeline demo
emit github, gitlab
on push main
on schedule "17 3 * * 1" timezone "Europe/Berlin"
python "3.11" { install pip "requirements.txt" }
gate quality { metrics "metrics.json"; baseline "baseline.json"; require accuracy >= baseline; }
image ghcr "ghcr.io/acme/demo" { tags commit }
deploy production {
  approval required { by "ml-leads" }
  target kubernetes { kubeconfig secret KUBECONFIG; namespace "ml"; deployment "demo"; container "app" }
}
"#;

/// A repository in which everything is as it should be, and a PATH with what it needs and no more.
struct Bench {
    repo: Repo,
    bin: tempfile::TempDir,
    state: tempfile::TempDir,
}

fn found(tool: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("PATH");
    let all = std::env::split_paths(&path).map(|p| p.join(tool));
    all.into_iter().find(|p| p.is_file()).unwrap_or_else(|| panic!("{tool} is not on PATH"))
}

fn python() -> PathBuf {
    let done = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
    PathBuf::from(String::from_utf8_lossy(&done.expect("python3").stdout).trim())
}

impl Bench {
    fn new() -> Self {
        let bench = Self {
            repo: Repo::new(),
            bin: tempfile::tempdir().expect("a folder"),
            state: tempfile::tempdir().expect("a folder"),
        };
        for tool in ["bash", "sh", "git", "env", "grep", "cat", "head", "sort", "sed", "paste", "tr"] {
            symlink(found(tool), bench.bin.path().join(tool)).expect("a link");
        }
        symlink(python(), bench.bin.path().join("python3")).expect("a link");
        bench.tool("docker", "#!/bin/sh\necho github.com/docker/buildx v0.29.1\n");
        bench.tool("kubectl", "#!/bin/sh\necho Client Version: v1.34.0\n");
        bench.repo.write("release.mlpipe", SPEC);
        for name in ["requirements.txt", "baseline.json", "Dockerfile"] {
            bench.repo.write(name, "{}");
        }
        bench.repo.write(
            ".gitattributes",
            ".mlpipe/** text eol=lf\n.github/workflows/*.yml text eol=lf\n.gitlab-ci.yml text eol=lf\n",
        );
        bench.repo.run(&["compile"], 0);
        bench.git(&["init", "-q", "-b", "main"]);
        bench.git(&["remote", "add", "origin", "https://example.com/acme/demo.git"]);
        bench.git(&["add", "-A"]);
        bench.git(&["commit", "-q", "-m", "start"]);
        bench
    }

    fn tool(&self, name: &str, text: &str) {
        let path = self.bin.path().join(name);
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("set");
    }

    fn git(&self, words: &[&str]) {
        let done = Command::new("git")
            .args(["-c", "user.name=n", "-c", "user.email=n@example.com"])
            .args(words)
            .current_dir(self.repo.path("."))
            .output()
            .expect("git");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Puts a stand-in on PATH that answers from a state.
    fn stands_in(&self, tool: &str, state: &Value) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/setup").join(tool);
        let to = self.bin.path().join(tool);
        let _ = std::fs::remove_file(&to);
        symlink(from, to).expect("a link");
        std::fs::write(self.state.path().join("state.json"), state.to_string()).expect("written");
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.repo.path("."))
            .env_clear()
            .env("PATH", self.bin.path())
            .env("HOME", self.state.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("STAND_IN", self.state.path());
        command
    }

    /// Exit code and document of `mlpipe doctor`.
    fn ask(&self, words: &[&str], env: &[(&str, &str)]) -> (i32, Value) {
        let mut command = self.command(Path::new(env!("CARGO_BIN_EXE_mlpipe")));
        let done =
            command.args(["doctor", "--format", "json"]).args(words).envs(env.iter().copied()).output();
        let done = done.expect("it runs");
        let told = String::from_utf8_lossy(&done.stderr);
        let document: Value = serde_json::from_slice(&done.stdout).unwrap_or_else(|e| panic!("{e}: {told}"));
        Judge::new("doctor", "").check(&document, "doctor");
        (done.status.code().expect("an end"), document)
    }
}

/// Ids of the checks with an outcome.
fn ids<'a>(document: &'a Value, outcome: &str) -> Vec<&'a str> {
    let all = document["projects"][0]["checks"].as_array().expect("checks").iter();
    all.filter(|c| c["outcome"] == outcome).map(|c| c["id"].as_str().expect("an id")).collect()
}

fn detail<'a>(document: &'a Value, id: &str) -> &'a str {
    let all = document["projects"][0]["checks"].as_array().expect("checks").iter();
    let found = all.into_iter().find(|c| c["id"] == id).unwrap_or_else(|| panic!("no {id}"));
    found["detail"].as_str().expect("a detail")
}

#[test]
fn where_everything_is_there_nothing_is_missing() {
    let bench = Bench::new();
    let (code, document) = bench.ask(&[], &[("KUBECONFIG", "x")]);
    assert_eq!((code, ids(&document, "missing")), (0, vec![]), "{document:#}");
    assert_eq!(document["projects"][0]["well"], true);
    assert_eq!(
        ids(&document, "well"),
        [
            "git/repository",
            "git/remote",
            "git/branch/main",
            "file/.mlpipe/demo.sh",
            "file/.github/workflows/demo.yml",
            "file/.gitlab-ci.yml",
            "file/.mlpipe/mlpipe_runtime.py",
            "git/attributes",
            "file/Dockerfile",
            "file/baseline.json",
            "file/requirements.txt",
            "tool/bash",
            "tool/git",
            "tool/python3",
            "tool/docker",
            "tool/kubectl",
            "secret/KUBECONFIG",
        ]
    );
    // What nobody looked at is said, by name.
    assert_eq!(ids(&document, "not_looked"), ["github/not-looked", "gitlab/not-looked"]);
    assert_eq!(detail(&document, "github/not-looked"), "gh is not on PATH");
    assert_eq!(detail(&document, "gitlab/not-looked"), "glab is not on PATH");
    assert!(document.to_string().contains("secret/production/KUBECONFIG, "));
    assert!(ids(&document, "note").contains(&"secret/GHCR_TOKEN"));
    assert_eq!(Judge::new("doctor", "").holes(&document), [""; 0]);
}

#[test]
fn each_thing_that_is_not_there_is_named() {
    type Break = fn(&Bench);
    let cases: [(&str, Break); 12] = [
        ("git/remote", |b| b.git(&["remote", "remove", "origin"])),
        ("git/branch/main", |b| b.git(&["branch", "-m", "trunk"])),
        ("git/attributes", |b| b.repo.write(".gitattributes", "*.mlpipe text eol=lf\n")),
        ("file/.gitlab-ci.yml", |b| b.repo.write(".gitlab-ci.yml", "stages: []\n")),
        ("file/.mlpipe/demo.sh", |b| b.git(&["rm", "-q", "--cached", ".mlpipe/demo.sh"])),
        ("file/requirements.txt", |b| {
            std::fs::remove_file(b.repo.path("requirements.txt")).expect("removed")
        }),
        ("file/Dockerfile", |b| b.git(&["rm", "-q", "--cached", "Dockerfile"])),
        ("file/baseline.json", |b| std::fs::remove_file(b.repo.path("baseline.json")).expect("removed")),
        ("tool/docker", |b| std::fs::remove_file(b.bin.path().join("docker")).expect("removed")),
        ("tool/docker", |b| b.tool("docker", "#!/bin/sh\necho unknown command: buildx >&2\nexit 1\n")),
        ("tool/kubectl", |b| std::fs::remove_file(b.bin.path().join("kubectl")).expect("removed")),
        ("tool/bash", |b| {
            std::fs::remove_file(b.bin.path().join("bash")).expect("removed");
            b.tool("bash", "#!/bin/sh\necho 'GNU bash, version 3.2.57(1)-release'\n");
        }),
    ];
    for (id, spoil) in cases {
        let bench = Bench::new();
        spoil(&bench);
        let (code, document) = bench.ask(&[], &[]);
        assert_eq!((code, ids(&document, "missing")), (1, vec![id]), "{document:#}");
        let checks = document["projects"][0]["checks"].as_array().expect("checks").iter();
        let help = checks.into_iter().find(|c| c["id"] == id).expect("it")["help"].clone();
        assert_ne!(help, "", "{id} says what to do");
    }
}

#[test]
fn without_a_repository_only_that_is_missing_of_git() {
    let bench = Bench::new();
    std::fs::remove_dir_all(bench.repo.path(".git")).expect("removed");
    let (code, document) = bench.ask(&[], &[]);
    assert_eq!((code, ids(&document, "missing")), (1, vec!["git/repository"]));
}

fn github() -> Value {
    json!({
        "default_branch": "main", "teams": {"ml-leads": 7}, "users": {}, "collaborators": [],
        "environments": {}, "policies": {}, "secrets": {},
    })
}

fn gitlab() -> Value {
    json!({
        "groups": [{"id": 5, "path": "ml-leads", "full_path": "acme/ml-leads"}], "members": [], "protected_branches": {},
        "protected_tags": {}, "protected_environments": {}, "variables": {}, "pipeline_schedules": [], "options": {},
        "resource_groups": {"mlpipe/demo/production": "unordered"},
    })
}

/// What the script makes, the doctor finds; what it has not made yet, the doctor misses.
#[test]
fn the_script_makes_what_the_doctor_misses() {
    for (tool, platform, state, missed) in [
        (
            "gh",
            "github",
            github(),
            vec![
                "github/environment/production",
                "github/approval/production-approval",
                "github/secret/production/KUBECONFIG",
            ],
        ),
        (
            "glab",
            "gitlab",
            gitlab(),
            vec![
                "gitlab/approval/production-approval",
                "gitlab/secret/GHCR_USER",
                "gitlab/secret/GHCR_TOKEN",
                "gitlab/secret/production-approval/MLPIPE_READ_TOKEN",
                "gitlab/secret/production/KUBECONFIG",
                "gitlab/schedule/demo/17 3 * * 1 Europe/Berlin",
                "gitlab/resource-group/mlpipe/demo/production",
            ],
        ),
    ] {
        let bench = Bench::new();
        bench.stands_in(tool, &state);
        let (code, document) = bench.ask(&["--to", platform], &[]);
        assert_eq!((code, ids(&document, "missing")), (1, missed), "{document:#}");

        let script = bench.repo.run(&["setup", "--format", "script", "--to", platform], 0).out;
        std::fs::write(bench.state.path().join("setup.sh"), script).expect("written");
        for name in ["KUBECONFIG", "GHCR_USER", "GHCR_TOKEN", "MLPIPE_READ_TOKEN"] {
            std::fs::write(bench.state.path().join(name), "12345678").expect("written");
        }
        let mut run = bench.command(&found("sh"));
        let made =
            run.arg(bench.state.path().join("setup.sh")).env("MLPIPE_SECRETS", bench.state.path()).output();
        let made = made.expect("sh");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

        let (code, document) = bench.ask(&["--to", platform], &[]);
        assert_eq!((code, ids(&document, "missing")), (0, vec![]), "{document:#}");
        let asked = std::fs::read_to_string(bench.state.path().join("calls")).expect("calls");
        let since = asked.rsplit("auth").next().expect("the last run");
        for change in ["POST", "PUT", "\"set\"", "\"update\""] {
            assert!(!since.contains(change), "the doctor changes nothing: {since}");
        }
    }
}

#[test]
fn what_github_tells_is_looked_at_closely() {
    let bench = Bench::new();
    let mut state = github();
    state["default_branch"] = json!("develop");
    state["environments"] =
        json!({"production": {"reviewers": null}, "production-approval": {"reviewers": []}});
    state["organization"] = json!(["KUBECONFIG"]);
    bench.stands_in("gh", &state);
    let (_, document) = bench.ask(&["--to", "github"], &[]);
    assert_eq!(
        ids(&document, "missing"),
        ["github/default-branch/main", "github/approval/production-approval"],
        "{document:#}"
    );
    assert_eq!(detail(&document, "github/approval/production-approval"), "nobody has to review");
    let wide = detail(&document, "github/secret/production/KUBECONFIG");
    assert_eq!(wide, "the whole repository has it, and not production alone");
}

#[test]
fn a_tool_that_is_not_logged_in_has_not_looked() {
    let bench = Bench::new();
    bench.tool("gh", "#!/bin/sh\nexit 1\n");
    bench.tool("glab", "#!/bin/sh\n[ \"$1\" = auth ] || { echo 'glab: 401 Unauthorized' >&2; exit 1; }\n");
    let (code, document) = bench.ask(&[], &[]);
    assert_eq!(code, 0, "{document:#}");
    assert_eq!(detail(&document, "github/not-looked"), "gh is not logged in");
    assert_eq!(detail(&document, "gitlab/not-looked"), "glab: 401 Unauthorized");
}

#[test]
fn people_get_a_line_for_each() {
    let bench = Bench::new();
    std::fs::remove_file(bench.repo.path("Dockerfile")).expect("removed");
    let mut command = bench.command(Path::new(env!("CARGO_BIN_EXE_mlpipe")));
    let done = command.args(["doctor", "--to", "github"]).output().expect("it runs");
    let told = String::from_utf8(done.stdout).expect("UTF-8");
    assert_eq!(done.status.code(), Some(1));
    assert!(told.contains("MISSING        Dockerfile, for demo/image\n"), "{told}");
    assert!(told.contains("\nwell           git, for every job (git version "), "{told}");
    assert!(told.ends_with(" well, 1 missing, 3 noted, 1 not looked at\n"), "{told}");
}
