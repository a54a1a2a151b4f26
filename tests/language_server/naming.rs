//! Definitions, references and other names, across `use`.

use crate::lsp::{Client, marked};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const LIBRARY: &str = "let low\nlet line = 120\n# how well it works\ngate recall { run \"r\"; metrics \"m.json\"; require recall >= low }\n\
    gate lint { run \"l\" }\n";
const ONE: &str = "mlpipe 1\npipeline one\non push main\non manual { input why string }\nlet low = 0.9\nuse \"shared/gates.mlpipe\"\n\
    model m { source path \"m.pkl\"; version \"v/${low}\" }\ngate late { run \"y\"; after recall, lint; needs model m }\n\
    image ghcr \"ghcr.io/acme/one\" { tags commit; with model m }\n\
    deploy staging { target kubernetes { kubeconfig secret KUBE; deployment \"d\" } }\n\
    deploy production { after staging; target kubernetes { kubeconfig secret KUBE; deployment \"d\" } }\n\
    scenario \"s\" { given on manual, recall.recall = 0.5, input why = \"x\"; expect recall failed, production untouched, image skipped }\n";
const TWO: &str = "mlpipe 1\npipeline two\non push main\nlet low = 0.8\nuse \"shared/gates.mlpipe\" only recall\n\
    gate lint { run \"own\" }\ngate last { run \"z\"; after recall, lint }\n";

struct Repo {
    client: Client,
    texts: BTreeMap<&'static str, String>,
}

fn repo() -> Repo {
    let files = [("shared/gates.mlpipe", LIBRARY), ("one.mlpipe", ONE), ("two.mlpipe", TWO)];
    let mut client = Client::new(&files);
    let texts: BTreeMap<&str, String> = files.map(|(name, text)| (name, text.to_owned())).into();
    for name in texts.keys() {
        client.open(name);
    }
    for name in texts.keys() {
        let errors: Vec<Value> =
            client.diagnostics(name).into_iter().filter(|d| d["severity"] == 1).collect();
        assert_eq!(errors, Vec::<Value>::new(), "{name}");
    }
    Repo { client, texts }
}

impl Repo {
    /// A place behind some text of a file: `after rec‸all`.
    fn place(&self, file: &str, at: &str) -> Value {
        let (text, inside) = marked(at);
        let start = self.texts[file].find(&text).unwrap_or_else(|| panic!("{file} has no {text}"));
        self.client.place(file, &self.texts[file], start + inside)
    }

    fn shown(&self, locations: &Value) -> Vec<String> {
        let one = |l: &Value| {
            let name = self.client.name(l["uri"].as_str().expect("an address"));
            let text = &self.texts[name.as_str()];
            let at = self.client.offset(text, &l["range"]["start"]);
            let line = text[..at].rfind('\n').map_or(0, |n| n + 1);
            format!("{name}:{}: {}", text[..at].matches('\n').count() + 1, &text[line..at])
                + self.client.covered(text, &l["range"])
        };
        locations.as_array().into_iter().flatten().map(one).collect()
    }

    fn given(&mut self, file: &str, at: &str) -> Vec<String> {
        let place = self.place(file, at);
        let found = self.client.ask("textDocument/definition", &place);
        self.shown(&found)
    }

    fn rename(&mut self, file: &str, at: &str, new: &str) -> Result<BTreeMap<String, String>, String> {
        let mut params = self.place(file, at);
        params["newName"] = json!(new);
        let id = self.client.begin("textDocument/rename", &params);
        let result = self.client.answer(id).map_err(|e| e["message"].as_str().expect("words").to_owned())?;
        let changes = result["changes"].as_object().expect("changes").clone();
        let one = |(uri, edits): (&String, &Value)| {
            let name = self.client.name(uri);
            let text = self.client.edited(&self.texts[name.as_str()], edits);
            (name, text)
        };
        Ok(changes.iter().map(one).collect())
    }
}

