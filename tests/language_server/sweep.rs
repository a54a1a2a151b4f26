//! Every request at many places of every example and every file of the corpus, good and bad: an answer each time, and never one
//! that says it is our bug.

use crate::lsp::Client;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn specs(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            specs(&path, all);
        } else if path.extension().is_some_and(|e| e == "mlpipe") {
            all.push(path);
        }
    }
}

const AT: [&str; 6] =
    ["completion", "hover", "definition", "documentHighlight", "prepareRename", "references"];
const OF: [&str; 6] =
    ["documentSymbol", "semanticTokens/full", "foldingRange", "inlayHint", "formatting", "codeAction"];

#[test]
fn every_request_everywhere() {
    let mut all = Vec::new();
    for folder in ["examples", "tests/corpus", "tests/fmt"] {
        specs(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut all);
    }
    all.sort();
    let mut client = Client::new(&[]);
    let (mut asked, mut places) = (0, 0);
    for path in all {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        if text.len() > 100_000 {
            continue;
        }
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        client.open_with(&name, &text);
        let whole =
            json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9999, "character": 0 } });
        let of = json!({ "textDocument": { "uri": client.uri(&name) }, "range": whole, "context": { "diagnostics": [] } });
        let mut ids: Vec<i64> = OF.map(|m| client.begin(&format!("textDocument/{m}"), &of)).into();
        // Every seventh word: another one in each file.
        let words: Vec<usize> = text.match_indices([' ', '\n', '"', '.']).map(|(i, _)| i).collect();
        for at in words.into_iter().skip(name.len() % 7).step_by(7) {
            let place = client.place(&name, &text, at + usize::from(text.is_char_boundary(at + 1)));
            ids.extend(AT.map(|m| client.begin(&format!("textDocument/{m}"), &place)));
            places += 1;
        }
        for id in ids {
            asked += 1;
            if let Err(error) = client.answer(id) {
                assert_eq!(error["code"], -32803, "{name}: {error}");
            }
        }
        let uri = client.uri(&name);
        client.tell("textDocument/didClose", &json!({ "textDocument": { "uri": uri } }));
    }
    assert!(asked > 1000 && places > 100, "{asked} requests at {places} places");
    assert_eq!(client.messages.iter().find(|m| m["method"] == "window/logMessage"), None::<&Value>);
    assert_eq!(client.quit(), 0);
}
