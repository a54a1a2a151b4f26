//! Jenkins' rules, one small file each: what the formulas say, what plain simulation does, and what the table expects.

use super::read;
use super::simulate::Player;
use crate::plan::{EventKind, fixture};
use crate::prove::play::Vector;
use crate::prove::{Diagrams, On, Outcome, Outcomes, Situation, Whose};

/// A stage that runs this script, under this condition.
fn stage(name: &str, when: &str, script: &str) -> String {
    format!(
        "stage('{name}') {{
            agent {{ label 'linux' }}
            when {{
                beforeOptions true
                expression {{ {when} }}
            }}
            steps {{
                script {{
                    {script}
                }}
            }}
        }}\n"
    )
}

fn file(stages: &[String]) -> String {
    format!(
        "import groovy.transform.Field
@Field Map S = [:]
@Field List KEPT = []
@Field String EVENT = ''
pipeline {{
    agent none
    options {{
        disableRestartFromStage()
        skipDefaultCheckout(true)
    }}
    stages {{
        {}
    }}
}}
String event() {{
    return currentBuild.getBuildCauses('hudson.model.Cause$UserIdCause') ? 'manual' : 'push'
}}
def job(Map j, Closure commands) {{
    S[j.id] = 'failed'
    catchError(buildResult: 'FAILURE', stageResult: 'FAILURE', catchInterruptions: false) {{
        commands()
        S[j.id] = 'success'
    }}
}}
def mlpipe(String args) {{
    sh(script: 'sh .mlpipe/x.sh ' + args)
}}
",
        stages.join("\n")
    )
}

const A: &str = "gate unit";
const B: &str = "model fraud-scorer";
const C: &str = "gate quality";
const D: &str = "image";
const RUN: &str = "the run";

/// The calls that are made, by formulas and by simulation, when these calls come to that and all others succeed. For a
/// cancel, the formulas are asked about the run's too: that is what it is to jobs that are no descendants.
fn made(text: &str, bad: &[(&str, Outcome)]) -> (Vec<String>, Vec<String>, bool) {
    let plan = fixture::full();
    let d = &mut Diagrams::default();
    let outcomes = Outcomes::of(&plan, d);
    let of = |name: &str| bad.iter().find(|(n, _)| *n == name).map_or(Outcome::Success, |b| b.1);
    let variables: Vec<String> = plan.jobs.iter().flat_map(|j| &j.steps).map(|s| s.args.join(" ")).collect();
    let vector = |v: u32| of(variables.get(v as usize).map_or(RUN, String::as_str));
    let s = Situation { event: EventKind::Push, on: On::Branch("main".into()) };
    let file = read(text).unwrap_or_else(|e| panic!("{e} in\n{text}"));
    let runs = file.run(&s, &outcomes, d).unwrap_or_else(|e| panic!("{e} in\n{text}"));
    let mut says = Vec::new();
    for run in &runs {
        for (call, node) in file.facts().jobs[run.job].calls.iter().zip(&run.calls) {
            if d.holds(*node, &vector) {
                says.push(call.args.join(" "));
            }
        }
    }
    let red = runs.iter().any(|r| d.holds(r.red, &vector));
    let vector = Vector { call: &|args| of(&args.join(" ")), cancelled: false };
    let played = Player::new(text).unwrap().build(&s, &vector, true).unwrap();
    let mut does = Vec::new();
    for (p, facts) in played.iter().zip(&file.facts().jobs) {
        let calls = facts.calls.iter().zip(&p.calls).filter(|(_, made)| **made);
        does.extend(calls.map(|(c, _)| c.args.join(" ")));
    }
    (says, does, red)
}

fn plain(name: &str, call: &str) -> String {
    stage(name, "true", &format!("mlpipe('{call}')"))
}

fn job(name: &str, when: &str, call: &str) -> String {
    stage(name, when, &format!("job(id: '{name}') {{\n mlpipe('{call}')\n }}"))
}

