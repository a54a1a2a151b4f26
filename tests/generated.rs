//! Every random valid spec compiles without a finding that is an error, to files that read back, whatever stands in its
//! strings; and compiles to the same bytes twice.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/specs.rs"]
mod specs;

use camino::Utf8PathBuf;
use mlpipe::diag::FileId;
use mlpipe::output::OutputFile;
use mlpipe::project::Project;
use mlpipe::spec::PlatformName;
use mlpipe::spec::keywords;
use mlpipe::spec::shape::{Keyword, Kind, Opens, Place, Shape, TARGETS, TARGETS_LATER};
use mlpipe::syntax::{self, Statement};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Random specs that are looked at.
const SPECS: u64 = 200;

/// Each so many-th of them is compiled a second time.
const TWICE: u64 = 8;

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
    for seed in 0..SPECS {
        let files = compile(seed);
        let ends = [".sh", "mlpipe_runtime.py", ".yml", ".gitlab-ci.yml", "Jenkinsfile"];
        let missing: Vec<&str> =
            ends.into_iter().filter(|end| !files.iter().any(|f| f.path.as_str().ends_with(end))).collect();
        assert!(missing.is_empty(), "seed {seed}: no {missing:?}");
        if seed % TWICE == 0 {
            assert_eq!(files, compile(seed), "seed {seed}");
        }
        for f in files.iter().filter(|f| f.path.ends_with(".yml")) {
            // The proof reads the part of YAML that is printed; this reads all of it.
            for document in serde_yaml::Deserializer::from_str(&f.text) {
                let read = serde_yaml::Value::deserialize(document);
                assert!(read.is_ok_and(|v| v.is_mapping()), "seed {seed}: {}\n{}", f.path, f.text);
            }
        }
    }
}

/// What may be told of a good spec of the corpus when it is compiled: a word that is compiled later, a glob that GitHub cannot
/// say, time zones that Jenkins cannot keep.
const TOLD: [&str; 3] = ["MLP500", "MLP412", "MLP432"];

#[test]
fn every_good_spec_of_the_corpus_compiles() {
    let root = Utf8PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/ok"));
    let mut compiled = 0;
    for entry in root.read_dir_utf8().expect("a folder") {
        let path = entry.expect("an entry").path().to_owned();
        let case = if path.is_dir() { path.join("main.mlpipe") } else { path };
        if case.extension() != Some("mlpipe") {
            continue;
        }
        let all = vec![Utf8PathBuf::from(case.file_name().expect("a name"))];
        let mut project = Project::load(case.parent().expect("a folder"), &all, &all);
        let files = project.compile(&PlatformName::ALL).files().len();
        let errors: Vec<_> = project.findings.iter().filter(|f| f.is_error()).collect();
        let expected = errors.iter().all(|f| TOLD.contains(&f.code.id));
        assert!(expected, "{case}: {errors:#?}");
        compiled += usize::from(files > 0);
    }
    assert!(compiled >= 50, "only {compiled} compile");
}

/// Where a word stands, the word, and a choice among its arguments; without one it is the word alone.
type Drawn = (Place, &'static str, &'static str);

/// A word is drawn in so many of the specs at least.
const SELDOM: usize = 3;

/// What no random spec draws, and why.
const NOT_DRAWN: &[(Drawn, &str)] = &[
    ((Place::Top, "use", ""), "takes a second file; `tests/corpus/ok/use` has them"),
    ((Place::Top, "use", "only"), "the same"),
    ((Place::Top, "scenario", ""), "makes no output; `tests/scenario.rs` plays them"),
    ((Place::Model, "source", "revision"), "belongs to a source that is not compiled yet"),
    ((Place::Deploy, "on", "pull_request"), "is refused there (MLP362)"),
];

