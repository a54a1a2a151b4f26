//! Symbols, colours, folds and hints.

use crate::lsp::Client;
use serde_json::{Value, json};

const SPEC: &str = "# What is released,\n# and how.\nmlpipe 1\npipeline demo\non push main\nlet low = 0.9\n\
    gate quality {\n  run \"\"\"\n    größe \u{1f680}\n    two\n  \"\"\"\n  metrics \"m.json\"\n  require recall >= low   # enough\n}\n\
    image ghcr \"ghcr.io/acme/demo\"\n\
    deploy production { target command { deploy \"d\"; live \"l\" } }\n";

fn of(client: &mut Client, method: &str) -> Value {
    let uri = client.uri("a.mlpipe");
    let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 999, "character": 0 } });
    client.ask(method, &json!({ "textDocument": { "uri": uri }, "range": whole }))
}

#[test]
fn symbols_as_a_tree_and_as_a_list() {
    let mut client = Client::new(&[]);
    client.open_with("a.mlpipe", SPEC);
    let all = of(&mut client, "textDocument/documentSymbol");
    let shown: Vec<String> = all
        .as_array()
        .expect("a list")
        .iter()
        .map(|s| format!("{} {} {}", s["detail"], s["name"], s["children"].as_array().map_or(0, Vec::len)))
        .collect();
    assert_eq!(shown[1], "\"pipeline\" \"demo\" 0");
    assert_eq!(shown[4], "\"gate\" \"quality\" 3");
    for s in all.as_array().expect("a list") {
        let (range, inner) = (client.covered(SPEC, &s["range"]), client.covered(SPEC, &s["selectionRange"]));
        assert!(range.starts_with(inner), "{inner} is not in {range}");
    }
    let mut old = Client::with(&[], &json!({}));
    old.open_with("a.mlpipe", SPEC);
    let flat = of(&mut old, "textDocument/documentSymbol");
    let run =
        flat.as_array().expect("a list").iter().find(|s| s["containerName"] == "quality").expect("inside");
    assert!(run["location"]["uri"].is_string(), "{run}");
}

#[test]
fn colours() {
    for capabilities in [crate::lsp::modern(), json!({})] {
        let mut client = Client::with(&[], &capabilities);
        client.open_with("a.mlpipe", SPEC);
        let types = client.capabilities["semanticTokensProvider"]["legend"]["tokenTypes"].clone();
        let result = of(&mut client, "textDocument/semanticTokens/full");
        assert_eq!(result, of(&mut client, "textDocument/semanticTokens/range"));
        let data: Vec<u64> =
            result["data"].as_array().expect("a list").iter().filter_map(Value::as_u64).collect();
        let (mut line, mut character) = (0, 0);
        let mut shown = Vec::new();
        for token in data.chunks(5) {
            if token[0] > 0 {
                character = 0;
            }
            line += token[0];
            character += token[1];
            let at = |c: u64| client.offset(SPEC, &json!({ "line": line, "character": c }));
            let text = &SPEC[at(character)..at(character + token[2])];
            assert!(!text.is_empty() && !text.contains('\n'), "{text:?}");
            shown.push(format!("{} {text}", types[token[3] as usize].as_str().expect("a type")));
        }
        for token in [
            "comment # and how.",
            "keyword gate",
            "function quality",
            "keyword run",
            "string     größe \u{1f680}",
            "string     two",
            "string \"m.json\"",
            "property recall",
            "operator >=",
            "variable low",
            "number 0.9",
            "comment # enough",
            "enumMember ghcr",
            "enumMember command",
            "type demo",
        ] {
            assert!(shown.iter().any(|s| s == token), "{token} is not in {shown:#?}");
        }
    }
}

#[test]
fn folds() {
    let mut client = Client::new(&[]);
    client.open_with("a.mlpipe", SPEC);
    let all = of(&mut client, "textDocument/foldingRange");
    let shown: Vec<(u64, u64, &str)> = all
        .as_array()
        .expect("a list")
        .iter()
        .map(|f| {
            let line = |k: &str| f[k].as_u64().expect("a line");
            (line("startLine"), line("endLine"), f["kind"].as_str().unwrap_or_default())
        })
        .collect();
    assert_eq!(shown, [(0, 1, "comment"), (6, 12, ""), (7, 10, "")]);
}

#[test]
fn hints_are_the_defaults_of_the_plan() {
    let mut client = Client::new(&[]);
    client.open_with("a.mlpipe", SPEC);
    let hints = of(&mut client, "textDocument/inlayHint");
    let shown: Vec<String> = hints
        .as_array()
        .expect("a list")
        .iter()
        .map(|h| {
            let at = client.offset(SPEC, &h["position"]);
            let line = SPEC[..at].rfind('\n').map_or(0, |n| n + 1);
            format!("{} ⟨{}⟩", &SPEC[line..at], h["label"].as_str().expect("a text"))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "gate quality { ⟨timeout 30m⟩",
            "image ghcr \"ghcr.io/acme/demo\" ⟨tags commit, dockerfile Dockerfile, timeout 30m⟩",
            "deploy production { ⟨tier production, timeout 30m⟩",
            "deploy production { target command { ⟨timeout 5m⟩",
        ]
    );
    assert!(hints[0]["tooltip"]["value"].as_str().is_some_and(|t| t.contains("runner `github")), "{hints}");
    // What the spec says is no default.
    client.replace("a.mlpipe", &SPEC.replace("  metrics", "  timeout 9m\n  metrics"));
    assert_eq!(of(&mut client, "textDocument/inlayHint").as_array().map(Vec::len), Some(3));
}
