//! Canary, watch and halt.

use super::soaks::SOAK;
use super::{Stage, told};
use std::time::{Duration, Instant};

const LIVE: &str = r#"mlpipe 1
pipeline test
on push main
image ghcr "ghcr.io/acme/test" { tags commit }
deploy production {
  target kubernetes {
    kubeconfig secret KUBECONFIG
    namespace "ml"; deployment "test"; container "app"; traffic nginx "test"
  }
  smoke  "python smoke.py"
  canary 5% for 10m, 25% for 10m, 100%
  watch 30m every 1m {
    prometheus secret PROMETHEUS_URL
    metric error_rate  = "errors"
    metric latency.p99 = "latency" in s
    smoke "python watch.py" every 5m
  }
  rollback {
    when error_rate     > 1%
    when latency.p99    > 5s for 3m
    when smoke.failures > 3 consecutive
    within 3m
    halt when rollbacks > 2 in 1h
  }
}
"#;

const PASSED: &str = "production:deployed deploy-production=passed deploy-production@3000";

fn back(at: &str) -> String {
    format!("production:rolled_back deploy-production=failed deploy-production@{at} run=failure")
}

fn rows(stage: &Stage, rows: &[(&str, &str)]) {
    for (given, wanted) in rows {
        let wanted = if *wanted == "passed" { PASSED.to_owned() } else { back(wanted) };
        stage.table(&[(*given, &wanted)]);
    }
}

#[test]
fn a_trigger_trips_at_the_first_poll_that_sees_it() {
    rows(
        &Stage::new(LIVE),
        &[
            ("", "passed"),
            ("production.error_rate = 1.3% at 12m", "720"),
            ("production.error_rate = 1.3% at 12m, production.error_rate = 0.1% at 20m", "720"),
            ("production.error_rate = 1.3% at 690s", "720"),
            ("production.error_rate = 1.3%", "60"),
            ("production.error_rate = 0.013 at 12m", "720"),
            ("production.error_rate = 1% at 12m", "passed"),
            // Between two polls nobody sees it.
            ("production.error_rate = 50% at 661s, production.error_rate = 0% at 719s", "passed"),
            ("production.error_rate = 50% at 11m, production.error_rate = 0% at 661s", "660"),
            // The poll at the end counts; what comes after it is refused.
            ("production.error_rate = 2% at 50m", "3000"),
            // Of two the first.
            ("production.error_rate = 2% at 20m, production.latency.p99 = 9s at 10m", "780"),
            ("production.error_rate = 2% at 13m, production.latency.p99 = 9s at 10m", "780"),
        ],
    );
}

#[test]
fn the_first_step_of_a_canary_may_trip() {
    let stage = Stage::new(LIVE);
    let played = stage.play("production.error_rate = 2% at 2m");
    assert_eq!(
        told(&played, "deploy-production"),
        [
            "0s 5% of the traffic",
            "0s smoke test passed",
            "2m failed: `error_rate > 1%`: it is 2%",
            "2m what was live before is put back",
        ]
    );
    // The deploy's own smoke runs after every step.
    stage.table(&[("production.smoke takes 1m", "production:deployed deploy-production@3180")]);
    let calls = &played.jobs.iter().find(|j| j.id == "deploy-production").unwrap().calls;
    assert_eq!(calls.last().unwrap(), &["deploy", "production", "restore"]);
    let phases: Vec<&str> = calls.iter().map(|c| c.last().unwrap().as_str()).collect();
    assert_eq!(phases, ["begin", "roll-out", "canary-1", "restore"]);
    let good = stage.play("production.error_rate = 1%");
    let calls = &good.jobs.iter().find(|j| j.id == "deploy-production").unwrap().calls;
    let phases: Vec<&str> = calls.iter().map(|c| c.last().unwrap().as_str()).collect();
    assert_eq!(phases, ["begin", "roll-out", "canary-1", "canary-2", "canary-3", "watch", "finish"]);
}

