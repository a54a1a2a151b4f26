//! Every JSON that mlpipe prints is as `mlpipe schema` says, and what is not is refused.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;
#[path = "support/schemas.rs"]
mod schemas;

use runner::{Repo, SPEC};
use schemas::Judge;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The documents that a call prints: one, or one a line.
fn printed(folder: &Path, words: &[&str]) -> Vec<Value> {
    let done =
        Command::new(env!("CARGO_BIN_EXE_mlpipe")).args(words).current_dir(folder).output().expect("it runs");
    assert!(
        matches!(done.status.code(), Some(0..=2)),
        "{words:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    let all: Vec<Value> =
        serde_json::Deserializer::from_slice(&done.stdout).into_iter().map(|d| d.expect("JSON")).collect();
    assert!(!all.is_empty(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    all
}

fn examples() -> Vec<PathBuf> {
    let entries = root().join("examples").read_dir().expect("a folder");
    let mut all: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).filter(|p| p.is_dir()).collect();
    all.sort();
    assert!(all.len() > 3, "the examples are somewhere else");
    all
}

/// Every spec below a folder, from it, and whether it is a pipeline and no library.
fn specs(folder: &Path) -> Vec<(String, bool)> {
    let mut all = Vec::new();
    for entry in folder.read_dir().expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            all.extend(specs(&path).into_iter().map(|(below, is)| (format!("{name}/{below}"), is)));
        } else if name.ends_with(".mlpipe") {
            let text = std::fs::read_to_string(&path).expect("UTF-8");
            let is = text.split(['\n', '\r', ';']).any(|l| l.trim_start().starts_with("pipeline "));
            all.push((name, is));
        }
    }
    all.sort();
    all
}

/// Each pipeline of the good corpus in a repository of its own, with the libraries: many have the same name.
fn corpus() -> Vec<(String, Repo)> {
    let folder = root().join("tests/corpus/ok");
    let all = specs(&folder);
    let copy =
        |repo: &Repo, name: &str| repo.write(name, std::fs::read(folder.join(name)).expect("readable"));
    let of = |name: &String| {
        let repo = Repo::new();
        all.iter().filter(|(_, is)| !is).for_each(|(library, _)| copy(&repo, library));
        copy(&repo, name);
        (name.clone(), repo)
    };
    let repos: Vec<_> = all.iter().filter(|(_, is)| *is).map(|(name, _)| of(name)).collect();
    assert!(repos.len() > 40, "the corpus has {} pipelines", repos.len());
    repos
}

#[test]
fn findings_are() {
    let judge = Judge::new("findings", "");
    let mut told = 0;
    for folder in [root().join("tests/corpus/bad")].into_iter().chain(examples()) {
        for document in printed(&folder, &["lint", "--format", "json", "."]) {
            judge.check(&document, &folder.to_string_lossy());
            told += document["findings"].as_array().map_or(0, Vec::len);
        }
    }
    assert!(told > 300, "the corpus tells {told} findings");
    let drifted = Repo::with_spec();
    for document in printed(&drifted.path("."), &["check", "--format", "json"]) {
        judge.check(&document, "check");
        assert_ne!(
            document["findings"],
            serde_json::json!([]),
            "nothing is compiled, and check says nothing"
        );
    }
}