fn parallel(stages: &[String]) -> String {
    format!("stage('level') {{\n parallel {{\n {} }}\n }}\n", stages.join("\n"))
}

/// Stages, what goes wrong, calls that are made, and whether the build is red.
type Row = (&'static str, Vec<String>, Vec<(&'static str, Outcome)>, Vec<&'static str>, bool);

#[test]
fn each_rule_of_jenkins() {
    use Outcome::{Cancelled, Failure, Timeout};
    let needs_a = "['a'].every { S[it] == 'success' }";
    let table: Vec<Row> = vec![
        ("all is well", vec![plain("a", A), plain("b", B)], vec![], vec![A, B], false),
        (
            "the first error skips all later stages",
            vec![plain("a", A), plain("b", B)],
            vec![(A, Failure)],
            vec![A],
            true,
        ),
        (
            "a condition that is false skips one stage",
            vec![stage("a", "false", "mlpipe('gate unit')"), plain("b", B)],
            vec![(A, Failure)],
            vec![B],
            false,
        ),
        (
            "a caught error stops what needs it",
            vec![job("a", "true", A), job("b", needs_a, B), job("c", "true", C)],
            vec![(A, Timeout)],
            vec![A, C],
            true,
        ),
        (
            "branches all end, then nothing starts",
            vec![parallel(&[plain("a", A), plain("b", B)]), plain("c", C)],
            vec![(A, Failure)],
            vec![A, B],
            true,
        ),
        (
            "branches are asked together",
            vec![parallel(&[job("a", "true", A), job("b", needs_a, B)]), job("c", needs_a, C)],
            vec![],
            vec![A, C],
            false,
        ),
        (
            "an abort ends the build",
            vec![job("a", "true", A), job("c", "true", C)],
            vec![(A, Cancelled), (RUN, Cancelled)],
            vec![],
            false,
        ),
        (
            "an abort of what is needed",
            vec![job("a", "true", A), job("b", "S['a'] == 'failed'", B)],
            vec![(A, Cancelled)],
            vec![A],
            false,
        ),
        (
            "a catch that swallows makes green",
            vec![
                stage("a", "true", "try {\n mlpipe('gate unit')\n } catch (e) {\n mlpipe('image')\n }"),
                plain("b", B),
            ],
            vec![(A, Failure)],
            vec![A, D, B],
            false,
        ),
        (
            "a catch that throws again",
            vec![
                stage(
                    "a",
                    "true",
                    "try {\n mlpipe('gate unit')\n } catch (e) {\n mlpipe('image')\n throw e\n }",
                ),
                plain("b", B),
            ],
            vec![(A, Failure)],
            vec![A, D],
            true,
        ),
        (
            "finally runs after an error, and lets it go on",
            vec![
                stage(
                    "a",
                    "true",
                    "try {\n mlpipe('gate unit')\n } finally {\n mlpipe('image')\n }\n mlpipe('gate quality')",
                ),
                plain("b", B),
            ],
            vec![(A, Failure)],
            vec![A, D],
            true,
        ),
        (
            "what finally throws comes first",
            vec![
                stage(
                    "a",
                    "true",
                    "catchError(buildResult: 'SUCCESS') {\n try {\n mlpipe('gate unit')\n } finally {\n mlpipe('image')\n }\n }",
                ),
                plain("b", B),
            ],
            vec![(A, Failure), (D, Failure)],
            vec![A, D, B],
            false,
        ),
        (
            "without `catchInterruptions: false` an abort is swallowed",
            vec![stage("a", "true", "catchError {\n mlpipe('gate unit')\n }"), plain("b", B)],
            vec![(A, Cancelled), (RUN, Cancelled)],
            vec![B],
            false,
        ),
        (
            "an error in a handler hides the abort",
            vec![
                stage(
                    "a",
                    "true",
                    "job(id: 'a') {\n try {\n mlpipe('gate unit')\n } catch (e) {\n mlpipe('image')\n throw e\n }\n }",
                ),
                plain("b", B),
            ],
            vec![(A, Cancelled), (D, Failure)],
            vec![A, D, B],
            true,
        ),
        (
            "an abort goes past a handler that catches its own error",
            vec![
                stage(
                    "a",
                    "true",
                    "job(id: 'a') {\n try {\n mlpipe('gate unit')\n } catch (e) {\n catchError(catchInterruptions: false) {\n mlpipe('image')\n }\n throw e\n }\n }",
                ),
                job("b", "S['a'] == 'failed'", B),
            ],
            vec![(A, Cancelled), (D, Failure)],
            vec![A, D],
            false,
        ),
        (
            "`error` fails",
            vec![stage("a", "true", "mlpipe('gate unit')\n error('no')\n mlpipe('image')"), plain("b", B)],
            vec![],
            vec![A],
            true,
        ),
        (
            "a stash that is not there fails",
            vec![
                stage(
                    "a",
                    "true",
                    "catchError {\n mlpipe('gate unit')\n stash(name: 'x', includes: 'y', allowEmpty: true)\n }",
                ),
                stage("b", "true", "unstash('x')\n mlpipe('model fraud-scorer')"),
            ],
            vec![(A, Failure)],
            vec![A],
            true,
        ),
        (
            "`return` leaves the block only",
            vec![
                stage("a", "true", "job(id: 'a') {\n mlpipe('gate unit')\n return\n mlpipe('image')\n }"),
                job("b", needs_a, B),
            ],
            vec![],
            vec![A, B],
            false,
        ),
    ];
    for (rule, stages, bad, expected, red) in table {
        let text = file(&stages);
        let (says, does, is_red) = made(&text, &bad);
        let run_is_asked = bad.iter().any(|(n, _)| *n == RUN);
        // With the run's cancel, the formulas speak of jobs that had not started by then.
        if run_is_asked {
            let later: Vec<&str> = does.iter().map(String::as_str).filter(|c| *c != A).collect();
            assert_eq!(later, expected, "{rule}: simulation");
        } else {
            assert_eq!(does, expected, "{rule}: simulation");
        }
        assert_eq!(says, expected, "{rule}: formulas");
        assert_eq!(is_red, red, "{rule}: red");
    }
}