#[test]
fn a_name_leads_to_where_it_is_given() {
    let mut repo = repo();
    let cases: &[(&str, &str, &[&str])] = &[
        ("one.mlpipe", "after rec‸all", &["shared/gates.mlpipe:4: gate recall"]),
        ("one.mlpipe", "recall, li‸nt", &["shared/gates.mlpipe:5: gate lint"]),
        ("two.mlpipe", "recall, li‸nt", &["two.mlpipe:6: gate lint"]),
        ("two.mlpipe", "only rec‸all", &["shared/gates.mlpipe:4: gate recall"]),
        ("one.mlpipe", "needs model ‸m", &["one.mlpipe:7: model m"]),
        ("one.mlpipe", "with model m‸", &["one.mlpipe:7: model m"]),
        ("one.mlpipe", "after stag‸ing", &["one.mlpipe:10: deploy staging"]),
        ("one.mlpipe", "expect re‸call", &["shared/gates.mlpipe:4: gate recall"]),
        ("one.mlpipe", "manual, re‸call.recall", &["shared/gates.mlpipe:4: gate recall"]),
        (
            "one.mlpipe",
            "recall.re‸call",
            &["shared/gates.mlpipe:4: gate recall { run \"r\"; metrics \"m.json\"; require recall"],
        ),
        ("one.mlpipe", "input w‸hy =", &["one.mlpipe:4: on manual { input why"]),
        ("one.mlpipe", "im‸age skipped", &["one.mlpipe:9: image"]),
        ("one.mlpipe", "${lo‸w}", &["one.mlpipe:5: let low", "shared/gates.mlpipe:1: let low"]),
        ("one.mlpipe", "run \"‸y", &[]),
    ];
    for (file, at, leads) in cases {
        let found = repo.given(file, at);
        let leads: Vec<String> = leads.iter().map(|l| (*l).to_owned()).collect();
        if *at == "${lo‸w}" {
            assert!(leads.iter().all(|l| found.contains(l)), "{found:?}");
        } else {
            assert_eq!(found, leads, "{file}: {at}");
        }
    }
    let place = repo.place("one.mlpipe", "\"shared/ga‸tes");
    let found = repo.client.ask("textDocument/definition", &place);
    assert_eq!(repo.client.name(found[0]["uri"].as_str().expect("an address")), "shared/gates.mlpipe");
}

#[test]
fn references_over_all_files() {
    let mut repo = repo();
    let mut params = repo.place("shared/gates.mlpipe", "gate re‸call");
    params["context"] = json!({ "includeDeclaration": true });
    let found = repo.client.ask("textDocument/references", &params);
    let found = repo.shown(&found);
    let expected = [
        "one.mlpipe:8: gate late { run \"y\"; after recall",
        "one.mlpipe:12: scenario \"s\" { given on manual, recall",
        "one.mlpipe:12: scenario \"s\" { given on manual, recall.recall = 0.5, input why = \"x\"; expect recall",
        "shared/gates.mlpipe:4: gate recall",
        "two.mlpipe:5: use \"shared/gates.mlpipe\" only recall",
        "two.mlpipe:7: gate last { run \"z\"; after recall",
    ];
    assert_eq!(found, expected);
    params["context"] = json!({ "includeDeclaration": false });
    let found = repo.client.ask("textDocument/references", &params);
    assert_eq!(repo.shown(&found).len(), 5);

    // A gate of the same name in another pipeline is another gate.
    let mut params = repo.place("two.mlpipe", "gate li‸nt");
    params["context"] = json!({ "includeDeclaration": true });
    let found = repo.client.ask("textDocument/references", &params);
    assert_eq!(
        repo.shown(&found),
        ["two.mlpipe:6: gate lint", "two.mlpipe:7: gate last { run \"z\"; after recall, lint"]
    );

    // A secret is given by nobody.
    let mut params = repo.place("one.mlpipe", "secret KU‸BE");
    params["context"] = json!({ "includeDeclaration": true });
    let found = repo.client.ask("textDocument/references", &params);
    assert_eq!(repo.shown(&found).len(), 2);

    let place = repo.place("one.mlpipe", "deploy stag‸ing");
    let marks = repo.client.ask("textDocument/documentHighlight", &place);
    let kinds: Vec<&Value> = marks.as_array().expect("a list").iter().map(|m| &m["kind"]).collect();
    assert_eq!(kinds, [3, 2]);
}

