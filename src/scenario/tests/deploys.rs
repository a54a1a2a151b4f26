//! The critical section: each step failing, hanging, being cancelled; putting back, and that failing.

use super::{RELEASE, Stage, told};

fn calls(stage: &Stage, given: &str) -> String {
    let played = stage.play(given);
    let job = played.jobs.iter().find(|j| j.id == "deploy-production").unwrap();
    let last = |args: &Vec<String>| args.last().cloned().unwrap_or_default();
    job.calls.iter().map(last).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_step_can_fail_hang_and_be_cancelled() {
    let stage = Stage::new(RELEASE);
    for (step, made, left) in [
        ("begin", "begin", "untouched"),
        ("roll-out", "begin roll-out restore", "rolled_back"),
        ("smoke", "begin roll-out smoke restore", "rolled_back"),
        ("finish", "begin roll-out smoke finish restore", "rolled_back"),
    ] {
        for (given, state) in [
            (format!("production.{step} failed"), "failed"),
            (format!("production.{step} timed_out"), "timed_out"),
            (format!("production.{step} takes 2h"), "timed_out"),
            (format!("cancelled during production.{step}"), "cancelled"),
        ] {
            assert_eq!(calls(&stage, &given), made, "{given}");
            let run = if state == "cancelled" { "cancelled" } else { "failure" };
            let wanted = format!("deploy-production={state} production:{left} staging:deployed run={run}");
            stage.table(&[(given.as_str(), wanted.as_str())]);
        }
    }
    assert_eq!(calls(&stage, ""), "begin roll-out smoke finish");
    assert_eq!(calls(&stage, "staging failed"), "");
}

#[test]
fn a_deploy_without_a_step_is_its_roll_out() {
    let stage = Stage::new(RELEASE);
    for (short, long) in [
        ("production failed", "production.roll-out failed"),
        ("production timed_out", "production.roll-out timed_out"),
        ("production takes 119s", "production.roll-out takes 119s"),
        ("production takes 121s", "production.roll-out takes 121s"),
        ("cancelled during production", "cancelled during production.roll-out"),
        ("deploy-production failed", "production failed"),
    ] {
        let (a, b) = (stage.play(short), stage.play(long));
        assert_eq!((a.jobs, a.timeline), (b.jobs, b.timeline), "{short}");
    }
    // Its own limit is the target's, the other steps' is the job's.
    stage.table(&[
        ("production takes 2m", "deploy-production=passed deploy-production@120"),
        ("production takes 121s", "deploy-production=timed_out deploy-production@120 production:rolled_back"),
        ("production.smoke takes 3m", "deploy-production=passed"),
    ]);
}

#[test]
fn putting_back_may_fail_too() {
    let stage = Stage::new(RELEASE);
    stage.table(&[
        (
            "production.smoke failed, production.restore failed",
            "production:not_restored deploy-production=failed",
        ),
        ("production.smoke failed, production.restore timed_out", "production:not_restored"),
        (
            "production.smoke failed, production.restore takes 1m",
            "production:rolled_back deploy-production@60",
        ),
        ("production.smoke failed, production.restore takes 2h", "production:not_restored"),
        ("cancelled during production, production.restore failed", "production:not_restored run=cancelled"),
        // Nothing is put back, so that cannot fail.
        ("production.restore failed", "production:deployed run=success"),
        ("production.begin failed, production.restore failed", "production:untouched"),
    ]);
    assert_eq!(
        told(&stage.play("production.smoke failed, production.restore failed"), "deploy-production"),
        ["0s rolled out", "0s failed: smoke failed", "0s NOT put back: that failed too"]
    );
    // The run has ended when putting back goes on.
    let played = stage.play("cancelled during production, production.restore takes 1m");
    assert_eq!(told(&played, "deploy-production"), ["0s cancelled", "1m what was live before is put back"]);
}

#[test]
fn a_cancel_at_a_moment_finds_its_step() {
    let stage = Stage::new(RELEASE);
    let times = "production takes 1m, production.smoke takes 1m";
    for (cancel, made, left, at) in [
        ("production at 30s", "begin roll-out restore", "rolled_back", 30),
        ("production at 90s", "begin roll-out smoke restore", "rolled_back", 90),
        ("production at 2m", "begin roll-out smoke finish", "deployed", 120),
        ("production at 3m", "begin roll-out smoke finish", "deployed", 120),
        // In that step at that moment; in the next run of it where it has not begun; not at all when it is over.
        ("production.smoke at 90s", "begin roll-out smoke restore", "rolled_back", 90),
        ("production.smoke at 30s", "begin roll-out smoke restore", "rolled_back", 60),
        ("production.roll-out at 90s", "begin roll-out smoke finish", "deployed", 120),
    ] {
        let given = format!("{times}, cancelled during {cancel}");
        assert_eq!(calls(&stage, &given), made, "{given}");
        stage.table(&[(&given, &format!("production:{left} deploy-production@{at}"))]);
    }
}

/// A cancel of something beside it reaches a deploy too.
#[test]
fn a_cancel_elsewhere_puts_a_deploy_back() {
    let text = r#"mlpipe 1
pipeline test
on push main
gate unit { run "pytest" }
gate evals { run "python evals.py"; before production }
image ghcr "ghcr.io/acme/test" { tags commit }
deploy staging    { target command { deploy "./d"; live "./l" } }
deploy production { target command { deploy "./d"; live "./l" } }
"#;
    Stage::new(text).table(&[
        (
            "evals takes 10m, staging takes 5m, cancelled during evals at 2m",
            "gate-evals=cancelled deploy-staging=cancelled staging:rolled_back deploy-staging@120 production:untouched",
        ),
        ("evals takes 10m, staging takes 5m, cancelled during evals at 6m", "staging:deployed deploy-production=skipped"),
        ("evals failed, staging takes 5m", "staging:deployed deploy-production=skipped run=failure"),
        ("evals failed, cancelled during staging", "gate-evals=failed staging:rolled_back run=cancelled"),
    ]);
}
