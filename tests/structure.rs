//! The shape of the code: imports run one way, files stay small, templates print quoted values only.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

use std::fs;
use std::path::{Path, PathBuf};

/// Layers from the bottom up: a module imports only what stands before it.
const LAYERS: &[&str] = &[
    "diag", "render", "syntax", "fmt", "spec", "check", "plan", "script", "platform", "prove", "scenario",
    "origin", "settings", "output", "project", "doctor", "lint", "report", "lsp", "cli",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            all.push(path);
        }
    }
    all.sort();
    all
}

/// The top-level modules that a text names after `crate::`.
fn imports(text: &str) -> Vec<String> {
    text.lines()
        .filter(|l| !l.trim_start().starts_with("//"))
        .flat_map(|l| l.split("crate::").skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}

fn upward(module: &str, text: &str) -> Vec<String> {
    let rank = |m: &str| LAYERS.iter().position(|l| *l == m);
    let own = rank(module);
    imports(text).into_iter().filter(|i| i != module && rank(i).is_some_and(|r| Some(r) > own)).collect()
}

#[test]
fn imports_run_one_way() {
    let src = root().join("src");
    let mut wrong = Vec::new();
    for file in files(&src, ".rs") {
        let relative = file.strip_prefix(&src).expect("below src");
        let module = relative.iter().next().expect("a first part").to_string_lossy().into_owned();
        if module.ends_with(".rs") {
            continue;
        }
        assert!(LAYERS.contains(&module.as_str()), "src/{module} has no place in the list of layers");
        let text = fs::read_to_string(&file).expect("UTF-8");
        for up in upward(&module, &text) {
            wrong.push(format!("{} imports crate::{up}", relative.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_upward_import_would_be_seen() {
    assert_eq!(upward("diag", "use crate::plan::Plan;\n"), ["plan"]);
    assert_eq!(upward("plan", "use crate::diag::{Span};\nlet x = crate::cli::Exit::Fine;\n"), ["cli"]);
    assert!(upward("cli", "use crate::plan::Plan;\n").is_empty());
}

#[test]
fn no_source_file_is_a_giant() {
    for file in files(&root().join("src"), ".rs") {
        let lines = fs::read_to_string(&file).expect("UTF-8").lines().count();
        assert!(lines <= 600, "{} has {lines} lines; 600 is the limit", file.display());
    }
}

#[test]
fn templates_never_print_raw_text() {
    for file in files(&root().join("templates"), ".j2") {
        let text = fs::read_to_string(&file).expect("UTF-8");
        assert!(!text.contains("| safe") && !text.contains("|safe"), "{} uses `| safe`", file.display());
        assert!(!text.contains("autoescape"), "{} switches quoting", file.display());
    }
}

#[test]
fn nothing_names_a_folder_that_only_its_authors_have() {
    // Put together here, or this file would find itself.
    let theirs: Vec<String> =
        ["main", "wt", "shared", "."].iter().map(|f| format!("/wo{}/{f}", "rk")).collect();
    for folder in ["src", "templates", "tests", "docs", "grammar", "examples", "benches", ".ci"] {
        let folder = root().join(folder);
        for file in if folder.exists() { files(&folder, "") } else { Vec::new() } {
            let Ok(text) = fs::read_to_string(&file) else { continue };
            for t in &theirs {
                assert!(!text.contains(t.as_str()), "{} names {t}", file.display());
            }
        }
    }
}

/// Tests switch every feature of `regex` on, by what they depend on; the product has only those that it asks for, and a pattern with
/// `\s` or `(?i)` is none without them: a rule would be silent there, and only there.
#[test]
fn the_product_asks_for_what_its_patterns_need() {
    let manifest: toml::Table = include_str!("../Cargo.toml").parse().expect("a manifest");
    let features = manifest["dependencies"]["regex"]["features"].as_array().expect("features");
    let has = |name: &str| features.iter().any(|f| f.as_str() == Some(name));
    assert!(has("unicode-perl") && has("unicode-case"), "{features:?}");
}
