//! The scripts of `mlpipe setup`, run with stand-ins for `gh` and `glab` on PATH that keep what they are told: no test
//! here asks a server.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;

use mlpipe::plan::SecretKind;
use mlpipe::report::setup_script;
use mlpipe::settings::{Checked, Item, Manifest, Need, RefKind, Setting, encoded};
use mlpipe::spec::PlatformName;
use proptest::prelude::*;
use runner::Repo;
use serde_json::{Value, json};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const SPEC: &str = r#"mlpipe 1
pipeline demo
on push main, "release/**"
on tag "v*"
on pull_request main
on schedule "17 3 * * 1" timezone "Europe/Berlin"
on event model-registered { input version string }
secret KUBECONFIG { jenkins "prod-kubeconfig" }
gate quality { run "true"; secret API_KEY }
image ghcr "ghcr.io/acme/demo" { tags commit }
deploy production {
  approval required { by "ml-leads", "bob" }
  target kubernetes { kubeconfig secret KUBECONFIG; namespace "ml"; deployment "demo"; container "app" }
}
"#;

/// A script, a stand-in and what it keeps.
struct Bench {
    repo: Repo,
    script: String,
}

/// The interpreter itself: what stands for it on PATH may be a script that is slow to find it.
fn python() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| {
        let asked = ["-c", "import sys; print(sys.executable)"];
        let done = Command::new("python3").args(asked).output().expect("python3");
        PathBuf::from(String::from_utf8(done.stdout).expect("UTF-8").trim())
    })
}

/// How a script ended.
struct Ran {
    code: i32,
    told: String,
    calls: Vec<(Vec<String>, Option<String>)>,
}

impl Bench {
    fn new(spec: &str, platform: &str, state: &Value) -> Self {
        let repo = Repo::new();
        repo.write("release.mlpipe", spec);
        let script = repo.run(&["setup", "--format", "script", "--to", platform], 0).out;
        repo.write("state.json", state.to_string());
        let tool = if platform == "github" { "gh" } else { "glab" };
        std::fs::create_dir(repo.path("bin")).expect("a folder");
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/setup").join(tool);
        symlink(from, repo.path("bin").join(tool)).expect("a link");
        symlink(python(), repo.path("bin/python3")).expect("a link");
        for (name, text) in [
            ("API_KEY", "k-12345678"),
            ("GHCR_USER", "bot"),
            ("GHCR_TOKEN", "t-12345678"),
            ("MLPIPE_READ_TOKEN", "r-12345678"),
        ] {
            repo.write(&format!("secrets/{name}"), text);
        }
        repo.write("secrets/production/KUBECONFIG", "apiVersion: v1\nkind: Config\n\n");
        Self { repo, script }
    }

    fn run(&self) -> Ran {
        self.run_with(&[("MLPIPE_SECRETS", "secrets")])
    }

    fn run_with(&self, env: &[(&str, &str)]) -> Ran {
        self.repo.write("setup.sh", &self.script);
        self.repo.write("calls", "");
        let path = std::env::var("PATH").expect("PATH");
        let done = Command::new("sh")
            .arg("setup.sh")
            .current_dir(self.repo.path("."))
            .env_clear()
            .env("PATH", format!("{}:{path}", self.repo.path("bin").display()))
            .env("STAND_IN", self.repo.path("."))
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .output()
            .expect("sh");
        let told = String::from_utf8(done.stderr).expect("UTF-8");
        assert_eq!(String::from_utf8_lossy(&done.stdout), "", "it prints nothing: {told}");
        assert!(!told.contains("Traceback"), "{told}");
        let calls = self.repo.read("calls");
        let calls = calls.lines().map(|l| serde_json::from_str(l).expect("a call")).collect();
        Ran { code: done.status.code().expect("an end"), told, calls }
    }

    fn state(&self) -> Value {
        serde_json::from_str(&self.repo.read("state.json")).expect("JSON")
    }
}

