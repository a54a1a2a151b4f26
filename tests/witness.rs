//! For every threshold of every gate the compiler knows an input that passes and one that fails. Here the script and the
//! runtime that it writes are asked whether that is so.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/specs.rs"]
mod specs;

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;
use mlpipe::plan::witness::{Inputs, witness};
use mlpipe::plan::{GateWork, Job, Plan, Work};
use mlpipe::project::Project;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

fn root() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every plan below a folder, each spec alone.
fn plans(folder: &Utf8Path) -> Vec<Plan> {
    let found = mlpipe::project::specs(folder, folder).unwrap_or_default();
    let load =
        |path: Utf8PathBuf| Project::load(folder, std::slice::from_ref(&path), std::slice::from_ref(&path));
    found.into_iter().map(load).flat_map(|p| p.pipelines).filter_map(|p| p.plan).collect()
}

fn plan_of(text: &str) -> Option<Plan> {
    let dir = tempfile::tempdir().unwrap();
    let folder = Utf8PathBuf::from_path_buf(dir.path().canonicalize().unwrap()).unwrap();
    std::fs::write(folder.join("release.mlpipe"), text).unwrap();
    plans(&folder).pop()
}

fn examples() -> Vec<Plan> {
    let mut folders: Vec<Utf8PathBuf> =
        root().join("examples").read_dir_utf8().unwrap().map(|e| e.unwrap().path().to_owned()).collect();
    folders.sort();
    folders.iter().filter(|f| f.is_dir()).flat_map(|f| plans(f)).collect()
}

/// Gates with at least a rule.
fn gates(plan: &Plan) -> impl Iterator<Item = (&Job, &GateWork)> {
    plan.jobs.iter().filter_map(|job| match &job.work {
        Work::Gate(gate) if !gate.require.is_empty() => Some((job, gate)),
        _ => None,
    })
}

/// What the emitted runtime says of one input.
#[derive(serde::Deserialize)]
struct Verdict {
    passed: bool,
    held: Vec<bool>,
    problems: Vec<String>,
}

/// One input of one gate, and what is to come of it.
struct Case {
    place: String,
    line: String,
    /// Rules that are to hold; what is not said may do either.
    wanted: Vec<Option<bool>>,
}

fn cases(plan: &Plan, all: &mut Vec<Case>) {
    let script = mlpipe::script::emit(plan).unwrap();
    for (job, gate) in gates(plan) {
        for (index, rule) in witness(gate).rules.into_iter().enumerate() {
            let place = format!("{} {} `{}`", plan.source, job.id, rule.text);
            let passing = rule.passing.unwrap_or_else(|| panic!("{place}: nothing passes"));
            let tripping = rule.tripping.unwrap_or_else(|| panic!("{place}: nothing trips it"));
            let mut case = |inputs: Inputs, wanted: Vec<Option<bool>>, what: &str| {
                let line =
                    serde_json::json!({"script": script, "gate": job.id, "files": inputs.files}).to_string();
                all.push(Case { place: format!("{place} {what}\n{:?}", inputs.files), line, wanted });
            };
            let others = if rule.alone { Some(true) } else { None };
            let trip =
                (0..gate.require.len()).map(|i| if i == index { Some(false) } else { others }).collect();
            case(passing, vec![Some(true); gate.require.len()], "passes");
            case(tripping, trip, "trips");
        }
    }
}

fn judge(cases: &[Case]) {
    let dir = tempfile::tempdir().unwrap();
    let runtime = dir.path().join("mlpipe_runtime.py");
    std::fs::write(&runtime, mlpipe::script::runtime()).unwrap();
    let mut child = Command::new("python3")
        .args(["-B", root().join("tests/support/witness.py").as_str()])
        .arg(&runtime)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = cases.iter().fold(String::new(), |mut s, c| {
        let _ = writeln!(s, "{}", c.line);
        s
    });
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let done = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let answers = String::from_utf8(done.stdout).unwrap();
    let answers: Vec<Verdict> = answers.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(answers.len(), cases.len(), "the runtime answered every case");
    for (case, answer) in cases.iter().zip(answers) {
        assert!(answer.problems.is_empty(), "{}: {:?}", case.place, answer.problems);
        let pass = case.wanted.iter().all(|w| *w == Some(true));
        assert_eq!(answer.passed, pass, "{}: {:?}", case.place, answer.held);
        for (wanted, held) in case.wanted.iter().zip(&answer.held) {
            assert!(wanted.is_none_or(|w| w == *held), "{}: {:?}", case.place, answer.held);
        }
    }
}

#[test]
fn the_runtime_agrees_for_every_gate_of_the_examples_and_the_corpus() {
    let mut all = Vec::new();
    for plan in examples().iter().chain(&plans(&root().join("tests/corpus/ok"))) {
        cases(plan, &mut all);
    }
    assert!(all.len() >= 100, "only {} inputs", all.len());
    judge(&all);
}

