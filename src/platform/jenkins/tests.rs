//! The back end as a whole, over the hand-made plans.

use super::*;
use crate::diag::Severity;
use crate::plan::{PlanInput, Trigger, fixture};
use crate::spec::{Duration, InputKind};
use proptest::prelude::*;

fn text(plan: &Plan) -> String {
    Jenkins.emit(plan).unwrap()
}

#[test]
fn the_fixtures_print_as_accepted() {
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("minimal.Jenkinsfile", text(&fixture::minimal()));
        insta::assert_snapshot!("full.Jenkinsfile", text(&fixture::full()));
    });
}

#[test]
fn every_job_is_one_stage_with_a_condition_asked_before_lock_question_and_agent() {
    for plan in [fixture::minimal(), fixture::full()] {
        let text = text(&plan);
        for job in &plan.jobs {
            assert_eq!(text.matches(&format!("stage('{}') {{", job.id)).count(), 1, "{}", job.id);
        }
        assert_eq!(text.matches("beforeOptions true").count(), plan.jobs.len());
        assert_eq!(text.matches("agent {").count(), plan.jobs.len());
    }
}

#[test]
fn what_a_plan_does_not_have_is_not_printed() {
    let text = text(&fixture::minimal());
    for word in
        ["triggers {", "parameters {", "MLPIPE_EVENT_NAME", "UserIdCause", "withCredentials", "input {"]
    {
        assert!(!text.contains(word), "{word}");
    }
}

#[test]
fn a_question_can_expire() {
    let mut plan = fixture::full();
    for ask in plan.jobs.iter_mut().filter_map(|j| j.ask.as_mut()) {
        ask.expires = Some(Duration { seconds: 259_200.0 });
        ask.by.clear();
    }
    let text = text(&plan);
    let answered = plan.jobs.iter().find(|j| j.ask.is_some()).map(|j| 259_200 + j.longest() + 3600).unwrap();
    assert!(text.contains(&format!("timeout(time: {answered}, unit: 'SECONDS')")), "{answered}");
    assert!(!text.contains("submitter '"));
    assert!(text.contains("submitterParameter 'MLPIPE_APPROVED_BY'"));
}

#[test]
fn limits_name_the_number_and_the_way_out() {
    let mut plan = fixture::full();
    assert_eq!(Jenkins.limits(&plan), []);
    plan.triggers.push(Trigger::Schedule { cron: "0 1 * * *".into(), timezone: None });
    for ask in plan.jobs.iter_mut().filter_map(|j| j.ask.as_mut()) {
        ask.by.clear();
    }
    let found = Jenkins.limits(&plan);
    assert_eq!(found.iter().map(|f| f.code.id).collect::<Vec<_>>(), ["MLP432", "MLP433"]);
    assert!(found.iter().all(|f| f.help.is_some()));
    assert!(found[0].message.contains("`Europe/Berlin`") && found[0].message.contains("`UTC`"));
}

/// A plan whose first gate stands in it `n` more times.
fn with_gates(n: usize) -> Plan {
    let mut plan = fixture::minimal();
    for i in 0..n {
        let mut gate = plan.jobs[0].clone();
        gate.id = format!("gate-{i}");
        plan.jobs.push(gate);
    }
    plan
}

#[test]
fn the_budget_is_of_the_pipeline_block() {
    for (gates, code) in [(0, None), (20, None), (28, Some("MLP431")), (36, Some("MLP430"))] {
        let plan = with_gates(gates);
        let text = text(&plan);
        let found = Jenkins.text_limits(&plan, &text);
        assert_eq!(found.first().map(|f| f.code.id), code, "{gates} gates: {}", size::bytes(&text));
        if let Some(finding) = found.first() {
            let (kb, jobs) = (size::bytes(&text).div_ceil(1000), plan.jobs.len());
            let said = format!(" about {kb} KB for {jobs} jobs");
            assert!(finding.message.contains(&said), "{said}: {}", finding.message);
            assert_eq!(finding.severity == Severity::Error, code == Some("MLP430"));
        }
    }
}

