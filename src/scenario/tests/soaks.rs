//! A soak: what its look back makes of what was.

use super::{Stage, told};

pub(super) const SOAK: &str = r#"mlpipe 1
pipeline test
on push main
state git "mlpipe-ledger"
image ghcr "ghcr.io/acme/test" { tags commit }
deploy staging {
  target command { deploy "./d"; live "./l" }
  watch  10m every 1m { prometheus secret PROMETHEUS_URL; metric error_rate = "errors"; smoke "./s" every 2m }
  rollback { when error_rate > 5%; when smoke.failures > 3 consecutive; within 3m; halt when rollbacks > 2 in 1h }
  soak   24h
}
deploy production {
  approval required
  target command { deploy "./d"; live "./l" }
}
"#;

#[test]
fn the_next_deploy_waits_for_a_soak_that_ends_well() {
    let stage = Stage::new(SOAK);
    let broken = "deploy-staging=passed staging:deployed soak-staging=failed approve-production=skipped \
                  production!not-asked production:untouched run=failure";
    let good = "soak-staging=passed production:deployed run=success";
    stage.table(&[
        ("", good),
        ("", "deploy-staging@600 soak-staging@87000 approve-production@87000 deploy-production@87000"),
        // Nobody looks before it is over.
        ("staging.error_rate = 6% at 3h", broken),
        ("staging.error_rate = 6% at 3h, staging.error_rate = 1% at 181m", broken),
        ("staging.error_rate = 6% at 3h", "soak-staging@87000 approve-production@87000"),
        ("staging.error_rate = 6% at 87000s", broken),
        ("staging.error_rate = 6% at 181m, staging.error_rate = 1% at 10919s", broken),
        ("staging.error_rate = 6% at 10861s, staging.error_rate = 1% at 10919s", good),
        ("staging.error_rate = missing at 1h", broken),
        ("staging.error_rate = missing at 1h, staging.error_rate = 1% at 5h", good),
        // A smoke test cannot be asked for the past; it has to pass at the end, and once is enough.
        ("staging.smoke failed at 5m, staging.smoke passed at 20m", good),
        ("staging.smoke failed at 1h, staging.smoke passed at 20h", good),
        ("staging.smoke failed at 23h", broken),
        // What happens while the deploy finishes is neither the watch's nor the soak's.
        ("staging.error_rate = 6% at 11m, staging.finish takes 5m", broken),
        ("staging.error_rate = 6% at 11m, staging.error_rate = 1% at 15m, staging.finish takes 5m", good),
        // Whatever else the script may find in the ledger.
        ("soak-staging failed", broken),
        ("soak-staging timed_out", "soak-staging=timed_out soak-staging@88800 approve-production=skipped"),
        ("cancelled during soak-staging at 1h", "soak-staging=cancelled soak-staging@4200 run=cancelled"),
        ("staging failed", "staging:rolled_back soak-staging=skipped approve-production=skipped"),
    ]);
    let played = stage.play("staging.error_rate = 6% at 11m, staging.finish takes 5m");
    let times: Vec<u64> = played.timeline.iter().map(|e| e.at.0 / 60_000).collect();
    assert_eq!(told(&played, "deploy-staging").last().unwrap(), "15m deployed");
    assert_eq!(
        told(&played, "soak-staging"),
        ["15m soaks for 1d", "1d 15m failed: `error_rate > 5%`: it is 6%"]
    );
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(told(&stage.play(""), "soak-staging"), ["10m soaks for 1d", "1d 10m has soaked for 1d"]);
    let played = stage.play("staging.smoke failed at 23h");
    assert_eq!(told(&played, "soak-staging")[1], "1d 10m failed: the smoke test fails at its end");
    let calls = |given: &str| {
        let played = stage.play(given);
        played.jobs.into_iter().find(|j| j.id == "soak-staging").unwrap().calls
    };
    assert_eq!(calls(""), [["soak", "staging"]]);
    assert!(calls("cancelled during soak-staging at 1h").is_empty());
}

/// What lasts is counted from the start of the soak: its script knows nothing of the polls before.
#[test]
fn a_streak_does_not_go_on_from_the_watch_into_the_soak() {
    let long = SOAK.replace("when error_rate > 5%;", "when error_rate > 5% for 8m;");
    Stage::new(&long).table(&[
        // Polls from 2 to 10 minutes would be 8; in the soak, from 11 to 19.
        ("staging.error_rate = 6% at 3m, staging.error_rate = 1% at 19m", "production:deployed"),
        ("staging.error_rate = 6% at 3m, staging.error_rate = 1% at 20m", "soak-staging=failed"),
        ("staging.error_rate = 6% at 2m", "staging:rolled_back soak-staging=skipped"),
    ]);
}

/// Nothing warms up in it, samples are asked for the past, what is compared with has gone, and what says only what is has
/// to be there at the end.
#[test]
fn a_soak_knows_the_words_of_a_watch() {
    let with = |metric: &str, words: &str| {
        let metric = format!("metric error_rate = {metric}; {words}; smoke");
        Stage::new(&SOAK.replace("metric error_rate = \"errors\"; smoke", &metric))
    };
    let (broken, good) =
        ("soak-staging=failed production:untouched", "soak-staging=passed production:deployed");
    with("\"errors\"", "warm_up 2m")
        .table(&[("staging.error_rate = 6% at 11m, staging.error_rate = 1% at 690s", broken)]);
    with("\"errors\"", "missing tolerate 3").table(&[
        ("staging.error_rate = missing at 86850s", good),
        ("staging.error_rate = missing at 86790s", broken),
    ]);
    with("\"errors\" { min_samples 100 of \"n\" }", "missing tolerate 3").table(&[
        ("staging.error_rate = 6% at 1h, staging.samples.error_rate = 99 at 1h", broken),
        ("staging.error_rate = 6% at 1h, staging.samples.error_rate = 99 at 1h, staging.error_rate = 1% at 2h, \
          staging.samples.error_rate = 100 at 2h", good),
        ("staging.error_rate = 6% at 1h, staging.samples.error_rate = 100 at 1h, staging.error_rate = 1% at 2h", broken),
    ]);
    for once in
        ["run \"./e\"", "http \"https://e.example.com/e\"", "\"errors\" { min_samples 100 of run \"./n\" }"]
    {
        with(once, "missing tolerate 3").table(&[
            ("staging.error_rate = 6% at 1h, staging.error_rate = 1% at 2h", good),
            ("staging.error_rate = 6% at 24h", broken),
            ("staging.error_rate = missing at 86970s", broken),
        ]);
    }
}
