use super::*;
use crate::diag::SourceMap;
use crate::spec::shape::{Kind, Opens, Shape, TARGETS, Times};
use std::collections::BTreeSet;

#[test]
fn a_word_has_one_meaning_in_a_place() {
    for place in Place::ALL {
        let words: Vec<&str> = within(place).map(|k| k.word).collect();
        let unique: BTreeSet<&str> = words.iter().copied().collect();
        assert_eq!(words.len(), unique.len(), "{place:?}: {words:?}");
    }
}

#[test]
fn every_place_is_opened_and_has_words() {
    for place in Place::ALL {
        let opened = all().any(|k| k.opens == Opens::May(place) || k.opens == Opens::Must(place));
        let a_target = TARGETS.iter().any(|(_, p)| *p == place);
        assert!(opened || a_target || place == Place::Top, "nothing opens {place:?}");
        assert!(within(place).next().is_some() || place == Place::Target, "nothing stands in {place:?}");
    }
}

#[test]
fn every_line_is_complete() {
    for keyword in all() {
        let word = keyword.word;
        assert!(!keyword.within.is_empty() && !keyword.doc.is_empty(), "{word}");
        assert!(keyword.example.starts_with(word), "{word}: {}", keyword.example);
        assert!(word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{word}");
        assert!(!keyword.doc.ends_with('.') && !keyword.later.ends_with('.'), "{word}");
        if let Times::OncePer(captures) = keyword.times {
            let names = captures_of(keyword.args);
            assert!(captures.iter().all(|c| names.contains(c)), "{word}: {captures:?} of {names:?}");
        }
    }
}

/// The head of each example fits the shape of its own line.
#[test]
fn every_example_is_right() {
    for keyword in all() {
        let example = keyword.example.replace('…', "x");
        let mut sources = SourceMap::default();
        let file = sources.add("example.mlpipe", example.as_str());
        let parsed = crate::syntax::parse(file, &example, &|_| false);
        assert!(parsed.findings.is_empty(), "{example}: {:?}", parsed.findings);
        for place in keyword.within {
            let mut decoder = crate::spec::decode::Decoder::new(&sources);
            let items = decoder.items(&parsed.tree.statements, *place);
            assert_eq!(items.len(), 1, "{example}");
            assert!(decoder.findings.is_empty(), "{example} {place:?}: {:?}", decoder.findings);
            assert_eq!(items[0].keyword, keyword, "{example} {place:?}");
        }
    }
}

#[test]
fn a_choice_names_each_word_once() {
    for keyword in all() {
        for kind in kinds_of(keyword.args) {
            if let Kind::OneOf(words) = kind {
                let unique: BTreeSet<&&str> = words.iter().collect();
                assert_eq!(unique.len(), words.len(), "{}: {words:?}", keyword.word);
            }
        }
    }
}

fn captures_of(shapes: &[Shape]) -> Vec<&'static str> {
    let mut names = Vec::new();
    walk(shapes, &mut |name, _| names.push(name));
    names
}

fn kinds_of(shapes: &[Shape]) -> Vec<Kind> {
    let mut kinds = Vec::new();
    walk(shapes, &mut |_, kind| kinds.push(kind));
    kinds
}

fn walk(shapes: &[Shape], visit: &mut dyn FnMut(&'static str, Kind)) {
    for shape in shapes {
        match shape {
            Shape::A(name, kind) => visit(name, *kind),
            Shape::Maybe(inner) | Shape::List(inner) => walk(inner, visit),
            Shape::Either(alternatives) => alternatives.iter().for_each(|a| walk(a, visit)),
            Shape::The(_) | Shape::Op(_) | Shape::Comma => {}
        }
    }
}
