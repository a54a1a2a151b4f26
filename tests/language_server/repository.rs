//! What the repository says of its findings holds in the editor: comments that allow, and `mlpipe.toml`, saved or not.

use crate::lsp::{Client, modern};
use serde_json::{Value, json};

const SPEC: &str = "mlpipe 1\npipeline demo\non push main\nemit github\non schedule \"0 4 * * *\"\n\
    gate unit { run \"pytest\"; report junit \"unit.xml\"; timeout 10m }\n";

/// Code and severity (1 error, 2 warning, 3 note) of each.
fn told(diagnostics: &[Value]) -> Vec<(&str, u64)> {
    diagnostics.iter().filter_map(|d| Some((d["code"].as_str()?, d["severity"].as_u64()?))).collect()
}

/// What is told of a file when the server has nothing left to do.
fn settled(client: &mut Client, name: &str) -> Vec<Value> {
    client.settle();
    let uri = client.uri(name);
    client.told.get(&uri).and_then(|t| t["diagnostics"].as_array()).cloned().unwrap_or_default()
}

fn rules(severity: &str) -> String {
    format!("[rules]\ncron-on-the-hour = \"{severity}\"\n")
}

#[test]
fn a_comment_allows() {
    let with = |comment: &str| SPEC.replace("* * *\"", &format!("* * *\"  # mlpipe: {comment}"));
    let mut client = Client::new(&[("a.mlpipe", SPEC)]);
    client.open("a.mlpipe");
    assert_eq!(told(&client.diagnostics("a.mlpipe")), [("MLP780", 2)]);
    for (comment, says) in [
        ("allow(cron-on-the-hour) the store closes its day at 4", vec![]),
        ("allow(MLP780) the store closes its day at 4 until 2099-12-31", vec![]),
        (
            "allow(cron-on-the-hour) the store closes its day until 2020-01-31",
            vec![("MLP780", 2), ("MLP793", 2)],
        ),
        ("allow(cron-on-the-hour)", vec![("MLP780", 2), ("MLP792", 2)]),
        ("allow(cron-on-the-our) the store closes its day at 4", vec![("MLP780", 2), ("MLP791", 2)]),
        ("allow(cron-on-the-hour, no-seed) the store closes its day at 4", vec![("MLP794", 2)]),
    ] {
        client.replace("a.mlpipe", &with(comment));
        let diagnostics = client.diagnostics("a.mlpipe");
        let mut all = told(&diagnostics);
        all.sort_unstable();
        assert_eq!(all, says, "{comment}");
    }
}

#[test]
fn a_configuration_on_the_disk_says_how_bad_a_finding_is() {
    let mut client = Client::new(&[("a.mlpipe", SPEC), ("mlpipe.toml", &rules("error"))]);
    client.open("a.mlpipe");
    assert_eq!(told(&client.diagnostics("a.mlpipe")), [("MLP780", 1)]);
    let uri = client.uri("mlpipe.toml");
    for (severity, says) in [("note", vec![("MLP780", 3)]), ("off", vec![]), ("warning", vec![("MLP780", 2)])]
    {
        client.write("mlpipe.toml", &rules(severity));
        client.tell("workspace/didChangeWatchedFiles", &json!({ "changes": [{ "uri": uri, "type": 2 }] }));
        assert_eq!(told(&settled(&mut client, "a.mlpipe")), says, "{severity}");
    }
}

#[test]
fn a_configuration_counts_before_it_is_saved() {
    let mut client = Client::new(&[("a.mlpipe", SPEC), ("mlpipe.toml", &rules("error"))]);
    client.open("a.mlpipe");
    client.open("mlpipe.toml");
    assert_eq!(told(&settled(&mut client, "a.mlpipe")), [("MLP780", 1)]);
    client.replace("mlpipe.toml", &rules("off"));
    assert_eq!(settled(&mut client, "a.mlpipe"), [] as [Value; 0]);

    // What is wrong with it is told of it, where it stands in the text that is not saved.
    let slip = format!("# ours\n{}", rules("off").replace("hour", "our"));
    let version = client.replace("mlpipe.toml", &slip);
    assert_eq!(told(&settled(&mut client, "a.mlpipe")), [("MLP780", 2)]);
    let wrong = settled(&mut client, "mlpipe.toml");
    assert_eq!(told(&wrong), [("MLP797", 1)]);
    assert_eq!(client.covered(&slip, &wrong[0]["range"]), "cron-on-the-our");
    let uri = client.uri("mlpipe.toml");
    assert_eq!(client.told[&uri]["version"], json!(version));
    client.replace("mlpipe.toml", &rules("note"));
    assert_eq!(settled(&mut client, "mlpipe.toml"), [] as [Value; 0]);
    assert_eq!(told(&settled(&mut client, "a.mlpipe")), [("MLP780", 3)]);

    // Closed without saving: the disk counts again.
    client.tell("textDocument/didClose", &json!({ "textDocument": { "uri": uri } }));
    assert_eq!(told(&settled(&mut client, "a.mlpipe")), [("MLP780", 1)]);
    assert_eq!(client.quit(), 0);
}

#[test]
fn nothing_but_its_text_is_asked_of_a_configuration() {
    let mut client = Client::new(&[("a.mlpipe", SPEC), ("mlpipe.toml", &rules("off"))]);
    client.open("mlpipe.toml");
    client.open("a.mlpipe");
    assert_eq!(settled(&mut client, "a.mlpipe"), [] as [Value; 0]);
    let place = client.place("mlpipe.toml", &rules("off"), 9);
    for method in ["textDocument/hover", "textDocument/completion", "textDocument/definition"] {
        assert_eq!(client.ask(method, &place), Value::Null, "{method}");
    }
    let document = json!({
        "textDocument": { "uri": client.uri("mlpipe.toml") },
        "options": { "tabSize": 2, "insertSpaces": true },
    });
    assert_eq!(client.ask("textDocument/formatting", &document), Value::Null);
}

#[test]
fn the_client_is_asked_to_tell_of_it() {
    let asked = |capabilities: &Value| {
        let mut client = Client::with(&[("a.mlpipe", SPEC)], capabilities);
        client.open("a.mlpipe");
        client.settle();
        let register = client.messages.iter().find(|m| m["method"] == "client/registerCapability");
        let all = register.and_then(|m| m["params"]["registrations"].as_array()).cloned().unwrap_or_default();
        let methods: Vec<String> =
            all.iter().filter_map(|r| Some(r["method"].as_str()?.to_owned())).collect();
        let selects =
            |r: &Value| r["registerOptions"]["documentSelector"] == json!([{ "pattern": "**/mlpipe.toml" }]);
        (methods, all.iter().filter(|r| selects(r)).count())
    };
    let (methods, selecting) = asked(&modern());
    assert_eq!(
        methods,
        [
            "workspace/didChangeWatchedFiles",
            "textDocument/didOpen",
            "textDocument/didChange",
            "textDocument/didClose"
        ]
    );
    assert_eq!(selecting, 3);
    assert_eq!(asked(&json!({})), (vec![], 0));
}
