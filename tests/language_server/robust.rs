//! What no client should send, and some do.

use crate::lsp::{Client, modern};
use serde_json::{Value, json};

const SPEC: &str = "mlpipe 1\npipeline demo\non push main\ngate unit { run \"pytest\" }\n";

fn hover(client: &mut Client) -> Value {
    let place = client.place("a.mlpipe", SPEC, SPEC.find("gate").expect("there"));
    client.ask("textDocument/hover", &place)
}

#[test]
fn the_end_is_told_by_the_exit_code() {
    assert_eq!(Client::new(&[]).quit(), 0);
    assert_eq!(Client::new(&[]).hang_up(), 1);
    assert_eq!(Client::start(&[]).hang_up(), 1);
    let mut client = Client::new(&[]);
    client.tell("exit", &Value::Null);
    assert_eq!(client.wait(), 1, "no shutdown came before");
}

#[test]
fn the_order_of_things_is_kept() {
    let mut client = Client::start(&[]);
    assert_eq!(client.refused("textDocument/hover", &json!({}))["code"], -32002);
    client.tell("textDocument/didOpen", &json!({}));
    let start = json!({ "processId": null, "rootUri": null, "capabilities": modern() });
    assert!(client.ask("initialize", &start)["capabilities"].is_object());
    assert_eq!(client.refused("initialize", &start)["code"], -32600);
    assert_eq!(client.ask("shutdown", &Value::Null), Value::Null);
    assert_eq!(client.refused("textDocument/hover", &json!({}))["code"], -32600);
    client.tell("exit", &Value::Null);
    assert_eq!(client.wait(), 0);
}

#[test]
fn a_fault_is_answered_and_the_work_goes_on() {
    let mut client = Client::new(&[("a.mlpipe", SPEC)]);
    client.open("a.mlpipe");
    assert_eq!(client.refused("textDocument/hover", &json!([1, 2]))["code"], -32602);
    assert_eq!(client.refused("textDocument/unheardOf", &json!({}))["code"], -32601);
    assert_eq!(client.refused("$/unheardOf", &json!({}))["code"], -32601);
    client.tell("$/unheardOf", &json!({}));
    client.tell("textDocument/didChange", &json!({ "textDocument": 7 }));
    client.tell("textDocument/didChange", &json!({
        "textDocument": { "uri": "file:///not/open.mlpipe", "version": 3 }, "contentChanges": [{ "text": "" }],
    }));
    client.tell("textDocument/didClose", &json!({ "textDocument": { "uri": "file:///not/open.mlpipe" } }));
    for bytes in [
        "Content-Length: 9\r\n\r\n{no json}",
        "Content-Length: 2\r\n\r\n[]",
        "Content-Length: x\r\n\r\n",
        "what is this\r\n\r\n",
        "Content-Length: 4\r\n\r\n\u{1f680}",
    ] {
        client.raw(bytes.as_bytes());
        let answer = loop {
            let message = client.receive();
            if message.get("error").is_some() {
                break message;
            }
        };
        assert_eq!(answer["id"], Value::Null, "{bytes}: {answer}");
        assert!(hover(&mut client)["contents"]["value"].is_string());
    }
    assert_eq!(client.quit(), 0);
}

#[test]
fn places_that_are_not_there() {
    let mut client = Client::new(&[("a.mlpipe", SPEC)]);
    client.open("a.mlpipe");
    let uri = client.uri("a.mlpipe");
    for (line, character) in [(0, 9999), (9999, 0), (4_000_000_000_u64, 4_000_000_000_u64)] {
        let place =
            json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": character } });
        for method in ["textDocument/hover", "textDocument/completion"] {
            client.ask(method, &place);
        }
    }
    let range = json!({ "start": { "line": 9, "character": 9 }, "end": { "line": 2, "character": 0 } });
    client.change("a.mlpipe", &json!([{ "range": range, "text": "# end" }]));
    client.diagnostics("a.mlpipe");
    assert!(hover(&mut client).is_object());
}

