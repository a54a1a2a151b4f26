//! What mlpipe itself reads in every spec of the corpus and the examples, and in one made for each keyword in each place:
//! where the keywords, comments and texts stand. The grammars of the editors are compared with it. Prints JSON.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a program of the tests")]

use camino::{Utf8Path, Utf8PathBuf};
use mlpipe::diag::SourceMap;
use mlpipe::report::textmate_scope;
use mlpipe::spec::keywords;
use mlpipe::spec::shape::{Keyword, Opens, Place, TARGETS};
use mlpipe::syntax::{self, ArgKind, Statement};
use serde_json::{Value, json};

/// A text that is looked at: its keywords with their places, its comments and its strings, all in bytes.
#[derive(Default)]
struct Seen {
    keywords: Vec<(u32, u32, String)>,
    comments: Vec<(u32, u32)>,
    strings: Vec<(u32, u32)>,
}

fn main() {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cases = Vec::new();
    for folder in ["tests/corpus/ok", "examples"] {
        for path in specs(&root.join(folder)) {
            let text = std::fs::read_to_string(&path).expect("UTF-8");
            let name = path.strip_prefix(root).expect("below the root").to_string();
            cases.push(case(&name, &text));
        }
    }
    for place in Place::ALL {
        for keyword in keywords::within(place) {
            cases.push(case(&format!("{} in {place:?}", keyword.word), &alone(keyword, place)));
        }
    }
    println!("{}", json!(cases));
}

fn specs(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut all = Vec::new();
    for entry in folder.read_dir_utf8().expect("a readable folder") {
        let path = entry.expect("an entry").into_path();
        if path.is_dir() {
            all.extend(specs(&path));
        } else if path.extension() == Some("mlpipe") {
            all.push(path);
        }
    }
    all.sort();
    all
}

/// The example of a keyword, in the blocks that lead to its place.
fn alone(keyword: &Keyword, place: Place) -> String {
    let mut text = format!("{}\n", keyword.example.replace('…', "x"));
    let mut at = place;
    while at != Place::Top {
        let kind = TARGETS.iter().find(|(_, p)| *p == at).map(|(kind, _)| *kind);
        let wanted = if kind.is_some() { Place::Target } else { at };
        let opens = |k: &&Keyword| matches!(k.opens, Opens::May(p) | Opens::Must(p) if p == wanted);
        let opener = keywords::all().find(opens).expect("a keyword that opens the place");
        let head = kind.map_or_else(|| opener.word.to_owned(), |kind| format!("{} x {kind}", opener.word));
        text = format!("{head} {{ # {place:?}\n{text}}}\n");
        at = opener.within[0];
    }
    text
}

fn case(name: &str, text: &str) -> Value {
    // Editors take the mark away before anything reads the text, and so does mlpipe.
    let text = text.trim_start_matches('\u{feff}');
    let mut sources = SourceMap::default();
    let id = sources.add(name, text.to_owned());
    let tree = syntax::parse(id, text, &|w| keywords::find(Place::Top, w).is_some()).tree;
    let mut seen = Seen {
        comments: tree.comments.iter().map(|c| (c.span.start, c.span.end)).collect(),
        ..Seen::default()
    };
    for statement in &tree.statements {
        look(statement, Place::Top, text, &mut seen);
    }
    seen.keywords.sort();
    seen.strings.sort_unstable();
    json!({ "name": name, "text": text, "keywords": seen.keywords, "comments": seen.comments, "strings": seen.strings })
}

fn look(statement: &Statement, place: Place, text: &str, seen: &mut Seen) {
    let word = statement.word.node.as_str();
    // The kind of a target that is named elsewhere is not known here: its block may be that of any.
    let any = || TARGETS.iter().find_map(|(_, kind)| keywords::find(*kind, word));
    let keyword = if place == Place::Target { any() } else { keywords::find(place, word) };
    if keyword.is_some() {
        seen.keywords.push((statement.word.span.start, statement.word.span.end, textmate_scope(place)));
    }
    for arg in &statement.args {
        match &arg.kind {
            ArgKind::Text(_) | ArgKind::Raw(_) => seen.strings.push((arg.span.start, arg.span.end)),
            ArgKind::Path(parts) if parts.iter().any(|p| p.quoted) => {
                let range = arg.span.start as usize..arg.span.end as usize;
                let bytes = (arg.span.start..).zip(text[range].bytes());
                let quotes: Vec<u32> = bytes.filter(|(_, b)| *b == b'"').map(|(i, _)| i).collect();
                seen.strings.extend(quotes.chunks(2).map(|pair| (pair[0], pair[1] + 1)));
            }
            _ => {}
        }
    }
    let Some(block) = &statement.block else { return };
    let opened = match keyword.map(|k| k.opens) {
        Some(Opens::May(Place::Target) | Opens::Must(Place::Target)) => {
            let mut kinds = statement.args.iter().filter_map(|a| Place::of_target(a.as_name()?));
            kinds.next_back().unwrap_or(Place::Target)
        }
        Some(Opens::May(place) | Opens::Must(place)) => place,
        _ => return,
    };
    for inner in &block.statements {
        look(inner, opened, text, seen);
    }
}
