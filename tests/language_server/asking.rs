//! Completion and hover, on example specs and at marks.

use crate::lsp::{Client, marked};
use serde_json::Value;

/// The labels offered at the mark `‸`.
fn offered(client: &mut Client, text: &str) -> Vec<Value> {
    let (text, at) = marked(text);
    client.open_with("a.mlpipe", &text);
    let place = client.place("a.mlpipe", &text, at);
    let result = client.ask("textDocument/completion", &place);
    result["items"].as_array().expect("a list").clone()
}

fn labels(items: &[Value]) -> Vec<&str> {
    items.iter().filter_map(|i| i["label"].as_str()).collect()
}

const HEAD: &str = "mlpipe 1\npipeline demo\non push main\nlet low = 0.9\n\
    runner gpu { github \"gpu\"; gitlab \"gpu\"; jenkins \"gpu\" }\n\
    target cluster kubernetes { kubeconfig secret KUBECONFIG; namespace \"ml\" }\n\
    model scorer { source path \"m.pkl\"; version \"v1\" }\nimage ghcr \"ghcr.io/acme/demo\" { tags commit }\n\
    gate unit { run \"x\" }\n\
    gate quality { run \"x\"; metrics \"m.json\"; metric latency.p95 in ms; require recall >= 0.8 }\n\
    deploy staging { target cluster { deployment \"d\" } }\n";

#[test]
fn completion_knows_where_it_is() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("‸", &["gate", "deploy", "scenario", "use"], &["run", "mlpipe", "smoke"]),
        ("gate x { ‸ }", &["run", "require", "timeout"], &["gate", "kubeconfig"]),
        ("gate x { run \"x\"; ‸ }", &["require"], &["run"]),
        ("gate x { re‸", &["require", "report"], &[]),
        ("deploy p { target kubernetes { ‸ } }", &["kubeconfig", "deployment"], &["host", "smoke"]),
        ("deploy p { target cluster { ‸ } }", &["deployment", "container"], &["host"]),
        ("emit ‸", &["github", "gitlab", "jenkins"], &[]),
        ("emit github, ‸", &["gitlab"], &["push"]),
        ("on ‸", &["push", "tag", "pull_request", "schedule", "manual", "event"], &["change"]),
        ("gate x { after ‸ }", &["unit", "quality"], &["staging", "x"]),
        ("gate x { before ‸ }", &["staging"], &["unit"]),
        ("gate x { needs ‸ }", &["model", "data", "image"], &["unit"]),
        ("gate x { needs model ‸ }", &["scorer"], &["unit"]),
        ("gate x { runner ‸ }", &["gpu"], &["unit"]),
        ("gate x { secret ‸ }", &["KUBECONFIG"], &["unit"]),
        ("gate x { require f1 ‸ }", &[">=", "<", "!="], &["baseline"]),
        ("gate x { require f1 >= ‸ }", &["baseline", "low"], &["unit"]),
        ("gate x { require f1 >= baseline ‸ }", &["-", "+"], &["low"]),
        ("gate x { metric f1 in ‸ }", &["ms", "percent", "MiB"], &["low"]),
        ("gate x { timeout 30‸ }", &["30m", "30s", "30h"], &["30MiB", "30%"]),
        ("gate x { require f1 >= 95‸ }", &["95%", "95ms", "95MiB"], &[]),
        ("deploy p { after ‸ }", &["staging"], &["unit", "p"]),
        ("deploy p { target ‸ }", &["kubernetes", "command", "cluster"], &["unit"]),
        ("deploy p { tier ‸ }", &["production", "staging"], &[]),
        ("deploy p { canary 5‸ }", &["5%"], &["5m"]),
        (
            "scenario \"x\" { given ‸ }",
            &["quality.latency.p95", "quality.recall", "unit", "staging", "on"],
            &["gpu"],
        ),
        ("scenario \"x\" { expect ‸ }", &["quality", "unit", "staging"], &["gpu"]),
        ("scenario \"x\" { expect unit ‸ }", &["failed", "skipped", "passed"], &["unit"]),
        ("model m { version \"a/${‸\" }", &["low", "commit"], &["unit"]),
        ("gate x { run \"echo ${‸\" }", &[], &["low", "commit"]),
        ("# gate ‸", &[], &["gate", "unit"]),
        ("gate x { run \"g‸\" }", &[], &["gate"]),
    ];
    let mut client = Client::new(&[]);
    for (text, there, not_there) in cases {
        let items = offered(&mut client, &format!("{HEAD}{text}\n"));
        let labels = labels(&items);
        for label in *there {
            assert!(labels.contains(label), "{text}: {label} is not in {labels:?}");
        }
        for label in *not_there {
            assert!(!labels.contains(label), "{text}: {label} is in {labels:?}");
        }
    }
}

