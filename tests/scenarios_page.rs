//! docs/scenarios.md says what the program does: its examples are played, its calls are made.
//! `UPDATE_SCENARIOS=1 cargo test --test scenarios_page` writes what the calls print anew.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/blocks.rs"]
mod blocks;
#[path = "support/runner.rs"]
mod runner;

use blocks::Block;
use mlpipe::spec::{Expected, GivenState, GivenValue, GivenWhat, Scenario};
use runner::Repo;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/scenarios.md")
}

fn page() -> String {
    std::fs::read_to_string(path()).expect("docs/scenarios.md")
}

/// What a mark says behind a word: `release.mlpipe` of `with: release.mlpipe, refused: MLP386`.
fn said<'b>(block: &'b Block, word: &str) -> Option<&'b str> {
    block.mark.split(", ").find_map(|m| m.strip_prefix(word)).map(|m| m.trim_start_matches(": "))
}

/// A whole file, with its name or with the example that it is made of.
type Files<T> = Vec<(T, String)>;

/// The specs of the page by name, and its other examples, each as a whole file.
fn examples(page: &str) -> (Files<String>, Files<Block>) {
    let all = blocks::blocks(page);
    let files: Files<String> =
        all.iter().filter_map(|b| Some((said(b, "file")?.to_owned(), b.text.clone()))).collect();
    let whole = |b: Block| {
        let of = said(&b, "with")?.to_owned();
        let spec = &files.iter().find(|(name, _)| *name == of).expect("a spec of the page").1;
        let text = format!("{spec}{}", b.text);
        Some((b, text))
    };
    let others = all.into_iter().filter_map(whole).collect();
    (files, others)
}

/// A repository with the specs of the page, and the examples that have a name.
fn repository(page: &str) -> Repo {
    let repo = Repo::new();
    let (files, others) = examples(page);
    files.iter().for_each(|(name, text)| repo.write(name, text));
    for (block, text) in &others {
        if let Some(name) = said(block, "as") {
            // Two pipelines of one repository have two names.
            let pipeline = format!("pipeline {}\n", name.trim_end_matches(".mlpipe"));
            repo.write(name, text.replacen("pipeline ranker\n", &pipeline, 1));
        }
    }
    repo
}

#[test]
fn every_example_holds() {
    let page = page();
    let (files, others) = examples(&page);
    assert_eq!(blocks::blocks(&page).len(), files.len() + others.len(), "an example without a mark");
    let mut played = 0;
    for (block, text) in &others {
        let repo = Repo::new();
        repo.write("example.mlpipe", text);
        if let Some(code) = said(block, "refused") {
            let found = repo.run(&["lint", "--format", "json", "example.mlpipe"], 1).out;
            assert!(found.contains(code), "line {}: {found}", block.line);
            continue;
        }
        let holds = said(block, "as").is_none();
        let ran = repo.run(&["test", "example.mlpipe", "--format", "json"], i32::from(!holds));
        let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
        let here = block.text.matches("scenario \"").count();
        let all = json["scenarios"].as_array().expect("scenarios");
        played += here;
        assert!(here > 0 && all.len() >= here, "line {}", block.line);
    }
    assert!(played > 60, "only {played} scenarios");
}

/// `given` and `expect` have no word that the page does not show.
#[test]
fn every_word_is_shown() {
    let page = page();
    let (files, others) = examples(&page);
    let specs = files.iter().map(|(_, t)| t).chain(others.iter().map(|(_, t)| t));
    let scenarios: Vec<Scenario> =
        specs.flat_map(|text| blocks::checked(text).0.expect("a spec").scenarios).collect();
    let shown: BTreeSet<&str> =
        scenarios.iter().flat_map(|s| &s.given).flat_map(|g| words(&g.what)).collect();
    let all = [
        "on push",
        "on tag",
        "on pull_request",
        "on schedule",
        "on manual",
        "on event",
        "from fork",
        "from bot",
        "input",
        "changed",
        "approval given",
        "approval denied",
        "approval of",
        "approval after",
        "a number",
        "missing",
        "nan",
        "text",
        "value at",
        "rollbacks in",
        "rolled_back ago",
        "passed",
        "failed",
        "timed_out",
        "failed of",
        "state at",
        "takes",
        "cancelled",
        "cancelled at",
    ];
    let missing: Vec<&&str> = all.iter().filter(|w| !shown.contains(**w)).collect();
    assert!(missing.is_empty(), "not shown: {missing:?}");
    assert_eq!(shown.len(), all.len(), "{shown:?}");
    let expected: Vec<&str> =
        scenarios.iter().flat_map(|s| &s.expect).map(|e| e.outcome.node.word()).collect();
    for outcome in Expected::ALL {
        assert!(expected.contains(&outcome.word()), "no example expects {}", outcome.word());
        assert!(page.contains(&format!("| `{}` |", outcome.word())), "no table has {}", outcome.word());
    }
}

