//! The highlighting queries of the tree-sitter grammar, from the table of keywords.

use super::textmate::words;
use crate::spec::keywords;
use crate::spec::shape::{Kind, Place, Shape};
use std::collections::BTreeSet;

const HEAD: &str = r#"; Generated from the table of keywords: UPDATE_GRAMMAR=1 cargo test --test editor_grammar writes it anew.
; Where two patterns name one node the later one counts.

(comment) @comment
(string) @string
(raw_block) @string
(escape) @string.escape
(reference) @string.special
(number) @number
(unit) @type
(operator) @operator
["," ";"] @punctuation.delimiter
["{" "}"] @punctuation.bracket
(path (name) @variable)
((name) @constant
  (#match? @constant "^[A-Z][A-Z0-9_]+$"))
"#;

/// The whole file.
///
/// The highlighter of tree-sitter drops a match when a later one begins at the same node, so no two patterns may share a
/// keyword that they only ask: a keyword is known by its level, and a word behind it by itself.
pub fn queries() -> String {
    let mut text = HEAD.to_owned();
    let own = keywords::all().flat_map(|k| words(k.args)).collect();
    text.push_str("\n; Words with a meaning of their own behind a keyword.\n");
    text.push_str(&format!(
        "(arguments\n  (path . (name) @constant.builtin .)\n  {})\n",
        any_of("constant.builtin", &own)
    ));
    text.push_str(
        "\n; Keywords: words of the table that begin a statement, at the top of a file and in blocks.\n",
    );
    for (parent, is_top) in [("source_file", true), ("block", false)] {
        let known = keywords::all().filter(|k| k.within.iter().any(|p| (*p == Place::Top) == is_top));
        let known = known.map(|k| k.word).collect();
        text.push_str(&format!(
            "({parent}\n  (statement\n    keyword: (keyword) @keyword\n    {}))\n",
            any_of("keyword", &known)
        ));
    }
    text.push_str("\n; The name that a statement gives.\n");
    let named = keywords::all()
        .filter(|k| matches!(k.args.first(), Some(Shape::A(_, Kind::Name | Kind::Ident))))
        .map(|k| k.word)
        .collect();
    text.push_str(&format!(
        "(statement\n  keyword: (keyword) @keyword\n  (arguments . (path . (name) @type .))\n  {})\n",
        any_of("keyword", &named)
    ));
    text
}

fn any_of(capture: &str, words: &BTreeSet<&str>) -> String {
    let quoted: Vec<String> = words.iter().map(|w| format!("\"{w}\"")).collect();
    format!("(#any-of? @{capture} {})", quoted.join(" "))
}
