//! The generated script, run as a platform or a person runs it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "support/runner.rs"]
mod runner;

use runner::Repo;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SPEC: &str = r#"mlpipe 1
pipeline demo
on push main
on pull_request main
on schedule "17 3 * * 1"
on manual { input reason string; input dry_run bool default false; input size choice "s", "l" default "s" }
on event registered { input model_version string }
env GREETING = "it's ${commit} on ${branch}"
model m { source path "model.bin"; version "m/1" }
gate seen {
  run "env | LC_ALL=C sort > seen.txt"
  artifact "seen.txt"
  secret API_KEY
  needs model m
  env VERSION = "<${model.version}>"
}
gate other { run "true"; secret OTHER_TOKEN }
gate fails { run "exit 7" }
gate soft { run "exit 7"; advisory "triaged weekly" }
image ghcr "ghcr.io/acme/demo" { tags commit }
deploy production {
  target kubernetes { kubeconfig secret KUBECONFIG_PRODUCTION; namespace "ml"; deployment "demo"; container "app" }
}
"#;

/// Everything that a message may be about reaches the runtime, and each by itself makes a message.
#[test]
fn what_is_told_is_what_is_written() {
    for on in ["failure", "rollback", "halt", "success", "rollback, halt", "failure, rollback, halt"] {
        let repo = Repo::new();
        let halts = "rollback { halt when rollbacks > 2 in 1h }";
        let target = "target kubernetes { kubeconfig secret KUBECONFIG; deployment \"demo\" }";
        repo.write(
            "release.mlpipe",
            format!(
                "mlpipe 1\npipeline demo\non push main\ngate unit {{ run \"pytest\" }}\nimage ghcr \"ghcr.io/acme/demo\" {{ tags commit }}\n\
                 deploy production {{\n  {target}\n  {halts}\n}}\nnotify slack secret HOOK on {on}\n"
            ),
        );
        repo.run(&["compile"], 0);
        let script = repo.read(".mlpipe/demo.sh");
        let told = script.lines().filter_map(|l| l.trim().strip_prefix("--on '")?.strip_suffix("' \\"));
        assert_eq!(told.collect::<Vec<_>>(), on.split(", ").collect::<Vec<_>>(), "{on}");
    }
}

struct Bench {
    repo: Repo,
    bin: tempfile::TempDir,
}

struct Ended {
    code: i32,
    out: String,
    err: String,
}

fn found(tool: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|dir| dir.join(tool)).find(|path| path.is_file())
}

/// The interpreter itself: a link to a version manager's stand-in would look for its own name.
fn real_python() -> PathBuf {
    let ask = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
    PathBuf::from(String::from_utf8_lossy(&ask.expect("these tests need python3").stdout).trim())
}

impl Bench {
    /// A compiled pipeline at a commit, and a PATH with what a job needs and no more.
    fn new() -> Self {
        let bench = Self { repo: Repo::new(), bin: tempfile::tempdir().unwrap() };
        for tool in ["bash", "dash", "git", "env", "sort", "sleep", "cat"] {
            if let Some(path) = found(tool) {
                std::os::unix::fs::symlink(path, bench.bin.path().join(tool)).unwrap();
            }
        }
        std::os::unix::fs::symlink(real_python(), bench.bin.path().join("python3")).unwrap();
        bench.repo.write("release.mlpipe", SPEC);
        bench.repo.write("model.bin", "weights");
        bench.repo.write(".gitignore", "mlpipe-out/\nseen.txt\n");
        bench.repo.run(&["compile"], 0);
        bench.git(&["init", "-q", "-b", "main"]);
        bench.git(&["add", "-A"]);
        bench.git(&["commit", "-q", "-m", "start"]);
        bench
    }

