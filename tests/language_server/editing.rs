//! The layout and fixes.

use crate::lsp::Client;
use serde_json::{Value, json};

const MESSY: &str =
    "mlpipe   1\npipeline demo\non push main\ngate a {\n run   \"größe\"\n}\n\n\n\ngate b   { run \"x\" }\n";

#[test]
fn the_layout_is_that_of_the_command() {
    let mut client = Client::new(&[]);
    client.open_with("a.mlpipe", MESSY);
    let document = json!({ "textDocument": { "uri": client.uri("a.mlpipe") }, "options": { "tabSize": 8, "insertSpaces": false } });
    let edits = client.ask("textDocument/formatting", &document);
    let laid = client.edited(MESSY, &edits);
    assert_eq!(laid, mlpipe::fmt::format(MESSY).expect("no fault"));
    assert_ne!(laid, MESSY);
    // Lines that are right already are not touched.
    assert!(
        edits
            .as_array()
            .expect("a list")
            .iter()
            .all(|e| !e["newText"].as_str().expect("a text").contains("on push"))
    );
    client.replace("a.mlpipe", &laid);
    assert_eq!(client.ask("textDocument/formatting", &document), json!([]));
    // A fault is told by its diagnostic; the text stays.
    client.replace("a.mlpipe", "gate a {\n   run \"x\n");
    assert_eq!(client.ask("textDocument/formatting", &document), Value::Null);
}

#[test]
fn the_layout_of_some_lines() {
    let mut client = Client::new(&[]);
    client.open_with("a.mlpipe", MESSY);
    for (first, last, character) in [(9, 9, 3), (9, 10, 0)] {
        let range = json!({
            "start": { "line": first, "character": 0 }, "end": { "line": last, "character": character },
        });
        let params = json!({ "textDocument": { "uri": client.uri("a.mlpipe") }, "range": range });
        let edits = client.ask("textDocument/rangeFormatting", &params);
        let laid = client.edited(MESSY, &edits);
        assert_eq!(laid, MESSY.replace("gate b   {", "gate b {"));
    }
}

/// The actions for a whole file; only those of a kind where it is said.
fn actions(client: &mut Client, only: Value) -> Vec<Value> {
    let told = client.diagnostics("a.mlpipe");
    let mut context = json!({ "diagnostics": told });
    if !only.is_null() {
        context["only"] = only;
    }
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
    let params =
        json!({ "textDocument": { "uri": client.uri("a.mlpipe") }, "range": range, "context": context });
    client.ask("textDocument/codeAction", &params).as_array().expect("a list").clone()
}

fn done(client: &Client, text: &str, action: &Value) -> String {
    client.edited(text, &action["edit"]["changes"][client.uri("a.mlpipe")])
}

#[test]
fn a_word_that_was_meant_is_offered() {
    let text = "mlpipe 1\npipeline demo\non push main\ngat a { run \"x\" }\ngate b { run \"x\"; after aa }\n";
    let mut client = Client::new(&[]);
    client.open_with("a.mlpipe", text);
    let all = actions(&mut client, Value::Null);
    let one = all.iter().find(|a| a["title"] == "write `gate`").expect("offered");
    assert_eq!((&one["kind"], &one["isPreferred"]), (&json!("quickfix"), &json!(false)));
    assert_eq!(one["diagnostics"][0]["code"], "MLP100");
    let fixed = done(&client, text, one);
    assert_eq!(fixed, text.replace("gat a", "gate a"));
    // A guess is never done unseen.
    assert!(actions(&mut client, json!(["source.fixAll"])).is_empty());
    assert!(actions(&mut client, json!(["refactor"])).is_empty());
    client.replace("a.mlpipe", &fixed);
    let all = actions(&mut client, json!(["quickfix"]));
    assert_eq!(done(&client, &fixed, &all[0]), fixed.replace("after aa", "after a"));
}
