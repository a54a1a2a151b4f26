//! Every random valid spec compiles without a finding that is an error, to files that read back, whatever stands in its
//! strings; and compiles to the same bytes twice.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/specs.rs"]
mod specs;

use camino::Utf8PathBuf;
use mlpipe::diag::SourceMap;
use mlpipe::output::OutputFile;
use mlpipe::project::Project;
use mlpipe::spec::PlatformName;
use mlpipe::spec::keywords;
use mlpipe::spec::shape::{Kind, Opens, Place, Shape};
use mlpipe::syntax::{self, Statement};
use serde::Deserialize;
use std::collections::BTreeMap;

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

/// Where a word stands, the word, and a choice among its arguments; without one it is the word alone.
type Drawn = (Place, &'static str, &'static str);

/// Words and choices that no random spec draws, and why.
const NOT_DRAWN: &[(&str, &str)] = &[];

/// Every word of the language that is compiled, and every choice among its arguments.
fn compiled() -> Vec<Drawn> {
    let mut all = Vec::new();
    for keyword in keywords::all().filter(|k| k.later.is_empty()) {
        for place in keyword.within {
            all.push((*place, keyword.word, ""));
            let mut choices = Vec::new();
            keyword.args.iter().for_each(|shape| words(shape, &mut choices));
            choices.retain(|c| !keyword.later_choices.contains(c));
            all.extend(choices.into_iter().map(|choice| (*place, keyword.word, choice)));
        }
    }
    all
}

fn words(shape: &Shape, out: &mut Vec<&'static str>) {
    match shape {
        Shape::The(word) => out.push(word),
        Shape::A(_, Kind::OneOf(choices)) => out.extend(*choices),
        Shape::Maybe(inner) | Shape::List(inner) => inner.iter().for_each(|s| words(s, out)),
        Shape::Either(ways) => ways.iter().flat_map(|way| way.iter()).for_each(|s| words(s, out)),
        Shape::A(..) | Shape::Op(_) | Shape::Comma => {}
    }
}

/// Everything of the table that stands in a block, with what stands in its blocks.
fn found(place: Place, statements: &[Statement], out: &mut Vec<Drawn>) {
    for statement in statements {
        let keyword = keywords::find(place, &statement.word).expect("a word of the table");
        out.push((place, keyword.word, ""));
        let mut choices = Vec::new();
        keyword.args.iter().for_each(|shape| words(shape, &mut choices));
        let names: Vec<&str> = statement.args.iter().filter_map(|a| a.as_name()).collect();
        out.extend(choices.into_iter().filter(|c| names.contains(c)).map(|c| (place, keyword.word, c)));
        let inner = match keyword.opens {
            Opens::May(Place::Target) | Opens::Must(Place::Target) => {
                // A target by its name is one of the first kind.
                names.iter().rev().find_map(|n| Place::of_target(n)).or(Some(Place::Kubernetes))
            }
            Opens::May(place) | Opens::Must(place) => Some(place),
            Opens::Nothing => None,
        };
        if let (Some(inner), Some(block)) = (inner, &statement.block) {
            found(inner, &block.statements, out);
        }
    }
}

#[test]
fn every_word_of_the_language_is_drawn() {
    let mut drawn: BTreeMap<Drawn, usize> = compiled().into_iter().map(|word| (word, 0)).collect();
    for seed in 0..200 {
        let mut sources = SourceMap::default();
        let text = specs::spec(seed);
        let file = sources.add("release.mlpipe", text.clone());
        let parsed = syntax::parse(file, &text, &|_| false);
        let mut all = Vec::new();
        found(Place::Top, &parsed.tree.statements, &mut all);
        all.sort_unstable();
        all.dedup();
        for word in all {
            *drawn.entry(word).or_default() += 1;
        }
    }
    for ((place, word, choice), count) in &drawn {
        println!("{count:4} {word} {choice} {}", place.describe());
    }
}