    fn git(&self, args: &[&str]) -> String {
        let done = Command::new("git")
            .args(["-c", "user.name=n", "-c", "user.email=n@example.com"])
            .args(args)
            .current_dir(self.repo.path("."))
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// `sh .mlpipe/demo.sh ARGS` with this environment and no other.
    fn run(&self, args: &[&str], env: &[(&str, &str)]) -> Ended {
        self.run_by("/bin/sh", self.bin.path(), args, env)
    }

    fn run_by(&self, shell: &str, path: &Path, args: &[&str], env: &[(&str, &str)]) -> Ended {
        let done = Command::new(shell)
            .arg(".mlpipe/demo.sh")
            .args(args)
            .current_dir(self.repo.path("."))
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.bin.path())
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Ended {
            code: done.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&done.stdout).into_owned(),
            err: String::from_utf8_lossy(&done.stderr).into_owned(),
        }
    }

    fn record(&self, job: &str) -> serde_json::Value {
        serde_json::from_str(&self.repo.read(&format!("mlpipe-out/{job}.json"))).unwrap()
    }

    /// The environment that the command of the gate `seen` saw.
    fn seen(&self, name: &str) -> Option<String> {
        let start = format!("{name}=");
        self.repo.read("seen.txt").lines().find_map(|line| Some(line.strip_prefix(&start)?.to_owned()))
    }
}

#[track_caller]
fn one_line(text: &str) -> &str {
    assert_eq!(text.lines().count(), 1, "{text}");
    text.trim_end()
}

#[test]
fn bash_can_read_it_and_the_help_runs() {
    let bench = Bench::new();
    let syntax =
        Command::new("bash").args(["-n", ".mlpipe/demo.sh"]).current_dir(bench.repo.path(".")).output();
    assert!(syntax.unwrap().stderr.is_empty());
    for args in [&["--help"][..], &["-h"], &[]] {
        let help = bench.run(args, &[]);
        assert_eq!((help.code, help.err.as_str()), (0, ""));
        assert!(help.out.contains("  sh .mlpipe/demo.sh gate seen\n"), "{}", help.out);
        assert!(help.out.contains("needs docker, $GHCR_USER, $GHCR_TOKEN"), "{}", help.out);
    }
    let list = bench.run(&["--list"], &[]);
    for name in ["gate seen", "model m", "image check", "deploy production roll-out"] {
        assert!(list.out.lines().any(|line| line == name), "{}", list.out);
    }
    assert!(!bench.repo.path("mlpipe-out").exists(), "a question leaves nothing behind");
}

#[test]
fn an_unknown_job_is_wrong_usage_and_the_nearest_are_named() {
    let bench = Bench::new();
    for (args, nearest) in [(&["gate", "sean"][..], "gate seen"), (&["deploy", "prod"], "deploy production")]
    {
        let ended = bench.run(args, &[]);
        assert_eq!(ended.code, 2);
        assert!(ended.err.lines().skip(1).any(|line| line == nearest), "{}", ended.err);
    }
    assert_eq!(bench.run(&["gate seen; touch x"], &[]).code, 2);
}

#[test]
fn a_shell_without_bash_and_python_says_so_in_its_first_line() {
    let bench = Bench::new();
    let empty = tempfile::tempdir().unwrap();
    let dash = found("dash").unwrap_or_else(|| PathBuf::from("/bin/sh"));
    let only_dash = tempfile::tempdir().unwrap();
    std::fs::copy(&dash, only_dash.path().join("dash")).unwrap();
    for path in [empty.path(), only_dash.path(), Path::new("")] {
        let ended = bench.run_by(dash.to_str().unwrap(), path, &["gate", "other"], &[]);
        assert_eq!(ended.code, 1, "{}", ended.err);
        let line = one_line(&ended.err);
        assert!(line.contains("bash 4.4 or newer and Python 3.8 or newer"), "{line}");
        assert!(
            line.contains("apt-get install") && line.contains("apk add") && line.contains("brew install")
        );
    }
}

