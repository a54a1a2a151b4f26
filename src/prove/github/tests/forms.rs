//! What is read, and what is refused.

use crate::prove::github::read;
use std::path::{Path, PathBuf};

/// The workflows of all examples.
fn examples() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut all = Vec::new();
    for example in std::fs::read_dir(root).unwrap() {
        let folder = example.unwrap().path().join(".github/workflows");
        let Ok(files) = std::fs::read_dir(folder) else { continue };
        for file in files {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            all.push((path, text));
        }
    }
    all.sort();
    assert!(all.len() >= 7, "{} examples", all.len());
    all
}

#[test]
fn every_example_is_read() {
    for (path, text) in examples() {
        let file = read(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let facts = file.facts();
        assert!(!facts.jobs.is_empty(), "{}", path.display());
        assert_eq!(facts.hazards, [], "{}", path.display());
        for job in &facts.jobs {
            assert!(
                job.line > 0 && text.lines().nth(job.line - 1).unwrap().trim() == format!("{}:", job.name)
            );
        }
    }
}
