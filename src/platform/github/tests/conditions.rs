//! Conditions: exact text where people read it, and by evaluation against the plan's own meaning.

use super::eval::{Contexts, holds};
use crate::plan::{
    Activation, Condition, EventKind, Job, Pattern, Plan, PrSource, Refs, RunIf, Trigger, fixture,
};
use crate::platform::github::{condition, limits};
use proptest::prelude::*;

fn p(s: &str) -> Pattern {
    Pattern(s.into())
}

fn patterns(names: &[&str]) -> Vec<Pattern> {
    names.iter().map(|n| p(n)).collect()
}

fn text(plan: &Plan, id: &str) -> String {
    let job = plan.jobs.iter().find(|j| j.id == id).unwrap();
    condition::lines(&condition::parts(plan, job).unwrap()).join("\n")
}

#[test]
fn what_people_read() {
    let plan = fixture::full();
    for (id, want) in [
        ("gate-unit", "${{ !cancelled() }}"),
        (
            "gate-quality",
            "${{ !cancelled()\n\
             && (github.event_name != 'pull_request'\n\
             || (github.event.pull_request.head.repo.full_name == github.repository && github.event.pull_request.user.type != 'Bot'))\n\
             && needs.model-fraud-scorer.result == 'success' }}",
        ),
        (
            "deploy-staging",
            "${{ !cancelled()\n\
             && github.event_name != 'pull_request'\n\
             && github.ref == 'refs/heads/main'\n\
             && needs.image.result == 'success' }}",
        ),
        (
            "withheld",
            "${{ !cancelled()\n\
             && github.event_name == 'pull_request'\n\
             && (github.event.pull_request.head.repo.full_name != github.repository\n\
             || github.event.pull_request.user.type == 'Bot') }}",
        ),
    ] {
        assert_eq!(text(&plan, id), want, "{id}");
    }
}

#[test]
fn a_pattern_that_cannot_be_said_is_refused_once_with_the_remedy() {
    let mut plan = fixture::full();
    for job in &mut plan.jobs {
        for a in &mut job.condition.any_of {
            if let Refs::Only { branches, .. } = &mut a.refs {
                branches.push(p("release/*"));
            }
        }
    }
    let found: Vec<(String, Option<String>)> = limits::of_plan(&plan)
        .into_iter()
        .map(|f| (format!("{} {}", f.code.id, f.message), f.help))
        .collect();
    let message = "MLP412 GitHub cannot tell in a run `on event model-registered`, `on manual` or `on schedule` \
                   whether its ref matches `release/*`";
    assert_eq!(found, [(message.to_owned(), Some("write `release/**`".to_owned()))]);
}

/// GitHub compares without regard to the case of letters; nothing that an expression can say is stricter.
#[test]
fn a_manual_run_of_a_branch_in_other_letters_passes_the_condition() {
    let plan = fixture::full();
    let job = plan.jobs.iter().find(|j| j.id == "image").unwrap();
    let run = Run { event: EventKind::Manual, branch: true, name: "MAIN".into(), ..Run::default() };
    let text = condition::lines(&condition::parts(&plan, job).unwrap()).join(" ");
    assert!(holds(&text, &run.contexts(job, &["success"; 3])));
    let other = Run { name: "mains".into(), ..run };
    assert!(!holds(&text, &other.contexts(job, &["success"; 3])));
}

/// One run, as far as conditions look at it.
#[derive(Debug, Clone)]
struct Run {
    event: EventKind,
    branch: bool,
    name: String,
    fork: bool,
    deleted: bool,
    bot: bool,
    cancelled: bool,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            event: EventKind::Push,
            branch: true,
            name: "main".into(),
            fork: false,
            deleted: false,
            bot: false,
            cancelled: false,
        }
    }
}

