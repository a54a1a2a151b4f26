//! Random valid specs: every statement that has an output, in every combination that the language allows, with the
//! nastiest strings that it lets through. The same seed gives the same spec.

#[path = "specs/gates.rs"]
mod gates;
#[path = "specs/live.rs"]
mod live;
#[path = "specs/release.rs"]
mod release;

use release::{Cloud, Release};
use std::fmt::Write;

/// SplitMix64: small, seeded, and the same on every machine.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// True once in `n` times.
    pub(crate) fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }
}

/// Shell commands that break whoever quotes carelessly.
pub(crate) const COMMANDS: &[&str] = &[
    "pytest tests/ -q",
    "echo \"it's ${HOME} $(date) `id`\"",
    "printf '%s' \"a: b # c\"",
    "true && { echo '${{ github.token }}'; } || exit 3",
    "echo $[[ inputs.x ]] \\\\ done",
    "python -c 'print(\"ü – 😀\")'",
    "echo yes; echo no; echo 12:30:45; echo 0755",
    "grep -E '^a{2,}$' f | wc -l",
];

/// Values of environment variables.
pub(crate) const VALUES: &[&str] = &[
    "UTC",
    "yes",
    "NO",
    "on",
    "12:30:45",
    "0755",
    "1_000",
    "2024-01-01",
    "~",
    "null",
    "",
    " lead",
    "trail ",
    "a: b",
    "# x",
    "it's",
    "$HOME",
    "${{ x }}",
    "$[[ x ]]",
    "%25",
    "*",
    "&a",
    "!b",
    "- c",
    "ü😀",
    "{a}",
    "[b]",
    "1e3",
    "0x1F",
    "=",
    "<<",
];

/// What the rest of a spec has to know of its beginning.
#[derive(Clone)]
pub(crate) struct Head {
    /// What starts it beside a push, as a deploy can name it: `manual`, `tag "v*"`.
    pub(crate) events: Vec<String>,
    /// There is a `runner big`.
    pub(crate) runner: bool,
    /// There is a `model ranker` with a file.
    pub(crate) model: bool,
    /// There is an image.
    pub(crate) image: bool,
    /// Gates that block every deploy when they fail.
    pub(crate) gates: Vec<String>,
}

impl Head {
    pub(crate) fn has(&self, event: &str) -> bool {
        self.events.iter().any(|e| e.starts_with(event))
    }
}

/// The text of a valid spec.
pub(crate) fn spec(seed: u64) -> String {
    let mut d = Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x5eed);
    let mut s = format!("mlpipe 1\npipeline gen-{seed}\n");
    if d.once_in(6) {
        let path = d.of(&["", " \".github/workflows/it's-the release.yml\""]);
        let _ = writeln!(s, "emit github{path}, gitlab, jenkins");
    }
    let events = triggers(&mut d, &mut s);
    let runner = surroundings(&mut d, &mut s);
    let source = Source::any(&mut d);
    let image = !d.once_in(4);
    let mut head = Head { events, runner, model: source.has_file(), image, gates: Vec::new() };
    let release = Release::any(&mut d, &head);
    release.top(&mut d, &mut s);
    source.write(&mut d, &mut s, &head, &release.clouds);
    // A Jenkinsfile has room for so many lines, and what releases takes most of them.
    let most = release.gates_beside();
    gates::write(&mut d, &mut s, &mut head, most, release.names());
    if image {
        image_block(&mut d, &mut s, &head);
    }
    let halts = release.deploys(&mut d, &mut s, &head);
    if d.once_in(2) {
        notify(&mut d, &mut s, halts);
    }
    s
}

/// What commands run in; is there a runner?
fn surroundings(d: &mut Dice, s: &mut String) -> bool {
    if !d.once_in(3) {
        let install = d.of(&[
            "",
            " { install pip \"requirements.txt\" }",
            " { install poetry groups main, dev }",
            " { install uv }",
        ]);
        let version = d.of(&["3.10", "3.11", "3.13"]);
        let _ = writeln!(s, "python \"{version}\"{install}");
    }
    for i in 0..d.below(4) {
        let _ = writeln!(s, "env VALUE_{i} = {}", quoted(d.of(VALUES)));
    }
    if d.once_in(10) {
        s.push_str("workdir \"services/the ranker\"\n");
    }
    let runner = d.once_in(3);
    if runner {
        let more = d.of(&["", "; image \"python:3.11-slim\"", "; offline"]);
        let _ = writeln!(
            s,
            "runner big {{ github \"self-hosted\", \"gpu\"; gitlab \"gpu\"; jenkins \"gpu && linux\"{more} }}"
        );
        if d.once_in(4) {
            s.push_str("runner big\n");
        }
    }
    runner
}

/// Lines that every statement with commands takes.
pub(crate) fn common(d: &mut Dice, s: &mut String, head: &Head) {
    if head.runner && d.once_in(3) {
        s.push_str("  runner big\n");
    }
    if d.once_in(4) {
        let _ = writeln!(s, "  env OWN = {}", quoted(d.of(VALUES)));
    }
    for line in ["  secret API_KEY", "  timeout 40m", "  workdir \"services/it's\""] {
        if d.once_in(6) {
            let _ = writeln!(s, "{line}");
        }
    }
}

fn notify(d: &mut Dice, s: &mut String, halts: bool) {
    if d.once_in(3) {
        s.push_str("secret HOOK_URL { github \"ML_HOOK\"; gitlab \"ML_HOOK\"; jenkins \"ml-hook\" }\n");
    }
    let channel = d.of(&["slack", "webhook"]);
    let on = match halts && d.once_in(2) {
        true => d.of(&["halt", "failure, rollback, halt", "success, halt"]),
        false => d.of(&["failure", "rollback", "failure, rollback", "success", "failure, success"]),
    };
    let _ = writeln!(s, "notify {channel} secret HOOK_URL on {on}");
}

