//! Conditions and their expressions mean the same.

use super::expression::holds;
use crate::plan::{
    Activation, Condition, EventKind, Pattern, PrSource, Refs, Trigger,
    fixture::{full, minimal},
};
use crate::platform::gitlab::rules::{compare, job_rules, regex, workflow_rules};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What started a run, as GitLab tells it.
#[derive(Debug, Clone)]
struct Run {
    event: EventKind,
    branch: Option<String>,
    tag: Option<String>,
    target: Option<String>,
    fork: bool,
    open_merge_request: bool,
}

impl Run {
    fn on(event: EventKind, name: &str) -> Self {
        let some = Some(name.to_owned());
        let mut run =
            Self { event, branch: None, tag: None, target: None, fork: false, open_merge_request: false };
        match run.event {
            EventKind::Tag => run.tag = some,
            EventKind::PullRequest => run.target = some,
            _ => run.branch = some,
        }
        run
    }

    fn variables(&self) -> BTreeMap<&'static str, String> {
        let source = match self.event {
            EventKind::Push | EventKind::Tag => "push",
            EventKind::PullRequest => "merge_request_event",
            EventKind::Schedule => "schedule",
            EventKind::Manual => "web",
            EventKind::Named(_) => "trigger",
        };
        let mut v =
            BTreeMap::from([("CI_PIPELINE_SOURCE", source.to_owned()), ("CI_PROJECT_ID", "1".into())]);
        v.insert(
            "MLPIPE_EVENT_NAME",
            if let EventKind::Named(n) = &self.event { n.clone() } else { String::new() },
        );
        v.extend(self.branch.clone().map(|b| ("CI_COMMIT_BRANCH", b)));
        v.extend(self.tag.clone().map(|t| ("CI_COMMIT_TAG", t)));
        if let Some(t) = &self.target {
            v.insert("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", t.clone());
            v.insert("CI_MERGE_REQUEST_PROJECT_ID", "1".into());
            v.insert("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", if self.fork { "2" } else { "1" }.into());
        }
        if self.open_merge_request {
            v.insert("CI_OPEN_MERGE_REQUESTS", "acme/fraud!7".into());
        }
        v
    }

    /// What the plan says of it.
    fn covered(&self, a: &Activation) -> bool {
        let among = |name: &Option<String>, set: &[Pattern]| {
            name.as_ref().is_some_and(|n| set.iter().any(|p| p.matches(n)))
        };
        let refs = match (&a.refs, &self.event) {
            (Refs::Any, _) => true,
            (Refs::Only { branches, .. }, EventKind::PullRequest) => among(&self.target, branches),
            (Refs::Only { branches, tags }, _) => among(&self.branch, branches) || among(&self.tag, tags),
        };
        let source = match a.source {
            PrSource::Any => true,
            PrSource::Trusted => !self.fork,
            PrSource::Untrusted => self.fork,
        };
        a.event == self.event && refs && source
    }
}

fn starts(rules: &[String], run: &Run) -> bool {
    rules.iter().any(|r| holds(r, &run.variables()))
}

fn created(plan: &crate::plan::Plan, run: &Run) -> bool {
    workflow_rules(plan, None).iter().find(|r| holds(&r.when, &run.variables())).is_some_and(|r| !r.never)
}

