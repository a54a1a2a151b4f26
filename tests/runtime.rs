//! The Python runtime's own tests, run on the file that the compiler writes; a test here for each file there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

#[path = "support/schemas.rs"]
mod schemas;

use schemas::Judge;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/runtime");

fn unittest(module: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mlpipe_runtime.py");
    std::fs::write(&file, mlpipe::script::runtime()).unwrap();
    let kept = folder.path().join("kept");
    std::fs::create_dir(&kept).unwrap();
    let done = Command::new("python3")
        .args(["-B", "-W", "error::SyntaxWarning", "-m", "unittest", module])
        .current_dir(FOLDER)
        .env("MLPIPE_RUNTIME", &file)
        .env("MLPIPE_KEEP", &kept)
        .env("MLPIPE_BIN", env!("CARGO_BIN_EXE_mlpipe"))
        .output()
        .unwrap_or_else(|e| panic!("these tests need python3: {e}"));
    let text = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{text}");
    assert!(text.contains("\nRan ") && !text.contains("\nRan 0 tests"), "no test was found: {text}");
    judged(module, &kept);
}

/// What the runtime wrote in the tests is as its schema says, and the schema would see a fault.
fn judged(module: &str, kept: &Path) {
    let judges = [("record", Judge::new("record", "")), ("message", Judge::new("message", ""))];
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for entry in kept.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let document: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let (what, judge) = judges.iter().find(|(what, _)| name.starts_with(what)).unwrap();
        judge.check(&document, &name);
        let kind = document["kind"].as_str().unwrap_or(what).to_owned();
        let status = document["status"].as_str().unwrap_or_default();
        // The field of its kind comes with the work, so a job that did not get there has none.
        let may = format!(" without {kind}");
        let holes: Vec<String> =
            judge.holes(&document).into_iter().filter(|h| status == "passed" || *h != may).collect();
        // Each kind and end once: the holes are the same in all of them.
        assert!(holes.is_empty(), "{name}: {holes:?}\n{document:#}");
        seen.insert(format!("{kind} {status}"));
    }
    let wanted: &[&str] = match module {
        "test_approve" => &["approve passed", "approve failed"],
        "test_deploy" => &["deploy passed", "deploy failed", "deploy unfinished"],
        "test_drill" => &["drill passed", "drill failed"],
        "test_exec" => &["gate failed"],
        "test_gate" => &["gate passed", "gate failed", "gate advisory"],
        "test_image" => &["image passed", "image failed"],
        "test_model" => &["model passed", "model failed"],
        "test_notify" => &["notify passed", "notify failed", "withheld passed", "message "],
        _ => &[],
    };
    for one in wanted {
        assert!(seen.contains(*one), "{module} wrote no `{one}`: {seen:?}");
    }
}

macro_rules! files {
    ($($module:ident)*) => {
        const FILES: &[&str] = &[$(stringify!($module)),*];
        $(#[test] fn $module() { unittest(stringify!($module)); })*
    };
}

files! {
    test_again test_approve test_argo test_auth test_canary test_deploy test_disk test_drill test_exec test_faults test_gate
    test_halt test_history test_hosts test_image test_judged test_lease test_ledger test_mesh test_model test_notify
    test_parts test_races test_reconcile test_rules test_shadow test_soak test_source test_store test_switch test_watch
}

#[test]
fn every_file_of_tests_is_run() {
    let mut found: Vec<String> = std::fs::read_dir(FOLDER)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".py").map(str::to_owned))
        .filter(|name| name.starts_with("test_"))
        .collect();
    found.sort();
    assert_eq!(found, FILES);
}