#[test]
fn more_than_three_in_a_row_is_four() {
    rows(
        &Stage::new(LIVE),
        &[
            ("production.smoke failed at 5m", "1200"),
            ("production.smoke failed at 6m", "1500"),
            ("production.smoke failed at 5m, production.smoke passed at 20m", "passed"),
            ("production.smoke failed at 5m, production.smoke passed at 21m", "1200"),
            // A success between them begins anew.
            (
                "production.smoke failed at 5m, production.smoke passed at 20m, production.smoke failed at 25m",
                "2400",
            ),
            (
                "production.smoke failed at 5m, production.smoke passed at 20m, production.smoke failed at 25m, \
                 production.smoke passed at 40m",
                "passed",
            ),
            // One that no run of the smoke sees does not.
            (
                "production.smoke failed at 5m, production.smoke passed at 11m, production.smoke failed at 14m",
                "1200",
            ),
            // The fourth would come behind the window.
            ("production.smoke failed at 40m", "passed"),
            ("production.smoke failed at 35m", "3000"),
        ],
    );
    let all = LIVE.replace("> 3 consecutive", "> 3");
    rows(
        &Stage::new(&all),
        &[
            ("production.smoke failed at 5m, production.smoke passed at 20m", "passed"),
            (
                "production.smoke failed at 5m, production.smoke passed at 20m, production.smoke failed at 30m",
                "1800",
            ),
        ],
    );
    for (rule, at) in
        [(">= 3 consecutive", "900"), ("> 0", "300"), ("== 2", "600"), (">= 1 consecutive", "300")]
    {
        let text = LIVE.replace("> 3 consecutive", rule);
        rows(&Stage::new(&text), &[("production.smoke failed at 5m", at)]);
    }
}

#[test]
fn for_three_minutes_is_every_poll_of_them() {
    rows(
        &Stage::new(LIVE),
        &[
            ("production.latency.p99 = 6s at 12m", "900"),
            ("production.latency.p99 = 6000ms at 12m", "900"),
            ("production.latency.p99 = 5s at 12m", "passed"),
            ("production.latency.p99 = 6s at 12m, production.latency.p99 = 2s at 15m", "passed"),
            ("production.latency.p99 = 6s at 12m, production.latency.p99 = 2s at 901s", "900"),
            // Other values that hold too go on with the streak, a break begins it anew.
            ("production.latency.p99 = 6s at 12m, production.latency.p99 = 7s at 14m", "900"),
            (
                "production.latency.p99 = 6s at 12m, production.latency.p99 = 2s at 14m, production.latency.p99 = 6s at 15m",
                "1080",
            ),
            // From step to step of the canary.
            ("production.latency.p99 = 6s at 9m", "720"),
            // 47m, 48m, 49m, 50m: the last poll is the fourth.
            ("production.latency.p99 = 6s at 47m", "3000"),
            ("production.latency.p99 = 6s at 48m", "passed"),
        ],
    );
}

#[test]
fn no_number_is_never_good() {
    let stage = Stage::new(LIVE);
    rows(
        &stage,
        &[
            ("production.error_rate = missing at 3m", "600"),
            ("production.error_rate = nan at 3m", "600"),
            ("production.error_rate = \"n/a\" at 3m", "600"),
            ("production.error_rate = missing at 3m, production.error_rate = 0% at 10m", "passed"),
            ("production.error_rate = missing at 3m, production.error_rate = 0% at 601s", "600"),
            ("production.error_rate = missing at 12m", "1200"),
            ("production.error_rate = missing at 21m", "3000"),
            ("production.error_rate = missing", "600"),
            // It ends no streak and is none.
            (
                "production.latency.p99 = 6s at 12m, production.latency.p99 = missing at 13m, production.latency.p99 = 6s at 14m",
                "900",
            ),
            (
                "production.latency.p99 = 6s at 12m, production.latency.p99 = missing at 13m, production.latency.p99 = 6s at 18m",
                "1080",
            ),
            (
                "production.latency.p99 = 6s at 12m, production.latency.p99 = missing at 13m, production.latency.p99 = 1s at 18m",
                "passed",
            ),
        ],
    );
    assert_eq!(
        told(&stage.play("production.error_rate = missing at 3m"), "deploy-production")[2],
        "10m failed: `error_rate` is missing, and a metric without a number is never good"
    );
}

