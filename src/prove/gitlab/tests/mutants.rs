//! A printed file with one thing changed is no longer what the plan says.

use crate::plan::fixture;
use crate::platform;
use crate::prove::gitlab::read;
use crate::prove::{Aspect, differences};
use crate::spec::PlatformName;

/// Every occurrence. The allow list and the rules of a job both say when it exists: one of them alone can be wider than it
/// should be without any change in what runs.
const ALL: usize = usize::MAX;

/// What is found when the nth occurrence of a text is another one.
fn found(nth: usize, from: &str, to: &str) -> Vec<Aspect> {
    let plan = fixture::full();
    let text = platform::get(PlatformName::Gitlab).emit(&plan).unwrap();
    let changed = if nth == ALL {
        text.replace(from, to)
    } else {
        let (at, _) = text.match_indices(from).nth(nth).unwrap_or_else(|| panic!("no `{from}`"));
        format!("{}{to}{}", &text[..at], &text[at + from.len()..])
    };
    assert_ne!(changed, text, "no `{from}`");
    match read(&changed, None) {
        Err(_) => vec![Aspect::Unreadable],
        Ok(r) => differences(&plan, PlatformName::Gitlab, r.as_ref()).into_iter().map(|d| d.aspect).collect(),
    }
}

#[test]
fn every_change_is_seen() {
    use Aspect::{
        Artifacts, Ask, Call, Condition, Environment, Handler, Hazard, Lock, Result, Runner, Secrets,
        Timeout, Trigger, Unreadable,
    };
    let mut wrong = Vec::new();
    let deploys = "$CI_PIPELINE_SOURCE == 'push' && $CI_COMMIT_BRANCH == 'main'";
    for (nth, from, to, want) in [
        (0, "    on_new_commit: none\n", "", Hazard),
        (0, "on_new_commit: none", "on_new_commit: interruptible", Hazard),
        (0, "interruptible: false", "interruptible: true", Hazard),
        // Workflow rules: more runs, fewer runs.
        (ALL, deploys, "$CI_PIPELINE_SOURCE == 'push'", Condition),
        (0, deploys, "$CI_PIPELINE_SOURCE == 'push' && $CI_COMMIT_BRANCH == 'master'", Condition),
        (
            0,
            "$CI_PIPELINE_SOURCE == 'web' || $CI_PIPELINE_SOURCE == 'api'",
            "$CI_PIPELINE_SOURCE == 'web'",
            Unreadable,
        ),
        (ALL, " && $MLPIPE_EVENT_NAME == 'model-registered'", "", Condition),
        (ALL, "$CI_COMMIT_BRANCH == 'main'", "$CI_COMMIT_BRANCH =~ /^main/", Condition),
        // Edges.
        (1, "    - job: gate-unit\n      artifacts: true\n", "", Condition),
        (
            0,
            "    - job: image-push\n      artifacts: true\n",
            "    - job: image-push\n      artifacts: false\n",
            Artifacts,
        ),
        // What a merge request may do.
        (0, " && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID", "", Condition),
        (
            0,
            "SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID",
            "SOURCE_PROJECT_ID == $CI_PROJECT_ID",
            Unreadable,
        ),
        (8, deploys, "$CI_PIPELINE_SOURCE == 'merge_request_event'", Condition),
        // The approval.
        (0, "      when: manual\n", "", Ask),
        (0, "      allow_failure: false\n", "      allow_failure: true\n", Ask),
        (0, "    name: production-approval", "    name: production", Environment),
        // The lock.
        (0, "  resource_group: mlpipe/fraud-scorer/staging\n", "", Lock),
        (0, "resource_group: mlpipe/fraud-scorer/staging", "resource_group: mlpipe/fraud-scorer/stage", Lock),
        // Failures that are let through.
        (0, "  needs: []\n", "  needs: []\n  allow_failure: true\n", Result),
        (0, ".sh deploy staging\n", ".sh deploy staging || true\n", Unreadable),
        // Putting back.
        (0, "\"$CI_JOB_STATUS\" != success", "\"$CI_JOB_STATUS\" = success", Handler),
        (0, "\"$CI_JOB_STATUS\" != success", "\"$CI_JOB_STATUS\" = failed", Handler),
        (0, "deploy staging restore", "deploy production restore", Call),
        (0, "RUNNER_AFTER_SCRIPT_TIMEOUT: 32m", "RUNNER_AFTER_SCRIPT_TIMEOUT: 5m", Timeout),
        (0, "    RUNNER_AFTER_SCRIPT_TIMEOUT: 32m\n", "", Timeout),
        (0, "    RUNNER_SCRIPT_TIMEOUT: 62m\n", "", Timeout),
        (0, "  timeout: 104 minutes", "  timeout: 70 minutes", Timeout),
        // Calls.
        (0, ".sh gate quality\n", ".sh gate unit\n", Call),
        (0, "sh .mlpipe/fraud-scorer.sh image check", "sh .mlpipe/fraud-scorer.sh image", Call),
        // Notifications: with `needs`, one skipped job skips them.
        (0, "      when: on_failure\n", "      when: always\n", Condition),
        (0, "      when: on_failure\n", "      when: on_success\n", Condition),
        (
            0,
            "  dependencies:\n    - gate-unit\n",
            "  needs: [{job: gate-unit}]\n  dependencies:\n",
            Unreadable,
        ),
        // Files, inputs, variables.
        (0, "    when: always\n", "", Artifacts),
        (0, "      - mlpipe-out/gate-unit.json\n", "", Artifacts),
        (0, "    access: developer", "    access: all", Unreadable),
        (
            0,
            "      junit: mlpipe-out/gate-unit/junit.xml",
            "      junit: mlpipe-out/gate-unit/other.xml",
            Artifacts,
        ),
        (0, "      default: \"s\"", "      default: \"l\"", Trigger),
        (0, "\"$[[ inputs.reason ]]\"", "\"$[[ inputs.size ]]\"", Secrets),
        (
            0,
            "  GIT_STRATEGY: clone\n",
            "  GIT_STRATEGY: clone\n  MLPIPE_OTHER:\n    value: \"$[[ inputs.size ]]\"\n    expand: false\n",
            Secrets,
        ),
        (0, "python:3.11.14-bookworm", "python:latest", Runner),
    ] {
        let found = found(nth, from, to);
        if !found.contains(&want) {
            wrong.push(format!("{want:?} is not among {found:?} for `{from}` -> `{to}`"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
