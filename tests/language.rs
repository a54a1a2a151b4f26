//! The guide and the reference of the language say what the compiler does.
//! `UPDATE_KEYWORDS=1 cargo test --test language` writes the reference anew.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/blocks.rs"]
mod support;

use camino::{Utf8Path, Utf8PathBuf};
use mlpipe::diag::{Finding, Severity};
use mlpipe::project::Project;
use mlpipe::spec::shape::{Keyword, Kind, Opens, Place, Shape, TARGETS};
use mlpipe::spec::{PlatformName, keywords};
use std::collections::BTreeSet;
use std::path::PathBuf;
use support::{Block, blocks, checked};

fn docs(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

fn guide() -> String {
    std::fs::read_to_string(docs("language.md")).expect("docs/language.md")
}

#[test]
fn the_reference_is_what_the_table_says() {
    let wanted = mlpipe::report::keywords_page();
    if std::env::var_os("UPDATE_KEYWORDS").is_some() {
        std::fs::write(docs("keywords.md"), wanted).expect("written");
        return;
    }
    let there = std::fs::read_to_string(docs("keywords.md")).expect("docs/keywords.md");
    assert!(
        there == wanted,
        "docs/keywords.md is behind the table: UPDATE_KEYWORDS=1 cargo test --test language"
    );
}

/// The library that examples of `use` take from.
const LIBRARY: &str = "let min_recall\nlet line_limit = 120\ngate lint { run \"ruff check .\" }\n";

/// A fragment as a whole file: `<!-- fragment: gate -->` is what stands in a gate, `<!-- fragment -->` what stands at the top.
fn whole(block: &Block) -> String {
    let text = &block.text;
    let place =
        block.mark.split(", ").find_map(|m| m.strip_prefix("fragment")).map(|m| m.trim_start_matches(": "));
    let says = |word: &str| text.lines().any(|l| l.starts_with(word));
    let head =
        if says("on ") { "mlpipe 1\npipeline guide\n" } else { "mlpipe 1\npipeline guide\non push main\n" };
    let gate = "gate unit { run \"pytest\" }\n";
    let image = "image ghcr \"ghcr.io/acme/ranker\" { tags commit }\n";
    match place {
        None => text.clone(),
        Some("gate") => format!("{head}gate example {{\n{text}}}\n"),
        Some("model") => format!("{head}{gate}model ranker {{\n{text}}}\n"),
        Some("image") => format!("{head}{gate}image ghcr \"ghcr.io/acme/ranker\" {{\n{text}}}\n"),
        Some("deploy") => {
            let target = "target kubernetes { kubeconfig secret KUBECONFIG; deployment \"ranker\" }\n";
            let target = if text.contains("target") { "" } else { target };
            format!("{head}{gate}{image}deploy production {{\n{target}{text}}}\n")
        }
        Some("deploys") => format!("{head}{gate}{image}{text}"),
        Some("") if says("gate ") || says("image ") => format!("{head}{text}"),
        Some("") => format!("{head}{text}{gate}"),
        Some(other) => panic!("line {}: no fragment `{other}`", block.line),
    }
}

/// What compiling for every platform says of an example, without notes, and its statements that are not compiled yet.
fn compiled(block: &Block) -> (Vec<Finding>, Vec<String>) {
    let dir = tempfile::tempdir().expect("a folder");
    let root = Utf8Path::from_path(dir.path()).expect("UTF-8");
    std::fs::create_dir(root.join("shared")).expect("made");
    std::fs::write(root.join("shared/gates.mlpipe"), LIBRARY).expect("written");
    std::fs::write(root.join("guide.mlpipe"), whole(block)).expect("written");
    let spec = [Utf8PathBuf::from("guide.mlpipe")];
    let mut project = Project::load(root, &spec, &spec);
    let files = project.compile(&PlatformName::ALL);
    assert!(
        project.has_errors() || files.files().len() >= 3,
        "line {}: {} files",
        block.line,
        files.files().len()
    );
    let later = project.pipelines.iter().flat_map(|p| &p.spec.later).map(|l| l.what.clone());
    let mut later: Vec<String> = later.collect();
    later.dedup();
    project.findings.retain(|f| f.severity != Severity::Note && f.code.id != "MLP500");
    (project.findings, later)
}

/// An example compiles without a finding; one marked `refused: CODE` gives that finding alone; one marked
/// `later: WORDS` has these statements, and no others, that are not compiled yet.
#[test]
fn every_example_of_the_guide_is_right() {
    let page = guide();
    let all = blocks(&page);
    assert!(all.len() > 25, "only {} examples", all.len());
    let mut wrong = Vec::new();
    for block in &all {
        let said = |what: &str| block.mark.split(", ").find_map(|m| m.strip_prefix(what)).map(str::to_owned);
        let known = |m: &str| ["fragment", "refused: ", "later: "].iter().any(|k| m.starts_with(k));
        assert!(
            block.mark.is_empty() || block.mark.split(", ").all(known),
            "line {}: {}",
            block.line,
            block.mark
        );
        let (findings, later) = compiled(block);
        let given: BTreeSet<String> = findings.iter().map(|f| f.code.id.to_owned()).collect();
        let wanted: BTreeSet<String> = said("refused: ").into_iter().collect();
        if given != wanted {
            let told: Vec<String> = findings.iter().map(|f| format!("{} {}", f.code.id, f.message)).collect();
            wrong.push(format!("line {}: wanted {wanted:?}, {told:#?}", block.line));
        }
        let wanted = said("later: ").unwrap_or_default();
        if later.join(" and ") != wanted {
            wrong.push(format!("line {}: not compiled are {later:?}, marked is `{wanted}`", block.line));
        }
    }
    assert!(wrong.is_empty(), "docs/language.md\n{}", wrong.join("\n"));
}

/// Every word that may stand at the top, in a gate, a model, the image or a deploy is shown or spoken of.
#[test]
fn the_guide_speaks_of_every_statement() {
    let page = guide();
    let shown: BTreeSet<String> = blocks(&page)
        .iter()
        .flat_map(|b| b.text.split(['\n', ';', '{']).map(|s| s.trim().to_owned()).collect::<Vec<_>>())
        .filter_map(|s| s.split(' ').next().map(str::to_owned))
        .collect();
    let places =
        [Place::Top, Place::On, Place::Gate, Place::Model, Place::Image, Place::Deploy, Place::Approval];
    let missing: BTreeSet<&str> = places
        .into_iter()
        .flat_map(keywords::within)
        .map(|k| k.word)
        .filter(|w| !shown.contains(*w) && !page.contains(&format!("`{w}`")))
        .collect();
    assert!(missing.is_empty(), "docs/language.md does not speak of {missing:?}");
}

/// Codes that the guide names exist.
#[test]
fn the_guide_names_codes_that_exist() {
    let page = guide();
    for id in page.split("MLP").skip(1).map(|r| r.chars().take(3).collect::<String>()) {
        let known = mlpipe::diag::ALL.iter().any(|c| c.id == format!("MLP{id}"));
        assert!(known || id.starts_with("IPE"), "docs/language.md names MLP{id}");
    }
}

/// A statement's arguments in every form, each with the words that were chosen in it.
fn forms(shapes: &[Shape]) -> Vec<(String, Vec<&'static str>)> {
    let mut all = vec![(String::new(), Vec::new())];
    for shape in shapes {
        let pieces: Vec<(String, Vec<&'static str>)> = match shape {
            Shape::The(w) => vec![((*w).to_owned(), vec![*w])],
            Shape::Op(w) => vec![((*w).to_owned(), vec![])],
            Shape::Comma => vec![(",".to_owned(), vec![])],
            Shape::Maybe(_) => continue,
            Shape::List(inner) => forms(inner),
            Shape::Either(alternatives) => alternatives.iter().flat_map(|a| forms(a)).collect(),
            Shape::A(_, Kind::OneOf(words)) => words.iter().map(|w| ((*w).to_owned(), vec![*w])).collect(),
            Shape::A(_, Kind::TargetName) => {
                TARGETS.iter().map(|(w, _)| ((*w).to_owned(), vec![*w])).collect()
            }
            Shape::A(_, kind) => vec![(sample(*kind).to_owned(), vec![])],
        };
        let before = std::mem::take(&mut all);
        for (text, chosen) in &before {
            for (more, words) in &pieces {
                let chosen = chosen.iter().chain(words).copied().collect();
                all.push((format!("{text} {more}"), chosen));
            }
        }
    }
    all
}

fn sample(kind: Kind) -> &'static str {
    match kind {
        Kind::Name | Kind::Ident | Kind::Metric => "x",
        Kind::Upper => "X",
        Kind::Str | Kind::Path | Kind::Template | Kind::Env | Kind::Shell | Kind::Raw => "\"x\"",
        Kind::Glob => "main",
        Kind::Count | Kind::Number | Kind::Ratio | Kind::Quantity | Kind::Value => "1",
        Kind::Percent => "100%",
        Kind::Duration => "5m",
        Kind::Compare => ">=",
        Kind::Sign => "+",
        Kind::Unit => "ms",
        Kind::OneOf(_) | Kind::TargetName => panic!("these are counted out"),
    }
}

