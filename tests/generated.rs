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

/// Compiles a random spec; without Jenkins where its file would be longer than Jenkins compiles (MLP430).
fn compile(seed: u64) -> Vec<OutputFile> {
    let dir = tempfile::tempdir().expect("a folder");
    let root = Utf8PathBuf::from_path_buf(dir.path().canonicalize().expect("a path")).expect("UTF-8");
    let text = specs::spec(seed);
    std::fs::write(root.join("release.mlpipe"), &text).expect("written");
    let all = vec![Utf8PathBuf::from("release.mlpipe")];
    let mut project = Project::load(&root, &all, &all);
    let mut files = project.compile(&PlatformName::ALL).files().to_vec();
    if project.findings.iter().any(|f| f.code.id == "MLP430") {
        project = Project::load(&root, &all, &all);
        files = project.compile(&[PlatformName::Github, PlatformName::Gitlab]).files().to_vec();
    }
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
    let mut too_long = 0;
    for seed in 0..200 {
        let files = compile(seed);
        too_long += 5 - files.len();
        assert!((4..=5).contains(&files.len()), "seed {seed}: script, runtime and three platforms, or two");
        assert_eq!(files, compile(seed), "seed {seed}");
        for f in files.iter().filter(|f| f.path.ends_with(".yml")) {
            // The proof reads the part of YAML that is printed; this reads all of it.
            for document in serde_yaml::Deserializer::from_str(&f.text) {
                let read = serde_yaml::Value::deserialize(document);
                assert!(read.is_ok_and(|v| v.is_mapping()), "seed {seed}: {}\n{}", f.path, f.text);
            }
        }
    }
    assert!(too_long <= 4, "{too_long} of 200 are too long for Jenkins");
}