impl Ran {
    /// Calls that change something.
    fn changes(&self) -> Vec<String> {
        let changing = |w: &[String]| {
            w.iter().any(|w| ["POST", "PUT", "PATCH", "DELETE", "set", "update"].contains(&w.as_str()))
        };
        self.calls.iter().filter(|(w, _)| changing(w)).map(|(w, _)| w.join(" ")).collect()
    }
}

fn github() -> Value {
    json!({
        "default_branch": "main", "teams": {"ml-leads": 7}, "users": {"bob": 9, "ml-leads": 666}, "collaborators": ["bob"],
        "environments": {}, "policies": {}, "secrets": {},
    })
}

#[test]
fn github_gets_its_environments_reviewers_and_secrets() {
    let bench = Bench::new(SPEC, "github", &github());
    let ran = bench.run();
    assert_eq!(ran.code, 0, "{}", ran.told);
    let state = bench.state();
    assert_eq!(
        state["environments"],
        json!({
            "production": {"wait_timer": 0, "reviewers": null, "deployment_branch_policy": {"protected_branches": false, "custom_branch_policies": true}},
            "production-approval": {
                "prevent_self_review": true,
                "reviewers": [{"type": "Team", "id": 7}, {"type": "User", "id": 9}],
                "deployment_branch_policy": null,
            },
        })
    );
    assert_eq!(state["policies"], json!({"production": ["branch main", "branch release/**/*", "tag v*"]}));
    assert_eq!(state["secrets"], json!({"": ["API_KEY"], "production": ["KUBECONFIG"]}));
    assert_eq!(state["permissions"], json!({"default_workflow_permissions": "read"}));
    let told = |words: &[&str]| {
        let found = ran.calls.iter().find(|(w, _)| w == words);
        found.unwrap_or_else(|| panic!("{words:?}: {:?}", ran.calls)).1.clone().expect("a body")
    };
    // To the last line end: a key without it is none.
    assert_eq!(
        told(&["secret", "set", "KUBECONFIG", "--env", "production"]),
        "apiVersion: v1\nkind: Config\n\n"
    );
    assert_eq!(told(&["secret", "set", "API_KEY"]), "k-12345678");
    assert!(
        ran.told.contains("ok      secret/production/KUBECONFIG\n")
            && ran.told.contains("by hand Package ghcr.io/acme/demo")
    );
}

#[test]
fn a_second_run_changes_nothing() {
    let bench = Bench::new(SPEC, "github", &github());
    bench.run();
    let before = bench.state();
    let again = bench.run();
    assert_eq!((again.code, &bench.state()), (0, &before), "{}", again.told);
    assert!(
        !again.changes().iter().any(|c| c.contains("secret set") || c.contains("POST")),
        "{:?}",
        again.changes()
    );
    let renewed = bench.run_with(&[("MLPIPE_SECRETS", "secrets"), ("MLPIPE_RENEW", "1")]);
    assert_eq!(renewed.changes().iter().filter(|c| c.contains("secret set")).count(), 2);

    let bench = Bench::new(SPEC, "gitlab", &gitlab());
    assert_eq!(bench.run().code, 0);
    let before = bench.state();
    let again = bench.run();
    assert_eq!((again.code, &bench.state()), (0, &before), "{}", again.told);
    assert!(
        !again.changes().iter().any(|c| c.contains("POST") || c.contains("variable ")),
        "{:?}",
        again.changes()
    );
}

/// No value of a secret is in the script, on a command line, or said.
#[test]
fn a_secret_stays_a_secret() {
    for (platform, state) in [("github", github()), ("gitlab", gitlab())] {
        let bench = Bench::new(SPEC, platform, &state);
        let ran = bench.run();
        for value in ["12345678", "apiVersion"] {
            assert!(!bench.script.contains(value) && !ran.told.contains(value));
            assert!(!ran.calls.iter().any(|(words, _)| words.join(" ").contains(value)), "{:?}", ran.calls);
        }
    }
}

