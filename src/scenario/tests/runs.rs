//! Runs: what starts them, what a failure stops, what a cancel hits, and when.

use super::{RELEASE, Stage, told};

#[test]
fn a_run_holds_what_its_event_may_start() {
    let all =
        "gate-quality=passed gate-remote=passed image=passed image-check=not_in_run production:deployed";
    let check = "gate-quality=passed gate-remote=passed image=not_in_run image-check=passed approve-production=not_in_run \
                 production:untouched production!not-asked run=success";
    let untrusted = "gate-quality=passed gate-remote=not_in_run image=not_in_run image-check=not_in_run \
                     withheld=passed production:untouched run=success";
    let gates = "gate-quality=passed image=not_in_run deploy-production=not_in_run production:untouched";
    let nothing = "gate-quality=not_in_run withheld=not_in_run production:untouched run=nothing";
    Stage::new(RELEASE).table(&[
        ("", all),
        ("on push", all),
        ("on push main", all),
        ("on push \"feature/x\"", nothing),
        ("on tag v1", all),
        ("on tag \"v1.2.0-rc1\"", all),
        ("on tag main", nothing),
        ("on tag w1", nothing),
        ("on pull_request", check),
        ("on pull_request main", check),
        ("on pull_request \"feature/x\"", nothing),
        ("on pull_request from fork", untrusted),
        ("on pull_request main from bot", untrusted),
        ("on pull_request \"feature/x\" from fork", nothing),
        ("on schedule", all),
        ("on manual", all),
        ("on manual \"feature/x\"", gates),
        ("on manual, input reason = \"a try\", input dry_run = true", all),
        ("on event model-registered, input version = \"7\"", all),
    ]);
}

#[test]
fn what_started_it_is_told() {
    let stage = Stage::new(RELEASE);
    for (given, first) in [
        ("", "a push to main"),
        ("on tag v1", "the tag v1"),
        ("on pull_request", "a pull request into main"),
        ("on pull_request from fork", "a pull request into main from a fork"),
        ("on pull_request from bot", "a pull request into main of a bot"),
        ("on schedule", "the schedule, on main"),
        (
            "on manual, input reason = \"it's \\\"x\\\"\", input dry_run = true",
            "a person, on main with reason = \"it's \\\"x\\\"\", dry_run = \"true\"",
        ),
        ("on event model-registered", "the event model-registered on main"),
    ] {
        assert_eq!(stage.play(given).timeline[0].what, first, "{given}");
    }
    let played = stage.play("on push other");
    assert_eq!(played.timeline.len(), 2);
    assert_eq!(played.timeline[1].what, "nothing runs for that");
}

/// Without a push, the first event that is no pull request; a pattern gives a name that it covers.
#[test]
fn the_usual_event_is_one_of_the_spec() {
    let gate = "gate unit { run \"pytest\" }\n";
    for (on, first) in [
        ("on pull_request main\non tag \"v*\"", "the tag v1"),
        ("on pull_request main\non schedule \"17 3 * * 1\"", "the schedule, on main"),
        ("on pull_request main", "a pull request into main"),
        ("on push \"release/**\"", "a push to release/1"),
        ("on push \"release/*\", trunk", "a push to trunk"),
        ("on tag \"v*\"\non push dev, main", "a push to dev"),
        ("on event drift", "the event drift on main"),
    ] {
        let stage = Stage::new(&format!("mlpipe 1\npipeline test\n{on}\n{gate}"));
        let played = stage.play("");
        assert_eq!(played.timeline[0].what, first, "{on}");
        assert_eq!(super::facts(&played)[0], "run=success", "{on}");
    }
}

