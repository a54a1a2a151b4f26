//! The reader's own YAML against the library's.

use super::{Is, Node, documents};
use crate::plan::fixture;
use crate::platform;
use crate::spec::PlatformName;
use proptest::prelude::*;
use serde::Deserialize;
use serde_yaml::Value;

/// The library's value, as this reader gives it: scalars as their texts.
fn same(own: &Node, other: &Value) -> bool {
    match (&own.is, other) {
        (Is::Empty, Value::Null) => true,
        (Is::Plain(t), Value::Null) => t == "null" || t == "~" || t.is_empty(),
        (Is::Plain(t), Value::Bool(b)) => *t == b.to_string(),
        (Is::Plain(t), Value::Number(n)) => *t == n.to_string(),
        (Is::Plain(t) | Is::Quoted(t), Value::String(s)) => t == s,
        (Is::List(a), Value::Sequence(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Is::Map(a), Value::Mapping(b)) => {
            a.len() == b.len()
                && a.iter().zip(b).all(|(a, (k, v))| k.as_str() == Some(a.key.as_str()) && same(&a.value, v))
        }
        _ => false,
    }
}

/// The text reads as the library reads it.
pub(in crate::prove) fn check(text: &str) {
    let own = documents(text).unwrap_or_else(|e| panic!("{e} in\n{text}"));
    let other: Vec<Value> =
        serde_yaml::Deserializer::from_str(text).map(|d| Value::deserialize(d).unwrap()).collect();
    assert_eq!(own.len(), other.len());
    for (a, b) in own.iter().zip(&other) {
        assert!(same(a, b), "{a:#?}\n{b:#?}");
    }
}

#[test]
fn what_is_printed_reads_as_the_library_reads_it() {
    for name in [PlatformName::Github, PlatformName::Gitlab] {
        let back = platform::get(name);
        check(&back.emit(&fixture::full()).unwrap());
        check(&back.emit(&fixture::minimal()).unwrap());
    }
}

#[test]
fn forms_read_as_the_library_reads_them() {
    check("a: 'it''s' # no\nb: \"x\\n\\u00e9\\x41 # y\"\nc: [x, \"y, z\", 'w']\nd: []\ne: {}\nf: {} # no\n");
    check("- a: 1\n  b:\n  - x\n  - y: z\n    w: v\n-\n  - q\n- - r\n  - s\n");
    check("a: |\n  one\n    two\n\n  three\nb: |-\n  x\nc: x#y\n\"d e\": f:g\n");
    check("a: >-\n  one\n  two # no comment\n\nb:\n  - c: >-\n      x\n      y\n");
    check("a: >-\n  one\n  two # no comment\n\nb:\n  - c: >-\n      x\n      y\n");
    check("a: >-\n  one\n  two # no comment\n\nb:\n  - c: >-\n      x\n      y\n");
}

#[test]
fn lines_are_those_of_the_file() {
    let node = &documents("# c\n\na:\n  - b\n  - c: |\n      x\n    d: 1\n").unwrap()[0];
    let Is::Map(m) = &node.is else { panic!() };
    assert_eq!(m[0].line, 3);
    let l = m[0].value.list().unwrap();
    assert_eq!((l[0].line, l[1].line), (4, 5));
    let Is::Map(m) = &l[1].is else { panic!() };
    assert_eq!((m[0].line, m[1].line), (5, 7));
}

#[test]
fn what_two_readers_of_yaml_may_differ_on_is_refused() {
    for text in [
        "a: &x b\n",
        "a: *x\n",
        "a: !t b\n",
        "a: {b: c}\n",
        "a: >\n  b\n",
        "a: >-\n  b\n\n  c\n",
        "a: >-\n  b\n    c\n",
        "a: b: c\n",
        "\ta: b\n",
        "a: 1\na: 2\n",
        "a: \"x\n  y\"\n",
        "a: b\n  c: d\n",
        "a:\n  b: c\n d: e\n",
        "a: x\n  y\n",
        "a: [x, {y: z}]\n",
        "a: \"x\" y\n",
        "? a\n: b\n",
        "a\n",
    ] {
        assert!(documents(text).is_err(), "{text}: {:?}", documents(text));
    }
    for plain in [
        "yes",
        "No",
        "ON",
        "~",
        "12:30:45",
        "2024-01-01",
        "1_000",
        "0x1F",
        ".inf",
        "1.10",
        "1e3",
        "null",
        "12",
    ] {
        let node = Node { line: 1, is: Is::Plain(plain.into()) };
        assert!(node.text().is_err(), "{plain}");
    }
    for plain in ["25 minutes", "47m", "sh .mlpipe/x.sh gate 1", "python:3.11-bookworm", "/certs", "norm"] {
        let node = Node { line: 1, is: Is::Plain(plain.into()) };
        assert_eq!(node.text().unwrap(), plain);
    }
}

proptest! {
    #[test]
    fn no_text_breaks_it(text in "[a-c:\\-# \\n\"'\\[\\],|\\\\{]{0,60}") {
        let _ = documents(&text);
    }

    #[test]
    fn quoted_texts_come_back(text in "\\PC{0,20}") {
        let quoted = crate::render::yaml(&text);
        let all = documents(&format!("a: {}\n", quoted.as_str())).unwrap();
        let Is::Map(m) = &all[0].is else { panic!() };
        prop_assert_eq!(m[0].value.text().unwrap(), text);
    }
}
