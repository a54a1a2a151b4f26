//! The printed file: read back, and compared with what was looked at and validated.

use crate::plan::{
    EventKind, Pattern, Plan, PlanInput, PlanInstall, PlanPython, Refs, Right, RunIf, SecretFrom, Trigger,
    Work, fixture,
};
use crate::platform::{Platform, github::Github, github::TEMPLATES, github::pins};
use crate::spec::InputKind;
use proptest::prelude::*;
use serde_yaml::Value;

fn emit(plan: &Plan) -> (String, Value) {
    let text = Github.emit(plan).unwrap();
    let value = serde_yaml::from_str(&text).unwrap();
    (text, value)
}

/// Every `run:` of a file.
fn runs(value: &Value) -> Vec<String> {
    steps(value).iter().filter_map(|s| s["run"].as_str().map(str::to_owned)).collect()
}

fn steps(value: &Value) -> Vec<Value> {
    let jobs = value["jobs"].as_mapping().unwrap();
    jobs.values().flat_map(|j| j["steps"].as_sequence().unwrap().clone()).collect()
}

/// Tags, globs, several events, every kind of input, a self-hosted runner, a rich Python.
fn odd() -> Plan {
    let p = |s: &str| Pattern(s.into());
    let mut plan = fixture::full();
    plan.pipeline = "odd".into();
    plan.script = ".mlpipe/odd.sh".into();
    plan.triggers = vec![
        Trigger::Push { branches: vec![p("main"), p("release/**")] },
        Trigger::Tag { tags: vec![p("v*")] },
        Trigger::PullRequest { branches: vec![p("main"), p("release/**")] },
        Trigger::Schedule { cron: "5 4 * * 0".into(), timezone: None },
        Trigger::Schedule { cron: "17 3 * * 1".into(), timezone: Some("Europe/Berlin".into()) },
        Trigger::Manual,
        Trigger::Named { name: "model-registered".into() },
        Trigger::Named { name: "drift".into() },
    ];
    plan.inputs.push(PlanInput {
        name: "share".into(),
        kind: InputKind::Number,
        default: "0.50".into(),
        manual: true,
        events: vec!["drift".into()],
    });
    plan.python = Some(PlanPython {
        version: "3.10".into(),
        install: Some(PlanInstall::Poetry { groups: vec!["main".into()] }),
    });
    for job in &mut plan.jobs {
        let wide = Refs::Only { branches: vec![p("main"), p("release/**")], tags: vec![p("v*")] };
        for a in &mut job.condition.any_of {
            if a.refs != Refs::Any {
                a.refs = wide.clone();
            }
        }
        if job.condition.any_of.iter().any(|a| a.event == EventKind::Push) {
            let mut tag = job.condition.any_of[0].clone();
            tag.event = EventKind::Tag;
            job.condition.any_of.push(tag);
        }
        job.workdir = Some("services/ranker".into());
    }
    plan.jobs[0].runner.github = vec!["self-hosted".into(), "gpu".into()];
    plan.jobs[0].timeout = 20 * 3600;
    plan.jobs[2].runner.offline = true;
    let notify = plan.jobs.last_mut().unwrap();
    notify.run_if = RunIf::NoneFailed;
    plan
}

/// The minimal plan, with uv.
fn with_uv() -> Plan {
    let mut plan = fixture::minimal();
    plan.pipeline = "uv".into();
    plan.script = ".mlpipe/uv.sh".into();
    plan.python = Some(PlanPython {
        version: "3.13".into(),
        install: Some(PlanInstall::Uv { groups: vec!["dev".into()] }),
    });
    plan
}

/// Writes what the fixtures print into `MLPIPE_PRINT`, for a look and for the real validators.
#[test]
fn fixtures_are_within_the_limits_and_print_what_was_validated() {
    for plan in [fixture::minimal(), fixture::full(), odd(), with_uv()] {
        assert_eq!(Github.limits(&plan), vec![], "{}", plan.pipeline);
        let (text, _) = emit(&plan);
        assert_eq!(Github.text_limits(&plan, &text), vec![]);
        if let Ok(dir) = std::env::var("MLPIPE_PRINT") {
            std::fs::write(format!("{dir}/{}.yml", plan.pipeline), &text).unwrap();
        }
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("github-{}", plan.pipeline), text);
        });
    }
}