#[test]
fn plans_targets_and_settings_are() {
    let (plan, targets) = (Judge::new("plan", ""), Judge::new("targets", ""));
    let (setup, mut settings) = (Judge::new("setup", ""), BTreeSet::new());
    let mut kinds = BTreeSet::new();
    for (name, repo) in corpus() {
        let folder = repo.path(".");
        printed(&folder, &["plan", "--format", "json"]).iter().for_each(|d| plan.check(d, &name));
        printed(&folder, &["targets", "--format", "json"]).iter().for_each(|d| targets.check(d, &name));
        printed(&folder, &["setup", "--format", "json"]).iter().for_each(|d| setup.check(d, &name));
    }
    for folder in examples() {
        let name = folder.to_string_lossy();
        for mut document in printed(&folder, &["plan", "--format", "json"]) {
            plan.check(&document, &name);
            // The holes are the same in every job of a kind.
            let first = |j: &Value| kinds.insert(j["work"]["kind"].to_string());
            document["jobs"].as_array_mut().expect("jobs").retain(first);
            assert_eq!(plan.holes(&document), [""; 0], "{name}");
        }
        printed(&folder, &["targets", "--format", "json"]).iter().for_each(|d| targets.check(d, &name));
        for mut document in printed(&folder, &["setup", "--format", "json"]) {
            setup.check(&document, &name);
            for manifest in document["manifests"].as_array_mut().expect("manifests") {
                let first = |i: &Value| settings.insert(i["setting"]["kind"].to_string());
                manifest["items"].as_array_mut().expect("items").retain(first);
            }
            assert_eq!(setup.holes(&document), [""; 0], "{name}");
        }
    }
    assert!(settings.len() >= 13, "{settings:?}");
    assert!(kinds.len() >= 7, "{kinds:?}");
    for words in [&["targets", "--format", "json"][..], &["targets", "--all", "--format", "json"]] {
        let [document] = &printed(&examples()[0], words)[..] else { panic!("one document") };
        targets.check(document, "an example");
        assert_eq!(targets.holes(document), [""; 0]);
    }
}

#[test]
fn plays_are() {
    let (test, simulate) = (Judge::new("test", ""), Judge::new("simulate", ""));
    let mut played = 0;
    let corpus = corpus();
    let folders = corpus.iter().map(|(_, repo)| repo.path(".")).chain(examples());
    for folder in folders {
        let pipelines: Vec<String> = specs(&folder).into_iter().filter(|s| s.1).map(|s| s.0).collect();
        let text = |s: &String| std::fs::read_to_string(folder.join(s)).expect("UTF-8");
        if pipelines.iter().any(|s| text(s).lines().any(|l| l.starts_with("scenario "))) {
            for document in printed(&folder, &["test", "--format", "json"]) {
                test.check(&document, &folder.to_string_lossy());
                played += document["scenarios"].as_array().map_or(0, Vec::len);
            }
        }
        for spec in &pipelines {
            printed(&folder, &["simulate", "--format", "json", spec])
                .iter()
                .for_each(|d| simulate.check(d, spec));
        }
    }
    assert!(played > 10, "the specs hold {played} scenarios");
}

/// Every way in which a run and its parts can end, and a document that is not as the schema says.
#[test]
fn plays_of_all_kinds_are() {
    let repo = Repo::new();
    let scenarios = "scenario \"bad\" { given quality.accuracy = 80%, quality takes 1500ms; expect quality failed, production deployed }\n\
                     scenario \"fork\" { given on pull_request main from fork; expect production untouched }\n\
                     scenario \"cancelled\" { given production takes 2m, cancelled during production at 30s; expect production rolled_back }\n";
    repo.write("release.mlpipe", format!("{SPEC}{scenarios}"));
    let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let (test, simulate) = (Judge::new("test", ""), Judge::new("simulate", ""));
    let document = read(&repo.run(&["test", "--format", "json"], 1).out);
    test.check(&document, "test");
    assert_eq!(test.holes(&document), [""; 0]);
    let document =
        read(&repo.run(&["simulate", "--format", "json", "--expect", "production deployed"], 0).out);
    simulate.check(&document, "simulate");
    assert_eq!(simulate.holes(&document), [""; 0]);
    let mut wrong = document.clone();
    wrong["outcome"] = "fine".into();
    assert!(!simulate.takes(&wrong));
    wrong = document;
    wrong["schema"] = 2.into();
    assert!(!simulate.takes(&wrong), "another version is another form");
}

