//! One small file for each of GitLab's rules.

use super::{Both, HEAD, job, push, text};
use crate::plan::EventKind;
use crate::prove::Outcome::{self, Cancelled as C, Failure as F, Success as S};
use crate::prove::gitlab::read;
use crate::prove::{Asks, On, Situation, Value, Whose};

/// Jobs that start under this vector of `a`, `b` … ; all of them write their names in order.
fn starts(jobs: &[String], vector: &[Outcome]) -> String {
    let names = &["a", "b", "c", "d"][..vector.len()];
    Both::new(&text(jobs), names).unwrap().start(names, vector).concat()
}

fn a() -> String {
    job("a", "one", &["needs: []"])
}

fn needs(name: &str, of: &str, more: &[&str]) -> String {
    let lines: Vec<String> = of.chars().map(|n| format!("  - job: {n}")).collect();
    let lines: Vec<&str> = std::iter::once("needs:")
        .chain(lines.iter().map(String::as_str))
        .chain(more.iter().copied())
        .collect();
    job(name, "two", &lines)
}

#[test]
fn a_job_behind_needs_waits_for_all_of_them() {
    let jobs = [a(), job("b", "one", &["needs: []"]), needs("c", "ab", &[])];
    assert_eq!(starts(&jobs, &[S, S, S]), "abc");
    assert_eq!(starts(&jobs, &[S, F, S]), "ab");
    assert_eq!(starts(&jobs, &[C, S, S]), "ab");
}

#[test]
fn one_skipped_need_skips_on_failure_too() {
    // The trap of platforms: `needs: [deploy, watch]` with `on_failure` misses the deploy's own failure.
    let jobs = [a(), needs("b", "a", &[]), needs("c", "ab", &["when: on_failure"])];
    assert_eq!(starts(&jobs, &[F, S, S]), "a", "b is skipped, so that c is");
    assert_eq!(starts(&jobs, &[S, F, S]), "abc");
    let jobs = [a(), needs("b", "a", &[]), needs("c", "ab", &["when: always"])];
    assert_eq!(starts(&jobs, &[F, S, S]), "ac");
    assert_eq!(starts(&jobs, &[C, S, S]), "a", "a cancel stops what is always run, too");
}

#[test]
fn stages_do_not_count_what_was_skipped() {
    let last = |when: &str| job("c", "three", &[when]);
    let before = [a(), needs("b", "a", &[])];
    let with = |when| [before[0].clone(), before[1].clone(), last(when)];
    assert_eq!(starts(&with("when: on_failure"), &[F, S, S]), "ac", "b is skipped, and does not count");
    assert_eq!(starts(&with("when: on_failure"), &[S, S, S]), "ab");
    assert_eq!(starts(&with("when: on_success"), &[S, S, S]), "abc");
    assert_eq!(starts(&with("when: on_success"), &[F, S, S]), "a");
    assert_eq!(starts(&with("when: on_failure"), &[C, S, S]), "a");
    assert_eq!(starts(&with("when: always"), &[C, S, S]), "a");
}

#[test]
fn an_allowed_failure_is_a_success_to_others() {
    for allow in [["allow_failure: true"].as_slice(), &["rules:", "  - allow_failure: true"]] {
        let jobs = [job("a", "one", allow), needs("b", "a", &[]), job("c", "three", &["when: on_failure"])];
        assert_eq!(starts(&jobs, &[F, S, S]), "ab", "{allow:?}");
    }
    let jobs = [
        job("a", "one", &["allow_failure: true", "rules:", "  - allow_failure: false"]),
        needs("b", "a", &[]),
    ];
    assert_eq!(starts(&jobs, &[F, S]), "a", "the rule's own word counts");
}

#[test]
fn a_missing_need_is_an_error_unless_it_is_optional() {
    let absent = job("a", "one", &["rules:", "  - if: \"$CI_PIPELINE_SOURCE == 'schedule'\""]);
    let e = Both::new(&text(&[absent.clone(), needs("b", "a", &[])]), &["a", "b"]).err().unwrap();
    assert!(e.what.contains("`b` needs `a`, which is not in this run") && e.line > 0, "{e}");
    let optional = job("b", "two", &["needs:", "  - job: a", "    optional: true"]);
    assert_eq!(starts(&[absent, optional], &[S, S]), "b");
}

