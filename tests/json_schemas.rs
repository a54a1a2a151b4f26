//! Every JSON that mlpipe prints is as `mlpipe schema` says, and what is not is refused.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;
#[path = "support/schemas.rs"]
mod schemas;

use runner::{Repo, SPEC};
use schemas::Judge;
use serde_json::Value;
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
        matches!(done.status.code(), Some(0 | 1)),
        "{words:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    serde_json::Deserializer::from_slice(&done.stdout).into_iter().map(|d| d.expect("JSON")).collect()
}

fn examples() -> Vec<PathBuf> {
    let entries = root().join("examples").read_dir().expect("a folder");
    let mut all: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).filter(|p| p.is_dir()).collect();
    all.sort();
    assert!(all.len() > 3, "the examples are somewhere else");
    all
}

fn specs(folder: &Path) -> Vec<String> {
    let walk = ignore::WalkBuilder::new(folder).build().map(|e| e.expect("an entry").into_path());
    let spec = |p: &PathBuf| {
        let text = || std::fs::read_to_string(p).expect("UTF-8");
        p.extension().is_some_and(|e| e == "mlpipe") && text().lines().any(|l| l.starts_with("pipeline "))
    };
    walk.filter(spec).map(|p| p.to_string_lossy().into_owned()).collect()
}

#[test]
fn findings_are() {
    let judge = Judge::new("findings", "");
    let mut told = 0;
    for part in ["ok", "bad"] {
        for document in printed(&root().join("tests/corpus"), &["lint", "--format", "json", part]) {
            judge.check(&document, part);
            told += document["findings"].as_array().map_or(0, Vec::len);
        }
    }
    assert!(told > 300, "the corpus tells {told} findings");
    for folder in examples() {
        for document in printed(&folder, &["lint", "--format", "json"]) {
            judge.check(&document, &folder.to_string_lossy());
        }
    }
}

#[test]
fn plans_are() {
    let judge = Judge::new("plan", "");
    let all = printed(&root().join("tests/corpus"), &["plan", "--format", "json", "ok"]);
    assert!(all.len() > 40, "the corpus has {} pipelines", all.len());
    all.iter().for_each(|d| judge.check(d, "tests/corpus/ok"));
    for folder in examples() {
        for document in printed(&folder, &["plan", "--format", "json"]) {
            judge.check(&document, &folder.to_string_lossy());
            assert_eq!(judge.holes(&document), [""; 0], "{}", folder.display());
        }
    }
}

#[test]
fn targets_are() {
    let judge = Judge::new("targets", "");
    for document in printed(&root().join("tests/corpus"), &["targets", "--format", "json", "ok"]) {
        judge.check(&document, "tests/corpus/ok");
    }
    for words in [&["targets", "--format", "json"][..], &["targets", "--all", "--format", "json"]] {
        let [document] = &printed(&examples()[0], words)[..] else { panic!("one document") };
        judge.check(document, "an example");
        assert_eq!(judge.holes(document), [""; 0]);
    }
}

#[test]
fn plays_are() {
    let (test, simulate) = (Judge::new("test", ""), Judge::new("simulate", ""));
    let mut played = 0;
    for folder in [root().join("tests/corpus")].into_iter().chain(examples()) {
        let place = if folder.ends_with("corpus") { "ok" } else { "." };
        if specs(&folder.join(place)).iter().any(|s| has_scenario(s)) {
            for document in printed(&folder, &["test", "--format", "json", place]) {
                test.check(&document, &folder.to_string_lossy());
                played += document["scenarios"].as_array().map_or(0, Vec::len);
            }
        }
        for spec in specs(&folder).iter().filter(|_| place == ".") {
            printed(&folder, &["simulate", "--format", "json", spec])
                .iter()
                .for_each(|d| simulate.check(d, spec));
        }
    }
    assert!(played > 10, "the specs hold {played} scenarios");
}

fn has_scenario(spec: &str) -> bool {
    std::fs::read_to_string(spec).expect("UTF-8").lines().any(|l| l.starts_with("scenario "))
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