#[test]
fn what_is_tolerated_is_counted_in_polls() {
    let text = LIVE.replace("prometheus secret", "missing tolerate 2; prometheus secret");
    assert_ne!(text, LIVE);
    let stage = Stage::new(&text);
    rows(
        &stage,
        &[
            // Of the polls up to 10m those at 9m and 10m; then the one at 8m too.
            ("production.error_rate = missing at 481s, production.error_rate = 0% at 11m", "passed"),
            ("production.error_rate = missing at 8m, production.error_rate = 0% at 11m", "600"),
            // 19m and 20m, and it goes on into the next step.
            ("production.error_rate = missing at 19m, production.error_rate = 0% at 21m", "passed"),
            ("production.error_rate = missing at 49m", "passed"),
            ("production.error_rate = missing at 48m", "3000"),
            // A number between them begins anew.
            (
                "production.error_rate = missing at 3m, production.error_rate = 0% at 8m, \
                 production.error_rate = missing at 9m, production.error_rate = 0% at 11m",
                "passed",
            ),
            // It ends no streak and is none.
            (
                "production.latency.p99 = 6s at 12m, production.latency.p99 = missing at 13m, production.latency.p99 = 6s at 14m",
                "900",
            ),
        ],
    );
    assert_eq!(
        told(&stage.play("production.error_rate = missing at 3m"), "deploy-production")[2],
        "10m failed: `error_rate` is missing at 8 polls in a row, and 2 are tolerated"
    );
}

#[test]
fn nothing_is_judged_while_it_warms_up() {
    let text = LIVE.replace("prometheus secret", "warm_up 2m; prometheus secret");
    assert_ne!(text, LIVE);
    rows(
        &Stage::new(&text),
        &[
            ("production.error_rate = 2%, production.error_rate = 0% at 2m", "passed"),
            ("production.error_rate = 2%", "120"),
            // Traffic moves at 10m and 20m; the poll at that moment is of the step before.
            ("production.error_rate = 2% at 601s, production.error_rate = 0% at 12m", "passed"),
            ("production.error_rate = 2% at 601s", "720"),
            ("production.error_rate = 2% at 10m, production.error_rate = 0% at 601s", "600"),
            ("production.error_rate = 2% at 1201s, production.error_rate = 0% at 22m", "passed"),
            ("production.error_rate = 2% at 1201s", "1320"),
            ("production.error_rate = 2% at 23m", "1380"),
            // A streak goes on over it: 9m, 10m, then 12m.
            ("production.latency.p99 = 6s at 9m", "720"),
            ("production.error_rate = missing, production.error_rate = 0% at 2m", "passed"),
            // Smoke is judged at once.
            ("production.smoke failed at 1m", "1200"),
        ],
    );
}

#[test]
fn fewer_samples_than_the_least_are_no_number() {
    let text = LIVE.replace(
        "metric error_rate  = \"errors\"",
        "metric error_rate  = \"errors\" { min_samples 100 of \"n\" }",
    );
    assert_ne!(text, LIVE);
    let stage = Stage::new(&text);
    rows(
        &stage,
        &[
            ("production.error_rate = 2% at 5m, production.samples.error_rate = 100", "300"),
            ("production.error_rate = 2% at 5m", "300"),
            ("production.error_rate = 2% at 5m, production.samples.error_rate = 99", "600"),
            (
                "production.error_rate = 2% at 5m, production.samples.error_rate = 99, production.samples.error_rate = 120 at 7m",
                "420",
            ),
            ("production.samples.error_rate = missing", "600"),
            ("production.samples.error_rate = 20, production.samples.error_rate = 100 at 10m", "passed"),
        ],
    );
    assert_eq!(
        told(&stage.play("production.samples.error_rate = 20"), "deploy-production")[2],
        "10m failed: `error_rate` is without a number, since it has 20 samples, and 100 are needed, \
         and a metric without a number is never good"
    );
}

