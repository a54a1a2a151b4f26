//! Each limit is met, with its code, and only then.

use super::file::shared;
use crate::diag::{Code, Finding};
use crate::plan::{Plan, PlanInput, RunIf, SecretUse, fixture};
use crate::platform::Platform;
use crate::platform::gitlab::Gitlab;
use crate::spec::InputKind;

/// A plan's way over a limit.
type Change = fn(&mut Plan);

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    let mut all: Vec<&'static str> = findings.iter().map(|f| f.code.id).collect();
    all.dedup();
    all
}

fn input(name: &str, kind: InputKind, default: &str) -> PlanInput {
    PlanInput { name: name.into(), kind, default: default.into(), manual: true, events: vec![] }
}

#[test]
fn the_fixtures_are_within_every_limit() {
    let mut week = fixture::full();
    week.jobs[0].wait = Some(7 * 86_400);
    for plan in [fixture::minimal(), fixture::full(), shared(fixture::full()), week] {
        assert_eq!(codes(&Gitlab.limits(&plan)), Vec::<&str>::new());
    }
}

#[test]
fn each_limit_has_its_code() {
    let cases: [(&str, Change); 11] = [
        ("MLP487", |p| p.jobs[0].wait = Some(7 * 86_400 + 1)),
        ("MLP420", |p| p.jobs[4].needs = (0..51).map(|i| format!("gate-{i}")).collect()),
        ("MLP420", |p| p.inputs = (0..20).map(|i| input(&format!("i{i}"), InputKind::String, "")).collect()),
        ("MLP421", |p| p.jobs[0].runner.gitlab.image = Some("python:$VERSION".into())),
        ("MLP421", |p| p.jobs[0].runner.gitlab.tags = vec!["$TAG".into()]),
        ("MLP422", |p| p.inputs[0].default = "a\"b".into()),
        ("MLP422", |p| p.inputs[2].kind = InputKind::Choice(vec!["s".into(), "a\\b".into()])),
        ("MLP423", |p| p.jobs[0].runner.gitlab.prepare = vec!["echo $[[ inputs.reason ]]".into()]),
        ("MLP425", |p| p.inputs[0].name = "mlpipe_event".into()),
        ("MLP425", |p| p.jobs[2].secrets[0].gitlab = "team-key".into()),
        ("MLP425", |p| {
            let one = p.jobs[2].secrets[0].clone();
            let named = |name: &str, gitlab: &str| SecretUse {
                name: name.into(),
                gitlab: gitlab.into(),
                ..one.clone()
            };
            p.jobs[2].secrets = vec![named("A", "B"), named("B", "A")];
        }),
    ];
    for (want, change) in cases {
        let mut plan = fixture::full();
        change(&mut plan);
        let found = Gitlab.limits(&plan);
        assert_eq!(codes(&found), [want]);
        assert!(found.iter().all(|f| f.help.is_some()));
    }
}

#[test]
fn exactly_fifty_needs_and_twenty_inputs_are_allowed() {
    let mut plan = fixture::full();
    plan.jobs[4].needs = (0..50).map(|i| format!("gate-{i}")).collect();
    plan.inputs = (0..19).map(|i| input(&format!("i{i}"), InputKind::String, "")).collect();
    assert_eq!(codes(&Gitlab.limits(&plan)), Vec::<&str>::new());
}

#[test]
fn a_notification_does_not_count_its_needs() {
    let mut plan = fixture::full();
    let last = plan.jobs.last_mut().unwrap();
    assert_eq!(last.run_if, RunIf::AnyFailed);
    last.needs = (0..60).map(|i| format!("gate-{i}")).collect();
    assert_eq!(codes(&Gitlab.limits(&plan)), Vec::<&str>::new());
}

#[test]
fn a_notification_in_a_shared_root_is_refused() {
    let mut plan = shared(fixture::full());
    plan.jobs = fixture::full().jobs;
    assert_eq!(codes(&Gitlab.limits(&plan)), [Code::GITLAB_SHARED_NOTIFY.id]);
}

#[test]
fn pipelines_that_share_a_form_agree_on_its_inputs() {
    let one = shared(fixture::full());
    let mut two = shared(fixture::full());
    assert_eq!(codes(&Gitlab.root_limits(&[&one, &two])), Vec::<&str>::new());
    two.inputs[0].kind = InputKind::Number;
    assert_eq!(codes(&Gitlab.root_limits(&[&one, &two])), ["MLP425"]);
    assert_eq!(codes(&Gitlab.root_limits(&[&fixture::full(), &two])), Vec::<&str>::new());
}

#[test]
fn a_file_beyond_gitlabs_size_is_refused() {
    let plan = fixture::minimal();
    assert_eq!(codes(&Gitlab.text_limits(&plan, &"x".repeat(400_001))), ["MLP420"]);
    assert!(Gitlab.text_limits(&plan, &Gitlab.emit(&plan).unwrap()).is_empty());
}
