//! `mlpipe fmt`: cases by directory walk, and what holds for every spec there is: formatting twice is formatting once, a
//! spec says the same before and after, and every comment stays between the same two words.
//!
//! A case is `tests/fmt/NAME.in.mlpipe` with `NAME.out.mlpipe`.

#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops where it fails; the support is shared with other tests"
)]

#[path = "support/blocks.rs"]
mod blocks;
#[path = "support/mangle.rs"]
mod mangle;
#[path = "support/specs.rs"]
mod specs;

use camino::{Utf8Path, Utf8PathBuf};
use mangle::{What, mangle, tree};
use mlpipe::diag::SourceMap;
use mlpipe::fmt::{format, format_range};
use mlpipe::project::Project;
use mlpipe::syntax::{Arg, Comment, Statement};
use serde_json::Value;

/// Random specs that are formatted.
const SPECS: u64 = 1000;

fn repository() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every spec below a folder of the repository, sorted.
fn specs_below(folder: &str) -> Vec<Utf8PathBuf> {
    below(folder, "mlpipe")
}

/// Every file of an ending below a folder of the repository, sorted.
fn below(folder: &str, ending: &str) -> Vec<Utf8PathBuf> {
    fn walk(folder: &Utf8Path, ending: &str, all: &mut Vec<Utf8PathBuf>) {
        for entry in folder.read_dir_utf8().expect("a folder") {
            let path = entry.expect("an entry").path().to_owned();
            if path.is_dir() {
                walk(&path, ending, all);
            } else if path.extension() == Some(ending) {
                all.push(path);
            }
        }
    }
    let mut all = Vec::new();
    walk(&repository().join(folder), ending, &mut all);
    all.sort();
    assert!(!all.is_empty(), "no `.{ending}` in {folder}");
    all
}

fn read(path: &Utf8Path) -> Option<String> {
    String::from_utf8(std::fs::read(path).expect("readable")).ok()
}

/// A text formatted, and formatted again without a change.
fn formatted(text: &str, name: &dyn std::fmt::Display) -> String {
    let once = format(text).unwrap_or_else(|f| panic!("{name}: {f:#?}\n{text}"));
    let twice = format(&once).unwrap_or_else(|f| panic!("{name}, the second time: {f:#?}\n{once}"));
    assert!(once == twice, "{name} changes the second time\n{}", difference(&once, &twice));
    once
}

fn difference(a: &str, b: &str) -> String {
    similar::TextDiff::from_lines(a, b).unified_diff().header("expected", "there").to_string()
}