#[test]
fn nothing_is_interpolated_into_a_command() {
    for plan in [fixture::minimal(), fixture::full(), odd(), with_uv()] {
        let (_, value) = emit(&plan);
        let runs = runs(&value);
        assert!(runs.iter().all(|r| !r.contains("${{")), "{runs:?}");
        let calls = runs.iter().filter(|r| r.starts_with(&format!("exec sh {} ", plan.script))).count();
        assert_eq!(calls, plan.jobs.iter().map(|j| j.steps.len()).sum::<usize>());
        let others =
            runs.iter().filter(|r| !r.starts_with("exec sh ") && !r.starts_with("python -m pip install "));
        assert_eq!(others.count(), 0, "{runs:?}");
    }
}

#[test]
fn templates_trust_nobody() {
    for (name, text) in TEMPLATES.texts() {
        assert!(!text.contains("| safe") && !text.contains("|safe"), "{name}");
        for line in text.lines().filter(|l| l.trim_start().starts_with("run:")) {
            assert!(!line.contains("${{"), "{name}: {line}");
        }
    }
}

#[test]
fn every_action_is_pinned_and_every_pin_and_input_is_used() {
    let pins = pins::read().unwrap();
    let used: Vec<Value> = [fixture::full(), with_uv()].iter().flat_map(|p| steps(&emit(p).1)).collect();
    for pin in pins.actions.values() {
        assert!(pin.sha.len() == 40 && pin.sha.chars().all(|c| c.is_ascii_hexdigit()), "{}", pin.repo);
        assert!(pin.tag.starts_with('v'), "{}", pin.tag);
        let uses = format!("{}@{}", pin.repo, pin.sha);
        let mut inputs: Vec<String> = used
            .iter()
            .filter(|s| s["uses"].as_str() == Some(&uses))
            .flat_map(|s| {
                s["with"]
                    .as_mapping()
                    .unwrap()
                    .keys()
                    .map(|k| k.as_str().unwrap().to_owned())
                    .collect::<Vec<_>>()
            })
            .collect();
        inputs.sort();
        inputs.dedup();
        assert_eq!(inputs, pin.inputs, "{}", pin.repo);
    }
    let known: Vec<String> = pins.actions.values().map(|p| format!("{}@{}", p.repo, p.sha)).collect();
    for step in used {
        if let Some(uses) = step["uses"].as_str() {
            assert!(known.iter().any(|k| k == uses), "{uses}");
        }
    }
}

#[test]
fn rights_and_secrets_stay_where_they_belong() {
    let plan = fixture::full();
    let (text, value) = emit(&plan);
    assert_eq!(value["permissions"], Value::Mapping(serde_yaml::Mapping::new()));
    for job in &plan.jobs {
        let out = &value["jobs"][job.id.as_str()];
        let mut want = vec!["contents"];
        want.extend(job.rights.contains(&Right::WritePackages).then_some("packages"));
        want.extend(job.rights.contains(&Right::ReadRuns).then_some("actions"));
        want.extend((!job.identities.is_empty()).then_some("id-token"));
        let keys: Vec<&str> =
            out["permissions"].as_mapping().unwrap().keys().map(|k| k.as_str().unwrap()).collect();
        assert_eq!(keys, want, "{}", job.id);
        let publishes = matches!(job.work, Work::Image(_) | Work::Deploy(_) | Work::Approve(_));
        for step in out["steps"].as_sequence().unwrap() {
            let cached = step["uses"].as_str().is_some_and(|u| u.starts_with("actions/cache@"));
            assert!(!(cached && publishes), "{} caches", job.id);
            let env = step["env"].as_mapping().map_or(0, serde_yaml::Mapping::len);
            assert!(env == 0 || step["run"].is_string(), "{}: an action sees variables", job.id);
        }
        assert_eq!(out["concurrency"]["queue"].as_str(), job.lock.as_deref().map(|_| "max"), "{}", job.id);
    }
    let tokens = text.matches("github.token").count();
    assert_eq!(tokens, 2, "one for the registry, one for the first step that reads approvals");
}

