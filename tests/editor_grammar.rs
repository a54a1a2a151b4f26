//! The grammars of the editors say what the table of keywords says.
//! `UPDATE_GRAMMAR=1 cargo test --test editor_grammar` writes what is generated of them anew.

#![allow(clippy::expect_used, reason = "a test stops where it fails")]

use mlpipe::report;
use mlpipe::spec::keywords;
use mlpipe::spec::shape::Place;
use serde_json::Value;
use std::path::Path;

const TEXTMATE: &str = "editors/vscode/syntaxes/mlpipe.tmLanguage.json";
const HIGHLIGHTS: &str = "editors/tree-sitter-mlpipe/queries/highlights.scm";

#[test]
fn what_is_generated_is_what_the_table_says() {
    for (name, wanted) in [(TEXTMATE, report::textmate()), (HIGHLIGHTS, report::highlights())] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        if std::env::var_os("UPDATE_GRAMMAR").is_some() {
            std::fs::write(path, wanted).expect("written");
            continue;
        }
        let there = std::fs::read_to_string(path).expect("a generated file");
        assert!(
            there == wanted,
            "{name} is behind the table: UPDATE_GRAMMAR=1 cargo test --test editor_grammar"
        );
    }
}

/// Every text below a value.
fn texts<'v>(value: &'v Value, all: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => all.push(text),
        Value::Array(items) => items.iter().for_each(|i| texts(i, all)),
        Value::Object(fields) => fields.values().for_each(|f| texts(f, all)),
        _ => {}
    }
}

#[test]
fn every_keyword_has_its_scope_in_its_place_and_every_rule_is_there() {
    let grammar: Value = serde_json::from_str(&report::textmate()).expect("JSON");
    let rules = &grammar["repository"];
    for place in Place::ALL {
        let scope = report::textmate_scope(place);
        let name = if place == Place::Top { scope.clone() } else { format!("block-{scope}") };
        let statements = rules[&name]["patterns"].as_array().expect("the rules of a place");
        for keyword in keywords::within(place) {
            let begins = |s: &&Value| {
                let words =
                    s["begin"].as_str().and_then(|b| b.strip_prefix('(')).and_then(|b| b.split_once(")(?="));
                words.is_some_and(|(words, _)| words.split('|').any(|w| w == keyword.word))
            };
            let rule = statements.iter().find(begins);
            let given = rule.map(|r| r["beginCaptures"]["1"]["name"].clone());
            assert_eq!(
                given,
                Some(format!("keyword.control.{scope}.mlpipe").into()),
                "{} {place:?}",
                keyword.word
            );
        }
    }
    let mut all = Vec::new();
    texts(&grammar, &mut all);
    for name in
        all.iter().filter_map(|t| t.strip_prefix('#')).filter(|t| !t.starts_with('.') && !t.contains(' '))
    {
        assert!(rules.get(name).is_some(), "there is no rule {name}");
    }
}
