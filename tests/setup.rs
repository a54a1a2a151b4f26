//! `mlpipe setup`: what has to exist outside the files, and that it is what the files name.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;

use camino::{Utf8Path, Utf8PathBuf};
use mlpipe::project::Project;
use mlpipe::settings::{Manifest, Setting, manifest};
use mlpipe::spec::PlatformName;
use regex::Regex;
use runner::Repo;
use std::collections::BTreeSet;
use std::process::Command;

fn root() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What `mlpipe setup` prints for the compiled specs of an example.
fn printed(example: &str, words: &[&str]) -> String {
    let done = Command::new(env!("CARGO_BIN_EXE_mlpipe"))
        .arg("setup")
        .args(words)
        .current_dir(root().join("examples").join(example))
        .output()
        .expect("it runs");
    assert!(done.status.success(), "{example}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("UTF-8")
}

const EXAMPLES: [&str; 8] = [
    "canary-release",
    "continuous-training",
    "fastapi-service",
    "fraud-scorer",
    "llm-service",
    "minimal",
    "monorepo",
    "quality-gate",
];

#[test]
fn the_checklists_of_the_examples() {
    let mut folders: Vec<String> = root()
        .join("examples")
        .read_dir_utf8()
        .expect("a folder")
        .map(|e| e.expect("an entry"))
        .filter(|e| e.path().is_dir())
        .map(|e| e.file_name().to_owned())
        .collect();
    folders.sort();
    assert_eq!(folders, EXAMPLES, "an example without a snapshot");
    for example in EXAMPLES {
        insta::assert_snapshot!(example, printed(example, &[]));
    }
}

#[test]
fn it_is_the_same_every_time_and_a_platform_can_be_asked_for() {
    let all = printed("llm-service", &[]);
    assert_eq!(all, printed("llm-service", &[]));
    let parts = ["github", "gitlab", "jenkins"].map(|p| printed("llm-service", &["--to", p]));
    assert_eq!(all, parts.join("\n"));
}

#[test]
fn where_nothing_is_emitted_there_is_nothing_to_set_up() {
    let repo = Repo::new();
    repo.write("a.mlpipe", "mlpipe 1\npipeline a\nemit github\non push main\ngate g { run \"true\" }\n");
    let told = repo.run(&["setup", "--to", "jenkins"], 2).err;
    assert!(told.contains("nothing to compile"), "{told}");
    repo.write("a.mlpipe", "mlpipe 1\npipeline a\non push main\ngate g { runn \"true\" }\n");
    repo.run(&["setup"], 1);
}

/// Manifests and emitted texts of each platform, for every project of the examples and of the good corpus.
fn compiled() -> Vec<(String, Vec<(Manifest, String)>)> {
    let mut all = Vec::new();
    let corpus = root().join("tests/corpus/ok");
    let specs = mlpipe::project::specs(&corpus, &corpus).expect("specs");
    let each = specs.into_iter().map(|s| (corpus.clone(), vec![s]));
    let examples = EXAMPLES.iter().map(|e| {
        let folder = root().join("examples").join(e);
        let specs = mlpipe::project::specs(&folder, &folder).expect("specs");
        (folder, specs)
    });
    for (folder, specs) in each.chain(examples) {
        all.extend(of(&folder, &specs).map(|found| (format!("{folder}: {specs:?}"), found)));
    }
    assert!(all.len() > 40, "{} projects", all.len());
    all
}

fn of(folder: &Utf8Path, specs: &[Utf8PathBuf]) -> Option<Vec<(Manifest, String)>> {
    let mut project = Project::load(folder, specs, specs);
    let files = project.print(&PlatformName::ALL, &mlpipe::render::Overlay::default());
    let plans: Vec<_> = project.plans_selected().collect();
    if files.is_empty() || plans.is_empty() {
        return None;
    }
    let text = |m: &Manifest| {
        let emitted = |path: &str| m.pipelines.iter().any(|p| p.file == path);
        let texts = files.iter().filter(|f| emitted(f.path.as_str())).map(|f| f.text.as_str());
        texts.collect::<Vec<_>>().join("\n")
    };
    let found = PlatformName::ALL.iter().filter_map(|p| manifest(*p, &plans));
    Some(
        found
            .map(|m| {
                let t = text(&m);
                (m, t)
            })
            .collect(),
    )
}

fn caught(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).expect("a pattern");
    pattern.captures_iter(text).map(|c| c[1].to_owned()).collect()
}