fn asks(more: &[&str]) -> Option<Asks> {
    read(&text(&[job("a", "one", more)]), None).unwrap().facts().jobs[0].asks.clone()
}

#[test]
fn a_manual_job_blocks_inside_rules_and_not_outside() {
    assert_eq!(asks(&["when: always"]), None);
    assert!(asks(&["rules:", "  - when: manual"]).unwrap().blocks);
    assert!(!asks(&["rules:", "  - when: manual", "    allow_failure: true"]).unwrap().blocks);
    assert!(!asks(&["when: manual"]).unwrap().blocks);
    assert!(asks(&["when: manual", "allow_failure: false"]).unwrap().blocks);
    let some = ["rules:", "  - if: $CI_COMMIT_TAG", "  - when: manual"];
    assert!(!asks(&some).unwrap().blocks, "a tag goes on without a question");

    let manual = |allow: &str| {
        [
            job("a", "one", &["rules:", "  - when: manual", allow]),
            needs("b", "a", &[]),
            job("c", "three", &[]),
        ]
    };
    assert_eq!(starts(&manual("    allow_failure: false"), &[S, S, S]), "abc");
    assert_eq!(
        starts(&manual("    allow_failure: true"), &[S, S, S]),
        "ac",
        "an ignored need skips, a stage goes on"
    );
}

#[test]
fn the_first_rule_that_matches_decides() {
    let rules = |lines: &[&str]| starts(&[job("a", "one", &[&["rules:"], lines].concat())], &[S]);
    assert_eq!(
        rules(&["  - if: \"$CI_COMMIT_BRANCH == 'main'\"", "    when: never", "  - when: always"]),
        ""
    );
    assert_eq!(
        rules(&["  - if: \"$CI_COMMIT_BRANCH == 'dev'\"", "    when: never", "  - when: always"]),
        "a"
    );
    assert_eq!(rules(&["  - if: \"$CI_COMMIT_BRANCH == 'dev'\""]), "", "no match, no job");
    assert_eq!(rules(&["  - when: never"]), "");
}

#[test]
fn handlers_run_in_a_shell_of_their_own_once_the_script_has_started() {
    let made = |asked: &str, vector: &[Outcome]| {
        let after = format!("    if [ \"$CI_JOB_STATUS\" {asked} ]; then");
        let lines = ["needs:", "  - job: a", "after_script:", "  - |"];
        let b = [&lines[..], &[&after, "      sh .mlpipe/x.sh c", "    fi"]].concat();
        let jobs = [a(), job("b", "two", &b)];
        let names = ["a", "b", "c"];
        let both = Both::new(&text(&jobs), &names).unwrap();
        both.agree(&names, vector, false);
        both.formulas(vector, false)[1].2[1]
    };
    for (asked, success, failed, canceled) in [
        ("!= success", false, true, true),
        ("= canceled", false, false, true),
        ("= failed", false, true, false),
        ("= success", true, false, false),
    ] {
        assert_eq!([S, F, C].map(|b| made(asked, &[S, b, S])), [success, failed, canceled], "{asked}");
        assert!(!made(asked, &[F, F, S]), "not without the script");
    }
}

fn pull_request(from: Whose) -> Situation {
    Situation { event: EventKind::PullRequest, on: On::PullRequest { target: "main".into(), from } }
}

/// A file whose one job has this rule.
fn ruled(when: &str) -> String {
    let head = HEAD.replace("    - if: \"$CI_PIPELINE_SOURCE == 'push'\"", "    - when: always");
    format!("{head}{}", job("a", "one", &["rules:", &format!("  - if: \"{when}\"")]))
}

fn exists(when: &str, s: Situation) -> bool {
    !Both::on(&ruled(when), &["a"], s).unwrap().runs.is_empty()
}