#[test]
fn without_a_value_nothing_is_stored_and_the_rest_is_made() {
    for (platform, state, stored) in [("github", github(), "secrets"), ("gitlab", gitlab(), "variables")] {
        let bench = Bench::new(SPEC, platform, &state);
        // No folder, and nobody at a terminal.
        let ran = bench.run_with(&[]);
        assert_eq!(ran.code, 1, "{}", ran.told);
        assert!(
            ran.told.contains("no terminal to ask at")
                && ran.told.contains("FAILED  secret/production/KUBECONFIG")
        );
        assert_eq!(bench.state()[stored], json!({}));
        assert!(ran.told.contains("ok      approval/production-approval"), "{}", ran.told);
        // An empty file is no value either.
        bench.repo.write("secrets/API_KEY", "");
        let ran = bench.run();
        assert!(ran.code == 1 && ran.told.contains("API_KEY is not there, or empty"), "{}", ran.told);
    }
}

#[test]
fn nobody_is_made_a_reviewer_for_bearing_a_name() {
    // `ml-leads` is somebody on GitHub, and no team of this owner.
    let mut state = github();
    state["teams"] = json!({});
    let bench = Bench::new(SPEC, "github", &state);
    let ran = bench.run();
    assert_eq!(ran.code, 1);
    assert!(ran.told.contains("ml-leads is neither a team of the owner nor a collaborator"), "{}", ran.told);
    let reviewers = &bench.state()["environments"]["production-approval"]["reviewers"];
    assert_eq!(*reviewers, json!([{"type": "User", "id": 9}]));

    state["collaborators"] = json!([]);
    let bench = Bench::new(SPEC, "github", &state);
    assert!(bench.run().told.contains("FAILED  approval/production-approval"));
    assert_eq!(
        bench.state()["environments"].get("production-approval"),
        None,
        "no environment without reviewers"
    );
}

#[test]
fn what_is_wider_than_the_spec_is_said() {
    let mut state = github();
    state["policies"] = json!({"production": ["branch *", "branch main"]});
    state["default_branch"] = json!("develop");
    let ran = Bench::new(SPEC, "github", &state).run();
    assert_eq!(ran.code, 1);
    assert!(ran.told.contains("others deploy too, take them out: branch *\n"), "{}", ran.told);
    assert!(ran.told.contains("the default branch is develop"), "{}", ran.told);
    assert!(!ran.changes().iter().any(|c| c.contains("name=main") || c.contains("default-branch")));

    let mut state = gitlab();
    state["protected_environments"] = json!({"production-approval": {"deploy_access_levels": [
        {"id": 1, "access_level": 40, "user_id": null, "group_id": null}, {"id": 2, "access_level": 40, "user_id": null, "group_id": 5}]}});
    let bench = Bench::new(SPEC, "gitlab", &state);
    let ran = bench.run();
    assert_eq!(ran.code, 1);
    assert!(
        ran.told.contains("others may press it too") && ran.told.contains(": access_level 40\n"),
        "{}",
        ran.told
    );
    let levels = &bench.state()["protected_environments"]["production-approval"]["deploy_access_levels"];
    assert_eq!(levels[2], json!({"user_id": 9}), "who was missing is there");
    assert_eq!(levels.as_array().map(Vec::len), Some(3));
}

#[test]
fn a_plan_without_reviewers_fails_that_item_alone() {
    let mut state = github();
    state["refused"] = json!(["production-approval"]);
    let ran = Bench::new(SPEC, "github", &state).run();
    assert_eq!(ran.code, 1);
    assert_eq!(ran.told.matches("FAILED").count(), 1, "{}", ran.told);
    assert!(ran.told.ends_with("1 failed\n"));
}