/// A statement where it may stand; none for the insides of statements that are not compiled as a whole.
fn standing(place: Place, statement: &str) -> Option<String> {
    let inner = match place {
        Place::Top => return Some(statement.to_owned()),
        Place::On => format!("on manual {{ {statement} }}"),
        Place::Gate => format!("gate g {{ {statement} }}"),
        Place::Model => format!("model m {{ {statement} }}"),
        Place::Image => format!("image ghcr \"ghcr.io/a/b\" {{ {statement} }}"),
        Place::Deploy => format!("deploy d {{ {statement} }}"),
        Place::Approval => format!("deploy d {{ approval required {{ {statement} }} }}"),
        Place::Kubernetes => format!("deploy d {{ target kubernetes {{ {statement} }} }}"),
        Place::Command => format!("deploy d {{ target command {{ {statement} }} }}"),
        _ => return None,
    };
    Some(inner)
}

fn is_refused(keyword: &Keyword, place: Place, arguments: &str) -> Option<bool> {
    let block = if matches!(keyword.opens, Opens::Must(_)) { " { }" } else { "" };
    let statement = format!("{}{arguments}{block}", keyword.word);
    let text = format!("mlpipe 1\npipeline p\n{}\n", standing(place, &statement)?);
    let spec = checked(&text).0.unwrap_or_else(|| panic!("no spec of\n{text}"));
    Some(spec.later.iter().any(|l| l.what.split(' ').next() == Some(keyword.word)))
}

/// What the reference calls compiled is, and what it calls not compiled yet is refused: word by word, choice by choice.
#[test]
fn the_table_knows_what_is_not_compiled() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for keyword in keywords::all().filter(|k| k.word != "pipeline") {
        for place in keyword.within {
            for (arguments, chosen) in forms(keyword.args) {
                let said =
                    !keyword.later.is_empty() || chosen.iter().any(|c| keyword.later_choices.contains(c));
                let Some(refused) = is_refused(keyword, *place, &arguments) else { continue };
                tried += 1;
                if refused != said {
                    wrong.push(format!(
                        "{}{arguments}, {}: refused {refused}",
                        keyword.word,
                        place.describe()
                    ));
                }
            }
        }
    }
    assert!(tried > 150, "only {tried} forms");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