#[test]
fn findings_that_are_not_are_refused() {
    let judge = Judge::new("findings", "");
    let repo = Repo::new();
    repo.write(
        "release.mlpipe",
        "mlpipe 1\npipeline a\npipeline b\non push main\ngate x { runn \"true\" }\ngate x { run \"true\" }\n",
    );
    let document: Value =
        serde_json::from_str(&repo.run(&["lint", "--format", "json"], 1).out).expect("JSON");
    judge.check(&document, "lint");
    let places = |f: &Value| f["related"].as_array().is_some_and(|r| !r.is_empty());
    assert!(document["findings"].as_array().is_some_and(|f| f.iter().any(places)), "{document:#}");
    assert_eq!(judge.holes(&document), [""; 0]);
    for (at, value) in [
        ("/schema", Value::from("1")),
        ("/findings/0/code", "MLP1".into()),
        ("/findings/0/severity", "fatal".into()),
        ("/findings/0/start/line", "1".into()),
        ("/findings/0/message", Value::Null),
    ] {
        let mut wrong = document.clone();
        *wrong.pointer_mut(at).expect("a place") = value;
        assert!(!judge.takes(&wrong), "{at}");
    }
}

/// The first block of JSON behind a heading.
fn block(page: &str, heading: &str) -> Value {
    let text = std::fs::read_to_string(root().join("docs").join(page)).expect("a page");
    let behind = text.split(heading).nth(1).and_then(|t| t.split("```json\n").nth(1)).expect("a block");
    serde_json::from_str(behind.split("```").next().unwrap_or_default()).expect("JSON")
}

#[test]
fn what_the_pages_show_is() {
    let rule = block("records.md", "## `gate`");
    let judge = Judge::new("record", "/$defs/rule");
    judge.check(&rule, "docs/records.md");
    assert_eq!(judge.holes(&rule), [""; 0]);
    let message = block("release-jobs.md", "## `notify-…`");
    let judge = Judge::new("message", "");
    judge.check(&message, "docs/release-jobs.md");
    assert_eq!(judge.holes(&message), [""; 0]);
}

/// The blocks of the page are what the program takes and refuses, as its own test says.
#[test]
fn configurations_are() {
    let judge = Judge::new("config", "");
    let page = std::fs::read_to_string(root().join("docs/configuration.md")).expect("a page");
    let mut seen = (0, 0);
    let mut before = "";
    for part in page.split("```") {
        if let Some(block) = part.strip_prefix("toml\n") {
            let read: Option<Value> = toml::from_str(block).ok();
            let refused = before.trim_end().lines().last().is_some_and(|l| l.starts_with("<!-- refused "));
            assert_eq!(read.is_some_and(|v| judge.takes(&v)), !refused, "{block}");
            *(if refused { &mut seen.1 } else { &mut seen.0 }) += 1;
        }
        before = part;
    }
    assert!(seen.0 >= 2 && seen.1 >= 3, "{seen:?}");
    judge.check(&serde_json::json!({}), "an empty file");
    for code in mlpipe::diag::ALL {
        for key in [code.name, code.id] {
            let says = |level: &str| judge.takes(&serde_json::json!({ "rules": { key: level } }));
            assert!(says("error") && !says("fatal"), "{key}");
            assert_eq!(says("off"), code.severity != mlpipe::diag::Severity::Error, "{key}");
        }
    }
    assert!(!judge.takes(&serde_json::json!({ "rules": { "MLP0": "error" } })));
}

#[test]
fn the_command_prints_each_and_lists_them() {
    let repo = Repo::new();
    let listed = repo.run(&["schema"], 0).out;
    for schema in mlpipe::report::SCHEMAS {
        assert_eq!(repo.run(&["schema", schema.name], 0).out, schema.text);
        assert!(listed.contains(&format!("{} ", schema.name)) && listed.contains(schema.of), "{listed}");
    }
    assert!(repo.run(&["schema", "plans"], 2).err.contains("'plan'"));
}