/// Plans name the token among a job's secrets as well: it still reaches one step, once.
#[test]
fn the_token_that_reads_approvals_reaches_the_first_step_only() {
    let mut plan = fixture::full();
    let job = plan.jobs.iter_mut().find(|j| j.id == "deploy-production").unwrap();
    let mut token = job.secrets[0].clone();
    token.name = "GITHUB_TOKEN".into();
    token.from = SecretFrom::GithubToken;
    let mut elsewhere = token.clone();
    elsewhere.name = "MLPIPE_READ_TOKEN".into();
    elsewhere.from = SecretFrom::StoreOnGitlab;
    job.secrets.extend([token, elsewhere]);
    assert_eq!(Github.limits(&plan), vec![]);
    let (text, value) = emit(&plan);
    let steps = value["jobs"]["deploy-production"]["steps"].as_sequence().unwrap();
    let with: Vec<&str> = steps
        .iter()
        .filter(|s| s["env"]["GITHUB_TOKEN"].is_string())
        .filter_map(|s| s["id"].as_str())
        .collect();
    assert_eq!(with, ["begin"]);
    assert!(!text.contains("MLPIPE_READ_TOKEN"));
}

#[test]
fn a_restore_step_survives_time_out_and_cancel() {
    use super::eval::{Contexts, holds};
    let (_, value) = emit(&fixture::full());
    let steps = value["jobs"]["deploy-production"]["steps"].as_sequence().unwrap().clone();
    let restore = steps.iter().find(|s| s["id"].as_str() == Some("restore")).unwrap()["if"]
        .as_str()
        .unwrap()
        .to_owned();
    for (begin, finish, want) in [
        ("success", "success", false),
        ("success", "failure", true),
        ("success", "skipped", true),
        ("success", "cancelled", true),
        // The script says that there is nothing to put back, or knows better.
        ("failure", "skipped", true),
        ("cancelled", "skipped", true),
        ("skipped", "skipped", false),
    ] {
        let mut c = Contexts { cancelled: true, ..Contexts::default() };
        c.values.insert("steps.begin.outcome".into(), begin.into());
        c.values.insert("steps.finish.outcome".into(), finish.into());
        assert_eq!(holds(&restore, &c), want, "{begin} {finish}");
    }
}

/// GitHub's reading of a scalar: `${{ '${{' }}` is the text `${{`; no other expression may be left.
fn as_github_shows(text: &str) -> String {
    let shown = text.replace("${{ '${{' }}", "\u{0}");
    assert!(!shown.contains("${{"), "{text}");
    shown.replace('\u{0}', "${{")
}

proptest! {
    /// Text of the user's arrives as it was written, wherever it stands.
    #[test]
    fn text_survives(title in any::<String>(), event in any::<String>(), choice in any::<String>(), branch in "[^*\\\\?+!\\[\\]\u{0}]{1,20}") {
        let mut plan = fixture::full();
        plan.jobs[0].title = title.clone();
        plan.jobs[0].origin.text = format!("gate {title}");
        plan.jobs[0].steps[0].title = event.clone();
        plan.jobs[5].environment.as_mut().unwrap().name = choice.clone();
        plan.jobs[5].lock = Some(choice.clone());
        plan.inputs[0].default = event.clone();
        plan.inputs[2].kind = InputKind::Choice(vec![choice.clone()]);
        plan.triggers[0] = Trigger::Push { branches: vec![Pattern(branch.clone())] };
        let (_, v) = emit(&plan);
        let unit = &v["jobs"]["gate-unit"];
        prop_assert_eq!(as_github_shows(unit["name"].as_str().unwrap()), title);
        let step = unit["steps"].as_sequence().unwrap().iter().find(|s| s["id"].as_str() == Some("run")).unwrap().clone();
        prop_assert_eq!(as_github_shows(step["name"].as_str().unwrap()), event.clone());
        let staging = &v["jobs"]["deploy-staging"];
        prop_assert_eq!(as_github_shows(staging["environment"].as_str().unwrap()), choice.clone());
        prop_assert_eq!(as_github_shows(staging["concurrency"]["group"].as_str().unwrap()), choice.clone());
        let inputs = &v["on"]["workflow_dispatch"]["inputs"];
        prop_assert_eq!(inputs["reason"]["default"].as_str().unwrap(), event);
        prop_assert_eq!(inputs["size"]["options"][0].as_str().unwrap(), choice);
        prop_assert_eq!(v["on"]["push"]["branches"][0].as_str().unwrap(), branch);
    }
}
