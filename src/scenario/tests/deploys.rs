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

/// The runtime counts the job's limit over all of its calls, begin included; each call has its own beside it.
#[test]
fn the_limit_of_a_deploy_is_that_of_all_its_calls() {
    let stage = Stage::new(RELEASE);
    let late = "deploy-staging=timed_out staging:rolled_back deploy-staging@1800 run=failure";
    stage.table(&[
        ("staging.begin takes 29m, staging.smoke takes 29m, staging.finish takes 29m", late),
        (
            "staging.begin takes 10m, staging takes 4m, staging.smoke takes 10m, staging.finish takes 6m",
            "staging:deployed",
        ),
        (
            "staging.begin takes 10m, staging takes 4m, staging.smoke takes 10m, staging.finish takes 361s",
            late,
        ),
        ("staging.begin takes 29m, staging.smoke timed_out", late),
        ("staging.begin takes 28m, staging timed_out", late),
        ("staging.begin takes 10m, staging timed_out", "deploy-staging@900 staging:rolled_back"),
        ("staging.begin takes 31m", "deploy-staging=timed_out staging:untouched deploy-staging@1800"),
        // What is put back has a time of its own.
        (
            "staging.begin takes 29m, staging.smoke takes 2m, staging.restore takes 17m",
            "staging:rolled_back deploy-staging@2820",
        ),
        (
            "staging.begin takes 29m, staging.smoke takes 2m, staging.restore takes 18m",
            // What nobody has put back in time is put back by the job behind the deploy.
            "staging:rolled_back reconcile-staging=passed deploy-staging@2820",
        ),
    ]);
    let told_of = |given| told(&stage.play(given), "deploy-staging").join("; ");
    let by_all = told_of("staging.begin takes 29m, staging.smoke takes 29m");
    assert!(by_all.contains("30m timed out: the deploy did not end within 30m, it was in smoke"), "{by_all}");
    let by_one = told_of("staging takes 29m");
    assert!(by_one.contains("5m timed out: roll-out did not end within 5m"), "{by_one}");
    let command = RELEASE.replace(
        "target kubernetes { kubeconfig secret STAGING; deployment \"test\" }",
        "target command { deploy \"./d\"; live \"./l\"; timeout 2m }",
    );
    // Every verb of a command has the target's limit, its smoke test the rest of the job's.
    Stage::new(&command).table(&[
        ("staging.finish takes 2m, staging.smoke takes 20m", "staging:deployed"),
        ("staging.finish takes 121s", "staging:rolled_back deploy-staging@120"),
        ("staging.begin takes 121s", "staging:untouched deploy-staging=timed_out"),
        ("staging takes 121s", "staging:rolled_back"),
    ]);
}

#[test]
fn putting_back_may_fail_too() {
    let stage = Stage::new(RELEASE);
    stage.table(&[
        (
            "production.smoke failed, production.restore failed",
            "production:rolled_back deploy-production=failed reconcile-production=passed run=failure",
        ),
        (
            "production.smoke failed, production.restore timed_out",
            "production:rolled_back reconcile-production=passed",
        ),
        (
            "production.smoke failed, production.restore takes 1m",
            "production:rolled_back deploy-production@60",
        ),
        (
            "production.smoke failed, production.restore takes 2h",
            "production:rolled_back reconcile-production=passed",
        ),
        // Nothing to do, and nothing that it could do.
        ("production.smoke failed", "production:rolled_back reconcile-production=passed"),
        ("production.begin failed", "production:untouched reconcile-production=passed"),
        ("quality failed", "reconcile-production=skipped reconcile-staging=skipped"),
        ("cancelled during production, production.restore failed", "production:not_restored run=cancelled"),
        // Nothing is put back, so that cannot fail.
        ("production.restore failed", "production:deployed run=success"),
        ("production.begin failed, production.restore failed", "production:untouched"),
    ]);
    assert_eq!(
        told(&stage.play("production.smoke failed, production.restore failed"), "deploy-production"),
        ["0s rolled out", "0s failed: smoke failed", "0s NOT put back: that failed too"]
    );
    assert_eq!(
        told(&stage.play("production.smoke failed, production.restore failed"), "reconcile-production"),
        ["0s passed: what was live before is put back"]
    );
    assert_eq!(
        told(&stage.play("production.smoke failed"), "reconcile-production"),
        ["0s passed: nothing to put back"]
    );
    // Without a ledger nobody else knows what was good.
    let target = "kubernetes { kubeconfig secret PRODUCTION; deployment \"test\"; timeout 2m }";
    let without = RELEASE.replace(target, "command { deploy \"./d\"; live \"./l\"; timeout 2m }");
    Stage::new(&without).table(&[(
        "production.smoke failed, production.restore failed",
        "production:not_restored deploy-production=failed",
    )]);
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
        // What starts at the very moment is hit too.
        ("evals takes 10m, staging takes 5m, cancelled during evals", "gate-unit=cancelled deploy-staging=skipped"),
        ("evals failed, cancelled during staging", "gate-evals=failed staging:rolled_back run=cancelled"),
    ]);
}

/// What starts beside the job in which the cancel comes is hit with it; what lies behind does not start.
#[test]
fn a_cancel_hits_what_starts_beside_it() {
    let text = r#"mlpipe 1
pipeline test
on push main
gate unit { run "pytest" }
image ghcr "ghcr.io/acme/test" { tags commit }
deploy a { target command { deploy "./d"; live "./l" } }
deploy b { after a; target command { deploy "./d"; live "./l" }; smoke "./s" }
deploy c { after a; target command { deploy "./d"; live "./l" }; smoke "./s" }
deploy d { after c; target command { deploy "./d"; live "./l" } }
deploy e { after a; approval required { expires 3d }; target command { deploy "./d"; live "./l" } }
"#;
    let both = "a:deployed b:rolled_back c:rolled_back deploy-c=cancelled deploy-d=skipped d:untouched approve-e=cancelled \
                e!asked e!not-approved deploy-e=skipped run=cancelled deploy-c@0";
    let stage = Stage::new(text);
    stage.table(&[
        ("cancelled during b", both),
        ("cancelled during c", both),
        ("cancelled during b.smoke", both),
        ("cancelled during b, c takes 5m", both),
        ("cancelled during b.begin", "b:untouched c:rolled_back deploy-c=cancelled"),
        // It had not touched anything.
        ("cancelled during b, c.begin takes 1m", "c:untouched deploy-c=cancelled"),
        ("cancelled during b, c.begin failed", "c:untouched deploy-c=failed"),
        ("cancelled during a", "a:rolled_back deploy-b=skipped deploy-c=skipped approve-e=skipped"),
        ("cancelled during d", "b:deployed c:deployed d:rolled_back e!approved"),
        // It runs when it comes, and what would start at that moment does not.
        ("b takes 2m, c takes 1m, cancelled during b at 1m", "b:rolled_back c:deployed deploy-d=skipped"),
    ]);
    let played = stage.play("cancelled during b");
    assert_eq!(told(&played, "deploy-c"), ["0s cancelled", "0s what was live before is put back"]);
}
