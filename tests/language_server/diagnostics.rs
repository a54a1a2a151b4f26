//! Diagnostics as one types.

use crate::lsp::{Client, modern};
use serde_json::{Value, json};
use std::path::Path;

const GOOD: &str = "mlpipe 1\npipeline demo\non push main\nemit github\n\
    gate unit { run \"pytest\"; report junit \"unit.xml\"; timeout 10m }\n";

fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().filter_map(|d| d["code"].as_str()).collect()
}

#[test]
fn they_come_change_and_go() {
    let mut client = Client::new(&[("a.mlpipe", GOOD)]);
    client.open("a.mlpipe");
    assert!(client.diagnostics("a.mlpipe").is_empty());

    let bad = GOOD.replace("gate unit", "gat unit");
    client.replace("a.mlpipe", &bad);
    let told = client.diagnostics("a.mlpipe");
    let first = &told[0];
    assert_eq!(
        (&first["code"], &first["source"], &first["severity"]),
        (&json!("MLP100"), &json!("mlpipe"), &json!(1))
    );
    assert_eq!(client.covered(&bad, &first["range"]), "gat");
    assert!(first["message"].as_str().is_some_and(|m| m.contains("help: did you mean `gate`?")), "{first}");

    client.replace("a.mlpipe", GOOD);
    assert!(client.diagnostics("a.mlpipe").is_empty());
    assert_eq!(client.quit(), 0);
}

#[test]
fn every_phase_speaks() {
    let phases = [
        ("syntax", "10m }", "10m", "MLP012"),
        ("words", "timeout 10m", "timeout 10", "MLP1"),
        ("names", "timeout 10m", "timeout 10m; after nobody", "MLP201"),
        ("check", "run \"pytest\"; report junit \"unit.xml\"; ", "", "MLP3"),
        ("limits", "push main", "push main, \"Main\"", "MLP416"),
        ("not compiled yet", "emit github", "emit github\npatch github \"jobs.image\" \"x: y\"", "MLP500"),
        ("lint", "on push main", "on push main\non schedule \"0 4 * * *\"", "MLP780"),
    ];
    let mut client = Client::new(&[("a.mlpipe", GOOD)]);
    client.open("a.mlpipe");
    for (phase, from, to, code) in phases {
        let text = GOOD.replace(from, to);
        client.replace("a.mlpipe", &text);
        let told = client.diagnostics("a.mlpipe");
        assert!(codes(&told).iter().any(|c| c.starts_with(code)), "{phase}: {told:?}");
    }
}

#[test]
fn severity_and_related_places() {
    let mut client = Client::new(&[]);
    let text = GOOD.to_owned() + "gate unit { run \"x\" }\non schedule \"0 4 * * *\"\n";
    client.open_with("new.mlpipe", &text);
    let told = client.diagnostics("new.mlpipe");
    let twice =
        told.iter().find(|d| d["related_information"].is_null() && d["relatedInformation"].is_array());
    let related = &twice.expect("a related place")["relatedInformation"][0];
    assert_eq!(client.name(related["location"]["uri"].as_str().expect("an address")), "new.mlpipe");
    assert_eq!(client.covered(&text, &related["location"]["range"]), "gate unit");
    assert!(related["message"].as_str().is_some_and(|m| !m.is_empty()));
    let text = GOOD.to_owned() + "on schedule \"0 4 * * *\"\n";
    client.replace("new.mlpipe", &text);
    let told = client.diagnostics("new.mlpipe");
    assert_eq!(told[0]["severity"], 2, "{told:?}");
}

#[test]
fn places_count_in_the_units_that_were_agreed() {
    let text = "mlpipe 1\npipeline demo\non push main\ngate a { run \"größe \u{1f680}\"; tiemout 3m }\n";
    let old = json!({});
    for (capabilities, word) in [(&modern(), "utf-8"), (&old, "utf-16")] {
        let mut client = Client::with(&[], capabilities);
        assert_eq!(client.capabilities["positionEncoding"], word);
        client.open_with("a.mlpipe", text);
        let told = client.diagnostics("a.mlpipe");
        let unknown = told.iter().find(|d| d["code"] == "MLP100").expect("told");
        assert_eq!(client.covered(text, &unknown["range"]), "tiemout");
        let start = unknown["range"]["start"]["character"].as_u64();
        assert_eq!(start, Some(if word == "utf-8" { 29 } else { 25 }), "{word}");

        // The same units count in what the client sends.
        let at = text.find("größe").expect("there");
        let end = at + "größe \u{1f680}".len();
        let range = json!({ "start": client.position(text, at), "end": client.position(text, end) });
        client.change("a.mlpipe", &json!([{ "range": range, "text": "ü" }]));
        let told = client.diagnostics("a.mlpipe");
        let changed = text.replace("größe \u{1f680}", "ü");
        let unknown = told.iter().find(|d| d["code"] == "MLP100").expect("told");
        assert_eq!(client.covered(&changed, &unknown["range"]), "tiemout");
    }
}

#[test]
fn a_byte_order_mark_and_other_line_ends() {
    let mut client = Client::new(&[]);
    let text = format!("\u{feff}{}", GOOD.replace('\n', "\r\n").replace("mlpipe 1", "mlpipr 1"));
    client.open_with("a.mlpipe", &text);
    let told = client.diagnostics("a.mlpipe");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(client.covered(&text, &told[0]["range"]), "mlpipr");
    let last = text.replace("mlpipr", "mlpipe").replace("timeout", "timeuot");
    client.replace("a.mlpipe", &last);
    let told = client.diagnostics("a.mlpipe");
    assert_eq!(client.covered(&last, &told[0]["range"]), "timeuot");
}