#[test]
fn the_cases() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for input in specs_below("tests/fmt") {
        let Some(name) = input.as_str().strip_suffix(".in.mlpipe") else { continue };
        let expected = read(Utf8Path::new(&format!("{name}.out.mlpipe"))).expect("UTF-8");
        let there = formatted(&read(&input).expect("UTF-8"), &name);
        if there != expected {
            wrong.push(format!("{name}\n{}", difference(&expected, &there)));
        }
        count += 1;
    }
    assert!(count > 15, "only {count} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Words, arguments, braces and comments in the order of the text: what may not change places. A comment says whether it
/// stands alone; behind a `;` with nothing before it, it does.
fn sequence(text: &str) -> Vec<String> {
    fn statements(text: &str, all: &[Statement], out: &mut Vec<(u32, String)>) {
        for s in all {
            out.push((s.word.span.start, s.word.node.clone()));
            out.extend(s.args.iter().map(|a| (a.span.start, argument(text, a))));
            if let Some(block) = &s.block {
                out.push((block.span.start, "{".to_owned()));
                statements(text, &block.statements, out);
                out.push((block.span.end - 1, "}".to_owned()));
            }
        }
    }
    fn argument(text: &str, arg: &Arg) -> String {
        let source = &text[arg.span.start as usize..arg.span.end as usize];
        if source.contains('\n') { format!("{:?}", arg.kind) } else { source.to_owned() }
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let tree = tree(text);
    let alone = |start: u32| {
        let line = text[..start as usize].rsplit('\n').next().unwrap_or_default();
        line.chars().all(|c| c.is_whitespace() || c == ';')
    };
    let comment = |c: &Comment| (c.span.start, format!("#{} {}", c.text, alone(c.span.start)));
    let mut out: Vec<(u32, String)> = tree.comments.iter().map(comment).collect();
    statements(text, &tree.statements, &mut out);
    out.sort_by_key(|(at, _)| *at);
    out.into_iter().map(|(_, word)| word).collect()
}

/// A text formatted, and what must stay.
fn says_the_same(text: &str, name: &dyn std::fmt::Display) -> String {
    let after = formatted(text, name);
    assert_eq!(sequence(text), sequence(&after), "{name}: words or comments have changed places");
    assert_eq!(text.starts_with('\u{feff}'), after.starts_with('\u{feff}'), "{name}: the byte order mark");
    let ends = |t: &str| t.find('\n').map(|n| t[..n].ends_with('\r'));
    if let (Some(was), Some(is)) = (ends(text), ends(&after)) {
        assert_eq!(was, is, "{name}: other line ends");
    }
    after
}

#[test]
fn every_spec_of_the_repository_is_formatted_once_and_for_all() {
    let mut count = 0;
    for path in ["examples", "templates", "tests"].into_iter().flat_map(specs_below) {
        let Some(text) = read(&path) else { continue };
        if format(&text).is_ok() {
            says_the_same(&text, &path);
            count += 1;
        }
    }
    assert!(count > 200, "only {count} specs");
}

/// Cases of the good corpus whose layout is their point.
const WILD: &[&str] = &[
    "byte-order-mark.mlpipe",
    "carriage-returns.mlpipe",
    "commas-over-lines.mlpipe",
    "comments.mlpipe",
    "no-indentation.mlpipe",
    "one-line.mlpipe",
];

#[test]
fn the_specs_that_people_read_are_formatted() {
    let remedy = "`mlpipe fmt FILE`, then compile an example again";
    for path in ["examples", "templates", "tests/corpus/ok"].into_iter().flat_map(specs_below) {
        let text = read(&path).expect("UTF-8");
        let after = formatted(&text, &path);
        if WILD.contains(&path.file_name().unwrap_or_default()) {
            assert!(text != after, "{path} is formatted now: take it out of the list");
        } else {
            assert!(text == after, "{path} is not formatted: {remedy}\n{}", difference(&after, &text));
        }
    }
}

/// The example of a page as a formatted one looks: a fragment of a block is formatted in one.
fn as_formatted(block: &blocks::Block) -> Result<String, Vec<mlpipe::diag::Finding>> {
    let inside = block.mark.split(", ").filter_map(|m| m.strip_prefix("fragment: ")).any(|m| m != "deploys");
    if !inside {
        return format(&block.text);
    }
    let whole = format(&format!("block {{\n{}}}\n", block.text))?;
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    Ok(lines[1..lines.len() - 1].iter().map(|l| l.strip_prefix("  ").unwrap_or(l)).collect())
}

/// Every page of the documentation, sorted.
fn pages() -> Vec<Utf8PathBuf> {
    let mut all = below("docs", "md");
    all.push(repository().join("README.md"));
    all
}

#[test]
fn the_examples_of_the_pages_are_formatted() {
    let (mut count, mut wrong) = (0, Vec::new());
    for page in pages() {
        for block in blocks::blocks(&read(&page).expect("UTF-8")) {
            // What shows an error of syntax, or a form that is not the canonical one, cannot be formatted.
            let Ok(after) = as_formatted(&block) else { continue };
            if block.text != after {
                wrong.push(format!("{page}:{}\n{}", block.line, difference(&after, &block.text)));
            }
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 400, "only {count} examples");
}

/// A plan without the places that it notes: lines, and the spaces of what is quoted from the spec.
fn without_places(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.shift_remove("line").is_some()
                && let Some(Value::String(text)) = map.get_mut("text")
            {
                text.retain(|c| !c.is_whitespace());
            }
            map.values_mut().for_each(without_places);
        }
        Value::Array(all) => all.iter_mut().for_each(without_places),
        _ => {}
    }
}

/// What a spec means: its plan or, where there is none, everything that was read of it; and what is found in it.
fn meaning(root: &Utf8Path, path: &Utf8Path) -> String {
    let path = path.to_owned();
    let one = std::slice::from_ref(&path);
    let project = Project::load(root, one, one);
    // What a message quotes is quoted as written, spaces included.
    let words = |message: &str| message.split('`').step_by(2).collect::<String>();
    let found: Vec<String> =
        project.findings.iter().map(|f| format!("{} {}", f.code.id, words(&f.message))).collect();
    let plan = project.plans_selected().next().map(|plan| {
        let mut plan = serde_json::to_value(plan).expect("JSON");
        plan["sha256"] = Value::Null;
        without_places(&mut plan);
        format!("{plan:#}")
    });
    let said = plan.unwrap_or_else(|| {
        let mut spec = mlpipe::spec::load(root, &path, &mut SourceMap::default()).spec;
        if let Some(spec) = &mut spec {
            spec.sha256.clear();
        }
        let places =
            regex::Regex::new(r"Span \{ file: FileId\(\d+\), start: \d+, end: \d+ \}").expect("a pattern");
        places.replace_all(&format!("{spec:?}"), "Span").into_owned()
    });
    format!("{}\n{said}", found.join("\n"))
}

/// The folder that a spec of the repository is read below.
fn root_of(path: &Utf8Path) -> Utf8PathBuf {
    let corpus = repository().join("tests/corpus");
    if let Ok(below) = path.strip_prefix(&corpus) {
        let case: Vec<&str> = below.components().map(|c| c.as_str()).collect();
        let depth = if case.len() > 2 { 2 } else { 1 };
        return corpus.join(case[..depth].join("/"));
    }
    let marked = path.ancestors().find(|a| a.join("mlpipe.toml").exists());
    marked.or(path.parent()).expect("a folder").to_owned()
}

#[test]
fn every_spec_of_the_repository_means_the_same_when_formatted() {
    let copies = tempfile::tempdir().expect("a folder");
    let copies = Utf8Path::from_path(copies.path()).expect("UTF-8");
    let all: Vec<Utf8PathBuf> =
        ["examples", "templates", "tests/corpus", "tests/rules"].into_iter().flat_map(specs_below).collect();
    let copy = |path: &Utf8Path| copies.join(path.strip_prefix(repository()).expect("of the repository"));
    for path in &all {
        let bytes = std::fs::read(path).expect("readable");
        let text = String::from_utf8(bytes.clone()).ok().and_then(|t| format(&t).ok());
        std::fs::create_dir_all(copy(path).parent().expect("a folder")).expect("made");
        std::fs::write(copy(path), text.map_or(bytes, String::into_bytes)).expect("written");
    }
    for path in &all {
        let root = root_of(path);
        let below = path.strip_prefix(&root).expect("below its root");
        let (before, after) = (meaning(&root, below), meaning(&copy(&root), below));
        assert!(before == after, "{path}\n{}", difference(&before, &after));
    }
}

#[test]
fn random_specs_in_random_layouts_mean_the_same_when_formatted() {
    let dir = tempfile::tempdir().expect("a folder");
    let root = Utf8Path::from_path(dir.path()).expect("UTF-8");
    let meant = |text: &str| {
        std::fs::write(root.join("a.mlpipe"), text).expect("written");
        meaning(root, Utf8Path::new("a.mlpipe"))
    };
    let mut comments = 0;
    for seed in 0..SPECS {
        let text = mangle(&specs::spec(seed), seed, What::All);
        comments += text.matches('#').count();
        let after = says_the_same(&text, &seed);
        let (wanted, there) = (meant(&text), meant(&after));
        assert!(wanted.contains("\"jobs\""), "{seed} has no plan: {wanted}");
        assert!(there == wanted, "{seed}\n{text}\n{}", difference(&wanted, &there));
    }
    assert!(comments > 10_000, "only {comments} comments");
}

/// Spaces, indentation and semicolons are never seen in the result.
#[test]
fn one_spec_has_one_form() {
    for seed in 0..SPECS / 4 {
        let spec = specs::spec(seed);
        let text = mangle(&spec, seed, What::Spaces);
        let (wanted, there) = (formatted(&spec, &seed), formatted(&text, &seed));
        assert!(wanted == there, "{seed}\n{text}\n{}", difference(&wanted, &there));
    }
}

/// The lines, from 0, of all statements at the top of a file that touch a range of lines or share a line with one that
/// does.
fn touched(text: &str, mut first: usize, mut last: usize) -> (usize, usize) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let line = |at: u32| text[..at as usize].matches('\n').count();
    let spans: Vec<(usize, usize)> =
        tree(text).statements.iter().map(|s| (line(s.span.start), line(s.span.end))).collect();
    loop {
        let before = (first, last);
        for (from, to) in &spans {
            if *from <= last && *to >= first {
                (first, last) = (first.min(*from), last.max(*to));
            }
        }
        if before == (first, last) {
            return before;
        }
    }
}