#[test]
fn the_version_before_is_compared_with_while_it_serves() {
    let text = LIVE
        .replace(
            "metric error_rate  = \"errors\"",
            "metric error_rate  = \"errors\" { baseline live \"before\" }",
        )
        .replace("when error_rate     > 1%", "when error_rate     > baseline + 10%");
    assert_ne!(text, LIVE);
    let stage = Stage::new(&text);
    rows(
        &stage,
        &[
            ("production.baseline.error_rate = 1%, production.error_rate = 1.1%", "passed"),
            ("production.baseline.error_rate = 1%, production.error_rate = 1.1000001%", "60"),
            ("production.baseline.error_rate = 1%, production.error_rate = 2% at 20m", "1200"),
            // From 20m on it has all traffic.
            ("production.baseline.error_rate = 1%, production.error_rate = 2% at 1201s", "passed"),
            (
                "production.baseline.error_rate = 3%, production.error_rate = 2%, production.baseline.error_rate = 1% at 7m",
                "420",
            ),
            ("production.baseline.error_rate = missing at 1m, production.error_rate = 2%", "600"),
            (
                "production.baseline.error_rate = missing at 1m, production.baseline.error_rate = 9% at 10m, production.error_rate = 2%",
                "passed",
            ),
        ],
    );
    assert_eq!(
        told(
            &stage.play("production.baseline.error_rate = 1%, production.error_rate = 2%"),
            "deploy-production"
        )[2],
        "1m failed: `error_rate > baseline + 10%`: it is 2%, the baseline is 1%"
    );
}

#[test]
fn a_cancel_in_a_canary_puts_back() {
    Stage::new(LIVE).table(&[
        (
            "cancelled during production at 12m",
            "production:rolled_back deploy-production=cancelled deploy-production@720",
        ),
        // The trigger comes first.
        (
            "cancelled during production at 12m, production.error_rate = 2% at 5m",
            "run=failure deploy-production@300",
        ),
        ("cancelled during production at 12m, production.error_rate = 2% at 13m", "run=cancelled"),
        // The smoke of the second step, that of the first is over.
        ("cancelled during production.smoke at 5m", "deploy-production=cancelled deploy-production@600"),
        ("cancelled during production.smoke", "deploy-production=cancelled deploy-production@0"),
        (
            "cancelled during production.finish",
            "deploy-production=cancelled deploy-production@3000 production:rolled_back",
        ),
    ]);
}

#[test]
fn other_strategies_are_watched_when_traffic_moves() {
    let strategy = |with: &str| LIVE.replace("  canary 5% for 10m, 25% for 10m, 100%\n", with);
    rows(
        &Stage::new(&strategy("")),
        &[("production.error_rate = 2% at 5m", "300"), ("production.error_rate = 2% at 30m", "1800")],
    );
    Stage::new(&strategy("")).table(&[("", "deploy-production=passed deploy-production@1800")]);
    let stage = Stage::new(&strategy("  blue_green for 10m\n"));
    stage.table(&[
        ("", "deploy-production=passed deploy-production@2400"),
        // Before the switch it serves nobody.
        (
            "production.roll-out takes 4m, production.error_rate = 2% at 1m, production.error_rate = 0% at 3m",
            "production:deployed deploy-production@2640",
        ),
        // The old one is at hand for ten minutes, and for the window after them.
        ("production.error_rate = 2% at 5m", "production:rolled_back deploy-production@300"),
        ("production.error_rate = 2% at 39m", "production:rolled_back deploy-production@2340"),
        ("production.smoke failed", "production:rolled_back deploy-production@0"),
        ("production.switch failed", "production:rolled_back deploy-production@0"),
        ("cancelled during production.switch", "deploy-production=cancelled production:rolled_back"),
    ]);
    assert_eq!(
        told(&stage.play(""), "deploy-production"),
        [
            "0s runs beside the one before",
            "0s smoke test passed",
            "0s all of the traffic, the one before stays at hand",
            "0s smoke test passed",
            "10m watches error_rate, latency.p99, smoke every 5m every 1m for 30m",
            "40m deployed",
        ]
    );
}

