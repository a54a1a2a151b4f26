//! Gates: by value and unit, against a baseline, repeated, advisory, by what changed.

use super::{RELEASE, Stage, told};

#[test]
fn a_metric_is_judged_by_value_and_unit() {
    let passed = |given| (given, "gate-quality=passed image=passed production:deployed run=success");
    let failed = |given| (given, "gate-quality=failed image=skipped production:untouched run=failure");
    Stage::new(RELEASE).table(&[
        passed("quality.accuracy = 0.85"),
        failed("quality.accuracy = 0.849999999999999"),
        failed("quality.accuracy = 0.80"),
        passed("quality.accuracy = 85%"),
        failed("quality.accuracy = 84.9%"),
        failed("quality.accuracy = -1"),
        passed("quality.latency.p95 = 199ms"),
        failed("quality.latency.p95 = 200ms"),
        failed("quality.latency.p95 = 0.2s"),
        passed("quality.latency.p95 = 0.1999s"),
        failed("quality.latency.p95 = 1m"),
        passed("quality.size = 2GiB"),
        passed("quality.size = 2048MiB"),
        failed("quality.size = 2049MiB"),
        failed("quality.size = 2147483649B"),
        passed("quality.loss_percent = 4.9%"),
        failed("quality.loss_percent = 5%"),
        failed("quality.loss_percent = 0.05"),
        passed("quality.loss_percent = 0.04"),
        failed("quality.accuracy = missing"),
        failed("quality.accuracy = nan"),
        failed("quality.accuracy = \"0.99\""),
        // What is good beside it changes nothing.
        failed("quality.accuracy = 0.99, quality.latency.p95 = 300ms"),
        failed("quality passed, quality.accuracy = 0.1"),
    ]);
}

#[test]
fn a_baseline_moves_as_a_decimal() {
    let passed = |given| (given, "gate-quality=passed");
    let failed = |given| (given, "gate-quality=failed");
    Stage::new(RELEASE).table(&[
        // In floats 0.81 - 0.01 is 0.8000000000000000444, and 0.1 + 20 % is 0.12000000000000001.
        passed("quality.f1 = 0.80, quality.baseline.f1 = 0.81"),
        passed("quality.f1 = 0.90, quality.baseline.f1 = 0.91"),
        passed("quality.f1 = 0.29, quality.baseline.f1 = 0.30"),
        failed("quality.f1 = 0.7999999999, quality.baseline.f1 = 0.81"),
        passed("quality.drift = 0.12, quality.baseline.drift = 0.1"),
        passed("quality.drift = 0.36, quality.baseline.drift = 0.3"),
        failed("quality.drift = 0.120000000000001, quality.baseline.drift = 0.1"),
        failed("quality.drift = 0.121, quality.baseline.drift = 0.1"),
        // A share of what is below zero goes away from it, not towards it.
        passed("quality.drift = -0.08, quality.baseline.drift = -0.1"),
        failed("quality.drift = -0.07, quality.baseline.drift = -0.1"),
        failed("quality.f1 = missing, quality.baseline.f1 = 0.5"),
        // A baseline without a number fails the gate, whatever the metric is.
        failed("quality.f1 = 0.8, quality.baseline.f1 = missing"),
        failed("quality.f1 = 0.8, quality.baseline.f1 = nan"),
        failed("quality.f1 = 0.8, quality.baseline.f1 = \"0.8\""),
        failed("quality.baseline.f1 = missing"),
    ]);
}

