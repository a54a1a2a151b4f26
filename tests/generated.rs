//! Every random valid spec compiles without a finding that is an error, to files that read back, whatever stands in its
//! strings; and compiles to the same bytes twice.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/specs.rs"]
mod specs;

use camino::Utf8PathBuf;
use mlpipe::output::OutputFile;
use mlpipe::project::Project;
use mlpipe::spec::PlatformName;
use serde::Deserialize;

/// Compiles a random spec.
fn compile(seed: u64) -> Vec<OutputFile> {
    let dir = tempfile::tempdir().expect("a folder");
    let root = Utf8PathBuf::from_path_buf(dir.path().canonicalize().expect("a path")).expect("UTF-8");
    let text = specs::spec(seed);
    std::fs::write(root.join("release.mlpipe"), &text).expect("written");
    let all = vec![Utf8PathBuf::from("release.mlpipe")];
    let mut project = Project::load(&root, &all, &all);
    let files = project.compile(&PlatformName::ALL).files().to_vec();
    let errors: Vec<String> = project
        .findings
        .iter()
        .filter(|f| f.is_error())
        .map(|f| format!("{} {}", f.code.id, f.message))
        .collect();
    assert!(errors.is_empty(), "seed {seed}: {errors:#?}\n{text}");
    files
}

#[test]
fn every_valid_spec_compiles_and_twice_to_the_same_bytes() {
    for seed in 0..200 {
        let files = compile(seed);
        assert_eq!(files.len(), 5, "seed {seed}: script, runtime and three platforms");
        assert_eq!(files, compile(seed), "seed {seed}");
        for f in files.iter().filter(|f| f.path.ends_with(".yml")) {
            // The proof reads the part of YAML that is printed; this reads all of it.
            for document in serde_yaml::Deserializer::from_str(&f.text) {
                let read = serde_yaml::Value::deserialize(document);
                assert!(read.is_ok_and(|v| v.is_mapping()), "seed {seed}: {}\n{}", f.path, f.text);
            }
        }
    }
}
