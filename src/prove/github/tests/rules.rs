//! GitHub's rules, one by one, on small workflows.

use crate::plan::{EventKind, Plan};
use crate::prove::github::read;
use crate::prove::random::{Dice, plan};
use crate::prove::{Diagrams, JobRun, On, Outcome, Outcomes, Situation};

/// A call of a job with one step is `run a 0`.
fn step(job: &str, number: usize, more: &str) -> String {
    format!("      - id: s{number}\n        run: exec sh .mlpipe/x.sh run {job} {number}\n{more}")
}

fn job(id: &str, keys: &[&str], steps: &[&str]) -> String {
    let mut out = format!("  {id}:\n    runs-on: x\n");
    for key in keys {
        out.push_str(&format!("    {key}\n"));
    }
    out.push_str("    steps:\n      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1\n        with:\n          persist-credentials: false\n");
    for (i, more) in steps.iter().enumerate() {
        let more = if more.is_empty() { String::new() } else { format!("        {more}\n") };
        out.push_str(&step(id, i, &more));
    }
    out
}

/// The plan that knows these calls.
fn plan_of(jobs: &[(&str, usize)]) -> Plan {
    let mut plan = plan(&mut Dice(1), 1, 1);
    let like = plan.jobs.remove(0);
    for (id, steps) in jobs {
        let mut job = like.clone();
        job.id = (*id).to_owned();
        job.steps = (0..*steps)
            .map(|i| crate::plan::Step {
                args: vec!["run".into(), (*id).into(), i.to_string()],
                ..like.steps[0].clone()
            })
            .collect();
        plan.jobs.push(job);
    }
    plan
}

/// A workflow, and what is asked of it.
struct Case {
    text: String,
    plan: Plan,
    names: Vec<(String, usize)>,
}

impl Case {
    fn new(jobs: &[(&str, &[&str], &[&str])]) -> Self {
        let text: String = jobs.iter().map(|(id, keys, steps)| job(id, keys, steps)).collect();
        let names: Vec<(&str, usize)> = jobs.iter().map(|(id, _, steps)| (*id, steps.len())).collect();
        Self {
            text: format!("on:\n  push:\npermissions: {{}}\njobs:\n{text}"),
            plan: plan_of(&names),
            names: names.into_iter().map(|(n, s)| (n.to_owned(), s)).collect(),
        }
    }

    /// What runs when these calls do not succeed: `a b:ok c:red`, jobs that started, with what they ended as, and the
    /// calls of those with several. `!` among the outcomes: the run is cancelled before it starts.
    fn says(&self, bad: &[(&str, usize, Outcome)], cancelled: bool) -> String {
        let mut d = Diagrams::default();
        let outcomes = Outcomes::of(&self.plan, &mut d);
        let s = Situation { event: EventKind::Push, on: On::Branch("main".into()) };
        let file = read(&self.text).unwrap_or_else(|e| panic!("{e}\n{}", self.text));
        let runs = file.run(&s, &outcomes, &mut d).unwrap();
        let mut all: Vec<(&str, usize)> = Vec::new();
        for (n, count) in &self.names {
            all.extend((0..*count).map(|i| (n.as_str(), i)));
        }
        let of = |v: u32| match all.get(v as usize) {
            None => [Outcome::Success, Outcome::Cancelled][usize::from(cancelled)],
            Some(call) => {
                bad.iter().find(|(j, i, _)| (*j, *i) == *call).map_or(Outcome::Success, |(_, _, o)| *o)
            }
        };
        let holds = |node| d.holds(node, &of);
        let one = |r: &JobRun| {
            let name = &self.names[r.job].0;
            let calls: String =
                r.calls.iter().enumerate().filter(|(_, c)| holds(**c)).map(|(i, _)| i.to_string()).collect();
            let ended = match (holds(r.succeeds), holds(r.red)) {
                (true, false) => "ok",
                (false, true) => "red",
                (false, false) => "cancelled",
                (true, true) => "both",
            };
            holds(r.starts).then(|| format!("{name}{calls}:{ended}"))
        };
        runs.iter().filter_map(one).collect::<Vec<_>>().join(" ")
    }
}

const FAIL: Outcome = Outcome::Failure;
const CANCEL: Outcome = Outcome::Cancelled;
const TIMEOUT: Outcome = Outcome::Timeout;