#[test]
fn a_request_can_be_taken_back() {
    let mut client = Client::new(&[("a.mlpipe", SPEC)]);
    client.open("a.mlpipe");
    // All of it in one piece, so that the server sees the cancel before it comes to the request.
    let place = client.place("a.mlpipe", SPEC, 0);
    let message = |v: Value| {
        let body = v.to_string();
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    };
    let mut all = String::new();
    for id in 100..140 {
        all +=
            &message(json!({ "jsonrpc": "2.0", "id": id, "method": "textDocument/hover", "params": place }));
    }
    all += &message(json!({ "jsonrpc": "2.0", "method": "$/cancelRequest", "params": { "id": 139 } }));
    client.raw(all.as_bytes());
    let mut answers = Vec::new();
    while answers.len() < 40 {
        let answer = client.receive();
        if answer.get("method").is_none() {
            answers.push(answer);
        }
    }
    let last = answers.iter().find(|a| a["id"] == 139).expect("every request is answered");
    assert_eq!(last["error"]["code"], -32800, "{last}");
    // One that is answered already: nothing happens, and its id can be used again.
    client.tell("$/cancelRequest", &json!({ "id": 1 }));
    assert!(hover(&mut client).is_object());
}

#[test]
fn a_burst_of_keystrokes_does_not_queue_up() {
    let mut spec = String::from(SPEC);
    for i in 0..400 {
        spec.push_str(&format!("gate g{i} {{ run \"x\"; timeout 3m }}\n"));
    }
    let mut client = Client::new(&[]);
    client.open_with("a.mlpipe", &spec);
    client.diagnostics("a.mlpipe");
    let mut told = 0;
    for i in 0..200 {
        client.replace("a.mlpipe", &format!("{spec}# {i}\n"));
    }
    client.replace("a.mlpipe", &format!("{spec}gat"));
    let last = 202;
    loop {
        let message = client.receive();
        if message["method"] == "textDocument/publishDiagnostics" {
            told += 1;
            if message["params"]["version"] == last {
                break;
            }
        }
    }
    assert!(told < 150, "{told} checks for 201 keystrokes");
    assert_eq!(client.diagnostics("a.mlpipe").len(), 1);
}

#[test]
fn odd_texts() {
    let mut client = Client::new(&[]);
    client.open_with("a.mlpipe", "");
    let deep = "x {".repeat(3000);
    let quotes = "\"".repeat(5001);
    let large = "# a comment\n".repeat(100_000);
    let texts = [
        "",
        "\u{feff}",
        "\n\n\n",
        "{",
        "}",
        "\"",
        "\"\"\"",
        "\u{0}\u{b}\u{a0}",
        "x \u{b}",
        "gate \u{301}",
        &deep,
        &quotes,
        &large,
    ];
    for text in texts {
        client.replace("a.mlpipe", text);
        client.diagnostics("a.mlpipe");
        let end = client.position(text, text.len());
        let place = json!({ "textDocument": { "uri": client.uri("a.mlpipe") }, "position": end });
        for method in ["textDocument/hover", "textDocument/completion"] {
            client.ask(method, &place);
        }
    }
    let told: Vec<Value> = client.diagnostics("a.mlpipe");
    assert_eq!(told[0]["code"], "MLP003", "a file that is too large is said to be");
}

#[test]
fn what_is_no_spec_and_what_has_no_file() {
    let mut client = Client::new(&[]);
    let open = |uri: &str, language: &str, text: &str| json!({ "textDocument": { "uri": uri, "languageId": language, "version": 1, "text": text } });
    client.tell("textDocument/didOpen", &open("file:///x/README.md", "markdown", "# hello"));
    client.tell("textDocument/didOpen", &open("untitled:Untitled-1", "mlpipe", "mlpipe 1\npipelin x\n"));
    client.settle();
    assert!(!client.told.contains_key("file:///x/README.md"));
    assert_eq!(client.told["untitled:Untitled-1"]["diagnostics"][0]["code"], "MLP100");
    let place = json!({ "textDocument": { "uri": "untitled:Untitled-1" }, "position": { "line": 0, "character": 0 } });
    assert!(client.ask("textDocument/hover", &place).is_object());
}