pub(crate) fn quoted(raw: &str) -> String {
    let mut out = String::from("\"");
    for c in raw.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '$' => out.push_str("\\$"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A shell command in a raw block, which may end with a quote only on a line before the closing ones.
pub(crate) fn shell(raw: &str) -> String {
    format!("\"\"\"\n    {raw}\n  \"\"\"")
}

/// What starts it; what of that a deploy may narrow itself to.
fn triggers(d: &mut Dice, s: &mut String) -> Vec<String> {
    let push =
        d.of(&["on push main", "on push main, \"release/**\"", "on push \"release/**\", main, hotfix"]);
    let _ = writeln!(s, "{push}");
    if !d.once_in(3) {
        s.push_str("on pull_request main\n");
    }
    let mut events = Vec::new();
    if d.once_in(3) {
        events.push("tag \"v*\"".to_owned());
    }
    if d.once_in(3) {
        events.push(format!("schedule {}", schedule(d)));
    }
    let by_hand = d.once_in(3);
    if by_hand {
        events.push("manual".to_owned());
    }
    let from_outside = d.once_in(4);
    if from_outside {
        events.push("event model-registered".to_owned());
    }
    for event in &events {
        let inputs = match event.as_str() {
            "manual" => d.of(&[
                "",
                " { input reason string; input dry_run bool default false; input size choice \"s\", \"l\" default \"s\" }",
                " { input share number default 0.5; input fast bool default true }",
            ]),
            "event model-registered" => " { input model_version string }",
            _ => "",
        };
        let _ = writeln!(s, "on {event}{inputs}");
    }
    events.insert(0, "push main".to_owned());
    events
}

pub(crate) fn schedule(d: &mut Dice) -> String {
    let zone = d.of(&["", " timezone \"Europe/Berlin\"", " timezone \"America/New_York\""]);
    let cron = d.of(&["17 3 * * 1", "5 */6 * * *", "30 4 1,15 * *", "12 2-5 * * *"]);
    format!("\"{cron}\"{zone}")
}

/// Where a model comes from.
enum Source {
    /// There is none.
    None,
    /// Somebody else hosts it.
    Hosted,
    /// From a file of the repository or a plain address.
    Plain(String),
    /// By a program that may have to be somebody in a cloud.
    Fetched(&'static str),
}

impl Source {
    fn any(d: &mut Dice) -> Self {
        let sha = "0123456789abcdef".repeat(4);
        match d.below(6) {
            0 => Self::Plain("path \"models/m.pkl\"".to_owned()),
            1 => Self::Plain(format!("http \"https://models.acme.test/m.pkl\" sha256 \"{sha}\"")),
            2 => Self::Fetched(d.of(&[
                "mlflow \"models:/ranker/7\" { secret MLFLOW_TRACKING_URI }",
                "mlflow \"models:/ranker@candidate\" { secret MLFLOW_TRACKING_URI; timeout 5m }",
            ])),
            3 => Self::Fetched("run \"python fetch.py\""),
            4 => Self::Hosted,
            _ => Self::None,
        }
    }

    fn has_file(&self) -> bool {
        matches!(self, Self::Plain(_) | Self::Fetched(_))
    }

    fn write(&self, d: &mut Dice, s: &mut String, head: &Head, clouds: &[Cloud]) {
        if matches!(self, Self::None) {
            return;
        }
        let version = d.of(&["ranker/7", "gpt-4o/2024-11-20/v3", "ranker/${commit}"]);
        let _ = writeln!(s, "model ranker {{\n  version \"{version}\"");
        let source: &str = match self {
            Self::Plain(source) => source,
            Self::Fetched(source) => source,
            Self::None | Self::Hosted => "",
        };
        if !source.is_empty() {
            let _ = writeln!(s, "  source {source}\n  save \"models/m.pkl\"");
        }
        if matches!(self, Self::Fetched(_)) {
            for cloud in clouds.iter().filter(|_| d.once_in(2)) {
                let _ = writeln!(s, "  auth {}", cloud.word());
            }
        }
        if self.has_file() && d.once_in(2) {
            common(d, s, head);
        }
        s.push_str("}\n");
    }
}

fn image_block(d: &mut Dice, s: &mut String, head: &Head) {
    let first = d.of(&[
        "ghcr \"ghcr.io/acme/ranker\" {",
        "dockerhub \"docker.io/acme/ranker\" {\n  login secret HUB_USER, HUB_TOKEN",
        "gitlab \"registry.gitlab.com/acme/ranker\" {",
        "generic \"registry.acme.test:5000/ml/ranker\" {\n  login secret REGISTRY_USER, REGISTRY_PASSWORD",
    ]);
    let _ = writeln!(s, "image {first}");
    let _ = writeln!(
        s,
        "  tags {}",
        match head.has("tag") && d.once_in(2) {
            true => "commit, tag",
            false => d.of(&["commit", "commit, branch", "short_commit, latest", "commit, \"v1-${commit}\""]),
        }
    );
    if d.once_in(2) {
        let _ = writeln!(s, "  scan trivy fail_on {}", d.of(&["low", "medium", "high", "critical"]));
    }
    if head.model && d.once_in(2) {
        s.push_str("  with model ranker\n");
    } else if d.once_in(4) {
        s.push_str("  dockerfile \"docker/it's.Dockerfile\"\n  context \"services/the ranker\"\n");
    }
    common(d, s, head);
    s.push_str("}\n");
}
