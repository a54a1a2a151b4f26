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
fn a_fix_is_offered_and_does_what_it_says() {
    let text = "mlpipe 1\npipeline demo\non push main\ngate a { run \"x\"; timeuot 3m }\ngate b { run \"x\"; artifcat \"f\"; after aa }\n";
    let mut client = Client::new(&[]);
    client.open_with("a.mlpipe", text);
    let all = actions(&mut client, Value::Null);
    let one = all.iter().find(|a| a["title"] == "write `timeout`").expect("offered");
    assert_eq!((&one["kind"], &one["isPreferred"]), (&json!("quickfix"), &json!(true)));
    assert_eq!(one["diagnostics"][0]["code"], "MLP100");
    assert_eq!(done(&client, text, one), text.replace("timeuot", "timeout"));
    assert!(actions(&mut client, json!(["refactor"])).is_empty());

    // Both at once, and then nothing is left that is certain.
    let all = actions(&mut client, json!(["source.fixAll"]));
    let fixed = done(&client, text, &all[0]);
    assert_eq!(fixed, text.replace("timeuot", "timeout").replace("artifcat", "artifact"));
    client.replace("a.mlpipe", &fixed);
    assert!(actions(&mut client, json!(["source.fixAll"])).is_empty());

    // A name that may be meant is offered, and never done unseen.
    let all = actions(&mut client, json!(["quickfix"]));
    assert_eq!((&all[0]["title"], &all[0]["isPreferred"]), (&json!("write `a`"), &json!(false)));
    assert_eq!(done(&client, &fixed, &all[0]), fixed.replace("after aa", "after a"));
}

#[test]
fn a_finding_can_be_allowed_with_a_reason() {
    let head = "mlpipe 1\npipeline demo\non push main\ngate a { run \"x\" }\n";
    let cases = [
        (
            "on schedule \"0 4 * * *\"\n",
            "# mlpipe: allow(cron-on-the-hour) REASON\non schedule \"0 4 * * *\"\n",
        ),
        (
            "env TZ = \"UTC\"; on schedule \"0 4 * * *\"\n",
            "env TZ = \"UTC\"; on schedule \"0 4 * * *\"   # mlpipe: allow(cron-on-the-hour) REASON\n",
        ),
        (
            "deploy p {\n  on schedule \"0 4 * * *\"\n  target command { deploy \"d\"; live \"l\" }\n}\non schedule \"0 4 * * *\" # ä\n",
            "",
        ),
    ];
    let mut client = Client::new(&[]);
    for (text, after) in cases {
        let text = format!("{head}{text}");
        client.open_with("a.mlpipe", &text);
        let before = client.diagnostics("a.mlpipe").iter().filter(|d| d["code"] == "MLP780").count();
        assert!(before > 0, "{text}");
        let all = actions(&mut client, Value::Null);
        let allow =
            |a: &&Value| a["title"].as_str().is_some_and(|t| t.starts_with("allow `cron-on-the-hour`"));
        let one = all.iter().find(allow).unwrap_or_else(|| panic!("{text}: {all:?}"));
        assert!(one.get("isPreferred").is_none());
        let changed = done(&client, &text, one);
        client.replace("a.mlpipe", &changed);
        // Without a reason it does not hold.
        assert!(client.diagnostics("a.mlpipe").iter().any(|d| d["code"] == "MLP792"), "{changed}");
        let reasoned = changed.replace("allow(cron-on-the-hour) ", "allow(cron-on-the-hour) REASON");
        if !after.is_empty() {
            assert_eq!(reasoned, format!("{head}{after}"));
        }
        client.replace("a.mlpipe", &reasoned);
        let left = client.diagnostics("a.mlpipe");
        assert_eq!(left.iter().filter(|d| d["code"] == "MLP780").count(), before - 1, "{left:?}");
        assert!(left.iter().all(|d| !d["code"].as_str().is_some_and(|c| c.starts_with("MLP79"))), "{left:?}");
        client.replace("a.mlpipe", "");
    }
    // Errors are not to be allowed.
    client.replace("a.mlpipe", &format!("{head}gat b {{ run \"x\" }}\n"));
    let all = actions(&mut client, Value::Null);
    assert!(all.iter().all(|a| !a["title"].as_str().expect("a title").starts_with("allow")), "{all:?}");
}