/// Every word of the language that is compiled, and every choice among its arguments, in the blocks that are.
fn compiled() -> Vec<Drawn> {
    let mut all = Vec::new();
    let (mut places, mut known) = (vec![Place::Top], 0);
    while let Some(place) = places.get(known).copied() {
        known += 1;
        for keyword in keywords::within(place).filter(|k| k.later.is_empty()) {
            all.push((place, keyword.word, ""));
            let choices = choices(keyword).into_iter().filter(|c| !keyword.later_choices.contains(c));
            all.extend(choices.map(|choice| (place, keyword.word, choice)));
            match keyword.opens {
                Opens::May(Place::Target) | Opens::Must(Place::Target) => {
                    let kinds = TARGETS.iter().filter(|(kind, _)| !TARGETS_LATER.contains(kind));
                    places.extend(kinds.map(|(_, place)| place));
                }
                Opens::May(Place::Scenario) | Opens::Must(Place::Scenario) | Opens::Nothing => {}
                Opens::May(place) | Opens::Must(place) => places.push(place),
            }
        }
        let mut seen = BTreeSet::new();
        places.retain(|place| seen.insert(*place));
    }
    all
}

/// The words among a keyword's arguments.
fn choices(keyword: &Keyword) -> Vec<&'static str> {
    fn walk(shape: &Shape, out: &mut Vec<&'static str>) {
        match shape {
            Shape::The(word) => out.push(word),
            Shape::A(_, Kind::OneOf(words)) => out.extend(*words),
            Shape::Maybe(inner) | Shape::List(inner) => inner.iter().for_each(|s| walk(s, out)),
            Shape::Either(ways) => ways.iter().flat_map(|way| way.iter()).for_each(|s| walk(s, out)),
            Shape::A(..) | Shape::Op(_) | Shape::Comma => {}
        }
    }
    let mut out = Vec::new();
    keyword.args.iter().for_each(|shape| walk(shape, &mut out));
    out
}

/// Every word that stands in a block, with what stands in its own; `targets` are the places that named ones are.
fn drawn(place: Place, statements: &[Statement], targets: &BTreeMap<&str, Place>, out: &mut BTreeSet<Drawn>) {
    for statement in statements {
        let keyword = keywords::find(place, &statement.word).expect("a word of the table");
        let names: Vec<&str> = statement.args.iter().filter_map(|a| a.as_name()).collect();
        let choices = choices(keyword).into_iter().filter(|c| names.contains(c));
        out.extend(choices.chain([""]).map(|choice| (place, keyword.word, choice)));
        let inner = match keyword.opens {
            Opens::May(Place::Target) | Opens::Must(Place::Target) => kind(&names, targets),
            Opens::May(place) | Opens::Must(place) => Some(place),
            Opens::Nothing => None,
        };
        if let (Some(inner), Some(block)) = (inner, &statement.block) {
            drawn(inner, &block.statements, targets, out);
        }
    }
}

/// The place that the block of a `target` is: by its kind, which stands last, or by its name.
fn kind(names: &[&str], targets: &BTreeMap<&str, Place>) -> Option<Place> {
    let last = names.last()?;
    Place::of_target(last).or_else(|| targets.get(last).copied())
}

#[test]
fn every_word_of_the_language_is_drawn() {
    let mut counts: BTreeMap<Drawn, usize> = compiled().into_iter().map(|word| (word, 0)).collect();
    for seed in 0..SPECS {
        let text = specs::spec(seed);
        let tree = syntax::parse(FileId::default(), &text, &|_| false).tree;
        let mut targets = BTreeMap::new();
        for statement in tree.statements.iter().filter(|s| s.word.as_str() == "target") {
            let names: Vec<&str> = statement.args.iter().filter_map(|a| a.as_name()).collect();
            targets.extend(names.first().copied().zip(kind(&names, &BTreeMap::new())));
        }
        let mut words = BTreeSet::new();
        drawn(Place::Top, &tree.statements, &targets, &mut words);
        for word in words {
            *counts.entry(word).or_default() += 1;
        }
    }
    let excused = |word: &Drawn| NOT_DRAWN.iter().any(|(not, _)| not == word);
    let seldom: Vec<String> = counts
        .iter()
        .filter(|(word, count)| !excused(word) && **count < SELDOM)
        .map(|((place, word, choice), count)| format!("`{word} {choice}` {}: {count}", place.describe()))
        .collect();
    assert!(seldom.is_empty(), "in less than {SELDOM} of {SPECS} specs:\n{}", seldom.join("\n"));
    for (word, reason) in NOT_DRAWN {
        assert_eq!(counts.get(word), Some(&0), "{word:?} is drawn, or no word that is compiled ({reason})");
    }
}