fn secrets(manifest: &Manifest) -> BTreeSet<String> {
    let name = |s: &Setting| match s {
        Setting::Secret { name, .. } | Setting::IdToken { name, .. } => Some(name.clone()),
        _ => None,
    };
    manifest.items.iter().filter_map(|i| name(&i.setting)).collect()
}

/// The manifest follows from the plan, the files follow from the plan: they have to name the same things.
#[test]
fn it_names_what_the_files_name_and_nothing_else() {
    let mut seen = [0; 3];
    for (name, manifests) in compiled() {
        for (manifest, text) in manifests {
            let ids: BTreeSet<&str> = manifest.items.iter().map(|i| i.id.as_str()).collect();
            assert_eq!(ids.len(), manifest.items.len(), "{name}: an id stands twice");
            let has =
                |id: String| assert!(ids.contains(id.as_str()), "{name}: nothing tells of {id}: {ids:?}");
            match manifest.platform {
                PlatformName::Github => {
                    assert_eq!(secrets(&manifest), caught(r"secrets\.([A-Za-z0-9_]+)", &text), "{name}");
                    for e in caught("\n    environment: \"([^\"]*)\"", &text) {
                        // An environment may be called so, and then is no approval's.
                        let either = ids.contains(format!("environment/{e}").as_str());
                        assert!(either || ids.contains(format!("approval/{e}").as_str()), "{name}: {e}");
                        seen[0] += 1;
                    }
                }
                PlatformName::Gitlab => {
                    let read = caught("# Reads the project variable ([A-Za-z0-9_]+)", &text);
                    assert!(read.is_subset(&secrets(&manifest)), "{name}: {read:?}");
                    for group in caught("\n  resource_group: \"?([^\"\n]*)", &text) {
                        has(format!("resource-group/{group}"));
                    }
                    for scoped in caught(
                        r"# Reads the project variable ([^\n]*, scoped to the environment [^\n]*)\.\n",
                        &text,
                    ) {
                        let (secret, e) = scoped.split_once(", scoped to the environment ").expect("two");
                        if !ids.contains(format!("secret/{secret}").as_str()) {
                            has(format!("secret/{e}/{secret}"));
                        }
                        seen[1] += 1;
                    }
                }
                PlatformName::Jenkins => {
                    assert_eq!(secrets(&manifest), caught(r"credentialsId: '([^']*)'", &text), "{name}");
                    for label in caught(r"agent \{ label '([^']*)' \}", &text) {
                        has(format!("agent/{label}"));
                        seen[2] += 1;
                    }
                    for (step, plugin) in [
                        ("lock(", "lockable-resources"),
                        ("withCredentials(", "credentials-binding"),
                        (" input {", "pipeline-input-step"),
                    ] {
                        let named = ids.contains(format!("plugin/{plugin}").as_str());
                        assert_eq!(named, text.contains(step), "{name}: {plugin}");
                    }
                }
            }
        }
    }
    assert!(seen.iter().all(|n| *n > 20), "{seen:?}");
}

#[test]
fn every_command_line_is_one_that_a_shell_can_read() {
    let mut lines = 0;
    for (name, manifests) in compiled() {
        for command in manifests.iter().flat_map(|(m, _)| &m.items).flat_map(|i| &i.commands) {
            // What a person fills in is no redirection.
            let filled = command.replace("<FILE>", "file").replace("<ID>", "1");
            let done = Command::new("bash").args(["-n", "-c", &filled]).output().expect("bash");
            assert!(done.status.success(), "{name}: {command}");
            lines += 1;
        }
    }
    assert!(lines > 100, "{lines}");
}

#[test]
fn the_page_tells_of_every_kind_and_field() {
    let page = std::fs::read_to_string(root().join("docs/setup.md")).expect("a page");
    let schema = mlpipe::report::schema("setup").expect("a schema").text;
    let schema: serde_json::Value = serde_json::from_str(schema).expect("JSON");
    let kinds = schema["$defs"]["Setting"]["oneOf"].as_array().expect("kinds");
    assert_eq!(kinds.len(), 18);
    for kind in kinds {
        let fields = kind["properties"].as_object().expect("fields");
        let name = fields["kind"]["const"].as_str().expect("a kind");
        let row = page
            .lines()
            .find(|l| l.starts_with(&format!("| `{name}` |")))
            .unwrap_or_else(|| panic!("{name}"));
        for field in fields.keys().filter(|f| *f != "kind") {
            assert!(row.contains(&format!("`{field}`")), "{name}.{field}");
        }
    }
}