#[test]
fn a_failure_stops_what_needs_it_and_sends_its_message() {
    let stage = Stage::new(RELEASE);
    let notified = stage.plan.jobs.iter().filter(|j| j.id.starts_with("notify")).count();
    assert!(notified >= 1, "the spec has a message");
    stage.table(&[
        (
            "model-ranker failed",
            "model-ranker=failed gate-quality=skipped gate-golden=passed image=skipped run=failure",
        ),
        ("golden failed", "gate-golden=failed gate-remote=skipped image=skipped"),
        (
            "image failed",
            "image=failed staging:untouched deploy-production=skipped approve-production=skipped",
        ),
        ("image timed_out", "image=timed_out image@1800 deploy-staging=skipped run=failure"),
        ("image takes 1h", "image=timed_out"),
        ("image failed, on pull_request", "image-check=failed run=failure"),
        (
            "staging failed",
            "staging:rolled_back approve-production=skipped production!not-asked production:untouched",
        ),
    ]);
    let played = stage.play("staging failed");
    let sent = played.jobs.iter().filter(|j| j.id.starts_with("notify") && !j.calls.is_empty());
    let skipped =
        played.jobs.iter().filter(|j| j.id.starts_with("notify") && j.why == "deploy-staging failed");
    assert!(sent.count() >= 1 && skipped.count() >= 1, "{:#?}", played.jobs);
}

/// Of two needs that did not pass, the one that failed is the reason, and not the one that was skipped for it.
#[test]
fn a_skipped_job_names_what_failed() {
    let text = r#"mlpipe 1
pipeline test
on push main
model ranker { source path "ranker.onnx"; version "ranker/v3" }
gate quality { needs model ranker; run "python evaluate.py" }
image ghcr "ghcr.io/acme/test" { with model ranker; tags commit }
deploy production { target command { deploy "./d"; live "./l" } }
"#;
    let played = Stage::new(text).play("ranker failed");
    assert_eq!(told(&played, "gate-quality"), ["0s skipped: model-ranker failed"]);
    assert_eq!(told(&played, "image"), ["0s skipped: model-ranker failed"]);
    assert_eq!(told(&played, "deploy-production"), ["0s skipped: image was skipped"]);
}

#[test]
fn people_answer() {
    let yes =
        "approve-production=passed production:deployed production!asked production!approved run=success";
    let no = "approve-production=failed deploy-production=skipped production:untouched production!asked \
              production!not-approved staging:deployed run=failure";
    let stage = Stage::new(RELEASE);
    stage.table(&[
        ("", yes),
        ("approval given", yes),
        ("approval denied", no),
        ("approval of production denied", no),
        ("approval given, approval of production denied", no),
        ("approval given after 3d", yes),
        ("approval given after 73h", no),
        ("approval given after 4d", "approve-production=failed approve-production@259200"),
        ("approval denied after 1h", "approve-production@3600 approve-production=failed"),
        ("approval denied, quality failed", "approve-production=skipped production!not-asked"),
    ]);
    let told_of = |played| told(&played, "approve-production");
    assert_eq!(
        told_of(stage.play("approval given after 4d")),
        ["0s a person is asked about production", "3d nobody answered within 3d"]
    );
    assert_eq!(told_of(stage.play("approval denied")), ["0s a person said no"]);
    let played = stage.play("approval denied");
    let asked = played.jobs.iter().find(|j| j.id == "approve-production").unwrap();
    assert!(asked.calls.is_empty(), "the script is called once the answer is yes");
}

/// A cancel comes while somebody is asked, or anybody answers before it does.
#[test]
fn a_cancel_ends_a_question() {
    let stage = Stage::new(RELEASE);
    let cut = "approve-production=cancelled deploy-production=skipped production:untouched staging:deployed production!asked \
               production!not-approved run=cancelled";
    let answered = "approve-production=passed production:deployed run=success";
    stage.table(&[
        ("cancelled during approve-production", cut),
        ("approval given after 2h, cancelled during approve-production at 1h", cut),
        ("approval given after 2h, cancelled during approve-production at 1h", "approve-production@3600"),
        ("approval given after 4d, cancelled during approve-production at 1h", cut),
        ("approval given after 2h, cancelled during approve-production at 2h", answered),
        ("cancelled during approve-production at 1m", answered),
        // Nobody is asked, so that no cancel comes then.
        ("staging failed, cancelled during approve-production", "approve-production=skipped run=failure"),
    ]);
    let played = stage.play("approval given after 2h, cancelled during approve-production at 1h");
    assert_eq!(
        told(&played, "approve-production"),
        ["0s a person is asked about production", "1h cancelled"]
    );
    let (held, happened) = stage.expects("approval denied", "approve-production failed");
    assert!(held, "{happened}");
    let (held, happened) = stage.expects("approval denied", "approve-production passed");
    assert_eq!((held, happened.as_str()), (false, "approve-production failed: a person said no"));
}