#[test]
fn a_failure_or_a_skip_runs_down_the_chain() {
    let case = Case::new(&[
        ("a", &[], &[""]),
        ("b", &["needs: a"], &[""]),
        ("c", &["needs: [b]"], &[""]),
        ("d", &[], &[""]),
    ]);
    assert_eq!(case.says(&[], false), "a0:ok b0:ok c0:ok d0:ok");
    assert_eq!(case.says(&[("a", 0, FAIL)], false), "a0:red d0:ok");
    assert_eq!(case.says(&[("b", 0, TIMEOUT)], false), "a0:ok b0:red d0:ok");
    assert_eq!(case.says(&[("a", 0, CANCEL)], false), "a0:cancelled d0:ok");
    assert_eq!(case.says(&[], true), "");
    let case = Case::new(&[("a", &["if: false"], &[""]), ("b", &["needs: a"], &[""])]);
    assert_eq!(case.says(&[], false), "");
}

/// actions/runner#491, #2205: a job behind one that ran although its own need was skipped.
#[test]
fn success_looks_past_a_job_that_always_runs() {
    let jobs = |condition| {
        Case::new(&[
            ("a", &["if: github.event_name == 'schedule'"], &[""]),
            ("b", &["needs: a", "if: always()"], &[""]),
            ("c", &["needs: b", condition], &[""]),
        ])
    };
    assert_eq!(jobs("if: success()").says(&[], false), "b0:ok");
    assert_eq!(jobs("if: needs.b.result == 'success'").says(&[], false), "b0:ok");
    assert_eq!(
        jobs("if: ${{ !cancelled() && needs.b.result == 'success' }}").says(&[], false),
        "b0:ok c0:ok"
    );
    assert_eq!(jobs("if: always()").says(&[], true), "b0:ok c0:ok");
}

#[test]
fn failure_looks_at_all_ancestors() {
    let case = Case::new(&[
        ("a", &[], &[""]),
        ("b", &["needs: a"], &[""]),
        ("c", &["needs: b", "if: failure()"], &[""]),
        ("d", &["needs: b", "if: needs.b.result == 'failure'"], &[""]),
        ("e", &["needs: b", "if: always() && needs.b.result == 'skipped'"], &[""]),
    ]);
    assert_eq!(case.says(&[], false), "a0:ok b0:ok");
    assert_eq!(case.says(&[("b", 0, FAIL)], false), "a0:ok b0:red c0:ok");
    // b was skipped; its need was not
    assert_eq!(case.says(&[("a", 0, FAIL)], false), "a0:red c0:ok e0:ok");
}

#[test]
fn a_job_that_may_fail_is_a_success_to_the_others() {
    let case = Case::new(&[
        ("a", &["continue-on-error: true"], &[""]),
        ("b", &["needs: a"], &[""]),
        ("c", &["needs: a", "if: failure()"], &[""]),
    ]);
    assert_eq!(case.says(&[("a", 0, FAIL)], false), "a0:ok b0:ok");
    assert_eq!(case.says(&[("a", 0, CANCEL)], false), "a0:cancelled");
}

#[test]
fn a_step_that_may_fail_keeps_its_outcome() {
    let step = |condition| Case::new(&[("a", &[], &["continue-on-error: true", "", condition])]);
    assert_eq!(step("").says(&[("a", 0, FAIL)], false), "a012:ok");
    assert_eq!(step("if: steps.s0.outcome == 'failure'").says(&[("a", 0, FAIL)], false), "a012:ok");
    assert_eq!(step("if: steps.s0.conclusion == 'failure'").says(&[("a", 0, FAIL)], false), "a01:ok");
    assert_eq!(step("if: failure()").says(&[("a", 0, FAIL)], false), "a01:ok");
    assert_eq!(step("if: failure()").says(&[("a", 1, FAIL)], false), "a012:red");
}