fn gitlab() -> Value {
    json!({
        "groups": [{"id": 4, "path": "other", "full_path": "acme/other"}, {"id": 5, "path": "ml-leads", "full_path": "acme/ml-leads"}],
        "members": [{"id": 9, "username": "bob"}],
        "protected_branches": {"main": {}}, "protected_tags": {}, "protected_environments": {}, "variables": {},
        "pipeline_schedules": [{"id": 3, "description": "somebody's own"}], "options": {},
        "resource_groups": {"mlpipe/demo/production": "unordered"},
    })
}

#[test]
fn gitlab_gets_everything_that_its_file_cannot_hold() {
    let bench = Bench::new(SPEC, "gitlab", &gitlab());
    let ran = bench.run();
    assert_eq!(ran.code, 0, "{}", ran.told);
    let state = bench.state();
    assert_eq!(
        state["protected_environments"],
        json!({"production-approval": {"name": "production-approval", "deploy_access_levels": [{"group_id": 5}, {"user_id": 9}]}})
    );
    let text = |more: &[&'static str]| [&["--type", "env_var", "--raw"], more].concat();
    assert_eq!(
        state["variables"],
        json!({
            "API_KEY *": text(&["--masked"]),
            "GHCR_USER *": text(&["--protected"]),
            "GHCR_TOKEN *": text(&["--protected", "--masked"]),
            "MLPIPE_READ_TOKEN production-approval": text(&["--protected", "--masked"]),
            "KUBECONFIG production": ["--type", "file", "--raw", "--protected"],
        })
    );
    assert_eq!(state["pipeline_schedules"][0], json!({"id": 3, "description": "somebody's own"}));
    assert_eq!(
        state["pipeline_schedules"][1],
        json!({
            "description": "mlpipe demo: 17 3 * * 1 Europe/Berlin", "ref": "refs/heads/main", "cron": "17 3 * * 1",
            "cron_timezone": "Europe/Berlin", "active": true, "inputs": [], "id": 71,
        })
    );
    assert_eq!(state["resource_groups"], json!({"mlpipe/demo/production": "oldest_first"}));
    assert_eq!(
        state["options"],
        json!({"ci_forward_deployment_enabled": "true", "ci_pipeline_variables_minimum_override_role": "no_one_allowed"})
    );
    // The rules of a branch that is protected already are its own.
    assert_eq!(state["protected_branches"]["main"], json!({}));
    assert_eq!(
        state["protected_branches"]["release/*"],
        json!({"name": "release/*", "push_access_level": "40", "merge_access_level": "40"})
    );
    assert_eq!(state["protected_tags"], json!({"v*": {"name": "v*", "create_access_level": "40"}}));
}

#[test]
fn what_gitlab_cannot_mask_is_stored_and_said() {
    let bench = Bench::new(SPEC, "gitlab", &gitlab());
    bench.repo.write("secrets/API_KEY", "two\nlines");
    bench.repo.write("secrets/GHCR_TOKEN", "short");
    let ran = bench.run();
    assert!(
        ran.told.contains("API_KEY has spaces or lines") && ran.told.contains("GHCR_TOKEN is shorter"),
        "{}",
        ran.told
    );
    assert_eq!(bench.state()["variables"]["API_KEY *"], json!(["--type", "env_var", "--raw"]));
}

#[test]
fn a_group_that_two_may_be_meant_by_is_not_guessed() {
    let mut state = gitlab();
    state["groups"] = json!([{"id": 4, "path": "ml-leads", "full_path": "a/ml-leads"}, {"id": 5, "path": "ml-leads", "full_path": "b/ml-leads"}]);
    state["resource_groups"] = json!({});
    let bench = Bench::new(SPEC, "gitlab", &state);
    let ran = bench.run();
    assert!(ran.told.contains("there is more than one group ml-leads"), "{}", ran.told);
    assert!(ran.told.contains("a resource group is made by the first pipeline"), "{}", ran.told);
    assert_eq!(ran.told.matches("FAILED").count(), 2, "{}", ran.told);
    let levels = &bench.state()["protected_environments"]["production-approval"]["deploy_access_levels"];
    assert_eq!(*levels, json!([{"user_id": 9}]));
}

#[test]
fn without_the_tool_it_does_not_begin() {
    for (platform, state) in [("github", github()), ("gitlab", gitlab())] {
        let bench = Bench::new(SPEC, platform, &state);
        std::fs::remove_dir_all(bench.repo.path("bin")).expect("removed");
        let ran = bench.run();
        assert_eq!(ran.code, 2, "{}", ran.told);
        assert!(ran.told.contains("is not on PATH"), "{}", ran.told);
    }
}

#[test]
fn a_script_is_of_one_platform() {
    let repo = Repo::with_spec();
    let told = repo.run(&["setup", "--format", "script"], 2).err;
    assert!(told.contains("`--to github`"), "{told}");
}

/// What configuration as code makes of the text: `(credentials, job scripts)`.
fn casc(text: &str) -> (Value, Vec<String>) {
    let read: Value = serde_yaml::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"));
    let credentials = read["credentials"]["system"]["domainCredentials"][0]["credentials"].clone();
    let jobs = read["jobs"].as_array().expect("jobs").iter();
    (credentials, jobs.map(|j| j["script"].as_str().expect("a script").to_owned()).collect())
}

#[test]
fn jenkins_gets_credentials_and_its_job() {
    let repo = Repo::new();
    repo.write("release.mlpipe", SPEC);
    let text = repo.run(&["setup", "--format", "script", "--to", "jenkins"], 0).out;
    let (credentials, jobs) = casc(&text);
    let by_id = |id: &str| {
        let all = credentials.as_array().expect("a list").iter();
        all.flat_map(|c| c.as_object().expect("one"))
            .find(|(_, c)| c["id"] == id)
            .map(|(k, c)| (k.clone(), c.clone()))
    };
    assert_eq!(
        by_id("prod-kubeconfig"),
        Some((
            "file".into(),
            json!({
                "scope": "GLOBAL", "id": "prod-kubeconfig",
                "description": "mlpipe: demo/deploy-production, demo/reconcile-production",
                "fileName": "KUBECONFIG", "secretBytes": "${KUBECONFIG}",
            })
        ))
    );
    assert_eq!(
        by_id("API_KEY").map(|(k, c)| (k, c["secret"].clone())),
        Some(("string".into(), json!("${API_KEY}")))
    );
    let [job] = &jobs[..] else { panic!("one job") };
    for part in [
        "multibranchPipelineJob('demo')",
        "scriptPath('Jenkinsfile')",
        "gitHubTagDiscovery()",
        "trust { gitHubTrustPermissions() }",
        "buildTags {",
        "buildChangeRequests {",
    ] {
        assert!(job.contains(part), "{part}: {job}");
    }
    assert!(text.contains("#   basic-branch-build-strategies\n"), "{text}");
    // What is not asked for is not discovered.
    repo.write("release.mlpipe", "mlpipe 1\npipeline plain\non push main\ngate a { run \"true\" }\n");
    let (credentials, jobs) = casc(&repo.run(&["setup", "--format", "script", "--to", "jenkins"], 0).out);
    assert_eq!(credentials, Value::Null);
    assert!(
        !jobs[0].contains("PullRequest") && !jobs[0].contains("Tag") && !jobs[0].contains("buildStrategies")
    );
}

/// Names as nobody should choose them: the language refuses most, and the script has to bear them all the same.
fn hostile() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "'",
        "\"",
        "$(touch pwned)",
        "`touch pwned`",
        "${HOME}",
        "^${A}",
        "\\",
        " ",
        ";",
        "&",
        "|",
        "<",
        "*",
        "?",
        "#",
        "%2F",
        "/",
        "-",
        "=",
        "{owner}",
        ":id",
        "é",
        "\n",
        "\t",
        "]]",
        "!",
        "~",
        "a",
        "main",
        "EOF",
        "--env",
    ]);
    prop::collection::vec(nasty, 1..6).prop_map(|parts| parts.concat())
}