/// A range changes nothing but statements that it touches, keeps what the text says, and leaves nothing half done.
#[test]
fn ranges_touch_nothing_else() {
    let mut changed = 0;
    for seed in 0..SPECS / 8 {
        let text = mangle(&specs::spec(seed), seed, What::All);
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let mut dice = specs::Dice(seed);
        let first = dice.below(lines.len());
        let last = (first + dice.below(6)).min(lines.len() - 1);
        let part = format_range(&text, first + 1..=last + 1).unwrap_or_else(|f| panic!("{seed}: {f:#?}"));
        assert_eq!(sequence(&text), sequence(&part), "{seed}");
        let (from, to) = touched(&text, first, last);
        let (above, below) = (lines[..from].concat(), lines[to + 1..].concat());
        assert!(
            part.starts_with(&above) && part.ends_with(&below),
            "{seed}, {first} to {last}\n{text}\n{part}"
        );
        assert_eq!(formatted(&part, &seed), formatted(&text, &seed), "{seed}: the rest gives the whole");
        changed += usize::from(part != text);
        let all = format_range(&text, 1..=lines.len() + 1).expect("formatted");
        assert_eq!(all, formatted(&text, &seed), "{seed}: all lines are the whole");
    }
    assert!(changed > 80, "only {changed} ranges changed anything");
}