#[test]
fn variables_are_what_gitlab_sets_them_to() {
    let on = |event, on| Situation { event, on };
    let tag = || on(EventKind::Tag, On::Tag("v1".into()));
    assert!(exists("$CI_PIPELINE_SOURCE == 'push' && $CI_COMMIT_TAG == 'v1'", tag()));
    assert!(!exists("$CI_COMMIT_BRANCH", tag()));
    assert!(exists("$CI_PIPELINE_SOURCE == 'push' && $CI_COMMIT_BRANCH == null", tag()));
    // Null is matched as the empty text: a pattern that lets the empty text through lets every tag through.
    let blank = "$CI_PIPELINE_SOURCE == 'push' && $CI_COMMIT_BRANCH =~ /^[^\\\\/]*$/";
    assert!(exists(blank, tag()));
    assert!(!exists("$CI_COMMIT_BRANCH", pull_request(Whose::Own)));
    let own = "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID";
    assert!(exists(own, pull_request(Whose::Own)) && !exists(own, pull_request(Whose::Fork)));
    assert!(exists("$CI_PIPELINE_SOURCE == 'schedule'", on(EventKind::Schedule, On::Branch("main".into()))));
}

#[test]
fn no_run_depends_on_how_it_was_reached() {
    let manual = || Situation { event: EventKind::Manual, on: On::Branch("main".into()) };
    let text = |rule: &str, more: &[&str]| {
        let head = HEAD.replace("    - if: \"$CI_PIPELINE_SOURCE == 'push'\"", rule);
        format!("{head}{}", job("a", "one", more))
    };
    let web = text("    - if: \"$CI_PIPELINE_SOURCE == 'web'\"", &[]);
    let e = Both::on(&web, &["a"], manual()).err().unwrap();
    assert!(e.what.contains("by API"), "{e}");

    let never =
        "    - if: $CI_OPEN_MERGE_REQUESTS\n      when: never\n    - if: \"$CI_PIPELINE_SOURCE == 'push'\"";
    assert_eq!(Both::on(&text(never, &[]), &["a"], push()).unwrap().runs.len(), 1);
    let e = Both::on(&text(never, &["resource_group: x"]), &["a"], push()).err().unwrap();
    assert!(e.what.contains("open merge request from the branch keeps `a` from running"), "{e}");
}

/// The pipeline of a fork's merge request runs in the fork, or here when a member of this project starts it: the project
/// that it runs in does not tell whose it is.
#[test]
fn a_forks_merge_request_may_run_in_this_project() {
    for other in ["SOURCE_PROJECT_ID", "PROJECT_ID"] {
        let when = format!("$CI_PROJECT_ID == $CI_MERGE_REQUEST_{other}");
        assert!(exists(&when, pull_request(Whose::Own)), "{when}");
        let e = Both::on(&ruled(&when), &["a"], pull_request(Whose::Fork)).err().unwrap();
        assert!(e.what.contains("in this project of a merge request from a fork"), "{when}: {e}");
    }
}

#[test]
fn nothing_but_a_plans_events_starts_a_run() {
    let refused = |when: &str, on: On| {
        let event = if matches!(on, On::Tag(_)) { EventKind::Tag } else { EventKind::Push };
        Both::on(&ruled(when), &["a"], Situation { event, on }).err().map(|e| e.what).unwrap_or_default()
    };
    let branch = || On::Branch("main".into());
    for (when, how) in [
        ("$CI_PIPELINE_SOURCE == 'push' || $CI_PIPELINE_SOURCE == 'pipeline'", "the source `pipeline`"),
        ("$CI_PIPELINE_SOURCE =~ /^(push|parent_pipeline)$/", "the source `parent_pipeline`"),
        ("$CI_PIPELINE_SOURCE != 'merge_request_event'", "the source `chat`"),
    ] {
        assert!(refused(when, branch()).contains(how), "{when}");
    }
    assert_eq!(refused("$CI_PIPELINE_SOURCE == 'push' || $CI_PIPELINE_SOURCE == 'schedule'", branch()), "");
    let tag = On::Tag("v1".into());
    let schedule = "$CI_PIPELINE_SOURCE == 'schedule' && $CI_COMMIT_TAG";
    assert!(refused(schedule, tag).contains("a schedule on a tag"));
}