/// The manifest of one platform for these specs together.
fn manifest_of(platform: &str, specs: &[&str]) -> serde_json::Value {
    let repo = Repo::new();
    for (i, spec) in specs.iter().enumerate() {
        repo.write(&format!("s{i}.mlpipe"), format!("mlpipe 1\npipeline p{i}\n{spec}"));
    }
    let text = repo.run(&["setup", "--format", "json", "--to", platform], 0).out;
    let mut document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["manifests"].as_array().map(Vec::len), Some(1));
    document["manifests"][0].take()
}

fn item<'a>(manifest: &'a serde_json::Value, id: &str) -> &'a serde_json::Value {
    let all = manifest["items"].as_array().expect("items");
    all.iter().find(|i| i["id"] == id).unwrap_or_else(|| panic!("no {id}: {manifest:#}"))
}

fn deploy(approval: &str) -> String {
    format!(
        "deploy production {{ {approval} target command {{ deploy \"d\"; live \"l\" }}; secret TOKEN }}\n\
         image ghcr \"ghcr.io/acme/x\" {{ tags commit }}\n"
    )
}

/// What the script asks of a cluster, and nothing beside it.
#[test]
fn rights_in_a_cluster_are_those_of_the_target_and_of_its_ledger() {
    let rights = |target: &str, more: &str| {
        let spec = format!(
            "on push main\nrunner argo {{ github \"self-hosted\"; gitlab \"argo\"; jenkins \"argo\" }}\n\
             gate g {{ run \"true\" }}\nimage ghcr \"ghcr.io/acme/x\" {{ tags commit }}\n{more}\n\
             deploy production {{ target {target}; smoke \"./s\"; runner argo }}\n"
        );
        let manifest = manifest_of("gitlab", &[&spec]);
        let all =
            item(&manifest, "rights/ml/KUBECONFIG")["setting"]["rights"].as_array().expect("rights").clone();
        let text = |v: &serde_json::Value| v.as_str().expect("a text").to_owned();
        let verbs = |r: &serde_json::Value| {
            r["verbs"].as_array().expect("verbs").iter().map(text).collect::<Vec<_>>()
        };
        all.iter().map(|r| format!("{} {}", text(&r["resource"]), verbs(r).join(" "))).collect::<Vec<_>>()
    };
    let ledger = "configmaps get create update";
    let head = "kubeconfig secret KUBECONFIG; namespace \"ml\"";
    let plain = format!("kubernetes {{ {head}; deployment \"x\" }}");
    assert_eq!(rights(&plain, ""), ["deployments get list watch patch", ledger]);
    assert_eq!(rights(&plain, "state git \"ledger\""), ["deployments get list watch patch"]);
    let copies = ["deployments get list watch patch create delete", "services get list create delete"];
    let istio = format!("kubernetes {{ {head}; deployment \"x\"; traffic istio \"web\" }}");
    assert_eq!(rights(&istio, ""), [copies[0], copies[1], "virtualservices get patch", ledger]);
    let argo = format!("argo_rollouts {{ {head}; rollout \"x\" }}");
    let rollout = ["rollouts get update", "rollouts/status patch", "replicasets get list"];
    assert_eq!(rights(&argo, ""), [rollout[0], rollout[1], rollout[2], ledger]);
}

#[test]
fn what_two_pipelines_need_of_one_environment_is_one_item() {
    let first = format!("on push main\n{}", deploy("approval required { by \"ann\" };"));
    let second =
        format!("on push \"release/**\"\non tag \"v*\"\n{}", deploy("approval required { by \"bob\" };"));
    let manifest = manifest_of("github", &[&first, &second]);
    let production = item(&manifest, "environment/production");
    assert_eq!(production["setting"]["branches"], serde_json::json!(["main", "release/**/*"]));
    assert_eq!(production["setting"]["tags"], serde_json::json!(["v*"]));
    assert_eq!(production["jobs"], serde_json::json!(["p0/deploy-production", "p1/deploy-production"]));
    assert_eq!(production["places"].as_array().map(Vec::len), Some(2));
    let people = item(&manifest, "approval/production-approval");
    assert_eq!(people["setting"]["by"], serde_json::json!(["ann", "bob"]));
    // Each has a lock of its own: another pipeline's is another resource group.
    let manifest = manifest_of("gitlab", &[&first, &second]);
    item(&manifest, "resource-group/mlpipe/p0/production");
    item(&manifest, "resource-group/mlpipe/p1/production");
    item(&manifest, "protected/branch/release/*");
}

