//! `cargo bench --bench keystrokes`: the language server as an editor drives it. 200 keystrokes in the middle of a spec of 1,000
//! lines, each sent as a change of one character; the time is from the keystroke to the diagnostics of the text that it
//! makes, and beside it stands one check of the same text in this process. Only the ratios carry over between machines.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops where it fails"
)]

#[path = "../tests/support/lsp.rs"]
mod lsp;

use camino::{Utf8Path, Utf8PathBuf};
use lsp::Client;
use mlpipe::project::{ConfigFrom, Others, Project, Settings};
use mlpipe::spec::Texts;
use serde_json::json;
use std::time::{Duration, Instant};

const LINES: usize = 1000;
const KEYSTROKES: usize = 200;

/// What is typed, again from the start until there are enough keystrokes.
const TYPED: &str = "gate typed {\n  run \"pytest tests/typed --junitxml=typed.xml\"\n  report junit \"typed.xml\"\n  \
                     metrics \"typed.json\"\n  require recall >= 0.85\n  timeout 15m\n  after unit-3, unit-4\n}\n";

fn main() {
    // `cargo test` builds benches too and calls them so; there is nothing to test here.
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    let mut text = spec();
    let mut client = Client::new(&[("large.mlpipe", &text)]);
    client.open("large.mlpipe");
    let told = client.diagnostics("large.mlpipe");
    assert!(told.is_empty(), "the spec is right before it is typed in: {told:?}");
    let root = Utf8PathBuf::from_path_buf(client.path("")).expect("UTF-8");

    let mut at = text.find("gate unit-60 ").expect("the middle");
    let (mut diagnostics, mut completions, mut checks) = (Vec::new(), Vec::new(), Vec::new());
    for key in TYPED.chars().cycle().take(KEYSTROKES) {
        let place = client.position(&text, at);
        text.insert(at, key);
        at += key.len_utf8();
        let change = json!([{ "range": { "start": place, "end": place }, "text": key.to_string() }]);
        let start = Instant::now();
        client.change("large.mlpipe", &change);
        client.diagnostics("large.mlpipe");
        diagnostics.push(start.elapsed());
        checks.push(check(&root, &text));

        let start = Instant::now();
        client.ask("textDocument/completion", &client.place("large.mlpipe", &text, at));
        completions.push(start.elapsed());
    }
    row("diagnostics", &diagnostics, &checks);
    row("completion", &completions, &checks);
    assert_eq!(client.quit(), 0);
}

fn row(what: &str, times: &[Duration], checks: &[Duration]) {
    let ratios: Vec<f64> = times.iter().zip(checks).map(|(t, c)| t.as_secs_f64() / c.as_secs_f64()).collect();
    let millis = |times: &[Duration]| times.iter().map(|t| t.as_secs_f64() * 1e3).collect::<Vec<f64>>();
    let (mut ratios, mut times, mut checks) = (ratios, millis(times), millis(checks));
    for list in [&mut ratios, &mut times, &mut checks] {
        list.sort_by(f64::total_cmp);
    }
    let goal = if what == "diagnostics" { "  (goal: p95 at most 3, and under 20 ms)" } else { "" };
    println!(
        "{what} after a keystroke in {LINES} lines / one check: median {:.2}, p95 {:.2}{goal}; {:.1} and {:.1} ms, a check {:.1} ms",
        part(&ratios, 50),
        part(&ratios, 95),
        part(&times, 50),
        part(&times, 95),
        part(&checks, 50),
    );
}

fn part(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() - 1) * percent / 100]
}

/// One check of a text, as the server does it and `mlpipe lint` too: every finding but those of the printed files.
fn check(root: &Utf8Path, text: &str) -> Duration {
    struct Typed<'a>(&'a str);
    impl Texts for Typed<'_> {
        fn unsaved(&self, _: &Utf8Path) -> Option<String> {
            Some(self.0.to_owned())
        }
    }
    let spec = [Utf8PathBuf::from("large.mlpipe")];
    let start = Instant::now();
    let mut project =
        Project::load_from(&Typed(text), root, &spec, &spec, Others::Read, &Settings::now(ConfigFrom::Root));
    project.limits();
    mlpipe::lint::add(&mut project);
    std::hint::black_box(project);
    start.elapsed()
}

/// A spec of so many lines: gates as people write them, a model, an image and a deploy.
fn spec() -> String {
    let mut text = String::from(
        "# A large release.\nmlpipe 1\npipeline large\nemit github, jenkins\non push main\non pull_request main\nlet floor = 0.85\n\
         model scorer { source path \"m.pkl\"; version \"v3\" }\nimage ghcr \"ghcr.io/acme/large\" { tags commit; with model scorer; scan trivy fail_on high }\n\
         deploy production {\n  target kubernetes { kubeconfig secret KUBECONFIG; namespace \"ml\"; deployment \"large\" }\n  smoke \"curl --fail https://large.example.com/healthz\"\n}\n",
    );
    let mut n = 0;
    while text.lines().count() < LINES {
        let after = if n > 1 { format!("\n  after unit-{}", n - 2) } else { String::new() };
        text.push_str(&format!(
            "gate unit-{n} {{\n  run \"pytest tests/unit-{n} --junitxml=unit-{n}.xml\"   # seconds\n  report junit \"unit-{n}.xml\"\n  \
             metrics \"unit-{n}.json\"\n  require recall >= floor\n  timeout 15m{after}\n}}\n"
        ));
        n += 1;
    }
    text
}