#[test]
fn copies_come_after_the_smoke_test_and_before_the_window() {
    let from = "deploy origin {\n  target kubernetes { kubeconfig secret K; deployment \"o\"; traffic nginx \"o\" }\n}\n";
    let shadow = |with: &str| {
        let text = LIVE.replace("  canary 5% for 10m, 25% for 10m, 100%\n", with);
        Stage::new(&text.replace("deploy production", &format!("{from}deploy production")))
    };
    let stage = shadow("  shadow from origin\n");
    stage.table(&[
        ("", "production:deployed deploy-production@1800"),
        ("production.shadow failed", "production:rolled_back deploy-production@0 origin:deployed"),
        ("production.smoke failed, production.shadow failed", "production:rolled_back"),
        (
            "production.shadow takes 2m, production.error_rate = 2% at 1m",
            "production:rolled_back deploy-production@120",
        ),
        ("cancelled during production.shadow", "deploy-production=cancelled production:rolled_back"),
    ]);
    let copies = "0s gets copies of the requests of origin";
    let told_of = |stage: &Stage| told(&stage.play(""), "deploy-production");
    assert_eq!(told_of(&stage)[..3], ["0s rolled out", "0s smoke test passed", copies]);
    let canary = told_of(&shadow("  shadow from origin\n  canary 5%, 100%\n"));
    assert_eq!(canary[..2], [copies, "0s 5% of the traffic"]);
    let green = told_of(&shadow("  shadow from origin\n  blue_green\n"));
    assert_eq!(green[..3], ["0s runs beside the one before", "0s smoke test passed", copies]);
}

#[test]
fn the_third_rollback_in_an_hour_halts() {
    let trip = "production.error_rate = 2% at 10m";
    let stage = Stage::new(LIVE);
    for (given, halts) in [
        ("production.rollbacks = 1 in 1h", false),
        ("production.rollbacks = 2 in 1h", true),
        ("production.rollbacks = 2 in 30m", true),
        ("production rolled_back 5m ago, production rolled_back 50m ago", true),
        // This run's comes 10m after its start.
        ("production rolled_back 5m ago, production rolled_back 51m ago", false),
        ("production rolled_back 5m ago, production rolled_back 2h ago", false),
        ("production.rollbacks = 1 in 1h, production rolled_back 40m ago", true),
        ("production.rollbacks = 1 in 1h, production rolled_back 1h ago", false),
        (
            "production rolled_back 3h ago, production rolled_back 190m ago, production rolled_back 5m ago",
            false,
        ),
    ] {
        let flag = if halts { "!halted" } else { "!not-halted" };
        stage.table(&[(
            format!("{given}, {trip}").as_str(),
            format!("production:rolled_back deploy-production=failed production{flag}").as_str(),
        )]);
    }
    let played = stage.play(&format!("production.rollbacks = 2 in 1h, {trip}"));
    assert_eq!(
        told(&played, "deploy-production").last().unwrap(),
        "10m halted: 3 rollbacks of production in 1h, `rollbacks > 2 in 1h`; no deploy starts there until a person resumes"
    );
    // An attempt to put back that failed is one too; a deploy that touched nothing is none.
    stage.table(&[
        (
            "production.rollbacks = 2 in 1h, production failed, production.restore failed",
            "production:rolled_back production!halted",
        ),
        ("production.rollbacks = 2 in 1h, production.begin failed", "production!not-halted"),
        (
            "production.rollbacks = 2 in 1h, cancelled during production at 3m",
            "production!halted run=cancelled",
        ),
        ("production.rollbacks = 2 in 1h", "production:deployed production!not-halted run=success"),
    ]);
}