/// Sizes of `___cps___N` as groovy-cps' transformer and Groovy 2.4.21 make them of the trees that the declarative plugin
/// makes of these files. A change of the layout leaves them as they are.
#[test]
fn the_sizes_are_those_that_were_measured() {
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    for (example, measured) in [("minimal", 11_109), ("fastapi-service", 14_460), ("llm-service", 36_687)] {
        let text = std::fs::read_to_string(format!("{examples}/{example}/Jenkinsfile")).unwrap();
        let bytes = size::bytes(&text);
        assert!((measured..measured * 115 / 100).contains(&bytes), "{example}: {bytes}, not {measured}");
    }
}

#[test]
fn schedules_of_one_zone_share_one_text() {
    let mut plan = fixture::full();
    let timezone = Some("Europe/Berlin".to_owned());
    plan.triggers.push(Trigger::Schedule { cron: "0 1 * * *".into(), timezone });
    assert!(text(&plan).contains("'TZ=Europe/Berlin\\n17 3 * * 1\\n0 1 * * *'"));
}

#[test]
fn a_choice_offers_its_default_first() {
    let mut plan = fixture::full();
    plan.inputs = vec![PlanInput {
        name: "size".into(),
        kind: InputKind::Choice(vec!["s".into(), "m".into(), "l".into()]),
        default: "m".into(),
        manual: true,
        events: vec!["model-registered".into()],
    }];
    let expected = "choice(name: 'MLPIPE_INPUT_SIZE', choices: ['m', 's', 'l'], description: 'size (manual, event model-registered)')";
    assert!(text(&plan).contains(expected));
}

#[test]
fn a_comment_cannot_end_early() {
    let mut plan = fixture::minimal();
    plan.jobs[0].origin.text = "gate \\u000aevil() \\u{2014} \n evil()".into();
    let text = text(&plan);
    assert!(text.contains("// release.mlpipe:7 gate /u000aevil() /u{2014}   evil()\n"), "{text}");
}

/// The strings of a Groovy text by Groovy's own rules for single quotes; panics on any other kind of string.
fn literals(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for line in text.lines().filter(|l| !l.trim_start().starts_with("//")) {
        assert!(!line.contains('"') || line.contains('\''), "a double quote outside a string: {line}");
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            assert!(!"\"`".contains(c), "{line}");
            if c != '\'' {
                continue;
            }
            let mut units: Vec<u16> = Vec::new();
            loop {
                match chars.next().expect("an open string") {
                    '\'' => break,
                    '\\' => match chars.next().unwrap() {
                        'n' => units.push(10),
                        'r' => units.push(13),
                        't' => units.push(9),
                        'u' => {
                            let hex: String = chars.by_ref().take(4).collect();
                            units.push(u16::from_str_radix(&hex, 16).unwrap());
                        }
                        c => units.push(c as u16),
                    },
                    c => units.push(u16::try_from(c as u32).unwrap()),
                }
            }
            out.push(String::from_utf16(&units).unwrap());
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Text of the user reaches the file inside single-quoted strings and comments of one line, and nowhere else.
    #[test]
    fn users_text_is_quoted(nasty in "[ -~\\n\\t'\"\\\\${}/*é😀\u{2028}]{0,24}") {
        let mut plan = fixture::full();
        plan.home_branch.clone_from(&nasty);
        plan.inputs[0].default.clone_from(&nasty);
        for job in &mut plan.jobs {
            job.origin.text.clone_from(&nasty);
            job.runner.jenkins.clone_from(&nasty);
            job.steps[0].title.clone_from(&nasty);
            job.steps[0].args.push(nasty.clone());
            if let Some(ask) = &mut job.ask {
                ask.question.clone_from(&nasty);
                ask.by = vec![nasty.clone()];
            }
            for secret in &mut job.secrets {
                secret.jenkins.clone_from(&nasty);
            }
        }
        let plain = text(&fixture::full());
        let text = text(&plan);
        prop_assert_eq!(text.lines().count(), plain.lines().count());
        let found = literals(&text);
        prop_assert_eq!(found.len(), literals(&plain).len());
        let labels = found.iter().filter(|s| **s == nasty).count();
        prop_assert!(labels >= 2 * plan.jobs.len(), "{labels}");
    }
}