#[test]
fn what_is_too_old_is_named_with_its_version() {
    let bench = Bench::new();
    let old = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = old.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    let dash = found("dash").unwrap_or_else(|| PathBuf::from("/bin/sh"));
    put("bash", "#!/bin/sh\nprintf '3.2.57(1)-release'\n");
    put("python3", "#!/bin/sh\necho 3.6\n");
    let ended = bench.run_by(dash.to_str().unwrap(), old.path(), &["gate", "other"], &[]);
    assert_eq!(ended.code, 1);
    let line = one_line(&ended.err);
    assert!(line.contains("bash 4.4 or newer (there is 3.2.57(1)-release)"), "{line}");
    assert!(line.contains("Python 3.8 or newer (there is 3.6)"), "{line}");
}

#[test]
fn bash_as_sh_and_a_foreign_folder_change_nothing() {
    let bench = Bench::new();
    let sh = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(found("bash").unwrap(), sh.path().join("sh")).unwrap();
    let posix =
        bench.run_by(sh.path().join("sh").to_str().unwrap(), bench.bin.path(), &["gate", "fails"], &[]);
    assert_eq!(posix.code, 7, "{}", posix.err);
    let elsewhere = Command::new("/bin/sh")
        .arg(bench.repo.path(".mlpipe/demo.sh"))
        .args(["gate", "fails"])
        .current_dir("/")
        .env("CDPATH", "/tmp")
        .output()
        .unwrap();
    assert_eq!(elsewhere.status.code(), Some(7));
}

#[test]
fn every_missing_tool_is_named_before_anything_happens() {
    let bench = Bench::new();
    let ended = bench.run(&["image", "check"], &[]);
    assert_eq!(ended.code, 1);
    let first = ended.err.lines().next().unwrap_or_default();
    let way = "mlpipe: error: image-check needs what is not on PATH: docker (https://docs.docker.com/engine/install/)";
    assert_eq!(first, way, "the first line names the tool and the remedy");
    assert_eq!(bench.record("image-check")["status"], "failed");
    std::fs::remove_file(bench.bin.path().join("git")).unwrap();
    let ended = bench.run(&["deploy", "production"], &[]);
    let first = ended.err.lines().next().unwrap_or_default();
    for words in ["git (apt-get install git", "), kubectl (https://kubernetes.io/docs/tasks/tools/)"] {
        assert!(first.contains(words), "{}", ended.err);
    }
    assert_eq!(bench.record("deploy-production")["status"], "failed");
}

#[test]
fn a_checkout_of_another_commit_is_refused() {
    let bench = Bench::new();
    let other = "0123456789012345678901234567890123456789";
    for env in [
        vec![("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", "push"), ("GITHUB_SHA", other)],
        vec![("CI_PIPELINE_SOURCE", "push"), ("GITLAB_CI", "false"), ("CI_COMMIT_SHA", other)],
        vec![("JENKINS_URL", "http://j/"), ("MLPIPE_EVENT", "push"), ("GIT_COMMIT", other)],
    ] {
        let ended = bench.run(&["gate", "other"], &env);
        assert_eq!(ended.code, 1);
        assert!(ended.err.contains(&format!("the run is for {other}")), "{}", ended.err);
        assert_eq!(bench.record("gate-other")["status"], "failed");
    }
}

