//! The Python runtime's own tests, run on the file that the compiler writes; a test here for each file there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

use std::process::Command;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/runtime");

fn unittest(module: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mlpipe_runtime.py");
    std::fs::write(&file, mlpipe::script::runtime()).unwrap();
    let done = Command::new("python3")
        .args(["-B", "-W", "error::SyntaxWarning", "-m", "unittest", module])
        .current_dir(FOLDER)
        .env("MLPIPE_RUNTIME", &file)
        .output()
        .unwrap_or_else(|e| panic!("these tests need python3: {e}"));
    let text = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{text}");
    assert!(text.contains("\nRan ") && !text.contains("\nRan 0 tests"), "no test was found: {text}");
}

macro_rules! files {
    ($($module:ident)*) => {
        const FILES: &[&str] = &[$(stringify!($module)),*];
        $(#[test] fn $module() { unittest(stringify!($module)); })*
    };
}

files! {
    test_approve test_deploy test_exec test_gate test_image test_model test_notify test_parts test_rules
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