#[test]
fn another_name_at_every_place() {
    let mut repo = repo();
    let cases: &[(&str, &str, &str, &str)] = &[
        ("one.mlpipe", "after rec‸all", "recall", "memory"),
        ("one.mlpipe", "after stag‸ing", "staging", "rehearsal"),
        ("one.mlpipe", "needs model ‸m", "m", "scorer"),
        ("one.mlpipe", "let lo‸w", "low", "floor"),
        ("one.mlpipe", "input wh‸y string", "why", "reason"),
        ("one.mlpipe", "recall.re‸call", "recall", "hit_rate"),
    ];
    for (file, at, old, new) in cases {
        let after = repo.rename(file, at, new).unwrap_or_else(|e| panic!("{at}: {e}"));
        assert!(!after.is_empty(), "{at}");
        for (name, text) in &after {
            assert!(text.contains(new), "{at}: {name}");
            repo.client.replace(name, text);
        }
        // What was right before is right under the new name.
        let names: Vec<&str> = repo.texts.keys().copied().collect();
        for name in &names {
            repo.client.diagnostics(name);
        }
        repo.client.settle();
        for name in &names {
            let told = &repo.client.told[&repo.client.uri(name)]["diagnostics"];
            let told = told.as_array().expect("a list").iter();
            let errors: Vec<&Value> = told.filter(|d| d["severity"] == 1).collect();
            assert_eq!(errors, Vec::<&Value>::new(), "{old} to {new}: {name}\n{:?}", after.get(*name));
        }
        for name in &names {
            let text = repo.texts[name].clone();
            repo.client.replace(name, &text);
        }
    }
    let after = repo.rename("shared/gates.mlpipe", "gate re‸call", "memory").expect("renamed");
    assert_eq!(after.keys().collect::<Vec<_>>(), ["one.mlpipe", "shared/gates.mlpipe", "two.mlpipe"]);
    assert!(after["one.mlpipe"].contains("manual, memory.recall = 0.5"), "{}", after["one.mlpipe"]);
    assert!(after["two.mlpipe"].contains("only memory\n"), "{}", after["two.mlpipe"]);
    // The metric of the same name is not the gate.
    assert!(
        after["shared/gates.mlpipe"]
            .contains("gate memory { run \"r\"; metrics \"m.json\"; require recall >= low }")
    );
    // The other pipeline's gate of the same name stays.
    let after = repo.rename("two.mlpipe", "gate li‸nt", "style").expect("renamed");
    assert_eq!(after.keys().collect::<Vec<_>>(), ["two.mlpipe"]);
}

#[test]
fn refused_with_words() {
    let mut repo = repo();
    let cases = [
        ("one.mlpipe", "ga‸te late", "x", "no name here"),
        ("one.mlpipe", "secret KU‸BE", "X", "kept under that name on the platforms"),
        ("one.mlpipe", "im‸age skipped", "x", "the image has no name"),
        ("one.mlpipe", "pipeline on‸e", "x", "called after the pipeline"),
        ("one.mlpipe", "gate la‸te", "Late", "is no name for a gate"),
        ("one.mlpipe", "gate la‸te", "recall", "there is a gate `recall` already, in `gates.mlpipe`"),
        ("one.mlpipe", "let lo‸w", "commit", "is a value of the run"),
        ("shared/gates.mlpipe", "gate li‸nt", "late", "there is a gate `late` already, in `one.mlpipe`"),
    ];
    for (file, at, new, why) in cases {
        let said = repo.rename(file, at, new).expect_err(at);
        assert!(said.contains(why), "{at}: {said}");
    }
    let place = repo.place("one.mlpipe", "gate la‸te");
    let prepared = repo.client.ask("textDocument/prepareRename", &place);
    assert_eq!(prepared["placeholder"], "late");
    assert_eq!(repo.client.covered(ONE, &prepared["range"]), "late");
    let place = repo.place("one.mlpipe", "ga‸te late");
    assert_eq!(repo.client.refused("textDocument/prepareRename", &place)["code"], -32803);
}