const LIBRARY: &str = "let low = 0.9\ngate recall { run \"x\"; metrics \"m.json\"; require recall >= low }\n";
const USER: &str = "mlpipe 1\npipeline one\non push main\nuse \"shared/gates.mlpipe\"\n\
    gate late { run \"y\"; after recall }\n";

#[test]
fn a_library_is_seen_by_those_that_use_it() {
    let mut client = Client::new(&[("shared/gates.mlpipe", LIBRARY), ("one.mlpipe", USER)]);
    client.open("one.mlpipe");
    assert!(client.diagnostics("one.mlpipe").is_empty());
    client.open("shared/gates.mlpipe");
    assert!(client.diagnostics("shared/gates.mlpipe").is_empty());

    // Not saved: the buffer stands in for the disk.
    client.replace("shared/gates.mlpipe", &LIBRARY.replace("gate recall", "gate other"));
    assert!(client.diagnostics("shared/gates.mlpipe").is_empty());
    client.settle();
    let told = client.told[&client.uri("one.mlpipe")]["diagnostics"].clone();
    assert_eq!(told[0]["code"], "MLP201", "{told}");

    // Closed without saving: the disk counts again.
    let uri = client.uri("shared/gates.mlpipe");
    client.tell("textDocument/didClose", &json!({ "textDocument": { "uri": uri } }));
    client.settle();
    assert_eq!(client.told[&client.uri("one.mlpipe")]["diagnostics"], json!([]));
}

#[test]
fn a_spec_that_is_not_open_is_told_of_too() {
    let mut client = Client::new(&[("shared/gates.mlpipe", LIBRARY), ("one.mlpipe", USER)]);
    client.open("shared/gates.mlpipe");
    client.replace("shared/gates.mlpipe", "gate other { run \"x\" }\n");
    client.settle();
    let one = client.uri("one.mlpipe");
    assert_eq!(client.told[&one]["diagnostics"][0]["code"], "MLP201");
    assert!(client.told[&one].get("version").is_none());
    let uri = client.uri("shared/gates.mlpipe");
    client.tell("textDocument/didClose", &json!({ "textDocument": { "uri": uri } }));
    client.settle();
    assert_eq!(client.told[&one]["diagnostics"], json!([]), "taken back");
}

#[test]
fn the_disk_is_looked_at_again() {
    let mut client = Client::new(&[("one.mlpipe", USER)]);
    client.open("one.mlpipe");
    assert!(codes(&client.diagnostics("one.mlpipe")).contains(&"MLP001"));
    client.settle();
    assert!(client.messages.iter().any(|m| m["method"] == "client/registerCapability"));
    client.write("shared/gates.mlpipe", LIBRARY);
    let uri = client.uri("shared/gates.mlpipe");
    client.tell("workspace/didChangeWatchedFiles", &json!({ "changes": [{ "uri": uri, "type": 1 }] }));
    client.settle();
    assert!(client.diagnostics("one.mlpipe").is_empty());
}

#[test]
fn two_pipelines_of_one_name_know_of_each_other() {
    let mut client = Client::new(&[("a.mlpipe", GOOD), ("b.mlpipe", GOOD)]);
    client.open("b.mlpipe");
    assert!(codes(&client.diagnostics("b.mlpipe")).contains(&"MLP601"));
}

#[test]
fn what_the_editor_says_is_what_the_command_line_says() {
    let mut compared = 0;
    for example in [
        "canary-release",
        "continuous-training",
        "fastapi-service",
        "fraud-scorer",
        "llm-service",
        "minimal",
        "quality-gate",
    ] {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
        let mut client = Client::new(&[]);
        for entry in std::fs::read_dir(&root).expect("readable") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|e| e == "mlpipe") {
                compared += same(&mut client, &path);
            }
        }
    }
    assert!(compared > 5, "{compared} findings compared");
}

/// Opens a file and compares what is told of it with what `mlpipe lint` finds; how many that were.
fn same(client: &mut Client, path: &Path) -> usize {
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_mlpipe"))
        .args(["lint", "--format", "json"])
        .arg(path)
        .current_dir(path.parent().expect("a folder"))
        .output()
        .expect("started");
    let lint: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let found = lint["findings"].as_array().expect("a list");
    let found: Vec<(Value, Value)> = found
        .iter()
        .map(|f| (f["code"].clone(), f["start"]["line"].as_u64().map(|l| l - 1).into()))
        .collect();
    let (text, uri) = (std::fs::read_to_string(path).expect("readable"), crate::lsp::uri(path));
    let document = json!({ "uri": uri, "languageId": "mlpipe", "version": 1, "text": text });
    client.tell("textDocument/didOpen", &json!({ "textDocument": document }));
    while !client.told.contains_key(&uri) {
        client.receive();
    }
    let told = client.told[&uri]["diagnostics"].as_array().expect("a list");
    let told: Vec<(Value, Value)> =
        told.iter().map(|d| (d["code"].clone(), d["range"]["start"]["line"].clone())).collect();
    assert_eq!(told, found, "{}", path.display());
    told.len()
}
