//! Every code of the table of findings has a page, and a case or a test that makes it.

#![allow(clippy::expect_used, reason = "a test stops where it fails")]

use camino::Utf8Path;
use mlpipe::diag::{ALL, Code, Finding, SourceMap};
use std::collections::BTreeSet;

/// Codes that no spec alone can make: they need a plan of a size or form that only a test builds, other files on the
/// disk, or a bug. Each with the file and the name of the test that makes it.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("MLP410", "src/platform/github/tests/limits.rs", "refused_before_anything_is_written"),
];

/// Pages whose examples are specs: rules over a typed spec, and those limits of platforms that a spec alone shows.
fn is_of_a_rule(code: &Code) -> bool {
    mlpipe::check::RULES.iter().any(|r| r.code == code)
}

fn read(path: &str) -> String {
    let path = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| format!("{path}: {e}"))
}

/// Names of the entries of a folder that end so.
fn entries(folder: &str, ending: &str) -> Vec<String> {
    let folder = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut names: Vec<String> = folder
        .read_dir_utf8()
        .expect("a folder")
        .map(|e| e.expect("an entry").file_name().to_owned())
        .filter(|n| n.ends_with(ending))
        .collect();
    names.sort();
    names
}

#[test]
fn the_corpus_is_large() {
    let cases = |kind| {
        let folder = format!("tests/corpus/{kind}");
        entries(&folder, "").iter().filter(|n| n.ends_with(".mlpipe") || !n.contains('.')).count()
    };
    let (bad, ok) = (cases("bad"), cases("ok"));
    assert!(bad >= 60, "{bad} cases in tests/corpus/bad; 60 is the least");
    assert!(ok >= 30, "{ok} cases in tests/corpus/ok; 30 is the least");
}

#[test]
fn every_code_is_made_by_a_case_or_by_a_named_test() {
    let expected: String =
        entries("tests/corpus/bad", ".expect").iter().map(|n| read(&format!("tests/corpus/bad/{n}"))).collect();
    let in_corpus: BTreeSet<&str> =
        expected.lines().filter_map(|l| l.split(' ').nth(1)).filter(|w| w.starts_with("MLP")).collect();
    let mut wrong = Vec::new();
    for code in ALL {
        let elsewhere: Vec<_> = ELSEWHERE.iter().filter(|(id, ..)| *id == code.id).collect();
        match (in_corpus.contains(code.id), elsewhere.as_slice()) {
            (true, []) => {}
            (false, []) => wrong.push(format!("{} {} occurs in no case", code.id, code.name)),
            (true, _) => wrong.push(format!("{} is in the corpus now: take it out of the list", code.id)),
            (false, [(id, file, test)]) => {
                let text = read(file);
                if !text.contains(&format!("fn {test}(")) || !text.contains(id) {
                    wrong.push(format!("{id}: {file} has no test `{test}` that names it"));
                }
            }
            (false, _) => wrong.push(format!("{} is in the list twice", code.id)),
        }
    }
    let known = |id: &str| ALL.iter().any(|c| c.id == id);
    wrong.extend(ELSEWHERE.iter().filter(|(id, ..)| !known(id)).map(|(id, ..)| format!("{id} is no code")));
    wrong.extend(in_corpus.iter().filter(|id| !known(id)).map(|id| format!("{id} is no code")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn codes_are_in_order_and_unique() {
    let ids: Vec<&str> = ALL.iter().map(|c| c.id).collect();
    let names: BTreeSet<&str> = ALL.iter().map(|c| c.name).collect();
    assert!(ids.windows(2).all(|w| w[0] < w[1]), "{ids:?}");
    assert_eq!(names.len(), ids.len(), "a name is given twice");
}

#[test]
fn every_page_begins_with_its_code_and_every_page_has_one() {
    for code in ALL {
        assert!(code.page.starts_with(&format!("# {}", code.id)), "{}", code.id);
        assert!(code.page.lines().count() > 4, "{} has no text", code.id);
    }
    for page in entries("docs/findings", ".md") {
        let id = page.trim_end_matches(".md");
        assert!(ALL.iter().any(|c| c.id == id) || !id.starts_with("MLP"), "{page} belongs to no code");
    }
}

/// The code blocks of a page, in order.
fn blocks(page: &str) -> Vec<&str> {
    page.split("```mlpipe\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// Examples leave out what they are not about: the edition, the name, a trigger.
fn whole(example: &str) -> String {
    let says = |word: &str| example.lines().any(|l| l.starts_with(word));
    let mut text = String::from("mlpipe 1\n");
    if !says("pipeline ") {
        text.push_str("pipeline example\n");
        if !says("on ") {
            text.push_str("on push main\n");
        }
    }
    text + example
}

fn findings(text: &str) -> Vec<Finding> {
    let folder = tempfile::tempdir().expect("a folder");
    let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
    std::fs::write(root.join("example.mlpipe"), text).expect("written");
    let loaded = mlpipe::spec::load(root, Utf8Path::new("example.mlpipe"), &mut SourceMap::default());
    let mut findings = loaded.findings;
    findings.extend(loaded.spec.iter().flat_map(mlpipe::check::check));
    findings
}

/// The first block shows the fault and the second the remedy, which is silent: not only about this code.
#[test]
fn examples_of_rules_show_the_fault_and_the_remedy() {
    let mut wrong = Vec::new();
    for code in ALL.iter().copied().filter(|c| is_of_a_rule(c)) {
        let [fault, remedy] = blocks(code.page)[..] else {
            wrong.push(format!("{} has not two examples", code.id));
            continue;
        };
        let told = |text: &str| -> Vec<String> {
            findings(&whole(text)).iter().map(|f| format!("{} {}", f.code.id, f.message)).collect()
        };
        let (at_fault, at_remedy) = (told(fault), told(remedy));
        if at_fault.is_empty() || !at_fault.iter().all(|f| f.starts_with(code.id)) {
            wrong.push(format!("{}: its example tells {at_fault:?}", code.id));
        }
        if !at_remedy.is_empty() {
            wrong.push(format!("{}: its remedy tells {at_remedy:?}", code.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
