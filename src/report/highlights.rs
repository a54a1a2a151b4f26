//! The highlighting queries of the tree-sitter grammar, from the table of keywords.

use super::textmate::words;
use crate::spec::keywords;
use crate::spec::shape::{Kind, Opens, Place, Shape, TARGETS};
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

/// The whole file. A word is a keyword where the block that it stands in has it.
pub fn queries() -> String {
    let mut text = HEAD.to_owned();
    text.push_str("\n; The name that a statement gives.\n");
    let named = keywords::all()
        .filter(|k| matches!(k.args.first(), Some(Shape::A(_, Kind::Name | Kind::Ident))))
        .map(|k| k.word)
        .collect();
    text.push_str(&format!(
        "(statement\n  keyword: (keyword) @_keyword\n  (arguments . (path . (name) @type .))\n  {})\n",
        any_of("_keyword", &named)
    ));
    text.push_str("\n; Words with a meaning of their own behind a keyword.\n");
    for word in all_words() {
        let own: BTreeSet<&str> =
            keywords::all().filter(|k| k.word == word).flat_map(|k| words(k.args)).collect();
        if !own.is_empty() {
            text.push_str(&format!(
                "(statement\n  keyword: (keyword) @_keyword\n  (arguments (path . (name) @constant.builtin .))\n  \
                 (#eq? @_keyword \"{word}\")\n  {})\n",
                any_of("constant.builtin", &own)
            ));
        }
    }
    text.push_str("\n; Keywords, at the top of a file and in the block of each word that opens one.\n");
    let top = keywords::within(Place::Top).map(|k| k.word).collect();
    text.push_str(&format!(
        "(source_file\n  (statement\n    keyword: (keyword) @keyword\n    {}))\n",
        any_of("keyword", &top)
    ));
    for word in all_words() {
        let inside = inside(word);
        if !inside.is_empty() {
            text.push_str(&format!(
                "(statement\n  keyword: (keyword) @_opener\n  (block\n    (statement\n      keyword: (keyword) @keyword))\n  \
                 (#eq? @_opener \"{word}\")\n  {})\n",
                any_of("keyword", &inside)
            ));
        }
    }
    text
}

fn all_words() -> BTreeSet<&'static str> {
    keywords::all().map(|k| k.word).collect()
}

/// What may stand in a block of this word, whatever it means there.
fn inside(word: &str) -> BTreeSet<&'static str> {
    let mut all = BTreeSet::new();
    for keyword in keywords::all().filter(|k| k.word == word) {
        let (Opens::May(place) | Opens::Must(place)) = keyword.opens else { continue };
        let kinds = TARGETS.iter().map(|(_, kind)| *kind).filter(|_| place == Place::Target);
        all.extend(kinds.chain([place]).flat_map(keywords::within).map(|k| k.word));
    }
    all
}

fn any_of(capture: &str, words: &BTreeSet<&str>) -> String {
    let quoted: Vec<String> = words.iter().map(|w| format!("\"{w}\"")).collect();
    format!("(#any-of? @{capture} {})", quoted.join(" "))
}