#[test]
fn times_add_up_along_the_longest_way() {
    Stage::new(RELEASE).table(&[
        (
            "model-ranker takes 1m, quality takes 10m, golden takes 2m, remote takes 3m, image takes 5m",
            "model-ranker@60 gate-quality@660 gate-golden@240 gate-remote@420 image@960 deploy-production@960",
        ),
        ("quality takes 30m", "gate-quality=passed gate-quality@1800"),
        ("quality takes 1801s", "gate-quality=timed_out gate-quality@1800 image@1800"),
        ("quality takes 0.5s", "gate-quality@0.5 production:deployed"),
        (
            "staging takes 90s, staging.smoke takes 30s, production takes 1m, production.finish takes 1s",
            "deploy-staging@120 deploy-production@181",
        ),
    ]);
}

#[test]
fn a_cancel_hits_what_runs_and_stops_what_would_start() {
    let stage = Stage::new(RELEASE);
    stage.table(&[
        (
            "cancelled during quality",
            "gate-quality=cancelled image=skipped production:untouched run=cancelled gate-quality@0",
        ),
        ("quality takes 10m, cancelled during quality at 4m", "gate-quality=cancelled gate-quality@240"),
        // It has ended before: nothing is cancelled.
        ("quality takes 10m, cancelled during quality at 10m", "gate-quality=passed run=success"),
        ("cancelled during quality at 1m", "gate-quality=passed production:deployed run=success"),
        // It never runs: nothing is cancelled.
        ("golden failed, cancelled during production", "run=failure deploy-production=skipped"),
        ("cancelled during image", "image=cancelled gate-style=passed staging:untouched run=cancelled"),
        // Whatever starts beside it, although it takes no time.
        ("cancelled during style", "gate-golden=cancelled model-ranker=cancelled gate-quality=skipped"),
        ("cancelled during remote", "gate-remote=cancelled gate-quality=cancelled gate-golden=passed"),
        ("cancelled during image, on pull_request", "image-check=cancelled run=cancelled"),
        ("cancelled during model-ranker", "model-ranker=cancelled gate-quality=skipped"),
        // Beside it, wherever it stands in the spec.
        (
            "golden takes 10m, cancelled during quality",
            "gate-golden=cancelled gate-golden@0 gate-remote=skipped",
        ),
        (
            "quality takes 10m, golden takes 10m, cancelled during golden at 3m",
            "gate-quality=cancelled gate-quality@180 gate-golden@180 gate-style=passed",
        ),
        (
            "quality takes 10m, golden takes 3m, golden failed, cancelled during quality at 8m",
            "gate-golden=failed gate-golden@360 gate-quality=cancelled run=cancelled",
        ),
        // What gets ready at that moment does not start.
        (
            "golden takes 2m, quality takes 10m, cancelled during quality at 4m",
            "gate-golden=passed gate-golden@240 gate-remote=skipped",
        ),
        (
            "remote takes 5m, cancelled during style",
            "gate-golden=cancelled gate-remote=skipped gate-style=cancelled",
        ),
        ("approval given after 2h, cancelled during production", "staging:deployed production:rolled_back"),
        (
            "cancelled during staging at 30s, staging takes 1m",
            "deploy-staging=cancelled deploy-staging@30 staging:rolled_back approve-production=skipped",
        ),
    ]);
    // No message about a failure that was a cancel.
    let played = stage.play("cancelled during production");
    assert!(played.jobs.iter().filter(|j| j.id.starts_with("notify")).all(|j| j.calls.is_empty()));
    let played = stage.play("golden takes 10m, cancelled during quality");
    assert_eq!(told(&played, "gate-golden"), ["0s cancelled"]);
}
