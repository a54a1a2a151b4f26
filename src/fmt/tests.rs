use super::*;
use crate::diag::Code;
use crate::syntax::tests::print;
use proptest::prelude::*;

fn formatted(text: &str) -> String {
    format(text).unwrap_or_else(|f| panic!("{f:#?}\n{text}"))
}

#[test]
fn a_text_with_a_fault_has_no_layout() {
    for (text, code) in [
        ("gate a { run \"x\" \n", Code::UNCLOSED_BLOCK),
        ("gate a { run \"x }\n", Code::UNCLOSED_STRING),
        ("gate a = : b\n", Code::SYNTAX),
        (&"a {".repeat(65), Code::TOO_DEEP),
    ] {
        let findings = format(text).expect_err("a fault");
        assert_eq!(findings[0].code, code, "{text}");
        assert!(format_range(text, 1..=1).is_err(), "{text}");
    }
    let place = format("\u{feff}= 1\n").expect_err("a fault")[0].span.expect("a place");
    assert_eq!(place.start, 0, "places are in the text without its byte order mark");
}

/// Text, range, result; `|` is a line end.
const RANGES: &[(&str, RangeInclusive<usize>, &str)] = &[
    // One line of many, in a block too.
    ("a   1|b   2|c   3|", 2..=2, "a   1|b 2|c   3|"),
    ("x   1 {|    a   1|    b   2|}|", 2..=2, "x   1 {|  a 1|    b   2|}|"),
    ("x   1 {|    a   1|    b   2|}|", 1..=1, "x 1 {|    a   1|    b   2|}|"),
    // What shares a line with it goes with it.
    ("a   1; b {|c   2|}; d   3|e   4|", 2..=2, "a   1; b {|  c 2|}; d   3|e   4|"),
    ("a   1; b {|c   2|}; d   3|e   4|", 3..=3, "a   1; b {|c   2|}|d 3|e   4|"),
    ("a   1; b {|c   2|}; d   3|e   4|", 1..=1, "a 1|b {|c   2|}; d   3|e   4|"),
    ("a { b {|c   1|} }|", 1..=1, "a {|  b {|c   1|} }|"),
    // Two braces on a line are two lines, and stay with their line.
    ("a { b {|c   1|} }|", 3..=3, "a { b {|c   1|  }|}|"),
    // Blank lines only when all of them are asked for.
    ("a   1||||b   2|", 2..=4, "a   1||b   2|"),
    ("a   1||||b   2|", 1..=3, "a 1||||b   2|"),
    ("||a   1||", 1..=2, "a   1||"),
    ("||a   1||", 4..=4, "||a   1|"),
    // A line end that is not there is added only to what was formatted.
    ("a   1|b   2", 1..=1, "a 1|b   2"),
    ("a   1|b   2", 2..=2, "a   1|b 2|"),
    // A list, its comments, a raw text.
    ("a b,   # c|  d   ,|e|f   1|", 2..=2, "a b,   # c|  d,|e|f   1|"),
    ("a \"\"\"|x|\"\"\"|f   1|", 2..=2, "a \"\"\"|  x|\"\"\"|f   1|"),
    // Behind the end there is nothing.
    ("a   1|", 7..=9, "a   1|"),
    ("a   1|b   2|", 1..=2, "a 1|b 2|"),
];

#[test]
fn a_range_is_laid_out_alone() {
    for (text, range, expected) in RANGES {
        for end in ["\n", "\r\n"] {
            let (text, expected) = (text.replace('|', end), expected.replace('|', end));
            let got = format_range(&text, range.clone()).unwrap_or_else(|f| panic!("{f:#?}\n{text}"));
            assert_eq!(got, expected, "{range:?} of {text}");
            let marked = format_range(&format!("\u{feff}{text}"), range.clone()).expect("formatted");
            assert_eq!(marked, format!("\u{feff}{expected}"));
        }
    }
}