const EVENT: &str = "\
spec:
  inputs:
    mlpipe_event:
      default: \"\"
      options: [\"\", \"changed\"]
---
variables:
  MLPIPE_EVENT_NAME:
    value: \"$[[ inputs.mlpipe_event ]]\"
    expand: false
";

/// Whoever may start a run may fill an input, also with a push (`git push -o ci.input=…`).
#[test]
fn an_event_is_one_with_a_trigger_token_only() {
    let run = |when: &str, event, on| {
        let text = format!("{EVENT}{}", ruled(when));
        Both::on(&text, &["a"], Situation { event, on }).map(|b| b.runs.len()).map_err(|e| e.what)
    };
    let (main, tag) = (|| On::Branch("main".into()), || On::Tag("v1".into()));
    let named = || EventKind::Named("changed".into());
    let loose = "$MLPIPE_EVENT_NAME == 'changed'";
    let strict = "$CI_PIPELINE_SOURCE == 'trigger' && $MLPIPE_EVENT_NAME == 'changed'";
    for event in [EventKind::Push, EventKind::Schedule, EventKind::Manual] {
        let e = run(loose, event.clone(), main()).unwrap_err();
        assert!(e.contains("a run of another kind that names the event `changed`"), "{event:?}: {e}");
        assert_eq!(run(strict, event, main()), Ok(0));
    }
    assert_eq!(run(strict, named(), main()), Ok(1));
    let e = run(strict, EventKind::Tag, tag()).unwrap_err();
    assert!(e.contains("the event `changed` on a tag"), "{e}");
    assert_eq!(run(&format!("{strict} && $CI_COMMIT_BRANCH"), EventKind::Tag, tag()), Ok(0));
}

#[test]
fn time_limits_are_the_shortest_that_apply() {
    let limits = |more: &[&str]| {
        let after = ["after_script:", "  - sh .mlpipe/x.sh a"];
        let text = text(&[job("a", "one", &[more, &after].concat())]);
        let facts = read(&text, None).unwrap();
        let calls = &facts.facts().jobs[0].calls;
        (calls[0].backstop, calls[1].backstop)
    };
    let runner = |script: &str, after: &str| {
        [
            "variables:".to_owned(),
            format!("  RUNNER_SCRIPT_TIMEOUT: {script}"),
            format!("  RUNNER_AFTER_SCRIPT_TIMEOUT: {after}"),
        ]
    };
    assert_eq!(limits(&[]), (None, None));
    assert_eq!(
        limits(&["timeout: 1 hour"]),
        (Some(3600), Some(0)),
        "behind the job's own limit nothing runs"
    );
    let lines = runner("40m", "10m");
    let with = |timeout: &'static str| -> Vec<&str> {
        std::iter::once(timeout).chain(lines.iter().map(String::as_str)).collect()
    };
    assert_eq!(limits(&with("timeout: 60 minutes")), (Some(2400), Some(600)));
    assert_eq!(limits(&with("timeout: 45 minutes")), (Some(2400), Some(300)));
    assert_eq!(limits(&with("timeout: 30 minutes")), (Some(1800), Some(0)));
}

#[test]
fn a_handler_does_not_see_what_the_script_exported() {
    let after = ["after_script:", "  - sh .mlpipe/x.sh a"];
    let export = "  script:\n    - 'export KEY=\"${TEAM_KEY-}\"'\n";
    let text = text(&[job("a", "one", &after)]).replace("  script:\n", export);
    let facts = read(&text, None).unwrap();
    let calls = &facts.facts().jobs[0].calls;
    assert_eq!(calls[0].env, [("KEY".to_owned(), Value::Secret("TEAM_KEY".into()))]);
    assert_eq!(calls[1].env, []);
}