#[test]
fn a_gate_says_which_rule_did_not_hold() {
    let stage = Stage::new(RELEASE);
    let played =
        stage.play("quality takes 12m, quality.accuracy = 80%, quality.f1 = 0.7, quality.baseline.f1 = 0.81");
    assert_eq!(
        told(&played, "gate-quality"),
        [
            "0s starts",
            "12m failed: `accuracy >= 0.85` does not hold: it is 80%; \
             `f1 >= baseline - 0.01` does not hold: it is 0.7, the baseline is 0.81"
        ]
    );
    let played = stage.play("quality.f1 = 0.8, quality.baseline.f1 = \"x\"");
    assert_eq!(
        told(&played, "gate-quality"),
        ["0s failed: `f1 >= baseline - 0.01` does not hold: the baseline is the text \"x\""]
    );
    let played = stage.play("quality failed, quality.accuracy = missing");
    assert_eq!(
        told(&played, "gate-quality"),
        ["0s failed: the command failed; `accuracy >= 0.85` does not hold: the metric is missing"]
    );
    let played = stage.play("quality timed_out");
    assert_eq!(
        told(&played, "gate-quality"),
        ["0s starts", "30m timed out: the command did not end within 30m"]
    );
}

#[test]
fn repetitions_end_when_the_verdict_stands() {
    Stage::new(RELEASE).table(&[
        ("golden takes 10m", "gate-golden=passed gate-golden@1200"),
        ("golden takes 10m, golden failed 1 of 3", "gate-golden=passed gate-golden@1800"),
        ("golden takes 10m, golden failed 2 of 3", "gate-golden=failed gate-golden@1200"),
        ("golden takes 10m, golden failed 3 of 3", "gate-golden=failed gate-golden@1200"),
        ("golden takes 10m, golden failed", "gate-golden=failed gate-golden@1200"),
        ("golden takes 20m, golden failed 1 of 3", "gate-golden=passed gate-golden@3600"),
        ("golden takes 21m, golden failed 1 of 3", "gate-golden=timed_out gate-golden@3600"),
        // One of two has passed when the limit comes; the third has no time left.
        ("golden takes 40m", "gate-golden=timed_out gate-golden@3600"),
        ("golden timed_out", "gate-golden=timed_out gate-golden@3600"),
    ]);
    let stage = Stage::new(RELEASE);
    assert_eq!(
        told(&stage.play("golden failed 2 of 3"), "gate-golden"),
        ["0s failed: 0 of 2 attempts passed, 2 of 3 must; the command failed"]
    );
    assert_eq!(
        told(&stage.play("golden failed 1 of 3"), "gate-golden"),
        ["0s passed: 2 of 3 attempts passed"]
    );
}

#[test]
fn an_advisory_gate_passes_and_says_what_it_found() {
    let stage = Stage::new(RELEASE);
    stage.table(&[
        ("style failed", "gate-style=passed production:deployed run=success"),
        ("style takes 2h", "gate-style=passed gate-style@1800 production:deployed run=success"),
        ("style timed_out", "gate-style=passed production:deployed"),
        ("cancelled during style", "gate-style=cancelled image=skipped run=cancelled"),
    ]);
    assert_eq!(
        told(&stage.play("style failed"), "gate-style"),
        [
            "0s passed: found: the command failed; it does not block, because it is advisory: cleaned up every Friday"
        ]
    );
}

const CHANGED: &str = r#"mlpipe 1
pipeline test
on push main
gate prompts { run "p"; when changed prompt, provider }
gate data    { run "d"; when changed data }
gate later   { run "l"; after prompts }
gate always  { run "a" }
image ghcr "ghcr.io/acme/test" { tags commit }
deploy production { target command { deploy "./d"; live "./l" } }
notify slack secret SLACK_WEBHOOK on failure
"#;

#[test]
fn a_gate_that_nothing_asks_for_is_not_waited_for() {
    Stage::new(CHANGED).table(&[
        ("", "gate-prompts=passed gate-data=passed production:deployed"),
        (
            "changed model",
            "gate-prompts=skipped gate-data=skipped gate-later=passed gate-always=passed production:deployed run=success",
        ),
        ("changed prompt", "gate-prompts=passed gate-data=skipped production:deployed"),
        ("changed data, provider", "gate-prompts=passed gate-data=passed production:deployed"),
        // Not asked for, so it cannot fail.
        ("changed model, prompts failed", "gate-prompts=skipped production:deployed run=success"),
        (
            "changed provider, prompts failed",
            "gate-prompts=failed gate-later=skipped image=skipped production:untouched",
        ),
        ("changed model, always failed", "gate-later=passed image=skipped run=failure"),
    ]);
}