#[test]
fn each_event_has_its_expression() {
    let only = |b: &[&str], t: &[&str]| Refs::Only {
        branches: b.iter().map(|p| Pattern((*p).into())).collect(),
        tags: t.iter().map(|p| Pattern((*p).into())).collect(),
    };
    for (event, refs, source, want) in [
        (
            EventKind::Push,
            only(&["main"], &[]),
            PrSource::Any,
            "$CI_PIPELINE_SOURCE == 'push' && $CI_COMMIT_BRANCH == 'main'",
        ),
        (
            EventKind::Push,
            only(&["main", "release/**"], &[]),
            PrSource::Any,
            r"$CI_PIPELINE_SOURCE == 'push' && ($CI_COMMIT_BRANCH == 'main' || $CI_COMMIT_BRANCH =~ /^release\/.*$/)",
        ),
        (
            EventKind::Push,
            only(&["**"], &[]),
            PrSource::Any,
            "$CI_PIPELINE_SOURCE == 'push' && $CI_COMMIT_BRANCH",
        ),
        (
            EventKind::Tag,
            only(&[], &["v*"]),
            PrSource::Any,
            r"$CI_PIPELINE_SOURCE == 'push' && $CI_COMMIT_TAG =~ /^v[^\/]*$/",
        ),
        (
            EventKind::PullRequest,
            only(&["main"], &[]),
            PrSource::Untrusted,
            "$CI_PIPELINE_SOURCE == 'merge_request_event' && $CI_MERGE_REQUEST_TARGET_BRANCH_NAME == 'main' \
             && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID != $CI_MERGE_REQUEST_PROJECT_ID",
        ),
        (EventKind::Schedule, Refs::Any, PrSource::Any, "$CI_PIPELINE_SOURCE == 'schedule'"),
        (
            EventKind::Manual,
            Refs::Any,
            PrSource::Any,
            "$CI_PIPELINE_SOURCE == 'web' || $CI_PIPELINE_SOURCE == 'api'",
        ),
        (
            EventKind::Manual,
            only(&["main"], &["v1"]),
            PrSource::Any,
            "($CI_PIPELINE_SOURCE == 'web' || $CI_PIPELINE_SOURCE == 'api') \
             && ($CI_COMMIT_BRANCH == 'main' || $CI_COMMIT_TAG == 'v1')",
        ),
        (
            EventKind::Named("drift".into()),
            Refs::Any,
            PrSource::Any,
            "$CI_PIPELINE_SOURCE == 'trigger' && $MLPIPE_EVENT_NAME == 'drift'",
        ),
    ] {
        let condition = Condition { any_of: vec![Activation { event, refs, source }] };
        assert_eq!(job_rules(&condition, None), [want]);
    }
}

#[test]
fn quotes_go_into_the_quotes_that_a_name_does_not_hold() {
    assert_eq!(compare("$X", "it's"), "$X == \"it's\"");
    assert_eq!(compare("$X", "a\"b"), "$X == 'a\"b'");
    let both = compare("$X", "'\"");
    assert_eq!(both, r"$X =~ /^\x{27}\x{22}$/");
    assert!(holds(&both, &BTreeMap::from([("X", "'\"".to_owned())])));
}

#[test]
fn a_person_or_a_schedule_starts_one_pipeline_of_several() {
    let of = |event| Condition { any_of: vec![Activation { event, refs: Refs::Any, source: PrSource::Any }] };
    assert!(
        job_rules(&of(EventKind::Manual), Some("ranker"))[0].ends_with("$MLPIPE_START_PIPELINE == 'ranker'")
    );
    assert!(
        job_rules(&of(EventKind::Schedule), Some("ranker"))[0]
            .ends_with("$MLPIPE_START_PIPELINE == 'ranker'")
    );
    assert!(!job_rules(&of(EventKind::Push), Some("ranker"))[0].contains("START"));
}

#[test]
fn the_allow_list_lets_in_what_the_triggers_say_and_nothing_else() {
    let plan = full();
    let elsewhere = |e| Run::on(e, "elsewhere");
    let main = |e| Run::on(e, "main");
    for (run, want) in [
        (main(EventKind::Push), true),
        (elsewhere(EventKind::Push), false),
        (main(EventKind::PullRequest), true),
        (elsewhere(EventKind::PullRequest), false),
        (main(EventKind::Schedule), true),
        (elsewhere(EventKind::Schedule), false),
        (elsewhere(EventKind::Manual), true),
        (main(EventKind::Named("model-registered".into())), true),
        (main(EventKind::Named(String::new())), false),
        (Run::on(EventKind::Tag, "main"), false),
    ] {
        assert_eq!(created(&plan, &run), want, "{run:?}");
    }
}