#[test]
fn the_first_line_end_counts() {
    assert_eq!(formatted("a   1\r\nb {\nc\n}"), "a 1\r\nb {\r\n  c\r\n}\r\n");
    assert_eq!(formatted("a   1\nb   2\r\n"), "a 1\nb 2\n");
    assert_eq!(formatted("\r\na \"\"\"x\n y\"\"\""), "a \"\"\"x\n y\"\"\"\r\n");
    assert_eq!(formatted("a \"\"\"x\r\n y\"\"\"\nb"), "a \"\"\"x\r\n y\"\"\"\nb\n");
    // In a raw text too, unless a carriage return of the text itself might be taken for one of a line end.
    assert_eq!(formatted("a\r\nb \"\"\"\n x\n\"\"\"\n"), "a\r\nb \"\"\"\r\n  x\r\n\"\"\"\r\n");
    assert_eq!(formatted("b \"\"\"\n x\r\r\n\"\"\"\n"), "b \"\"\"\n x\r\r\n\"\"\"\n");
}

#[test]
fn another_meaning_is_seen() {
    let tree = |text: &str| read(text).expect("no fault");
    let spec = "# one\ngate a { run \"x ${y}\"; timeout 5m, b.\"c\" }  # two\n";
    assert!(same::trees(&tree(spec), &tree(&spec.replace("; ", "\n").replace("gate", "  gate"))));
    for (from, to) in [
        ("# one", "# on"),
        ("# one\n", ""),
        ("gate", "gates"),
        ("5m", "5s"),
        ("5m,", "5m"),
        ("x ${y}", "x  ${y}"),
        ("x ${y}", "x \\${y}"),
        ("\"c\"", "c"),
        ("{ run", "{ run {}; run"),
        ("gate a { run \"x ${y}\"; timeout 5m, b.\"c\" }", "gate a; run \"x ${y}\"; timeout 5m, b.\"c\""),
    ] {
        let other = spec.replacen(from, to, 1);
        assert_ne!(spec, other);
        assert!(!same::trees(&tree(spec), &tree(&other)), "{other}");
    }
    let bug = changed();
    assert_eq!(bug.code, Code::LAYOUT_CHANGES_MEANING);
    assert!(bug.span.is_none() && bug.path.is_none());
}

#[test]
fn a_statement_is_quoted_the_same_in_every_layout() {
    for text in
        ["on push main, \"a  b\"", "on   push main ,\n  \"a  b\"", "on push main, # why\n\n# and\n\t\"a  b\""]
    {
        assert_eq!(one_line(text), "on push main, \"a b\"");
    }
    assert_eq!(one_line("require accuracy>=0.85"), "require accuracy >= 0.85");
    assert_eq!(one_line("run \"\"\"\n  a\n  b\n\"\"\""), "run \"\"\" a b \"\"\"");
    assert_eq!(one_line("no  statement ) \n here"), "no statement ) here");
    assert_eq!(one_line(""), "");
}

/// Pieces of which some texts have no fault, and most of those an odd layout.
const PIECES: &[&str] = &[
    "a",
    " a ",
    "\n",
    "\r\n",
    "\n\n\n",
    "\n\n",
    " ",
    "\t",
    "{",
    "}",
    " {\n",
    "\n}\n",
    "\n}\n",
    ";",
    ", ",
    ",\n",
    "#",
    " # c\n",
    "# {\n",
    " \"s\"",
    " \"#\"",
    " 1%",
    " >= ",
    " -",
    " = ",
    " \"\"\"\n x\n  y\n \"\"\"",
    " \"\"\"x\n y\"\"\"",
    "\u{e9}",
    "\u{6a21}",
    "a b c\n",
    "d {\n",
    "e { f; g }\n",
];

fn is_settled(text: &str) -> Result<(), TestCaseError> {
    if read(text).is_err() {
        return Ok(());
    }
    let once = format(text).map_err(|f| TestCaseError::fail(format!("{f:#?}")))?;
    prop_assert_eq!(&format(&once).unwrap_or_default(), &once);
    let lines = text.split('\n').count();
    // A range that takes the first line end away may leave others.
    if text.contains('\r') && text.replace("\r\n", "").contains('\n') {
        return Ok(());
    }
    let part = format_range(text, lines / 3 + 1..=lines / 2 + 1);
    let part = part.map_err(|f| TestCaseError::fail(format!("{f:#?}")))?;
    prop_assert_eq!(&format(&part).unwrap_or_default(), &once, "what a range did is what the whole does");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_tree_has_a_layout_that_stays(tree in print::statements()) {
        let text = print::print(&tree);
        prop_assert!(format(&text).is_ok(), "{}", text);
        is_settled(&text)?;
    }

    #[test]
    fn any_text_without_a_fault_has_a_layout_that_stays(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..30),
    ) {
        is_settled(&pieces.concat())?;
    }
}
