//! Random workflows: the formulas against plain enumeration.

use crate::plan::{EventKind, Plan, fixture};
use crate::prove::github::enumerate::Simulator;
use crate::prove::github::read;
use crate::prove::play::{Play, Vector as Given};
use crate::prove::random::{Dice, Vector, plan};
use crate::prove::{Diagrams, On, Outcomes, Situation, Whose};
use std::fmt::Write;

const CHECKOUT: &str = "      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1\n        with:\n          persist-credentials: false\n";

const FETCH: &str = "      - uses: actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c\n        with:\n          path: mlpipe-out\n";

const KEEP: &str = "        uses: actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f\n        with:\n          path: mlpipe-out/x\n          overwrite: true\n          if-no-files-found: error\n          retention-days: 90\n";

/// A condition: sense is not asked for, only that GitHub would take it.
fn condition(dice: &mut Dice, subjects: &[String], depth: usize) -> String {
    let inner = |dice: &mut Dice| condition(dice, subjects, depth - 1);
    match dice.below(if depth == 0 { 7 } else { 11 }) {
        0 => (*dice.of(&["always()", "!cancelled()", "cancelled()"])).to_owned(),
        1 => (*dice.of(&["success()", "failure()", "!failure()"])).to_owned(),
        2 => (*dice.of(&[
            "github.event_name == 'push'",
            "github.event_name != 'PUSH'",
            "startsWith(github.ref, 'refs/heads/ma')",
            "true",
        ]))
        .to_owned(),
        3..7 if subjects.is_empty() => {
            (*dice.of(&["always()", "!cancelled()", "github.base_ref"])).to_owned()
        }
        3..7 => {
            let sign = if dice.once_in(3) { "!=" } else { "==" };
            let result = dice.of(&["success", "Success", "failure", "cancelled", "skipped", "", "x"]);
            format!("{} {sign} '{result}'", dice.of(subjects))
        }
        7 => format!("!({})", inner(dice)),
        8 => format!("({} || {})", inner(dice), inner(dice)),
        9 => format!("(({} && {}) == {})", inner(dice), inner(dice), inner(dice)),
        _ => format!("{} && {}", inner(dice), inner(dice)),
    }
}

/// A workflow with the calls of a plan and anything else at random.
fn workflow(plan: &Plan, dice: &mut Dice) -> String {
    let mut out = "on:\n  push:\n  pull_request:\npermissions: {}\njobs:\n".to_owned();
    for job in &plan.jobs {
        let subject = |n: &String| format!("needs.{n}.result");
        let mut subjects: Vec<String> = job.needs.iter().map(subject).collect();
        let _ = writeln!(out, "  {}:\n    runs-on: x\n    needs: [{}]", job.id, job.needs.join(", "));
        if !dice.once_in(4) {
            let _ = writeln!(out, "    if: ${{{{ {} }}}}", condition(dice, &subjects, 2));
        }
        if dice.once_in(6) {
            out.push_str("    continue-on-error: true\n");
        }
        let _ = write!(out, "    steps:\n{CHECKOUT}");
        for need in job.needs.iter().filter(|_| dice.once_in(4)) {
            let _ = writeln!(out, "{FETCH}          name: out-{need}");
        }
        for (i, step) in job.steps.iter().enumerate() {
            let _ = writeln!(
                out,
                "      - id: {}\n        run: exec sh .mlpipe/x.sh {}",
                step.id,
                step.args.join(" ")
            );
            if dice.once_in(2) {
                let _ = writeln!(out, "        if: ${{{{ {} }}}}", condition(dice, &subjects, 1));
            }
            if dice.once_in(6) {
                out.push_str("        continue-on-error: true\n");
            }
            subjects.push(format!("steps.s{i}.{}", dice.of(&["outcome", "conclusion"])));
        }
        let keep = *dice.of(&["always()", "success()", "!cancelled()", "failure()"]);
        let _ = writeln!(out, "      - if: {keep:?}\n{KEEP}          name: out-{}", job.id);
    }
    out
}

fn agree(seed: u64, plan: &Plan, text: &str, s: &Situation, dice: &mut Dice) -> usize {
    let mut d = Diagrams::default();
    let outcomes = Outcomes::of(plan, &mut d);
    let file = read(text).unwrap_or_else(|e| panic!("{seed}: {e}\n{text}"));
    let runs = file.run(s, &outcomes, &mut d).unwrap_or_else(|e| panic!("{seed}: {e}\n{text}"));
    let simulator = Simulator::read(text).unwrap();
    let vectors = Vector::all(plan, 2_048, dice);
    for vector in &vectors {
        let given = Given { call: &|args| vector.call(args), cancelled: vector.cancelled() };
        let played = simulator.play(s, &given).unwrap();
        assert_eq!(played.len(), runs.len(), "{seed}");
        for run in &runs {
            let job = &played[run.job];
            let holds = |node| d.holds(node, &|v| vector.of[v as usize]);
            let shown = || format!("{seed}: {} under {:?} in {s}\n{text}", job.job, vector.of);
            assert_eq!(holds(run.starts), job.started, "starts, {}", shown());
            let calls: Vec<bool> = run.calls.iter().map(|c| holds(*c)).collect();
            assert_eq!(calls, job.calls, "calls, {}", shown());
            assert_eq!(holds(run.succeeds), job.started && job.result == "success", "succeeds, {}", shown());
            assert_eq!(holds(run.red), job.result == "failure", "red, {}", shown());
        }
    }
    vectors.len()
}

#[test]
fn formulas_agree_with_enumeration() {
    let branch = |b: &str| Situation { event: EventKind::Push, on: On::Branch(b.into()) };
    let from = Whose::Fork;
    let on = On::PullRequest { target: "main".into(), from };
    let situations = [branch("main"), branch("other"), Situation { event: EventKind::PullRequest, on }];
    let mut vectors = 0;
    for seed in 0..200 {
        let dice = &mut Dice(seed);
        let plan = plan(dice, 4, 6);
        let text = workflow(&plan, dice);
        let s = dice.of(&situations);
        vectors += agree(seed, &plan, &text, s, dice);
    }
    assert!(vectors > 50_000, "{vectors} vectors");
}

/// What is printed, under random outcomes: the plan has too many calls for all of them.
#[test]
fn formulas_agree_with_enumeration_on_what_is_printed() {
    use crate::platform::{Platform, github::Github};
    let plan = fixture::full();
    let text = Github.emit(&plan).unwrap();
    for (i, s) in crate::prove::situations(&plan).iter().enumerate() {
        let mut d = Diagrams::default();
        let outcomes = Outcomes::of(&plan, &mut d);
        if !read(&text).unwrap().run(s, &outcomes, &mut d).unwrap().is_empty() && i % 5 == 0 {
            agree(i as u64, &plan, &text, s, &mut Dice(i as u64));
        }
    }
}
