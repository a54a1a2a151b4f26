use super::*;
use crate::diag::FileId;
use proptest::prelude::*;
use std::time::{Duration, Instant};

pub(crate) mod print;

fn is_top(word: &str) -> bool {
    ["gate", "deploy", "image", "on", "env", "model"].contains(&word)
}

fn parsed(text: &str) -> Parsed {
    parse(FileId(0), text, &is_top)
}

/// `LINE:COL CODE` of each finding.
fn faults(text: &str) -> Vec<String> {
    let mut sources = crate::diag::SourceMap::default();
    let file = sources.add("a.mlpipe", text);
    let parsed = parse(file, text, &is_top);
    let place = |f: &Finding| sources.start(f.span.unwrap());
    parsed.findings.iter().map(|f| format!("{}:{} {}", place(f).line, place(f).column, f.code.id)).collect()
}

fn words(statements: &[Statement]) -> Vec<String> {
    statements
        .iter()
        .map(|s| match &s.block {
            Some(b) => format!("{}({})", s.word.node, words(&b.statements).join(" ")),
            None => s.word.node.clone(),
        })
        .collect()
}

#[test]
fn the_tree_of_recovered_text() {
    for (text, tree, expected) in [
        // A missing brace does not swallow the next top-level statement.
        ("gate a {\n  run \"x\"\n\ngate b { run \"y\" }\n", "gate(run) gate(run)", vec!["1:8 MLP012"]),
        // Nor does a string that has eaten the brace.
        ("gate a { run \"x }\ngate b { run \"y\" }\n", "gate(run) gate(run)", vec!["1:14 MLP011"]),
        (
            "gate a {\n  run \"x }\n}\ngate b { run \"y\" }\n",
            "gate(run) gate(run)",
            vec!["2:7 MLP011", "3:1 MLP013"],
        ),
        // Braces inside such a string are its own.
        ("gate a { run \"echo ${X} }\ngate b { run \"y\" }\n", "gate(run) gate(run)", vec!["1:14 MLP011"]),
        // A raw text without an end goes up to the next top-level word at the margin.
        (
            "gate a {\n  run \"\"\"\n    x\n}\ngate b { run \"y\" }\n",
            "gate(run) gate(run)",
            vec!["2:7 MLP011"],
        ),
        // Text at the margin is not cut where the file is written without indentation.
        ("gate a {\nrun \"x\"\nenv A = \"1\"\n", "gate(run env)", vec!["1:8 MLP012"]),
        // Words at the margin inside a closed raw text are text.
        ("gate a { run \"\"\"\ngate b {\n\"\"\" }\n", "gate(run)", vec![]),
        ("gate a\n{\n  run \"x\"\n}\n", "gate(run)", vec!["2:1 MLP010"]),
        ("gate a { run \"x\" } } gate b { run \"y\" }\n", "gate(run) gate(run)", vec!["1:20 MLP013"]),
        ("gate a } run \"x\"\n", "gate run", vec!["1:8 MLP013"]),
        ("= 5\ngate a { run \"x\" }\n", "gate(run)", vec!["1:1 MLP010"]),
        ("gate a = { run \"x\"; ? }\n", "gate(run)", vec!["1:21 MLP010"]),
        ("gate a ? { run \"x\"; ? }\n", "gate(run)", vec!["1:8 MLP010", "1:21 MLP010"]),
    ] {
        let got = parsed(text);
        assert_eq!(words(&got.tree.statements).join(" "), tree, "{text}");
        assert_eq!(faults(text), expected, "{text}");
    }
}