#[test]
fn steps_behind_a_failure_or_a_cancel() {
    let handler = |condition| Case::new(&[("a", &[], &["", "", condition])]);
    let cases: [(&str, &str, &str, &str); 5] = [
        ("", "a012:ok", "a01:red", "a01:cancelled"),
        ("if: failure()", "a01:ok", "a012:red", "a01:cancelled"),
        ("if: cancelled()", "a01:ok", "a01:red", "a012:cancelled"),
        ("if: always()", "a012:ok", "a012:red", "a012:cancelled"),
        (
            "if: always() && steps.s0.outcome == 'success' && steps.s1.outcome != 'success'",
            "a01:ok",
            "a012:red",
            "a012:cancelled",
        ),
    ];
    for (condition, fine, failed, cancelled) in cases {
        let case = handler(condition);
        assert_eq!(case.says(&[], false), fine, "{condition}");
        assert_eq!(case.says(&[("a", 1, FAIL)], false), failed, "{condition}");
        assert_eq!(case.says(&[("a", 1, CANCEL)], false), cancelled, "{condition}");
    }
    // what is put back does not mend the job, and does not make a cancelled one red
    let case = handler("if: always()");
    assert_eq!(case.says(&[("a", 1, CANCEL), ("a", 2, FAIL)], false), "a012:cancelled");
    // nothing was begun
    let case = handler(cases[4].0);
    assert_eq!(case.says(&[("a", 0, FAIL)], false), "a0:red");
}

#[test]
fn a_cancel_leaves_alone_what_always_runs() {
    let job =
        |condition| Case::new(&[("a", &[condition], &["", ""]), ("b", &["needs: a", "if: always()"], &[""])]);
    assert_eq!(job("if: ${{ !cancelled() }}").says(&[("a", 0, CANCEL)], false), "a0:cancelled b0:ok");
    assert_eq!(job("if: always()").says(&[("a", 0, CANCEL)], false), "a01:ok b0:ok");
    let step = Case::new(&[("a", &[], &["if: always()", ""])]);
    assert_eq!(step.says(&[("a", 0, CANCEL)], false), "a0:cancelled");
    let case = Case::new(&[("a", &[], &[""]), ("b", &["needs: a", "if: cancelled()"], &[""])]);
    assert_eq!(case.says(&[("a", 0, CANCEL)], false), "a0:cancelled b0:ok");
    assert_eq!(case.says(&[], true), "b0:ok");
}

#[test]
fn what_is_not_there_is_null() {
    // not in `needs`, not a step before this one: `null` equals no result, and is not unequal to an empty text
    for (condition, runs) in [
        ("if: always() && needs.a.result == 'success'", false),
        ("if: always() && needs.a.result != 'success'", true),
        ("if: always() && needs.a.result == ''", true),
    ] {
        let case = Case::new(&[("a", &[], &[""]), ("b", &[condition], &[""])]);
        assert_eq!(case.says(&[], false), if runs { "a0:ok b0:ok" } else { "a0:ok" }, "{condition}");
    }
    let case = Case::new(&[("a", &[], &["if: steps.s1.outcome != 'success'", "if: steps.s7.outcome"])]);
    assert_eq!(case.says(&[], false), "a0:ok");
}

#[test]
fn a_download_by_name_fails_where_nothing_was_kept() {
    let keep = |condition: &str, name: &str| {
        format!(
            "      - if: {condition}\n        uses: actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f\n        with:\n          name: {name}\n          path: mlpipe-out/{name}\n          overwrite: true\n          if-no-files-found: error\n          retention-days: 90\n"
        )
    };
    let fetch = |with: &str| {
        format!(
            "      - uses: actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c\n        with:\n          path: mlpipe-out\n{with}"
        )
    };
    let name = "          name: out-a\n";
    let pattern = "          pattern: out-{a}\n          merge-multiple: true\n";
    for (kept, with, failed) in [
        ("always()", name, "a0:red b0:ok"),
        ("success()", name, "a0:red b:red"),
        ("success()", pattern, "a0:red b0:ok"),
    ] {
        let mut case = Case::new(&[("a", &[], &[""]), ("b", &["needs: a", "if: always()"], &[""])]);
        case.text = case.text.replace("  b:\n", &format!("{}  b:\n", keep(kept, "out-a")));
        case.text = case.text.replace(
            "      - id: s0\n        run: exec sh .mlpipe/x.sh run b",
            &format!("{}      - id: s0\n        run: exec sh .mlpipe/x.sh run b", fetch(with)),
        );
        assert_eq!(case.says(&[("a", 0, FAIL)], false), failed, "{kept} {with}");
        assert_eq!(case.says(&[], false), "a0:ok b0:ok");
        let file = read(&case.text).unwrap();
        assert_eq!(file.facts().jobs[1].reads, ["a"]);
        assert_eq!(file.facts().jobs[0].keeps_always, kept == "always()");
    }
}
