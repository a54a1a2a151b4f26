//! Defects D1 to D15 of published guides, each written as a spec and told by a rule that was made for it.
//!
//! `tests/defects/DNN-WHAT/main.mlpipe` is the spec, other files beside it are its repository's, and `rule` holds the name of the
//! rule that must tell it. Nothing else may be wrong with it: what other rules would say is a note at most.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

use camino::{Utf8Path, Utf8PathBuf};
use mlpipe::diag::{Code, Finding, Severity};
use mlpipe::project::Project;
use mlpipe::spec::PlatformName;

fn cases() -> Vec<(u32, Utf8PathBuf)> {
    let folder = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/defects");
    let entries = folder.read_dir_utf8().unwrap_or_else(|e| panic!("{folder}: {e}"));
    let mut all: Vec<_> = entries
        .map(|e| e.expect("an entry").path().to_owned())
        .map(|path| {
            let name = path.file_name().expect("a name");
            let number = name.strip_prefix('D').and_then(|n| n.get(..2)).and_then(|n| n.parse().ok());
            (number.unwrap_or_else(|| panic!("{name} is not called `D01-…`")), path)
        })
        .collect();
    all.sort();
    all
}

/// What `lint` says of a defect's spec, and what compiling it would add.
fn findings(folder: &Utf8Path) -> Vec<Finding> {
    let file = [Utf8PathBuf::from("main.mlpipe")];
    let mut project = Project::load(folder, &file, &file);
    drop(project.compile(&PlatformName::ALL));
    let mut all = project.findings.clone();
    all.extend(mlpipe::lint::project(&project));
    all.retain(|f| f.code != Code::NOT_COMPILED_YET);
    all
}

#[test]
fn every_defect_of_the_guides_is_there() {
    let numbers: Vec<u32> = cases().iter().map(|(number, _)| *number).collect();
    let expected: Vec<u32> = (1..=15).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn every_defect_is_told_by_its_own_rule_and_by_no_other() {
    let mut wrong = Vec::new();
    for (_, folder) in cases() {
        let name = folder.file_name().expect("a name");
        let rule = std::fs::read_to_string(folder.join("rule")).unwrap_or_else(|e| panic!("{name}: {e}"));
        let found = findings(&folder);
        let by_rule = found.iter().any(|f| f.code.name == rule.trim());
        let by_others = found.iter().any(|f| f.code.name != rule.trim() && f.severity != Severity::Note);
        if !by_rule || by_others {
            let told: Vec<_> = found.iter().map(|f| format!("{}: {}", f.code.name, f.message)).collect();
            wrong.push(format!("{name}, by {}: {told:#?}", rule.trim()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
