//! Every code of the table of findings has a page, and a case or a test that makes it.

#![allow(clippy::expect_used, reason = "a test stops where it fails")]

#[path = "support/blocks.rs"]
mod support;

use camino::{Utf8Path, Utf8PathBuf};
use mlpipe::diag::{ALL, Code, Date};
use mlpipe::project::{ConfigFrom, Others, Project, Settings};
use mlpipe::spec::Disk;
use std::collections::BTreeSet;
use support::{Block, blocks};

const GITHUB: &str = "src/platform/github/tests/limits.rs";
const GITHUB_CONDITIONS: &str = "src/platform/github/tests/conditions.rs";
const GITLAB: &str = "src/platform/gitlab/tests/limits.rs";
const JENKINS: &str = "src/platform/jenkins/tests.rs";
const NEIGHBOURS: &str = "tests/neighbours.rs";

/// Codes that no spec alone can make: they need a plan of a size or form that only a test builds, other files on the
/// disk, or a bug. Each with the file and the name of the test that makes it.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("MLP410", GITHUB, "each_limit_is_named_with_what_breaks_it"),
    ("MLP411", GITHUB, "each_limit_is_named_with_what_breaks_it"),
    ("MLP412", GITHUB_CONDITIONS, "a_pattern_that_cannot_be_said_is_refused_once_with_the_remedy"),
    ("MLP413", GITHUB, "each_limit_is_named_with_what_breaks_it"),
    ("MLP414", GITHUB, "each_limit_is_named_with_what_breaks_it"),
    ("MLP415", GITHUB, "each_limit_is_named_with_what_breaks_it"),
    ("MLP486", GITHUB, "each_limit_is_named_with_what_breaks_it"),
    ("MLP416", GITHUB, "each_limit_is_named_with_what_breaks_it"),
    ("MLP417", GITHUB, "each_limit_is_named_with_what_breaks_it"),
    ("MLP420", GITLAB, "each_limit_has_its_code"),
    ("MLP421", GITLAB, "each_limit_has_its_code"),
    ("MLP422", GITLAB, "each_limit_has_its_code"),
    ("MLP423", GITLAB, "each_limit_has_its_code"),
    ("MLP424", GITLAB, "a_notification_in_a_shared_root_is_refused"),
    ("MLP425", GITLAB, "each_limit_has_its_code"),
    ("MLP487", GITLAB, "each_limit_has_its_code"),
    ("MLP430", JENKINS, "the_budget_is_of_the_pipeline_block"),
    ("MLP431", JENKINS, "the_budget_is_of_the_pipeline_block"),
    ("MLP432", JENKINS, "limits_name_the_number_and_the_way_out"),
    ("MLP433", JENKINS, "limits_name_the_number_and_the_way_out"),
    ("MLP460", "tests/targets.rs", "strict_refuses_what_is_emulated_and_writes_nothing"),
    ("MLP500", NEIGHBOURS, "a_statement_without_output_yet_is_refused_by_name"),
    ("MLP601", NEIGHBOURS, "two_pipelines_of_one_name"),
    ("MLP602", NEIGHBOURS, "two_pipelines_that_would_write_one_path"),
    ("MLP603", NEIGHBOURS, "a_broken_neighbour_of_a_shared_root"),
    ("MLP604", "tests/templates.rs", "a_template_that_fails_is_its_authors"),
    ("MLP605", "tests/reports.rs", "drift_is_a_finding_for_machines"),
    ("MLP775", "src/lint/shellcheck.rs", "what_it_says_is_told_at_its_place"),
    ("MLP793", "tests/allow.rs", "a_comment_holds_through_its_last_day"),
    ("MLP794", "tests/allow.rs", "a_comment_that_is_no_longer_needed_is_told_name_by_name"),
    ("MLP796", "tests/config.rs", "what_is_no_toml_is_told_with_its_places"),
    ("MLP797", "tests/config.rs", "a_key_that_means_nothing_is_refused"),
    ("MLP798", "tests/config.rs", "a_value_that_cannot_be_is_refused"),
    ("MLP799", "tests/config.rs", "an_error_is_not_lowered"),
    ("MLP901", "src/project/bundle.rs", "a_bug_of_ours_says_that_it_is_ours"),
    ("MLP902", "src/project/proof.rs", "a_file_that_differs_is_named_with_its_template"),
    ("MLP903", "src/project/proof.rs", "a_file_that_differs_is_named_with_its_template"),
    ("MLP904", "src/fmt/tests.rs", "another_meaning_is_seen"),
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
    let expected: String = entries("tests/corpus/bad", ".expect")
        .iter()
        .map(|n| read(&format!("tests/corpus/bad/{n}")))
        .collect();
    let mut in_corpus: BTreeSet<&str> =
        expected.lines().filter_map(|l| l.split(' ').nth(1)).filter(|w| w.starts_with("MLP")).collect();
    // Their cases, and that there are enough of them, are the matter of `tests/rules.rs`.
    in_corpus.extend(mlpipe::lint::RULES.iter().map(|r| r.code.id));
    let mut wrong = Vec::new();
    for code in ALL {
        let elsewhere: Vec<_> = ELSEWHERE.iter().filter(|(id, ..)| *id == code.id).collect();
        match (in_corpus.contains(code.id), elsewhere.as_slice()) {
            (true, []) => {}
            (false, []) => wrong.push(format!("{} {} occurs in no case", code.id, code.name)),
            (true, _) => wrong.push(format!("{} is in the corpus now: take it out of the list", code.id)),
            (false, [(id, file, test)]) => {
                let text = read(file);
                let constant = code.name.replace('-', "_").to_uppercase();
                let names = text.contains(id) || text.contains(&format!("Code::{constant}"));
                if !names || !text.contains(&format!("fn {test}(")) {
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

/// The first block shows the fault and the second the remedy, which is silent: not only about this code.
#[test]
fn examples_of_rules_show_the_fault_and_the_remedy() {
    let mut wrong = Vec::new();
    for code in ALL.iter().copied().filter(|c| is_of_a_rule(c)) {
        let [fault, remedy] = &blocks(code.page)[..] else {
            wrong.push(format!("{} has not two examples", code.id));
            continue;
        };
        let told = |text: &str| -> Vec<String> {
            support::checked(&whole(text)).1.iter().map(|f| format!("{} {}", f.code.id, f.message)).collect()
        };
        let (at_fault, at_remedy) = (told(&fault.text), told(&remedy.text));
        if at_fault.is_empty() || !at_fault.iter().all(|f| f.starts_with(code.id)) {
            wrong.push(format!("{}: its example tells {at_fault:?}", code.id));
        }
        if !at_remedy.is_empty() {
            wrong.push(format!("{}: its remedy tells {at_remedy:?}", code.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What `mlpipe lint` tells of a block: code and message.
fn linted(block: &Block) -> Vec<String> {
    let dir = tempfile::tempdir().expect("a folder");
    let root = Utf8Path::from_path(dir.path()).expect("UTF-8");
    std::fs::write(root.join("page.mlpipe"), whole(&block.text)).expect("written");
    if let Some((name, text)) = &block.beside {
        std::fs::write(root.join(name), text).expect("written");
    }
    let path = Utf8PathBuf::from("page.mlpipe");
    let settings = Settings { config: ConfigFrom::Nothing, today: Date::parse("2026-06-01") };
    let files = std::slice::from_ref(&path);
    let project = Project::load_from(&Disk, root, files, files, Others::Planned, &settings);
    let all = project.findings.iter().chain(&mlpipe::lint::project(&project)).cloned().collect::<Vec<_>>();
    all.iter().map(|f| format!("{} {}", f.code.id, f.message)).collect()
}

/// The same of the rules of lint. What other rules of lint say of an example is not its matter.
#[test]
fn examples_of_lint_rules_show_what_hurts_and_the_remedy() {
    let mut wrong = Vec::new();
    for code in mlpipe::lint::RULES.iter().map(|r| r.code) {
        let [fault, remedy] = &blocks(code.page)[..] else {
            wrong.push(format!("{} has not two examples", code.id));
            continue;
        };
        let is_lint = |f: &&String| mlpipe::lint::RULES.iter().any(|r| f.starts_with(r.code.id));
        for (block, finds) in [(fault, true), (remedy, false)] {
            let told = linted(block);
            let own = told.iter().any(|f| f.starts_with(code.id));
            if own != finds || told.iter().any(|f| !is_lint(&f)) {
                wrong.push(format!(
                    "{}: {}\n    tells {told:?}",
                    code.id,
                    if finds { "its example" } else { "its remedy" }
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