#[test]
fn arguments_are_told_apart() {
    let tree = parsed(r#"a b.c "d e" f."g h".i 3 -0.5 1e-4 1% 200ms >= - , """x""" z"#).tree;
    let kinds: Vec<String> = tree.statements[0]
        .args
        .iter()
        .map(|a| match &a.kind {
            ArgKind::Path(parts) => parts.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join("/"),
            ArgKind::Text(text) => format!("text {}", text.verbatim),
            ArgKind::Raw(text) => format!("raw {text}"),
            ArgKind::Quantity { number, unit } => format!("{number}|{unit}"),
            ArgKind::Operator(op) => format!("op {op}"),
            ArgKind::Comma => "comma".to_owned(),
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "b/c", "text d e", "f/g h/i", "3|", "-0.5|", "1e-4|", "1|%", "200|ms", "op >=", "op -", "comma",
            "raw x", "z"
        ]
    );
}

#[test]
fn comments_are_kept_with_their_places() {
    let text = "# one\ngate a { # two\n  run \"# no\" # three\n}\nenv A = \"\"\"\n# no\n\"\"\" # four";
    let comments: Vec<(String, bool)> =
        parsed(text).tree.comments.into_iter().map(|c| (c.text, c.alone)).collect();
    let expected = [(" one", true), (" two", false), (" three", false), (" four", false)]
        .map(|(t, a)| (t.to_owned(), a));
    assert_eq!(comments, expected);
}

#[test]
fn references_and_escapes() {
    let text = |source: &str| match &parsed(&format!("a \"{source}\"")).tree.statements[0].args[0].kind {
        ArgKind::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    let pieces = |source: &str| -> Vec<String> {
        text(source)
            .pieces
            .iter()
            .map(|p| match p {
                Piece::Lit(t) => format!("lit {t}"),
                Piece::Ref(n) => format!("ref {}", n.node),
                Piece::OpenRef(_) => "open".to_owned(),
            })
            .collect()
    };
    assert_eq!(pieces(r"a${b}c$d\${e}"), ["lit a", "ref b", "lit c$d${e}"]);
    assert_eq!(pieces("x ${y"), ["lit x ", "open", "lit y"]);
    assert_eq!(text(r"a${b}\${e} \u{2014}\n").verbatim, "a${b}${e} \u{2014}\n");
}

#[test]
fn raw_text_loses_the_indentation_of_the_spec() {
    let raw = |source: &str| match &parsed(&format!("a \"\"\"{source}\"\"\"")).tree.statements[0].args[0].kind
    {
        ArgKind::Raw(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(raw("one line"), "one line");
    assert_eq!(raw("\n    a\n      b\n\n    c\n  "), "a\n  b\n\nc\n");
    assert_eq!(raw("\r\n\ta\r\n\tb\r\n"), "a\nb\n");
    assert_eq!(raw("he said \"no\""), "he said \"no\"");
    assert_eq!(raw(""), "");
    assert_eq!(raw("\\d ${x}"), "\\d ${x}");
}

#[test]
fn spans_cover_what_was_written() {
    let text = "on push main  # c\ngate a { run \"x\" } \n";
    let tree = parsed(text).tree;
    let cut = |s: Span| &text[s.start as usize..s.end as usize];
    assert_eq!(cut(tree.statements[0].span), "on push main");
    assert_eq!(cut(tree.statements[1].span), "gate a { run \"x\" }");
    assert_eq!(cut(tree.statements[1].head), "gate a");
    let block = tree.statements[1].block.as_ref().unwrap();
    assert_eq!(cut(block.span), "{ run \"x\" }");
    assert_eq!(cut(block.statements[0].args[0].span), "\"x\"");
}

#[test]
fn deep_blocks_are_one_finding() {
    let nested = |n: usize| "a {".repeat(n) + &"}".repeat(n);
    assert!(parsed(&nested(64)).findings.is_empty());
    for text in [nested(65), nested(10_000), "a {".repeat(10_000)] {
        let codes: Vec<&str> = parsed(&text).findings.iter().map(|f| f.code.id).collect();
        assert_eq!(codes, ["MLP004"]);
    }
    let in_strings = format!("gate a {{ run \"{}\" }} # {}", "{".repeat(100), "{".repeat(100));
    assert!(parsed(&in_strings).findings.is_empty(), "braces in strings and comments nest nothing");
}

/// Text that would cost a backtracking parser its time.
const HARD: &[&str] = &[
    "a { ",
    "a { b } ",
    "\"",
    "\"}",
    "\" } ",
    "\"\"\"",
    "}",
    "{",
    "\" {",
    "\"{ ",
    "=",
    "a,",
    "a ,\n",
    "#",
    "\\\"",
    "a\n",
    "\n",
    " ",
    "${",
    "\"${",
    "a = = { b \"x } ;\n",
    "a.",
    "1.",
    "gate\n",
    "gate {\n",
    "\r",
    "\"\n",
    "\"\"\"\ngate ",
    "-",
    "\u{e9}",
];

#[test]
fn time_grows_with_the_text_and_not_faster() {
    for piece in HARD {
        let time = |bytes: usize| {
            let text = piece.repeat(bytes / piece.len());
            let start = Instant::now();
            let _ = parsed(&text);
            start.elapsed()
        };
        let (small, large) = (time(5_000), time(40_000));
        let allowed = small * 32 + Duration::from_millis(500);
        assert!(large < allowed, "{piece:?}: 5 kB {small:?}, 40 kB {large:?}");
    }
}

#[test]
fn twenty_two_levels_with_a_fault_at_the_bottom_are_fast() {
    let text = "a { ".repeat(22) + "= \"x" + &" }".repeat(22) + " ?";
    let start = Instant::now();
    assert!(!parsed(&text).findings.is_empty());
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_parses_to_something(text in ".{0,200}") {
        let _ = parsed(&text);
    }

    #[test]
    fn any_mix_of_pieces_parses_to_something(pieces in prop::collection::vec(prop::sample::select(HARD), 0..40)) {
        let text = pieces.concat();
        let parsed = parsed(&text);
        for finding in &parsed.findings {
            let span = finding.span.unwrap();
            prop_assert!(span.start <= span.end && span.end as usize <= text.len());
            prop_assert!(text.is_char_boundary(span.start as usize) && text.is_char_boundary(span.end as usize));
            prop_assert!(finding.help.is_some());
        }
    }

    #[test]
    fn a_printed_tree_parses_back(tree in print::statements()) {
        let text = print::print(&tree);
        let parsed = parsed(&text);
        prop_assert_eq!(parsed.findings.len(), 0, "{}", text);
        prop_assert_eq!(print::bare(&parsed.tree.statements), print::bare(&tree), "{}", text);
    }
}