#[test]
fn each_way_to_start_a_build() {
    let text = crate::platform::Platform::emit(&crate::platform::jenkins::Jenkins, &fixture::full()).unwrap();
    let read = read(&text).unwrap();
    let plan = fixture::full();
    let d = &mut Diagrams::default();
    let outcomes = Outcomes::of(&plan, d);
    let branch = |b: &str| On::Branch(b.into());
    let pull = |from| On::PullRequest { target: "main".into(), from };
    let named = |n: &str| EventKind::Named(n.into());
    let table: &[(EventKind, On, usize)] = &[
        (EventKind::Push, branch("main"), 8),
        (EventKind::Push, branch("other"), 0),
        (EventKind::Schedule, branch("main"), 8),
        (EventKind::Schedule, branch("other"), 0),
        (EventKind::Manual, branch("main"), 8),
        (EventKind::Manual, branch("other"), 4),
        // A tag's build is the tag's, whoever starts it.
        (EventKind::Manual, On::Tag("v1".into()), 0),
        (EventKind::Tag, On::Tag("v1".into()), 0),
        (named("model-registered"), branch("main"), 8),
        (named("unknown-event"), branch("main"), 0),
        (EventKind::PullRequest, pull(Whose::Own), 4),
        (EventKind::PullRequest, pull(Whose::Bot), 4),
        (EventKind::PullRequest, pull(Whose::Fork), 3),
    ];
    for (event, on, jobs) in table {
        let s = Situation { event: event.clone(), on: on.clone() };
        let runs = read.run(&s, &outcomes, d).unwrap();
        assert_eq!(runs.len(), *jobs, "{s}");
    }
}