#[test]
fn a_secret_stands_where_every_job_that_names_it_can_read_it() {
    let only = format!("on push main\non pull_request main\n{}", deploy(""));
    let manifest = manifest_of("gitlab", &[&only]);
    let token = &item(&manifest, "secret/production/TOKEN")["setting"];
    assert_eq!(
        (token["environment"].as_str(), token["protected"].as_bool()),
        (Some("production"), Some(true))
    );
    // A gate has no environment, and it runs for merge requests, whose branches are not protected.
    let both = format!("{only}gate check {{ run \"true\"; secret TOKEN }}\n");
    let manifest = manifest_of("gitlab", &[&both]);
    let token = item(&manifest, "secret/TOKEN");
    let setting = &token["setting"];
    assert_eq!((setting["environment"].as_str(), setting["protected"].as_bool()), (None, Some(false)));
    assert_eq!(token["jobs"], serde_json::json!(["p0/gate-check", "p0/deploy-production"]));
    assert!(
        !manifest["items"].as_array().expect("items").iter().any(|i| i["id"] == "secret/production/TOKEN")
    );
    // Jenkins binds by id and knows no environments.
    item(&manifest_of("jenkins", &[&only]), "secret/TOKEN");
}

#[test]
fn a_schedule_of_a_shared_root_says_which_pipeline_it_starts() {
    let spec = "on schedule \"17 3 * * 1\"\ngate a { run \"true\" }\n";
    let alone = manifest_of("gitlab", &[spec]);
    assert_eq!(item(&alone, "schedule/p0/17 3 * * 1 UTC")["setting"]["input"].as_str(), None);
    let shared = manifest_of("gitlab", &[spec, spec]);
    let second = &item(&shared, "schedule/p1/17 3 * * 1 UTC")["setting"];
    assert_eq!(second["input"], serde_json::json!({ "name": "mlpipe_pipeline", "value": "p1" }));
    assert_eq!(second["description"], "mlpipe p1: 17 3 * * 1 UTC");
    item(&shared, "version/17.11");
}

/// The comment at the head of a GitLab file lists settings too; each of them is an item.
#[test]
fn the_head_of_a_gitlab_file_lists_nothing_else() {
    let mut lines = 0;
    for (name, manifests) in compiled() {
        for (manifest, text) in manifests.iter().filter(|(m, _)| m.platform == PlatformName::Gitlab) {
            for line in text.lines().filter_map(|l| l.strip_prefix("#   - ")) {
                let (kind, rest) = line.split_once(' ').expect("words");
                let has = |is: &dyn Fn(&Setting) -> bool| manifest.items.iter().any(|i| is(&i.setting));
                let found = match (kind, rest) {
                    ("pipeline", r) if r.starts_with("schedule: cron ") => has(&|s| match s {
                        Setting::Schedule { cron, timezone, branch, .. } => {
                            r.starts_with(&format!("schedule: cron {cron}, zone {timezone}, branch {branch}"))
                        }
                        _ => false,
                    }),
                    ("pipeline", r) => has(&|s| match s {
                        Setting::Event { name, .. } => {
                            r.starts_with(&format!("trigger token: event {name} "))
                        }
                        _ => false,
                    }),
                    ("resource", r) => has(&|s| match s {
                        Setting::ResourceGroup { key, mode } => {
                            r == format!("group {key}: process mode {mode}")
                        }
                        _ => false,
                    }),
                    ("protected", r) => has(&|s| match s {
                        Setting::Approval { environment, .. } => {
                            r.starts_with(&format!("environment {environment}: "))
                        }
                        _ => false,
                    }),
                    ("project", r) => has(&|s| match s {
                        Setting::Secret { name, .. } => r.starts_with(&format!("variable {name}: ")),
                        _ => false,
                    }),
                    _ => panic!("{name}: {line}"),
                };
                assert!(found, "{name}: {line}");
                lines += 1;
            }
        }
    }
    assert!(lines > 40, "{lines}");
}