#[test]
fn completion_of_names_and_paths_across_files() {
    let library = "gate lint { run \"ruff\" }\nlet line = 120\n";
    let mut client = Client::new(&[("shared/gates.mlpipe", library)]);
    let taken = offered(&mut client, "mlpipe 1\npipeline demo\nuse \"shared/gates.mlpipe\" only ‸\n");
    assert_eq!(labels(&taken), ["lint", "line"]);
    let paths = offered(&mut client, "mlpipe 1\npipeline demo\nuse \"‸\"\n");
    assert_eq!(labels(&paths), ["shared/gates.mlpipe"]);
    let after =
        offered(&mut client, "mlpipe 1\npipeline d\nuse \"shared/gates.mlpipe\"\ngate x { after ‸ }\n");
    assert_eq!(labels(&after), ["lint"]);
}

#[test]
fn what_is_offered_can_be_put_in() {
    let mut client = Client::new(&[]);
    let text = "mlpipe 1\npipeline demo\nga‸";
    let items = offered(&mut client, text);
    let gate = items.iter().find(|i| i["label"] == "gate").expect("offered");
    assert_eq!((&gate["kind"], &gate["insertTextFormat"]), (&14.into(), &2.into()));
    assert!(gate["documentation"]["value"].as_str().is_some_and(|t| t.contains("gate NAME")), "{gate}");
    let plain = marked(text).0;
    let after = client.edited(&plain, &serde_json::json!([gate["textEdit"]]));
    assert!(after.ends_with("gate ${1:name} {\n\t$0\n}"), "{after}");

    let mut old = Client::with(&[], &serde_json::json!({}));
    let items = offered(&mut old, text);
    let gate = items.iter().find(|i| i["label"] == "gate").expect("offered");
    assert_eq!(gate["textEdit"]["newText"], "gate", "a client without snippets gets none");
}

fn hovered(client: &mut Client, text: &str) -> String {
    let (text, at) = marked(text);
    client.open_with("a.mlpipe", &text);
    let place = client.place("a.mlpipe", &text, at);
    let result = client.ask("textDocument/hover", &place);
    result["contents"]["value"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn hover_says_what_a_word_means() {
    let cases: &[(&str, &[&str])] = &[
        (
            "ga‸te x { run \"x\" }",
            &["gate NAME", "a job that must succeed", "`gate-x.timeout` = `30m`", "**gitlab**, native"],
        ),
        (
            "gate x { run \"x\"; time‸out 5m }",
            &["Left out, it would be", "`gate-x.timeout` = `30m`", "**jenkins**"],
        ),
        ("gate x { run \"x\"; timeout 9‸0m }", &["`90m`", "`5400s`", "`1.5h`"]),
        ("gate x { run \"x\"; metrics \"m\"; require f1 >= lo‸w }", &["let `low`", "let low = 0.9"]),
        ("gate x { run \"x\"; after uni‸t }", &["gate `unit`", "Job `gate-unit`", "runs `x`"]),
        ("# what it is for\ngate x‸ { run \"x\" }", &["what it is for", "Job `gate-x`"]),
        ("gate x { run \"x\"; secret KEY‸ }", &["secret `KEY`", "`gate-x`", "**github**"]),
        ("deploy p { tier pro‸duction; target cluster { deployment \"d\" } }", &["how strict the rules are"]),
        ("model n { version \"a/${com‸mit}\" }", &["known in the run", "MLPIPE_COMMIT"]),
        ("gate x { run \"x\"; require reca‸ll >= 0.9; metrics \"m\" }", &["metric `recall` of `x`"]),
        (
            "scenario \"x\" { given quality.reca‸ll = 0.5; expect unit passed }",
            &["metric `recall` of `quality`"],
        ),
        ("gate x { run \"py‸test\" }", &[]),
        ("‸\n", &[]),
    ];
    let mut client = Client::new(&[]);
    for (text, says) in cases {
        let shown = hovered(&mut client, &format!("{HEAD}{text}\n"));
        assert_eq!(shown.is_empty(), says.is_empty(), "{text}: {shown}");
        for part in *says {
            assert!(shown.contains(part), "{text}: `{part}` is not in\n{shown}");
        }
    }
}

#[test]
fn hover_speaks_of_the_platforms_that_are_emitted() {
    let mut client = Client::new(&[]);
    let text = "mlpipe 1\npipeline demo\nemit gitlab\non pu‸sh main\ngate x { run \"x\" }\n";
    let shown = hovered(&mut client, text);
    assert!(shown.contains("**gitlab**") && !shown.contains("**github**"), "{shown}");
}

#[test]
fn hover_in_a_library_knows_the_pipeline_that_uses_it() {
    let user = "mlpipe 1\npipeline one\non push main\nuse \"a.mlpipe\"\n";
    let mut client = Client::new(&[("one.mlpipe", user)]);
    client.open_with("a.mlpipe", "gate recall { run \"x\" }\n");
    client.settle();
    let shown = hovered(&mut client, "gate re‸call { run \"x\" }\n");
    assert!(shown.contains("Job `gate-recall`"), "{shown}");
}