#[test]
fn an_open_merge_request_holds_back_tests_and_no_deploy() {
    let mut plan = minimal();
    plan.triggers = vec![
        Trigger::Push { branches: vec![Pattern("feature/**".into()), Pattern("main".into())] },
        Trigger::PullRequest { branches: vec![Pattern("main".into())] },
    ];
    for (branch, open, want) in
        [("main", true, true), ("main", false, true), ("feature/x", true, false), ("feature/x", false, true)]
    {
        let run = Run { open_merge_request: open, ..Run::on(EventKind::Push, branch) };
        assert_eq!(created(&plan, &run), want, "{branch}, open: {open}");
    }
}

fn name() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec![
            "a", "main", "/", "-", "_", ".", "1", "é", "@", "+", "'", "\"", "$", "(", "|", "^",
        ]),
        1..6,
    )
    .prop_map(|parts| parts.concat())
}

fn glob() -> impl Strategy<Value = Pattern> {
    prop::collection::vec(
        prop::sample::select(vec![
            "a", "main", "/", "-", ".", "1", "*", "**", "é", "@", "'", "\"", "$", "(", "|",
        ]),
        1..6,
    )
    .prop_map(|parts| Pattern(parts.concat()))
}

fn refs() -> impl Strategy<Value = Refs> {
    prop_oneof![
        Just(Refs::Any),
        (prop::collection::vec(glob(), 0..3), prop::collection::vec(glob(), 0..3))
            .prop_map(|(branches, tags)| Refs::Only { branches, tags }),
    ]
}

fn event() -> impl Strategy<Value = EventKind> {
    prop_oneof![
        Just(EventKind::Push),
        Just(EventKind::Tag),
        Just(EventKind::PullRequest),
        Just(EventKind::Schedule),
        Just(EventKind::Manual),
        Just(EventKind::Named("drift".into())),
        Just(EventKind::Named("model-registered".into())),
    ]
}

fn activation() -> impl Strategy<Value = Activation> {
    let source = prop::sample::select(vec![PrSource::Any, PrSource::Trusted, PrSource::Untrusted]);
    (event(), refs(), source).prop_map(|(event, refs, source)| {
        let source = if event == EventKind::PullRequest { source } else { PrSource::Any };
        // A push has branches only, a tag tags only: so the plan makes them.
        let refs = match (&event, refs) {
            (EventKind::Push | EventKind::PullRequest, Refs::Only { branches, .. }) => {
                Refs::Only { branches, tags: vec![] }
            }
            (EventKind::Tag, Refs::Only { tags, .. }) => Refs::Only { branches: vec![], tags },
            (_, other) => other,
        };
        Activation { event, refs, source }
    })
}

fn run() -> impl Strategy<Value = Run> {
    (event(), name(), any::<bool>(), any::<bool>()).prop_map(|(event, name, fork, tag)| {
        let mut run = Run::on(event, &name);
        run.fork = fork && run.event == EventKind::PullRequest;
        if tag && matches!(run.event, EventKind::Manual | EventKind::Schedule) {
            std::mem::swap(&mut run.branch, &mut run.tag);
        }
        run
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn an_expression_means_its_condition(any_of in prop::collection::vec(activation(), 0..4), run in run()) {
        let condition = Condition { any_of };
        let rules = job_rules(&condition, None);
        prop_assert_eq!(starts(&rules, &run), condition.any_of.iter().any(|a| run.covered(a)), "{:?}", rules);
    }

    #[test]
    fn a_pattern_matches_what_its_glob_matches(glob in glob(), name in name()) {
        let emitted = regex(&glob).replace("\\/", "/");
        let re = ::regex::Regex::new(&emitted).unwrap();
        prop_assert_eq!(re.is_match(&name), glob.matches(&name), "{} on {}", emitted, name);
        prop_assert!(re.is_match(&glob.0.replace("**", "x/y").replace('*', "z")), "{}", emitted);
    }
}