#[test]
fn the_runtime_agrees_for_gates_of_random_specs() {
    let mut all = Vec::new();
    for seed in 0..60 {
        cases(&plan_of(&specs::spec(seed)).expect("a valid spec"), &mut all);
    }
    assert!(all.len() >= 200, "only {} inputs", all.len());
    judge(&all);
}

/// Small, seeded, the same on every machine.
fn dice(state: &mut u64, sides: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 33).unwrap() % sides
}

/// A gate with up to four random rules: names of every form, units, tolerances, counts of a report.
fn random_gate(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
    let mut of = |all: &[&str]| all[dice(&mut state, all.len())].to_owned();
    let mut text = String::from(
        "mlpipe 1\npipeline p\non push main\ngate g {\n  run \"true\"\n  baseline \"base.json\"\n",
    );
    let sources = of(&["json", "junit", "both"]);
    if sources != "junit" {
        text.push_str("  metrics \"m.json\"\n");
    }
    if sources != "json" {
        text.push_str("  metrics junit \"unit.xml\"\n");
    }
    let mut rules = 0;
    for _ in 0..6 {
        let count = sources == "junit" || (sources == "both" && of(&["count", "name"]) == "count");
        let op = of(&["<", "<=", ">", ">=", "==", "!="]);
        let line = if count {
            let name = of(&["tests", "failures", "errors", "skipped", "passed"]);
            let right = of(&["0", "1", "3", "12", "2.5", "baseline", "baseline + 2", "baseline - 10%"]);
            format!("{name} {op} {right}")
        } else {
            let (name, numbers): (String, &[&str]) = match of(&["plain", "quoted", "time", "share"]).as_str()
            {
                "plain" => (of(&["f1", "rag.f1", "rag", "a-b.c_d"]), &["0.85", "-3", "1e-4", "0", "12.5"]),
                "quoted" => (of(&["rag.\"map@0.5\"", "\"x y\".z", "\"1.2\""]), &["0.5", "7"]),
                "time" => (of(&["latency.p95_ms", "warm_seconds"]), &["200ms", "1.5s", "0.1ms"]),
                _ => (of(&["success_percent"]), &["99.5%", "7%"]),
            };
            let tolerance = of(&["", " - 1%", " + 12.5%", " - 100%", " + 0.5", " - 0.01"]);
            let timed = name.ends_with("_ms") || name.ends_with("_seconds");
            let tolerance = if timed && tolerance.contains("0.") { " + 5ms".to_owned() } else { tolerance };
            let right = if of(&["literal", "baseline"]) == "literal" {
                of(numbers)
            } else {
                format!("baseline{tolerance}")
            };
            format!("{name} {op} {right}")
        };
        rules += 1;
        let _ = writeln!(text, "  require {line}");
        if rules >= 4 {
            break;
        }
    }
    text + "}\n"
}

/// A gate that the compiler takes has inputs on both sides of every rule; the few that it takes and that have none are
/// counted, so that the search does not become blind unseen.
#[test]
fn the_runtime_agrees_for_random_gates() {
    let mut all = Vec::new();
    let (mut taken, mut without) = (0, Vec::new());
    for seed in 0..600 {
        let text = random_gate(seed);
        let Some(mut plan) = plan_of(&text) else { continue };
        taken += 1;
        for job in &mut plan.jobs {
            let Work::Gate(gate) = &mut job.work else { continue };
            let found = witness(gate).rules;
            if found.iter().any(|r| r.passing.is_none() || r.tripping.is_none()) {
                without.push(text.clone());
                gate.require.clear();
            }
        }
        cases(&plan, &mut all);
    }
    assert!(taken >= 250 && all.len() >= 1000, "{taken} gates, {} inputs", all.len());
    judge(&all);
    assert!(without.len() * 20 <= taken, "{} of {taken} without:\n{}", without.len(), without.join("\n"));
}

/// The gate alone, with a command that brings the files, as the script that the compiler writes.
fn alone(plan: &Plan, job: &Job, files: &Utf8Path) -> Plan {
    let mut plan = plan.clone();
    let mut job = job.clone();
    plan.env = IndexMap::new();
    plan.secrets.clear();
    plan.inputs.clear();
    job.env = IndexMap::new();
    (job.needs, job.reads, job.secrets) = (Vec::new(), Vec::new(), Vec::new());
    (job.python, job.workdir) = (false, None);
    if let Work::Gate(gate) = &mut job.work {
        gate.run = Some(format!("cp -R '{files}/.' ."));
        (gate.models, gate.image, gate.repository) = (Vec::new(), false, None);
    }
    plan.jobs = vec![job];
    plan
}

fn git(folder: &Utf8Path, words: &[&str]) {
    let who = ["-c", "user.name=n", "-c", "user.email=n@example.com"];
    assert!(Command::new("git").args(who).args(words).current_dir(folder).status().unwrap().success());
}