#[test]
fn the_three_platforms_say_the_same_of_a_run() {
    let bench = Bench::new();
    let head = bench.head();
    bench.run(&["model", "m"], &[]);
    let github = |event: &'static str, more: &[(&'static str, &'static str)]| {
        let mut env = vec![("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", event), ("GITHUB_RUN_ID", "77")];
        env.extend([("GITHUB_SERVER_URL", "https://github.com"), ("GITHUB_REPOSITORY", "acme/demo")]);
        env.extend([("GITHUB_REF_TYPE", "branch"), ("GITHUB_REF_NAME", "main")]);
        env.extend_from_slice(more);
        env
    };
    let gitlab = |source: &'static str, more: &[(&'static str, &'static str)]| {
        let mut env = vec![("CI_PIPELINE_SOURCE", source), ("CI_PIPELINE_ID", "77")];
        env.extend_from_slice(more);
        env
    };
    let jenkins = |event: &'static str, more: &[(&'static str, &'static str)]| {
        let mut env = vec![("BUILD_TAG", "77"), ("MLPIPE_EVENT", event)];
        env.extend_from_slice(more);
        env
    };
    let tag_ref = [("GITHUB_REF_TYPE", "tag"), ("GITHUB_REF_NAME", "v1")];
    let named = ("MLPIPE_EVENT_NAME", "registered");
    let main = ("CI_COMMIT_BRANCH", "main");
    let runs = [
        ("github", github("push", &[]), "push", "main", ""),
        ("github", github("push", &tag_ref), "tag", "", "v1"),
        ("github", github("pull_request", &[("GITHUB_HEAD_REF", "topic")]), "pull_request", "topic", ""),
        ("github", github("workflow_dispatch", &[]), "manual", "main", ""),
        ("github", github("schedule", &[]), "schedule", "main", ""),
        ("github", github("repository_dispatch", &[named]), "event", "main", ""),
        ("gitlab", gitlab("push", &[main]), "push", "main", ""),
        ("gitlab", gitlab("push", &[("CI_COMMIT_TAG", "v1")]), "tag", "", "v1"),
        (
            "gitlab",
            gitlab("merge_request_event", &[("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "topic")]),
            "pull_request",
            "topic",
            "",
        ),
        ("gitlab", gitlab("web", &[main]), "manual", "main", ""),
        ("gitlab", gitlab("schedule", &[main]), "schedule", "main", ""),
        ("gitlab", gitlab("api", &[main, named]), "manual", "main", ""),
        ("gitlab", gitlab("trigger", &[main, named]), "event", "main", ""),
        ("jenkins", jenkins("push", &[("BRANCH_NAME", "main")]), "push", "main", ""),
        ("jenkins", jenkins("tag", &[("BRANCH_NAME", "v1"), ("TAG_NAME", "v1")]), "tag", "", "v1"),
        (
            "jenkins",
            jenkins("pull_request", &[("BRANCH_NAME", "PR-3"), ("CHANGE_BRANCH", "topic")]),
            "pull_request",
            "topic",
            "",
        ),
        ("jenkins", jenkins("event", &[("BRANCH_NAME", "main"), named]), "event", "main", ""),
    ];
    for (platform, mut env, event, branch, tag) in runs {
        env.extend([
            ("GITHUB_SHA", head.as_str()),
            ("CI_COMMIT_SHA", &head),
            ("GIT_COMMIT", &head),
            ("API_KEY", "k"),
        ]);
        let model = bench.run(&["model", "m"], &env);
        assert_eq!(model.code, 0, "{platform} {event}: {}", model.err);
        let ended = bench.run(&["gate", "seen"], &env);
        assert_eq!(ended.code, 0, "{platform} {event}: {}", ended.err);
        let name = if event == "event" { "registered" } else { "" };
        for (variable, value) in [
            ("MLPIPE_PLATFORM", platform),
            ("MLPIPE_EVENT", event),
            ("MLPIPE_EVENT_NAME", name),
            ("MLPIPE_BRANCH", branch),
            ("MLPIPE_TAG", tag),
            ("MLPIPE_COMMIT", &head),
            ("MLPIPE_RUN_ID", "77"),
            ("GREETING", &format!("it's {head} on {branch}")),
            ("VERSION", "<m/1>"),
            ("MLPIPE_MODEL_VERSION", "m/1"),
        ] {
            assert_eq!(bench.seen(variable).as_deref(), Some(value), "{platform} {event} {variable}");
        }
    }
}

#[test]
fn an_event_that_the_pipeline_does_not_know_is_refused() {
    let bench = Bench::new();
    let head = bench.head();
    let env =
        [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", "pull_request_target"), ("GITHUB_SHA", &head)];
    let ended = bench.run(&["gate", "fails"], &env);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("what started this run"), "{}", ended.err);
}

#[test]
fn a_job_sees_its_own_secrets_and_no_other() {
    let bench = Bench::new();
    bench.run(&["model", "m"], &[]);
    let secrets =
        [("API_KEY", "a"), ("OTHER_TOKEN", "b"), ("KUBECONFIG_PRODUCTION", "c"), ("GHCR_TOKEN", "d")];
    let ended = bench.run(&["gate", "seen"], &secrets);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(bench.seen("API_KEY").as_deref(), Some("a"));
    for (name, _) in &secrets[1..] {
        assert_eq!(bench.seen(name), None, "{name}");
    }
    let ended = bench.run(&["gate", "seen"], &[("API_KEY", "")]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("the secret API_KEY is not set"), "{}", ended.err);

    // A deploy is asked when it begins, and what was begun is put back with what there is.
    std::fs::write(bench.bin.path().join("kubectl"), "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(bench.bin.path().join("kubectl"), std::fs::Permissions::from_mode(0o755))
        .unwrap();
    for (phase, asked) in [("begin", true), ("restore", false)] {
        let ended = bench.run(&["deploy", "production", phase], &[("KUBECONFIG_PRODUCTION", "")]);
        let says = ended.err.contains("the secret KUBECONFIG_PRODUCTION is not set");
        assert_eq!(says, asked, "{}", ended.err);
    }
}

#[test]
fn inputs_are_checked_again_and_absent_where_the_event_has_none() {
    let bench = Bench::new();
    bench.run(&["model", "m"], &[]);
    let run = |more: &[(&'static str, &str)]| {
        let mut env = vec![("API_KEY", "a")];
        env.extend_from_slice(more);
        bench.run(&["gate", "seen"], &env)
    };
    assert_eq!(run(&[("MLPIPE_INPUT_REASON", "`id` $(id)"), ("MLPIPE_INPUT_MODEL_VERSION", "x")]).code, 0);
    let seen = |name: &str| bench.seen(&format!("MLPIPE_INPUT_{name}")).unwrap();
    assert_eq!([seen("REASON"), seen("DRY_RUN"), seen("SIZE")], ["`id` $(id)", "false", "s"]);
    assert_eq!(seen("MODEL_VERSION"), "", "only the event brings it");
    for (name, value) in
        [("MLPIPE_INPUT_DRY_RUN", "yes"), ("MLPIPE_INPUT_SIZE", "xl"), ("MLPIPE_INPUT_REASON", "a\nb")]
    {
        let ended = run(&[(name, value)]);
        assert_eq!(ended.code, 1, "{name}");
        assert!(ended.err.contains("the input "), "{}", ended.err);
    }
}

#[test]
fn the_commands_exit_status_is_the_scripts_and_advisory_blocks_nothing() {
    let bench = Bench::new();
    assert_eq!(bench.run(&["gate", "fails"], &[]).code, 7);
    let soft = bench.run(&["gate", "soft"], &[]);
    assert_eq!(soft.code, 0);
    assert!(soft.err.contains("gate soft FAILED") && soft.out.contains("triaged weekly"));
    assert_eq!(bench.record("gate-soft")["status"], "advisory");
    std::fs::remove_file(bench.bin.path().join("git")).unwrap();
    let unprepared = bench.run(&["gate", "soft"], &[]);
    assert_eq!(unprepared.code, 0, "{}", unprepared.err);
    assert_eq!(bench.record("gate-soft")["status"], "advisory");
}

#[test]
fn a_model_that_changed_since_it_was_resolved_is_refused() {
    let bench = Bench::new();
    let gate = || bench.run(&["gate", "seen"], &[("API_KEY", "a")]);
    let ended = gate();
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("there is no record of model-m"), "{}", ended.err);
    assert_eq!(bench.run(&["model", "m"], &[]).code, 0);
    assert_eq!(gate().code, 0);
    bench.repo.write("model.bin", "other weights");
    let ended = gate();
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("the run resolved sha256:"), "{}", ended.err);
}

#[test]
fn changes_that_are_not_committed_are_told_at_a_desk() {
    let bench = Bench::new();
    bench.repo.write("model.bin", "other");
    assert!(bench.run(&["gate", "fails"], &[]).out.contains("there are changes that are not committed"));
}