impl Run {
    fn contexts(&self, job: &Job, results: &[&str]) -> Contexts {
        let mut c = Contexts { cancelled: self.cancelled, ..Contexts::default() };
        let mut set = |k: &str, v: &str| c.values.insert(k.to_owned(), v.to_owned());
        set("github.repository", "acme/fraud");
        let (kind, folder) = if self.branch { ("branch", "heads") } else { ("tag", "tags") };
        if self.event == EventKind::PullRequest {
            set("github.ref", "refs/pull/7/merge");
            set("github.ref_name", "7/merge");
            set("github.ref_type", "branch");
            set("github.base_ref", &self.name);
            set("github.event.action", "opened");
            if !self.deleted {
                let head = if self.fork { "mallory/fraud" } else { "acme/fraud" };
                set("github.event.pull_request.head.repo.full_name", head);
            }
            set("github.event.pull_request.user.type", if self.bot { "Bot" } else { "User" });
        } else {
            set("github.ref", &format!("refs/{folder}/{}", self.name));
            set("github.ref_name", &self.name);
            set("github.ref_type", kind);
        }
        let name = match &self.event {
            EventKind::Push | EventKind::Tag => "push",
            EventKind::PullRequest => "pull_request",
            EventKind::Schedule => "schedule",
            EventKind::Manual => "workflow_dispatch",
            EventKind::Named(action) => {
                set("github.event.action", action);
                "repository_dispatch"
            }
        };
        set("github.event_name", name);
        for (need, result) in job.needs.iter().zip(results) {
            set(&format!("needs.{need}.result"), result);
        }
        c
    }

    fn matches(&self, patterns: &[Pattern]) -> bool {
        patterns.iter().any(|p| p.matches(&self.name))
    }

    /// Does the workflow start at all?
    fn starts(&self, plan: &Plan) -> bool {
        plan.triggers.iter().any(|t| match (t, &self.event) {
            (Trigger::Push { branches }, EventKind::Push) => self.branch && self.matches(branches),
            (Trigger::Tag { tags }, EventKind::Tag) => !self.branch && self.matches(tags),
            (Trigger::PullRequest { branches }, EventKind::PullRequest) => {
                self.branch && self.matches(branches)
            }
            (Trigger::Schedule { .. }, EventKind::Schedule) => self.branch,
            (Trigger::Named { name }, EventKind::Named(n)) => self.branch && n == name,
            (Trigger::Manual, EventKind::Manual) => true,
            _ => false,
        })
    }

    /// What the plan says.
    fn activates(&self, condition: &Condition) -> bool {
        let trusted = !self.fork && !self.deleted && !self.bot;
        condition.any_of.iter().any(|a| {
            let refs = match &a.refs {
                Refs::Any => true,
                Refs::Only { branches, tags } => self.matches(if self.branch { branches } else { tags }),
            };
            let source = match a.source {
                PrSource::Any => true,
                PrSource::Trusted => trusted,
                PrSource::Untrusted => !trusted,
            };
            a.event == self.event && refs && (source || self.event != EventKind::PullRequest)
        })
    }
}

const NAMES: [&str; 12] =
    ["main", "dev", "release/1", "release/1/2", "v1", "v1.0", "x/a", "a", "aba", "abba", "mainline", "v1/rc"];
const GLOBS: [&str; 11] =
    ["main", "dev", "release/**", "release/*", "v*", "**", "*", "**/a", "ab**ba", "**/rc", "v**c"];

fn globs() -> impl Strategy<Value = Vec<Pattern>> {
    proptest::sample::subsequence(&GLOBS[..], 1..4).prop_map(|g| patterns(&g))
}

fn event() -> impl Strategy<Value = EventKind> {
    prop_oneof![
        Just(EventKind::Push),
        Just(EventKind::Tag),
        Just(EventKind::PullRequest),
        Just(EventKind::Schedule),
        Just(EventKind::Manual),
        Just(EventKind::Named("one".into())),
        Just(EventKind::Named("two".into())),
    ]
}

fn triggers() -> impl Strategy<Value = Vec<Trigger>> {
    let one = (event(), globs()).prop_map(|(event, globs)| match event {
        EventKind::Push => Trigger::Push { branches: globs },
        EventKind::Tag => Trigger::Tag { tags: globs },
        EventKind::PullRequest => Trigger::PullRequest { branches: globs },
        EventKind::Schedule => Trigger::Schedule { cron: "7 3 * * 1".into(), timezone: None },
        EventKind::Manual => Trigger::Manual,
        EventKind::Named(name) => Trigger::Named { name },
    });
    proptest::collection::vec(one, 1..6)
}

