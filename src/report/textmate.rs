//! The TextMate grammar of the VS Code extension, from the table of keywords.
//!
//! One rule for each place of the language, so that a word is a keyword only where it is one: at the head of a statement,
//! in a block that has it. What is the same in every place stands in [`basics`].

use crate::spec::keywords;
use crate::spec::shape::{Keyword, Kind, Opens, Place, Shape, TARGETS};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What ends a word.
const BOUNDARY: &str = r##"(?=[\s,;{}#"=<>!+]|$)"##;

/// A word of the user's own.
const NAME: &str = r"[\p{L}_][\p{L}\d_-]*";

/// What may stand behind a keyword, and the rules that know no keyword.
fn basics() -> Value {
    json!({
        "comment": { "name": "comment.line.number-sign.mlpipe", "match": "#.*$" },
        "raw": {
            "name": "string.quoted.triple.mlpipe",
            "begin": "\"\"\"", "end": "\"{3,}",
            "patterns": [{ "include": "#reference" }],
        },
        "string": {
            "name": "string.quoted.double.mlpipe",
            "begin": "\"", "end": "\"|$",
            "patterns": [{ "include": "#escape" }, { "include": "#reference" }],
        },
        "escape": {
            "name": "constant.character.escape.mlpipe",
            "match": r#"\\(?:["\\ntr$]|u\{[0-9A-Fa-f]{1,6}\})"#,
        },
        "reference": { "name": "variable.other.reference.mlpipe", "match": r#"\$\{[^}"]*\}"# },
        "number": {
            "match": format!(r"(?<![\w.-])(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(%|\p{{L}}+)?{BOUNDARY}"),
            "captures": {
                "1": { "name": "constant.numeric.mlpipe" },
                "2": { "name": "keyword.other.unit.mlpipe" },
            },
        },
        "operator": { "name": "keyword.operator.mlpipe", "match": "<=|>=|==|!=|[<>=+-]" },
        "upper": { "name": "variable.other.constant.mlpipe", "match": format!(r"(?<![\w.-])[A-Z][A-Z0-9_]+{BOUNDARY}") },
        "word": { "name": "variable.other.mlpipe", "match": NAME },
        "comma": {
            "comment": "A comma carries the statement on to the next line that says something.",
            "begin": ",", "end": r"(?=[^\s#])",
            "beginCaptures": { "0": { "name": "punctuation.separator.mlpipe" } },
            "patterns": [{ "include": "#comment" }],
        },
        "arguments": {
            "patterns": (["comment", "comma", "raw", "string", "number", "operator", "upper", "word"]
                .map(|name| json!({ "include": format!("#{name}") }))),
        },
        "stray": { "name": "invalid.illegal.mlpipe", "match": r"\}" },
        "unknown": statement(r"[^\s;{}#]", &[], json!({}), "block-unknown"),
        "block-unknown": block(&[json!({ "include": "#unknown" })]),
    })
}

/// The whole grammar, as JSON.
pub fn grammar() -> String {
    let mut repository = Map::new();
    for place in Place::ALL {
        let all = [statements(place), vec![json!({ "include": "#unknown" })]].concat();
        if place == Place::Top {
            let stray = vec![json!({ "include": "#comment" }), json!({ "include": "#stray" })];
            let all = [stray, all].concat();
            repository.insert("top".into(), json!({ "patterns": all }));
        } else {
            repository.insert(format!("block-{}", scope(place)), block(&all));
        }
    }
    if let Value::Object(basics) = basics() {
        repository.extend(basics);
    }
    let grammar = json!({
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "information_for_contributors": [
            "Generated from the table of keywords: UPDATE_GRAMMAR=1 cargo test --test editor_grammar writes it anew.",
        ],
        "name": "mlpipe",
        "scopeName": "source.mlpipe",
        "fileTypes": ["mlpipe"],
        "patterns": [{ "include": "#top" }],
        "repository": repository,
    });
    format!("{grammar:#}\n")
}

/// What a keyword of a place is called in scopes: `keyword.control.gate.mlpipe`.
pub fn scope(place: Place) -> String {
    let mut words = String::new();
    for c in format!("{place:?}").chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push('-');
        }
        words.extend(c.to_lowercase());
    }
    words
}

