//! Random valid specs: every statement that has an output, in every combination that the language allows, with the
//! nastiest strings that it lets through. The same seed gives the same spec.

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
pub(crate) struct Head {
    /// A person can start it.
    pub(crate) by_hand: bool,
    /// There is a `runner big`.
    pub(crate) runner: bool,
    /// There is a `model ranker` with a file.
    pub(crate) model: bool,
    /// There is an image.
    pub(crate) image: bool,
    /// Gates that can fail.
    pub(crate) gates: Vec<String>,
}

/// The text of a valid spec.
pub(crate) fn spec(seed: u64) -> String {
    let mut d = Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x5eed);
    let mut s = format!("mlpipe 1\npipeline gen-{seed}\n");
    let by_hand = triggers(&mut d, &mut s);
    surroundings(&mut d, &mut s);
    let runner = d.once_in(3);
    if runner {
        s.push_str(
            "runner big { github \"self-hosted\", \"gpu\"; gitlab \"gpu\"; jenkins \"gpu && linux\" }\n",
        );
    }
    let source = Source::any(&mut d);
    let image = !d.once_in(4);
    let mut head = Head { by_hand, runner, model: source.has_file(), image, gates: Vec::new() };
    let release = Release::any(&mut d, &head);
    release.top(&mut d, &mut s);
    source.write(&mut d, &mut s, &release.clouds);
    // A Jenkinsfile has room for so many lines, and what releases takes most of them.
    for i in 0..1 + d.below(release.gates_beside()) {
        gate(&mut d, &mut s, i, &mut head);
    }
    if image {
        image_block(&mut d, &mut s, head.model);
    }
    let halts = release.deploys(&mut d, &mut s, &head);
    if d.once_in(2) {
        let channel = d.of(&["slack", "webhook"]);
        let on = match halts && d.once_in(2) {
            true => "failure, rollback, halt",
            false => d.of(&["failure", "failure, rollback", "success", "failure, success"]),
        };
        let _ = writeln!(s, "notify {channel} secret HOOK_URL on {on}");
    }
    s
}

/// What commands run in.
fn surroundings(d: &mut Dice, s: &mut String) {
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

/// Can a person start it?
fn triggers(d: &mut Dice, s: &mut String) -> bool {
    let push =
        d.of(&["on push main", "on push main, \"release/**\"", "on push \"release/**\", main, hotfix"]);
    let _ = writeln!(s, "{push}");
    if !d.once_in(3) {
        s.push_str("on pull_request main\n");
    }
    if d.once_in(3) {
        let _ = writeln!(s, "on tag \"v*\"");
    }
    if d.once_in(3) {
        let _ = writeln!(s, "on schedule {}", schedule(d));
    }
    let by_hand = d.once_in(3);
    if by_hand {
        s.push_str(d.of(&[
            "on manual\n",
            "on manual { input reason string; input dry_run bool default false; input size choice \"s\", \"l\" default \"s\" }\n",
        ]));
    }
    if d.once_in(4) {
        s.push_str("on event model-registered { input model_version string }\n");
    }
    by_hand
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
            2 => Self::Fetched("mlflow \"models:/ranker/7\" { secret MLFLOW_TRACKING_URI }"),
            3 => Self::Fetched("run \"python fetch.py\""),
            4 => Self::Hosted,
            _ => Self::None,
        }
    }

    fn has_file(&self) -> bool {
        matches!(self, Self::Plain(_) | Self::Fetched(_))
    }

    fn write(&self, d: &mut Dice, s: &mut String, clouds: &[Cloud]) {
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
        s.push_str("}\n");
    }
}

fn gate(d: &mut Dice, s: &mut String, i: usize, head: &mut Head) {
    let _ = writeln!(s, "gate g{i} {{");
    let _ = writeln!(s, "  run {}", shell(d.of(COMMANDS)));
    if head.model && d.once_in(2) {
        s.push_str("  needs model ranker\n");
    }
    if i > 0 && d.once_in(3) {
        let _ = writeln!(s, "  after g{}", d.below(i));
    }
    if d.once_in(2) {
        let _ = writeln!(s, "  report junit \"unit-{i}.xml\"");
    }
    if d.once_in(2) {
        let _ = writeln!(s, "  metrics \"metrics-{i}.json\"");
        s.push_str("  require accuracy >= 0.85\n");
        if d.once_in(2) {
            s.push_str("  require latency_ms < 200ms\n");
        }
        if d.once_in(2) {
            s.push_str("  baseline \"baseline.json\"\n  require f1 >= baseline - 0.01\n  require rag.\"map@0.5\" >= baseline - 5%\n");
        }
    }
    for line in [
        "  seed 42",
        "  repeat 3 pass 2",
        "  timeout 10m",
        "  artifact \"out/report.html\"",
        "  secret API_KEY",
    ] {
        if d.once_in(4) {
            let _ = writeln!(s, "{line}");
        }
    }
    if d.once_in(5) {
        let _ =
            writeln!(s, "  advisory {}", quoted(d.of(&["triaged weekly", "it's | noisy <b>", "see #12: a"])));
    } else {
        head.gates.push(format!("g{i}"));
    }
    if head.runner && d.once_in(3) {
        s.push_str("  runner big\n");
    }
    if d.once_in(4) {
        let _ = writeln!(s, "  env OWN = {}", quoted(d.of(VALUES)));
    }
    s.push_str("}\n");
}

fn image_block(d: &mut Dice, s: &mut String, model: bool) {
    let head = d.of(&[
        "ghcr \"ghcr.io/acme/ranker\" {",
        "dockerhub \"docker.io/acme/ranker\" {\n  login secret HUB_USER, HUB_TOKEN",
        "gitlab \"registry.gitlab.com/acme/ranker\" {",
        "generic \"registry.acme.test:5000/ml/ranker\" {\n  login secret REGISTRY_USER, REGISTRY_PASSWORD",
    ]);
    let _ = writeln!(s, "image {head}");
    let _ = writeln!(
        s,
        "  tags {}",
        d.of(&["commit", "commit, branch", "short_commit, latest", "commit, \"v1-${commit}\""])
    );
    if d.once_in(2) {
        let _ = writeln!(s, "  scan trivy fail_on {}", d.of(&["low", "medium", "high", "critical"]));
    }
    if model && d.once_in(2) {
        s.push_str("  with model ranker\n");
    }
    s.push_str("}\n");
}