#[test]
fn a_halted_pipeline_touches_nothing() {
    let stage = Stage::new(LIVE);
    let halted = "deploy-production=failed production:untouched production!halted image=passed run=failure";
    stage.table(&[
        ("production.rollbacks = 3 in 1h", halted),
        ("production rolled_back 1m ago, production rolled_back 2m ago, production rolled_back 3m ago", halted),
        // Halted then, and only a person ends it.
        ("production rolled_back 300m ago, production rolled_back 310m ago, production rolled_back 350m ago", halted),
        ("production rolled_back 300m ago, production rolled_back 310m ago, production rolled_back 361m ago", "production:deployed production!not-halted"),
    ]);
    let played = stage.play("production.rollbacks = 3 in 1h");
    assert_eq!(
        told(&played, "deploy-production"),
        ["0s failed: halted: 3 rollbacks of production in 1h, `rollbacks > 2 in 1h`"]
    );
    // Rollbacks of one environment stop every deploy whose ledger lies in the same place, and no other.
    Stage::new(SOAK).table(&[
        (
            "staging.rollbacks = 2 in 1h, staging failed",
            "staging:rolled_back staging!halted production!halted",
        ),
        ("staging.rollbacks = 3 in 1h", "deploy-staging=failed staging:untouched approve-production=skipped"),
        // A soak takes nothing back.
        (
            "staging.rollbacks = 2 in 1h, staging.error_rate = 6% at 3h",
            "staging:deployed soak-staging=failed production!not-halted",
        ),
    ]);
    let staging = r#"deploy staging {
  target kubernetes { kubeconfig secret STAGING; deployment "test" }
}
deploy production {"#;
    Stage::new(&LIVE.replace("deploy production {", staging)).table(&[(
        "production.rollbacks = 3 in 1h",
        "staging:deployed staging!not-halted production:untouched production!halted run=failure",
    )]);
}

/// A halt stops deploys that start after it, not one that goes on beside it.
#[test]
fn a_halt_has_its_moment() {
    let text = r#"mlpipe 1
pipeline test
on push main
state git "mlpipe-ledger"
gate evals { run "python evals.py"; before ap }
gate early { run "python evals.py"; before first }
image ghcr "ghcr.io/acme/test" { tags commit }
deploy staging { target command { deploy "./d"; live "./l" } }
deploy first { after staging; target command { deploy "./d"; live "./l" } }
deploy eu {
  after  staging
  target command { deploy "./d"; live "./l" }
  rollback { halt when rollbacks > 0 in 1h }
}
deploy us { after staging; target command { deploy "./d"; live "./l" } }
deploy ap { after staging; target command { deploy "./d"; live "./l" } }
"#;
    Stage::new(text).table(&[
        (
            "eu takes 2m, eu.finish failed, evals takes 10m, us takes 3m",
            "eu:rolled_back us:deployed ap:untouched deploy-ap=failed deploy-ap@600 us!halted",
        ),
        ("eu failed", "eu:rolled_back us:deployed ap:deployed eu!halted"),
        // Whatever stands first in the spec.
        (
            "eu takes 2m, eu.finish failed, early takes 10m",
            "eu:rolled_back first:untouched deploy-first=failed deploy-first@600",
        ),
        (
            "eu takes 2m, evals takes 1m, cancelled during us at 1m, us takes 5m",
            "us:rolled_back eu:rolled_back",
        ),
        ("eu.rollbacks = 1 in 1h", "deploy-staging=failed deploy-eu=skipped eu:untouched"),
    ]);
}

#[test]
fn a_watch_of_thirty_days_every_second_is_quick() {
    let text = LIVE.replace("watch 30m every 1m", "watch 30d every 1s");
    let began = Instant::now();
    let stage = Stage::new(&text);
    stage.table(&[
        ("", "production:deployed deploy-production@2593200"),
        ("production.error_rate = 2% at 30d", "production:rolled_back deploy-production@2592000"),
        ("production.smoke failed at 29d", "production:rolled_back"),
    ]);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}