/// The whole way: `sh .mlpipe/NAME.sh gate NAME` fails on the one input and passes on the other.
#[test]
fn the_script_passes_and_fails_for_every_gate_of_the_examples() {
    let mut seen = 0;
    for plan in examples() {
        for (job, gate) in gates(&plan) {
            let dir = tempfile::tempdir().unwrap();
            let folder = Utf8PathBuf::from_path_buf(dir.path().canonicalize().unwrap()).unwrap();
            let (repo, files) = (folder.join("repo"), folder.join("files"));
            std::fs::create_dir_all(repo.join(".mlpipe")).unwrap();
            let script = mlpipe::script::emit(&alone(&plan, job, &files)).unwrap();
            std::fs::write(repo.join(&plan.script), script).unwrap();
            std::fs::write(repo.join(".mlpipe/mlpipe_runtime.py"), mlpipe::script::runtime()).unwrap();
            git(&repo, &["init", "-q"]);
            git(&repo, &["add", "-A"]);
            git(&repo, &["commit", "-q", "-m", "start"]);
            for rule in witness(gate).rules {
                for (inputs, verdict) in [(rule.passing, "passed"), (rule.tripping, "failed")] {
                    let _ = std::fs::remove_dir_all(&files);
                    for (path, text) in inputs.unwrap().files {
                        let path = files.join(path);
                        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                        std::fs::write(path, text).unwrap();
                    }
                    let ran = Command::new("sh")
                        .args([plan.script.as_str(), "gate", &gate.name])
                        .current_dir(&repo)
                        .output()
                        .unwrap();
                    let place = format!(
                        "{} {} {}: {}",
                        plan.source,
                        gate.name,
                        rule.text,
                        String::from_utf8_lossy(&ran.stdout)
                    );
                    let record =
                        std::fs::read_to_string(repo.join(format!("mlpipe-out/{}.json", job.id))).unwrap();
                    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
                    assert_eq!(record["gate"]["verdict"], verdict, "{place}");
                    let fine = verdict == "passed" || gate.advisory.is_some();
                    assert_eq!(ran.status.success(), fine, "{place}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen >= 20, "only {seen} runs");
}

/// Over every report of up to six of each kind, what the compiler refuses is impossible or cannot fail, and what is
/// impossible it refuses.
#[test]
fn refused_counts_are_refused_rightly() {
    const NAMES: [&str; 5] = ["tests", "passed", "failures", "errors", "skipped"];
    const OPS: [&str; 6] = ["<", "<=", ">", ">=", "==", "!="];
    const BOUNDS: [f64; 5] = [0.0, 1.0, 2.0, 2.5, 4.0];
    let holds = |value: f64, op: &str, bound: f64| match op {
        "<" => value < bound,
        "<=" => value <= bound,
        ">" => value > bound,
        ">=" => value >= bound,
        "==" => value == bound,
        _ => value != bound,
    };
    let reports: Vec<[f64; 5]> = (0..6_u32.pow(4))
        .map(|n| [n % 6, n / 6 % 6, n / 36 % 6, n / 216].map(f64::from))
        .map(|[p, f, e, s]| [p + f + e + s, p, f, e, s])
        .collect();
    let (mut state, mut refused) = (7, 0);
    for _ in 0..400 {
        let count = 1 + dice(&mut state, 4);
        let rules: Vec<(usize, &str, f64)> = (0..count)
            .map(|_| (dice(&mut state, 5), OPS[dice(&mut state, 6)], BOUNDS[dice(&mut state, 5)]))
            .collect();
        let mut text = String::from(
            "mlpipe 1\npipeline p\non push main\ngate g {\nrun \"t\"\nmetrics junit \"u.xml\"\n",
        );
        for (name, op, bound) in &rules {
            let _ = writeln!(text, "require {} {op} {bound}", NAMES[*name]);
        }
        text.push_str("}\n");
        let dir = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(dir.path()).unwrap();
        std::fs::write(folder.join("p.mlpipe"), &text).unwrap();
        let path = Utf8PathBuf::from("p.mlpipe");
        let project = Project::load(folder, std::slice::from_ref(&path), std::slice::from_ref(&path));
        let told = |code: &str| project.findings.iter().any(|f| f.code.id == code);
        let possible = reports.iter().any(|r| rules.iter().all(|(n, op, b)| holds(r[*n], op, *b)));
        let idle = rules.iter().any(|(n, op, b)| reports.iter().all(|r| holds(r[*n], op, *b)));
        refused += usize::from(told("MLP324"));
        assert!(!told("MLP324") || !possible, "refused, and possible:\n{text}");
        assert!(!told("MLP325") || idle, "always holds, and does not:\n{text}");
        // A chain of `!=` may leave nothing without a word; a pair does not.
        let chain = rules.iter().filter(|(_, op, _)| *op == "!=").count() > 0;
        assert!(told("MLP324") || possible || chain, "impossible, and taken:\n{text}");
    }
    assert!(refused >= 60, "only {refused} refused");
}
