//! Formulas and plain play agree on every vector of small random files.

use super::{Both, job, text, vectors};
use proptest::prelude::*;

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const STAGES: [&str; 3] = ["one", "two", "three"];

#[derive(Debug, Clone)]
struct Random {
    stage: usize,
    /// Nothing for the order of stages; else which of the jobs before it.
    needs: Option<u8>,
    optional: bool,
    missing: bool,
    when: usize,
    /// Nothing, in the rule, of the job.
    allow: usize,
    after: usize,
}

fn random() -> impl Strategy<Value = Random> {
    let needs = prop::option::weighted(0.7, any::<u8>());
    (0..3usize, needs, any::<bool>(), prop::bool::weighted(0.15), 0..5usize, 0..3usize, 0..5usize).prop_map(
        |(stage, needs, optional, missing, when, allow, after)| Random {
            stage,
            needs,
            optional,
            missing,
            when,
            allow,
            after,
        },
    )
}

fn file(all: &[Random]) -> String {
    let mut jobs = Vec::new();
    for (i, r) in all.iter().enumerate() {
        let mut lines: Vec<String> = Vec::new();
        if let Some(bits) = r.needs {
            let before: Vec<usize> =
                (0..i).filter(|n| bits & (1 << n) != 0 && all[*n].stage <= r.stage).collect();
            lines.push(if before.is_empty() { "needs: []".into() } else { "needs:".into() });
            for n in before {
                lines.push(format!("  - job: {}", NAMES[n]));
                if r.optional {
                    lines.push("    optional: true".into());
                }
            }
        }
        lines.push("rules:".into());
        let source = if r.missing { "schedule" } else { "push" };
        lines.push(format!("  - if: \"$CI_PIPELINE_SOURCE == '{source}'\""));
        if r.when > 0 {
            let when = ["", "on_success", "on_failure", "always", "manual"][r.when];
            lines.push(format!("    when: {when}"));
        }
        if r.allow == 1 {
            lines.push("    allow_failure: true".into());
        }
        if r.allow == 2 {
            lines.push("allow_failure: true".into());
        }
        if r.after > 0 {
            let asked = ["", "!= success", "= canceled", "= failed", "= success"][r.after];
            lines.push("after_script:".into());
            lines.push("  - |".into());
            lines.push(format!("    if [ \"$CI_JOB_STATUS\" {asked} ]; then"));
            lines.push(format!("      sh .mlpipe/x.sh {}", NAMES[i]));
            lines.push("    fi".into());
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        jobs.push(job(NAMES[i], STAGES[r.stage], &lines));
    }
    text(&jobs)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn formulas_and_play_agree_on_every_vector(all in prop::collection::vec(random(), 1..=4)) {
        let names = &NAMES[..all.len()];
        let text = file(&all);
        match Both::new(&text, names) {
            Ok(both) => {
                for v in vectors(names.len()) {
                    both.agree(names, &v, false);
                }
                both.agree(names, &vec![crate::prove::Outcome::Success; names.len()], true);
            }
            Err(e) => {
                let absent = all.iter().any(|r| r.missing) && e.what.contains("is not in this run");
                prop_assert!(absent, "{e} in\n{text}");
            }
        }
    }
}