/// Conditions as plans have them: each event once or twice, often with the very patterns of its trigger.
fn activations(triggers: &[Trigger]) -> impl Strategy<Value = Condition> + use<> {
    let own: Vec<Vec<Pattern>> = triggers
        .iter()
        .filter_map(|t| match t {
            Trigger::Push { branches: g }
            | Trigger::PullRequest { branches: g }
            | Trigger::Tag { tags: g } => Some(g.clone()),
            _ => None,
        })
        .chain([patterns(&["main"])])
        .collect();
    let some = || prop_oneof![proptest::sample::select(own.clone()), globs()];
    let refs = prop_oneof![
        Just(Refs::Any),
        (some(), some()).prop_map(|(branches, tags)| Refs::Only { branches, tags })
    ];
    let source = prop_oneof![Just(PrSource::Any), Just(PrSource::Trusted), Just(PrSource::Untrusted)];
    let one = (event(), refs, source).prop_map(|(event, refs, source)| {
        let source = if event == EventKind::PullRequest { source } else { PrSource::Any };
        Activation { event, refs, source }
    });
    proptest::collection::vec(one, 0..8).prop_map(|any_of| Condition { any_of })
}

fn run() -> impl Strategy<Value = Run> {
    let names = proptest::sample::select(&NAMES[..]);
    (event(), any::<bool>(), names, any::<[bool; 3]>(), proptest::bool::weighted(0.1)).prop_map(
        |(event, branch, name, [fork, deleted, bot], cancelled)| {
            let branch = match event {
                EventKind::Manual => branch,
                EventKind::Tag => false,
                _ => true,
            };
            Run { event, branch, name: name.into(), fork, deleted, bot, cancelled }
        },
    )
}

fn results() -> impl Strategy<Value = Vec<&'static str>> {
    proptest::collection::vec(
        proptest::sample::select(&["success", "failure", "cancelled", "skipped"][..]),
        3,
    )
}

/// What the plan says of the needed jobs' outcomes.
fn outcome(run_if: RunIf, results: &[&str]) -> bool {
    match run_if {
        RunIf::AllSucceeded => results.iter().all(|r| *r == "success"),
        RunIf::AnyFailed => results.iter().any(|r| ["failure", "cancelled"].contains(r)),
        RunIf::NoneFailed => results.iter().all(|r| ["success", "skipped"].contains(r)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// In every run that the triggers let through, the printed condition says what the plan says; where it cannot,
    /// it is refused.
    #[test]
    fn the_text_means_what_the_plan_means(
        (triggers, condition) in triggers().prop_flat_map(|t| { let c = activations(&t); (Just(t), c) }),
        runs in proptest::collection::vec((run(), results()), 1..40),
        run_if in prop_oneof![Just(RunIf::AllSucceeded), Just(RunIf::AnyFailed), Just(RunIf::NoneFailed)],
    ) {
        let mut plan = fixture::full();
        plan.triggers = triggers;
        let mut job = plan.jobs.iter().find(|j| j.id == "image").unwrap().clone();
        job.condition = condition;
        job.run_if = run_if;
        plan.jobs = vec![job.clone()];
        match condition::parts(&plan, &job) {
            Err(missing) => {
                let refused = limits::of_plan(&plan);
                let mut unsaid: Vec<&Pattern> = missing.iter().map(|m| &m.pattern).collect();
                unsaid.dedup();
                prop_assert_eq!(refused.iter().filter(|f| f.code.id == "MLP412").count(), unsaid.len());
            }
            Ok(parts) => {
                let text = condition::lines(&parts).join(" ");
                for (run, results) in runs.iter().filter(|(r, _)| r.starts(&plan)) {
                    let want = !run.cancelled && run.activates(&job.condition) && outcome(run_if, results);
                    prop_assert_eq!(holds(&text, &run.contexts(&job, results)), want, "{} in {:?}", text, run);
                }
            }
        }
    }
}

#[test]
fn a_message_about_one_job_keeps_its_parentheses() {
    let mut plan = fixture::full();
    let job = plan.jobs.iter_mut().find(|j| j.run_if == RunIf::AnyFailed).unwrap();
    job.needs.truncate(1);
    let (id, need) = (job.id.clone(), job.needs[0].clone());
    let want = format!("(needs.{need}.result == 'failure' || needs.{need}.result == 'cancelled')");
    assert!(text(&plan, &id).contains(&want), "{}", text(&plan, &id));
}
