//! The Python runtime's own tests, run on the file that the compiler writes.

use std::process::Command;

#[test]
fn the_runtimes_tests_pass() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mlpipe_runtime.py");
    std::fs::write(&file, mlpipe::script::runtime()).unwrap();
    let done = Command::new("python3")
        .args(["-B", "-W", "error::SyntaxWarning", "-m", "unittest", "discover", "--start-directory"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/runtime"))
        .env("MLPIPE_RUNTIME", &file)
        .output()
        .unwrap_or_else(|e| panic!("these tests need python3: {e}"));
    let text = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{text}");
    let count: u32 =
        text.rsplit_once("\nRan ").and_then(|(_, t)| t.split(' ').next()?.parse().ok()).unwrap_or(0);
    assert!(count > 40, "only {count} tests were found:\n{text}");
}
