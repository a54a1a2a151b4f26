//! `mlpipe simulate` says which poll of a watch trips. Here the runtime's own watch is asked, over random watches and
//! random courses of their metrics: same trigger, same second.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

use camino::Utf8PathBuf;
use mlpipe::plan::Plan;
use mlpipe::project::Project;
use mlpipe::scenario::{State, play, triggers};
use mlpipe::spec::{
    CanaryStep, Deploy, GivenState, GivenValue, GivenWhat, Lasting, Right, Scenario, Spec, Strategy,
    Tolerance, asked,
};
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
    let (samples, based) = (d.below(4) == 0, s.contains("canary") && d.below(2) == 0);
    let (window, interval) = (d.of(&["1m", "7m", "30m"]), d.of(&["30s", "1m", "70s", "2m"]));
    let _ = write!(
        s,
        "  watch {window} every {interval} {{\n    prometheus secret P\n    metric a = \"a\"{}\n    metric b = \"b\"{}\n",
        if samples { " { min_samples 100 of \"n\" }" } else { "" },
        if based { " { baseline live \"b0\" }" } else { "" }
    );
    let smoke = d.below(3) > 0;
    if smoke {
        let _ = writeln!(s, "    smoke \"./s\" every {}", d.of(&["45s", "1m", "100s", "5m"]));
    }
    if d.below(3) == 0 {
        let _ = writeln!(s, "    warm_up {}", d.of(&["20s", "1m", "100s"]));
    }
    if d.below(3) == 0 {
        let _ = writeln!(s, "    missing tolerate {}", d.of(&["0", "1", "2", "4"]));
    }
    s.push_str("  }\n  rollback {\n");
    if d.below(2) == 0 {
        let _ = writeln!(s, "    when a > 1 for {}", d.of(&["2m", "3m", "5m"]));
        if smoke {
            let _ = writeln!(s, "    when smoke.failures > {} consecutive", d.of(&["2", "3", "4"]));
        }
        if based {
            let (op, by) = (d.of(&[">", ">=", "<", "!="]), d.of(&["", " + 10%", " - 0.5"]));
            let _ = writeln!(s, "    when b {op} baseline{by}{}", d.of(&["", " for 1m"]));
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
            if based {
                let by = d.of(&["", " + 10%", " - 0.5", " + 0.01", " - 100%"]);
                let _ = writeln!(s, "    when b {op} baseline{by}{lasting}");
            }
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
    let metrics = &deploy.watch.as_ref().unwrap().metrics;
    let mut some = |name: &str, numbers: &[&'static str], end: usize| {
        let mut course = vec![(0, Some(d.of(numbers).to_owned()))];
        for _ in 0..d.below(4) {
            let value = if d.below(4) == 0 { None } else { Some(d.of(numbers).to_owned()) };
            course.push((30 * d.below(end) as u64, value));
        }
        all.insert(name.to_owned(), course);
    };
    if metrics[0].samples.is_some() {
        some("samples.a", &["99", "100", "100", "101", "5000"], 60);
    }
    if metrics[1].baseline.is_some() {
        // A moment behind the last move of traffic is refused.
        let compared = deploy.compared(|_| 0.0).map_or(0.0, |(_, ends)| ends);
        some("baseline.b", numbers, ((compared / 30.0) as usize).max(1));
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
        let name = metric.metric.node.to_string();
        add(&["--metric", &name, "prometheus", &name, "", ""]);
        if let Some(samples) = &metric.samples {
            let least = samples.least.node.to_string();
            add(&["--samples", &name, &least, "prometheus", &format!("samples.{name}"), ""]);
        }
        if metric.baseline.is_some() {
            add(&["--baseline-live", &name, "prometheus", &format!("baseline.{name}"), ""]);
        }
    }
    if let Some(smoke) = &watch.smoke {
        add(&["--probe", "./s", &smoke.every.node.seconds.to_string()]);
    }
    if let Some(warm_up) = &watch.warm_up {
        add(&["--warm-up", &warm_up.node.seconds.to_string()]);
    }
    if let Some(tolerate) = &watch.tolerate {
        add(&["--missing", &tolerate.node.to_string()]);
    }
    for rule in deploy.rollback.iter().flat_map(|r| &r.when) {
        let (lasting, seconds) = match rule.lasting {
            Lasting::Once => ("once", 0.0),
            Lasting::Consecutive => ("consecutive", 0.0),
            Lasting::For(long) => ("for", long.seconds),
        };
        let bound = match rule.right {
            Right::Literal(number) => number.to_string(),
            Right::Baseline(Tolerance::None) => "baseline".to_owned(),
            Right::Baseline(Tolerance::Absolute(by)) => format!("baseline{by:+}"),
            Right::Baseline(Tolerance::Relative(by)) => format!("baseline{:+}%", by * 100.0),
        };
        let (name, seconds) = (rule.metric.node.to_string(), seconds.to_string());
        add(&["--trigger", &name, rule.op.text(), &bound, lasting, &seconds, &rule.text]);
    }
    all
}

/// How long a deploy watches after each of its steps, whether traffic moves before, and whether a part only.
fn holds(deploy: &Deploy) -> Vec<(f64, bool, bool)> {
    let mut all = Vec::new();
    match deploy.strategy.as_ref().map(|s| &s.node) {
        Some(Strategy::Canary(steps)) => {
            let split = |step: &CanaryStep| step.weight < 100.0;
            all.extend(steps.iter().map(|step| (step.hold.map_or(0.0, |d| d.seconds), true, split(step))));
        }
        Some(Strategy::BlueGreen(hold)) => all.push((hold.map_or(0.0, |d| d.seconds), true, false)),
        Some(Strategy::Rolling) | None => {}
    }
    let rolls = all.is_empty();
    all.push((deploy.watch.as_ref().unwrap().window.node.seconds, rolls, false));
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
    for seed in 0..3000 {
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
    let against = cases.iter().filter(|c| c.played.why.contains("baseline")).count();
    let with = |word: &str| cases.iter().filter(|c| c.text.contains(word)).count() / 3;
    let seen = [
        cases.len() / 10,
        fine,
        smoke,
        lasting,
        silent,
        with("warm_up"),
        with("tolerate"),
        with("min_samples"),
        against,
    ];
    assert!(seen.iter().all(|n| *n > 20), "{seen:?}");
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
                let based = subject.0[1] == "baseline";
                let name = &subject.0[1 + usize::from(based)..];
                let metric = watch.metrics.iter().find(|m| m.metric.node.0[..] == *name).unwrap();
                let number = number.in_unit(metric.unit).unwrap().to_string();
                let course = all.entry(subject.0[1..].join(".")).or_default();
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
