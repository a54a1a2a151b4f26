//! `mlpipe simulate` says which poll of a watch trips. Here the runtime's own watch is asked, over random watches and
//! random courses of their metrics: same trigger, same second.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

use camino::Utf8PathBuf;
use mlpipe::plan::Plan;
use mlpipe::project::Project;
use mlpipe::scenario::{State, play, triggers};
use mlpipe::spec::{Deploy, GivenState, GivenValue, GivenWhat, Lasting, Scenario, Spec, Strategy, asked};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1)
    }

    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn of(&mut self, all: &[&'static str]) -> &'static str {
        all[self.below(all.len())]
    }
}

/// What a metric or the smoke test gives from a second on.
type Courses = BTreeMap<String, Vec<(u64, Option<String>)>>;

const HEAD: &str = "mlpipe 1\npipeline p\non push main\ngate unit { run \"pytest\" }\n\
                    image ghcr \"ghcr.io/acme/p\" { tags commit }\ndeploy production {\n  \
                    target command { deploy \"./d\"; live \"./l\"; shift \"./s\"; promote \"./p\"; rollback \"./r\" }\n";
const NUMBERS: &[&str] = &["0", "1", "1.5", "2", "0.01", "0.010000000001", "-3"];
/// Where streaks are what it is about: they begin, are interrupted, and go on.
const FEW: &[&str] = &["0", "2"];

/// A watch and the triggers behind it.
fn watch(d: &mut Dice) -> String {
    let mut s = HEAD.to_owned();
    match d.below(5) {
        0 => s.push_str("  rolling\n"),
        1 => s.push_str("  canary 5%, 100%\n"),
        2 => drop(writeln!(s, "  canary 5% for {}, 100%", d.of(&["30s", "90s", "10m"]))),
        3 => drop(writeln!(s, "  blue_green for {}", d.of(&["45s", "2m", "10m"]))),
        _ => drop(writeln!(
            s,
            "  canary 5% for {}, 25% for {}, 100%",
            d.of(&["45s", "2m", "10m"]),
            d.of(&["1m", "5m"])
        )),
    }
    let (window, interval) = (d.of(&["1m", "7m", "30m"]), d.of(&["30s", "1m", "70s", "2m"]));
    let _ = write!(
        s,
        "  watch {window} every {interval} {{\n    prometheus secret P\n    metric a = \"a\"\n    metric b = \"b\"\n"
    );
    let smoke = d.below(3) > 0;
    if smoke {
        let _ = writeln!(s, "    smoke \"./s\" every {}", d.of(&["45s", "1m", "100s", "5m"]));
    }
    s.push_str("  }\n  rollback {\n");
    if d.below(2) == 0 {
        let _ = writeln!(s, "    when a > 1 for {}", d.of(&["2m", "3m", "5m"]));
        if smoke {
            let _ = writeln!(s, "    when smoke.failures > {} consecutive", d.of(&["2", "3", "4"]));
        }
        return s + "  }\n}\n";
    }
    for _ in 0..=d.below(3) {
        let op = d.of(&["<", "<=", ">", ">=", "==", "!="]);
        if smoke && d.below(3) == 0 {
            let lasting = d.of(&["", " consecutive"]);
            let _ =
                writeln!(s, "    when smoke.failures {op} {}{lasting}", d.of(&["0", "1", "2", "3", "2.5"]));
        } else {
            let lasting = d.of(&["", " for 1m", " for 100s", " for 3m"]);
            let _ = writeln!(s, "    when {} {op} {}{lasting}", d.of(&["a", "b"]), d.of(NUMBERS));
        }
    }
    s + "  }\n}\n"
}

/// What happens, as words behind `given` and for the runtime.
fn courses(d: &mut Dice, spec: &Spec) -> (String, Courses) {
    let deploy = &spec.deploys["production"];
    let numbers = if d.below(2) == 0 { FEW } else { NUMBERS };
    let mut all = Courses::new();
    for name in ["a", "b"] {
        // A number that every metric has at first, so that not each play ends with a metric that is missing.
        let mut course = vec![(0, Some(d.of(numbers).to_owned()))];
        for _ in 0..d.below(7) {
            let value = if d.below(3) == 0 { None } else { Some(d.of(numbers).to_owned()) };
            course.push((30 * d.below(60) as u64 + d.below(2) as u64 * 7, value));
        }
        all.insert(name.to_owned(), course);
    }
    if deploy.watch.as_ref().unwrap().smoke.is_some() {
        let mut course = vec![(1, Some(d.of(&["failed", "passed"]).to_owned()))];
        for _ in 0..d.below(7) {
            course.push((30 * (1 + d.below(59)) as u64, Some(d.of(&["failed", "passed"]).to_owned())));
        }
        all.insert("smoke".to_owned(), course);
    }
    for course in all.values_mut() {
        course.sort_by_key(|(at, _)| *at);
        course.dedup_by_key(|(at, _)| *at);
    }
    let words = all.iter().flat_map(|(name, course)| course.iter().map(move |(at, value)| (name, at, value)));
    let words = words.map(|(name, at, value)| {
        let value = value.as_deref().unwrap_or("missing");
        match name.as_str() {
            "smoke" => format!("production.smoke {value} at {at}s"),
            _ if *at == 0 => format!("production.{name} = {value}"),
            _ => format!("production.{name} = {value} at {at}s"),
        }
    });
    (words.collect::<Vec<_>>().join(",\n    "), all)
}

fn load(text: &str) -> Project {
    let dir = tempfile::tempdir().unwrap();
    let folder = Utf8PathBuf::from_path_buf(dir.path().canonicalize().unwrap()).unwrap();
    std::fs::write(folder.join("release.mlpipe"), text).unwrap();
    let path = [Utf8PathBuf::from("release.mlpipe")];
    Project::load(&folder, &path, &path)
}

/// The words that the runtime's watch gets for a deploy.
fn words(deploy: &Deploy) -> Vec<String> {
    let watch = deploy.watch.as_ref().unwrap();
    let mut all = vec!["--watch".to_owned(), watch.window.node.seconds.to_string()];
    all.push(watch.interval.node.seconds.to_string());
    let mut add = |words: &[&str]| all.extend(words.iter().map(|w| (*w).to_owned()));
    for metric in &watch.metrics {
        add(&["--metric", &metric.metric.node.to_string(), "prometheus", "q", "", ""]);
    }
    if let Some(smoke) = &watch.smoke {
        add(&["--probe", "./s", &smoke.every.node.seconds.to_string()]);
    }
    for rule in deploy.rollback.iter().flat_map(|r| &r.when) {
        let (lasting, seconds) = match rule.lasting {
            Lasting::Once => ("once", 0.0),
            Lasting::Consecutive => ("consecutive", 0.0),
            Lasting::For(long) => ("for", long.seconds),
        };
        let (name, bound, seconds) =
            (rule.metric.node.to_string(), rule.right.to_string(), seconds.to_string());
        add(&["--trigger", &name, rule.op.text(), &bound, lasting, &seconds, &rule.text]);
    }
    all
}

/// How long a deploy watches after each of its steps.
fn holds(deploy: &Deploy) -> Vec<f64> {
    let mut all = Vec::new();
    match deploy.strategy.as_ref().map(|s| &s.node) {
        Some(Strategy::Canary(steps)) => {
            all.extend(steps.iter().map(|step| step.hold.map_or(0.0, |d| d.seconds)));
        }
        Some(Strategy::BlueGreen(hold)) => all.push(hold.map_or(0.0, |d| d.seconds)),
        Some(Strategy::Rolling) | None => {}
    }
    all.push(deploy.watch.as_ref().unwrap().window.node.seconds);
    all
}

/// What comes of it: when it ended, and which trigger or metric ended it.
#[derive(Debug, PartialEq)]
struct End {
    at: f64,
    why: String,
}

impl End {
    /// `why` is a sentence that begins with what ended it, in backticks.
    fn new(at: f64, why: &str) -> Self {
        let what = why.strip_prefix('`').and_then(|rest| rest.split('`').next());
        Self { at, why: what.unwrap_or(why).to_owned() }
    }
}

struct Case {
    text: String,
    line: Value,
    played: End,
}

fn case(spec: &Spec, plan: &Plan, environment: &str, text: &str, courses: &Courses) -> Case {
    let played = play(spec, plan, &spec.scenarios[0]);
    let job = played.jobs.iter().find(|j| j.id == format!("deploy-{environment}")).unwrap();
    assert!(matches!(job.state, State::Passed | State::Failed), "{text}: {job:?}");
    let seconds = |t: Option<mlpipe::scenario::Time>| t.unwrap().0 as f64 / 1000.0;
    let at = seconds(job.ended_at) - seconds(job.started_at);
    let deploy = &spec.deploys[environment];
    let line = json!({"words": words(deploy), "holds": holds(deploy), "courses": courses});
    Case { text: text.to_owned(), line, played: End::new(at, &job.why) }
}

/// What the runtime says of each.
fn runtime(cases: &[Case]) -> Vec<End> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mlpipe_runtime.py");
    std::fs::write(&file, mlpipe::script::runtime()).unwrap();
    let mut child = Command::new("python3")
        .args(["-B", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/watch.py")])
        .arg(&file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = cases.iter().map(|c| format!("{}\n", c.line)).collect();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let done = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let answers: Vec<Value> =
        String::from_utf8(done.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    answers.iter().map(|a| End::new(a["at"].as_f64().unwrap(), a["why"].as_str().unwrap())).collect()
}

fn agree(cases: &[Case]) {
    let found = runtime(cases);
    assert_eq!(found.len(), cases.len(), "the runtime answered every case");
    for (case, found) in cases.iter().zip(&found) {
        assert_eq!(&case.played, found, "left `mlpipe simulate`, right the runtime:\n{}", case.text);
    }
}

#[test]
fn the_runtime_and_the_play_agree_on_random_courses() {
    let mut cases = Vec::new();
    for seed in 0..2400 {
        let mut d = Dice::new(seed);
        let text = watch(&mut d);
        let project = load(&text);
        if project.has_errors() {
            // A trigger that can never trip is refused.
            continue;
        }
        let (given, courses) = courses(&mut d, &project.pipelines[0].spec);
        let text = format!("{text}scenario \"s\" {{\n  given {given}\n  expect unit passed\n}}\n");
        let project = load(&text);
        if project.has_errors() {
            // A moment behind the watch is refused too.
            continue;
        }
        let pipeline = &project.pipelines[0];
        cases.push(case(&pipeline.spec, pipeline.plan.as_ref().unwrap(), "production", &text, &courses));
    }
    let fine = cases.iter().filter(|c| c.played.why.is_empty()).count();
    let smoke = cases.iter().filter(|c| c.played.why.starts_with("smoke")).count();
    let lasting = cases.iter().filter(|c| c.played.why.contains(" for ")).count();
    let silent = cases.iter().filter(|c| ["a", "b"].contains(&c.played.why.as_str())).count();
    let seen = [cases.len() / 10, fine, smoke, lasting, silent];
    assert!(seen.iter().all(|n| *n > 30), "{seen:?}");
    agree(&cases);
}

/// What a scenario gives the metrics and the smoke test of one environment, for the runtime.
fn given(deploy: &Deploy, scenario: &Scenario) -> Courses {
    let watch = deploy.watch.as_ref().unwrap();
    let mut all = Courses::new();
    // What a scenario does not speak of is fine; whom the runtime asks for it always says the same.
    for metric in &watch.metrics {
        let fine = deploy.rollback.iter().flat_map(|r| &r.when).find(|r| r.metric.node == metric.metric.node);
        let fine = fine.map(|rule| if rule.op.text().starts_with('>') { -1e9 } else { 1e9 });
        all.insert(metric.metric.node.to_string(), vec![(0, Some(fine.unwrap_or_default().to_string()))]);
    }
    for what in scenario.given.iter().map(|g| &g.what) {
        let seconds = |at: &Option<mlpipe::diag::Spanned<mlpipe::spec::Duration>>| {
            at.as_ref().map_or(0, |at| at.node.seconds as u64)
        };
        match what {
            GivenWhat::Value { subject, value, at, .. } => {
                let GivenValue::Number(number) = &value.node else { panic!("{value:?}") };
                let metric = watch.metrics.iter().find(|m| m.metric.node.0[..] == subject.0[1..]).unwrap();
                let number = number.in_unit(metric.unit).unwrap().to_string();
                let course = all.get_mut(&metric.metric.node.to_string()).unwrap();
                course.retain(|(from, _)| *from > 0 || at.is_some());
                course.push((seconds(at), Some(number)));
            }
            GivenWhat::State { state, at, .. } => {
                let word = if *state == GivenState::Failed { "failed" } else { "passed" };
                all.entry("smoke".to_owned()).or_default().push((seconds(at), Some(word.to_owned())));
            }
            other => panic!("{other:?}"),
        }
    }
    all
}

/// For every trigger the compiler knows the least that trips it and the most that does not.
#[test]
fn the_runtime_agrees_on_what_trips_each_trigger_and_what_just_does_not() {
    let mut cases = Vec::new();
    for name in ["examples/fraud-scorer/release", "tests/corpus/ok/live"] {
        let path = format!("{}/{name}.mlpipe", env!("CARGO_MANIFEST_DIR"));
        let mut project = load(&std::fs::read_to_string(path).unwrap());
        let all = triggers(&project.pipelines[0].spec);
        assert_eq!(all.len(), 4, "{name}");
        for trigger in all {
            for (words, trips) in [(trigger.tripping, true), (trigger.holding, false)] {
                let asked = asked(std::slice::from_ref(&words), &[], &mut project.sources);
                assert!(asked.findings.is_empty(), "{words}");
                let mut spec = project.pipelines[0].spec.clone();
                let deploy = spec.deploys[&trigger.environment].clone();
                let courses = given(&deploy, &asked.scenario);
                spec.scenarios = vec![asked.scenario];
                let plan = project.pipelines[0].plan.as_ref().unwrap();
                let case = case(&spec, plan, &trigger.environment, &words, &courses);
                assert_eq!(case.played.why == trigger.text, trips, "{words}: {:?}", case.played);
                cases.push(case);
            }
        }
    }
    agree(&cases);
}