fn block(patterns: &[Value]) -> Value {
    let all = [vec![json!({ "include": "#comment" })], patterns.to_vec()].concat();
    json!({
        "begin": r"\{", "end": r"\}",
        "beginCaptures": { "0": { "name": "punctuation.section.block.begin.mlpipe" } },
        "endCaptures": { "0": { "name": "punctuation.section.block.end.mlpipe" } },
        "patterns": all,
    })
}

/// From the head of a statement to its end. A block or a comma in it may span lines, and holds the end off.
fn statement(begin: &str, words: &[&str], captures: Value, block: &str) -> Value {
    let mut patterns = Vec::new();
    if !words.is_empty() {
        let any = words.join("|");
        patterns.push(
            json!({ "name": "support.constant.mlpipe", "match": format!(r"(?<![\w.-])(?:{any}){BOUNDARY}") }),
        );
    }
    patterns.push(json!({ "include": "#arguments" }));
    patterns.push(json!({ "include": format!("#{block}") }));
    json!({ "begin": begin, "beginCaptures": captures, "end": "(?=[;}])|$", "patterns": patterns })
}

/// What a rule is made of, but for its words.
type Form = (Opens, Vec<&'static str>, bool);

/// The statements of a place: one rule for all keywords that are followed by the same.
fn statements(place: Place) -> Vec<Value> {
    // The block of a target with a name may be that of any kind.
    let kinds = TARGETS.iter().map(|(_, kind)| *kind).filter(|_| place == Place::Target);
    let mut forms: Vec<(Form, Vec<&str>)> = Vec::new();
    let mut seen = BTreeSet::new();
    for keyword in kinds.chain([place]).flat_map(keywords::within).filter(|k| seen.insert(k.word)) {
        let form = form(keyword);
        match forms.iter_mut().find(|(f, _)| *f == form) {
            Some((_, words)) => words.push(keyword.word),
            None => forms.push((form, vec![keyword.word])),
        }
    }
    forms.iter().flat_map(|(form, words)| rules(form, words, place)).collect()
}

fn form(keyword: &Keyword) -> Form {
    let mut words: Vec<&str> = words(keyword.args);
    words.sort_unstable();
    words.dedup();
    let named = matches!(keyword.args.first(), Some(Shape::A(_, Kind::Name | Kind::Ident)));
    (keyword.opens, words, named)
}

/// One rule; one for each kind of target where the kind says what stands in the block.
fn rules((opens, own, named): &Form, words: &[&str], place: Place) -> Vec<Value> {
    let mut captures = json!({ "1": { "name": format!("keyword.control.{}.mlpipe", scope(place)) } });
    let name = if *named { format!(r"(?:[ \t]+({NAME}){BOUNDARY})?") } else { String::new() };
    if *named {
        captures["2"] = json!({ "name": "entity.name.type.mlpipe" });
    }
    let one = |ahead: &str, opens: &str| {
        let begin = format!("({}){BOUNDARY}{ahead}{name}", words.join("|"));
        statement(&begin, own, captures.clone(), &format!("block-{opens}"))
    };
    match *opens {
        Opens::Nothing => vec![one("", "unknown")],
        Opens::May(Place::Target) | Opens::Must(Place::Target) => {
            let kind = |(kind, opens): &(&str, Place)| {
                one(&format!(r"(?=[ \t]+(?:{NAME}[ \t]+)?{kind}{BOUNDARY})"), &scope(*opens))
            };
            TARGETS.iter().map(kind).chain([one("", &scope(Place::Target))]).collect()
        }
        Opens::May(opens) | Opens::Must(opens) => vec![one("", &scope(opens))],
    }
}

/// Words with a meaning of their own among the arguments.
pub(super) fn words(shapes: &[Shape]) -> Vec<&'static str> {
    let mut all = Vec::new();
    for shape in shapes {
        match shape {
            Shape::The(word) => all.push(*word),
            Shape::A(_, Kind::OneOf(words)) => all.extend(words.iter().copied()),
            Shape::A(_, Kind::TargetName) => all.extend(TARGETS.iter().map(|(kind, _)| *kind)),
            Shape::Maybe(inner) | Shape::List(inner) => all.extend(self::words(inner)),
            Shape::Either(forms) => all.extend(forms.iter().flat_map(|f| self::words(f))),
            Shape::A(..) | Shape::Op(_) | Shape::Comma => {}
        }
    }
    all
}