/// Every word that a script calls a tool with, where the tool does nothing but write them down.
fn words_of(script: &str) -> Vec<String> {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(dir.path().join(name), text).expect("written");
        let rights = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(dir.path().join(name), rights).expect("set");
    };
    let tool = "#!/bin/sh\nprintf '%s\\0' \"$@\" >> words\n\
                case \" $* \" in *' --input '* | ' secret set '*) cat >> /dev/null ;; esac\n";
    write("gh", tool);
    write("glab", tool);
    write("setup.sh", script);
    let path = std::env::var("PATH").expect("PATH");
    let done = Command::new("sh")
        .arg("setup.sh")
        .current_dir(dir.path())
        .env("PATH", format!("{}:{path}", dir.path().display()))
        .stdin(Stdio::null())
        .output()
        .expect("sh");
    assert!(matches!(done.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(!dir.path().join("pwned").exists(), "{script}");
    let words = std::fs::read_to_string(dir.path().join("words")).expect("words");
    words.split_terminator('\0').map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Every name arrives at the tool as it is, nothing of it is run, and the YAML says it to Jenkins.
    #[test]
    fn hostile_names_arrive_as_they_are(name in hostile(), person in hostile(), pattern in hostile()) {
        let named = |setting: Setting| Item {
            id: format!("x/{name}"), title: format!("{name} {person}"), setting, need: Need::Required, why: String::new(),
            without: String::new(), checked: Checked::Nobody, takes: String::new(), places: vec![], jobs: vec![name.clone()], commands: vec![],
        };
        let secret = Setting::Secret {
            name: name.clone(), variable: "V".into(), value: SecretKind::Text, environment: Some(person.clone()), protected: false,
            masked: true, holds: String::new(),
        };
        let items = vec![
            named(Setting::Environment { name: name.clone(), tier: None, branches: vec![pattern.clone()], tags: vec![], wait_minutes: None }),
            named(Setting::Protected { what: RefKind::Branch, pattern: pattern.clone() }),
            named(Setting::ResourceGroup { key: name.clone(), mode: "oldest_first".into() }),
            named(secret),
            named(Setting::Multibranch { name: name.clone(), script_path: pattern.clone(), pull_requests: true, tags: true }),
            named(Setting::Advice {}),
        ];
        for platform in [PlatformName::Github, PlatformName::Gitlab] {
            let manifest = Manifest { platform, pipelines: vec![], items: items.clone() };
            let words = words_of(&setup_script(&manifest).expect("printed"));
            let has = |word: &str| words.iter().any(|w| w == word);
            match platform {
                PlatformName::Github => {
                    // A pattern with a line's end would be two: the language has none.
                    prop_assert!(pattern.contains('\n') || has(&format!("name={pattern}")), "{words:?}");
                    let at = format!("repos/{{owner}}/{{repo}}/environments/{}", encoded(&name));
                    prop_assert!(has(&at) && has(&person), "{words:?}");
                }
                _ => {
                    prop_assert!(has(&format!("projects/:id/resource_groups/{}", encoded(&name))), "{words:?}");
                    prop_assert!(has(&format!("projects/:id/protected_branches/{}", encoded(&pattern))), "{words:?}");
                }
            }
        }
        let manifest = Manifest { platform: PlatformName::Jenkins, pipelines: vec![], items };
        let (credentials, jobs) = casc(&setup_script(&manifest).expect("printed"));
        // Undone as configuration as code does it, which leaves nothing to put in.
        let unescaped = |v: &Value| v.as_str().expect("a text").replace("^${", "${");
        prop_assert_eq!(unescaped(&credentials[0]["string"]["id"]), name);
        prop_assert_eq!(&credentials[0]["string"]["secret"], "${V}");
        for job in jobs {
            let own = job.replace("${MLPIPE_SCM_", "");
            prop_assert!(!own.contains("${"), "{job}");
        }
    }
}