/// The words that a `given` is made of. No arm takes the rest: a new word does not compile until it is shown.
fn words(what: &GivenWhat) -> Vec<&'static str> {
    match what {
        GivenWhat::On(e) => {
            let event = match e.event.as_str() {
                "push" => "on push",
                "tag" => "on tag",
                "pull_request" => "on pull_request",
                "schedule" => "on schedule",
                "manual" => "on manual",
                "event" => "on event",
                other => panic!("{other} has no example"),
            };
            let from = e.from.as_ref().map(|f| if f.as_str() == "fork" { "from fork" } else { "from bot" });
            [event].into_iter().chain(from).collect()
        }
        GivenWhat::Input { .. } => vec!["input"],
        GivenWhat::Changed(_) => vec!["changed"],
        GivenWhat::Approval { of, answer, after } => {
            let answer = match answer {
                mlpipe::spec::Answer::Given => "approval given",
                mlpipe::spec::Answer::Denied => "approval denied",
            };
            let of = of.as_ref().map(|_| "approval of");
            [answer].into_iter().chain(of).chain(after.as_ref().map(|_| "approval after")).collect()
        }
        GivenWhat::Value { value, at, window, .. } => {
            let value = match value.node {
                GivenValue::Number(_) => "a number",
                GivenValue::Missing => "missing",
                GivenValue::Nan => "nan",
                GivenValue::Text(_) => "text",
            };
            let at = at.as_ref().map(|_| "value at");
            [value].into_iter().chain(at).chain(window.as_ref().map(|_| "rollbacks in")).collect()
        }
        GivenWhat::RolledBack { .. } => vec!["rolled_back ago"],
        GivenWhat::State { state, of, at, .. } => {
            let state = match state {
                GivenState::Passed => "passed",
                GivenState::Failed => "failed",
                GivenState::TimedOut => "timed_out",
            };
            let of = of.as_ref().map(|_| "failed of");
            [state].into_iter().chain(of).chain(at.as_ref().map(|_| "state at")).collect()
        }
        GivenWhat::Takes { .. } => vec!["takes"],
        GivenWhat::Cancelled { at, .. } => {
            ["cancelled"].into_iter().chain(at.as_ref().map(|_| "cancelled at")).collect()
        }
    }
}

/// The arguments of a call as a shell would split them; single quotes are all that the page uses.
fn arguments(call: &str) -> Vec<String> {
    let words = |(i, part): (usize, &str)| -> Vec<String> {
        if i % 2 == 1 { vec![part.to_owned()] } else { part.split_whitespace().map(str::to_owned).collect() }
    };
    call.split('\'').enumerate().flat_map(words).collect()
}

/// The page with what every marked call prints, on both streams.
fn wanted(page: &str) -> (String, usize) {
    let repo = repository(page);
    let (mut out, mut calls) = (String::new(), 0);
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        out.push_str(&format!("{line}\n"));
        let Some(mark) = line.strip_prefix("<!-- run") else { continue };
        let code = mark.trim_end_matches(" -->").trim_start_matches(": ").trim();
        let code = if code.is_empty() { 0 } else { code.parse().expect("an exit code") };
        assert_eq!(lines.next(), Some("```console"), "a marked call stands in a block");
        let call = lines.next().expect("a call");
        let args = arguments(call.strip_prefix("$ mlpipe ").expect("a call of mlpipe"));
        let ran = repo.run(&args.iter().map(String::as_str).collect::<Vec<_>>(), code);
        lines.by_ref().find(|l| *l == "```").expect("the end of the block");
        let printed: String = format!("{}{}", ran.out, ran.err);
        let printed: String = printed.lines().map(|l| format!("{}\n", l.trim_end())).collect();
        out.push_str(&format!("```console\n{call}\n{}\n```\n", printed.trim_end()));
        calls += 1;
    }
    (out, calls)
}

#[test]
fn calls_print_what_the_page_shows() {
    let page = page();
    let (wanted, calls) = wanted(&page);
    assert!(calls >= 6, "only {calls} calls");
    assert_eq!(page.matches("```console").count(), calls, "a call without a mark");
    if std::env::var_os("UPDATE_SCENARIOS").is_some() {
        std::fs::write(path(), wanted).expect("written");
    } else {
        assert!(page == wanted, "docs/scenarios.md: UPDATE_SCENARIOS=1 cargo test --test scenarios_page");
    }
}
