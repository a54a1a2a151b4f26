//! Every trigger of a rollback can trip, and just does not by the least there is.

use super::Stage;
use crate::scenario::{Left, Played, TriggerWitness, triggers};

/// Every comparison and every way to last, over a canary, beside the old one, and over a soak.
const TRIGGERS: &str = r#"mlpipe 1
pipeline p
state git "mlpipe-ledger"
on push main
on tag "v*"
gate unit { run "pytest" }
image ghcr "ghcr.io/acme/p" { tags commit }
deploy canary {
  target command { deploy "./d"; live "./l"; shift "./s"; promote "./p" }
  canary 10% for 7m, 50% for 90s, 100%
  watch 10m every 1m { prometheus secret URL; metric error_rate = "e"; metric latency.p99 = "l" in ms; smoke "./s" every 90s }
  rollback {
    when error_rate > 1% for 10m
    when error_rate >= 1.5%
    when error_rate == 3% for 90s
    when error_rate != 0%
    when latency.p99 < 1ms
    when latency.p99 <= 0s for 1s
    when smoke.failures > 3 consecutive
    when smoke.failures >= 5
    when smoke.failures != 2
    when smoke.failures == 2 consecutive
  }
}
deploy soaked {
  on tag "v*"
  target command { deploy "./d soaked"; live "./l soaked" }
  watch 1m every 7m { prometheus secret URL; metric error_rate = "e"; smoke "./s" every 20s }
  rollback { when error_rate > 0 for 2h; when smoke.failures > 2 consecutive; when smoke.failures > 0 }
  soak 24h
}
deploy beside {
  target kubernetes { kubeconfig secret KUBECONFIG; namespace "ml"; deployment "p"; container "app"; traffic nginx "p" }
  blue_green for 11m
  watch 10m every 3m { prometheus secret URL; metric drift_percent = "d"; smoke "./s" every 4m }
  rollback { when drift_percent >= 5% for 3m; when smoke.failures >= 2 consecutive }
}
"#;

/// What tells that a deploy was taken back, or that its soak did not hold, if it was so.
fn taken_back(played: &Played, witness: &TriggerWitness) -> Option<String> {
    let environment = played.environments.iter().find(|e| e.name == witness.environment)?;
    let soak = played.jobs.iter().find(|j| j.id == format!("soak-{}", witness.environment));
    let told: Vec<&str> = played.timeline.iter().map(|e| e.what.as_str()).collect();
    let gone = environment.left == Left::RolledBack || soak.is_some_and(|j| j.state.word() == "failed");
    gone.then(|| told.join("\n"))
}

/// The events of the spec on which a deploy without trouble ends well.
fn event(stage: &Stage, environment: &str) -> Option<String> {
    ["", "on tag v1", "on push main", "on schedule", "on manual"].into_iter().map(str::to_owned).find(
        |given| {
            let played = stage.play(given);
            let job = played.jobs.iter().find(|j| j.id == format!("deploy-{environment}"));
            job.is_some_and(|j| j.state.word() == "passed")
        },
    )
}

/// Plays both runs of every trigger; how many there were.
#[track_caller]
fn hold(text: &str) -> usize {
    let stage = Stage::new(text);
    let all = triggers(&stage.spec);
    for w in &all {
        let event = event(&stage, &w.environment).unwrap_or_else(|| panic!("{} never runs", w.environment));
        let given = |what: &str| [event.as_str(), what].join(if event.is_empty() { "" } else { ", " });
        // The others do not matter here, and one of them might trip first.
        let mut alone = Stage { spec: stage.spec.clone(), plan: stage.plan.clone() };
        for d in alone.spec.deploys.values_mut() {
            let own = d.name.node == w.environment;
            d.rollback.iter_mut().for_each(|r| r.when.retain(|rule| own && rule.text == w.text));
        }
        let why = taken_back(&alone.play(&given(&w.tripping)), w);
        let why = why.unwrap_or_else(|| panic!("`{}` holds, given {}", w.text, w.tripping));
        assert!(why.contains(&format!("`{}`", w.text)), "{}: {why}", w.text);
        let back = taken_back(&alone.play(&given(&w.holding)), w);
        assert_eq!(back, None, "`{}` trips, given {}", w.text, w.holding);
        // Among all of them something takes it back.
        assert!(taken_back(&stage.play(&given(&w.tripping)), w).is_some(), "{}", w.text);
    }
    let written: usize = stage.spec.deploys.values().flat_map(|d| &d.rollback).map(|r| r.when.len()).sum();
    assert_eq!(all.len(), written, "each trigger has its two runs");
    all.len()
}

#[test]
fn every_form_of_trigger_trips_and_holds_at_its_edge() {
    assert_eq!(hold(TRIGGERS), 15);
}

#[test]
fn every_trigger_of_the_corpus_and_the_examples_trips_and_holds() {
    let root = camino::Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    let texts = [
        "tests/corpus/ok/live.mlpipe",
        "examples/canary-release/release.mlpipe",
        "examples/fastapi-service/full.mlpipe",
        "examples/fraud-scorer/release.mlpipe",
        "examples/llm-service/full.mlpipe",
    ];
    for path in texts {
        let text = std::fs::read_to_string(root.join(path)).unwrap();
        assert!(hold(&text) >= 1, "{path}");
    }
}

#[test]
fn the_words_are_those_of_a_scenario() {
    let stage = Stage::new(TRIGGERS);
    let all = triggers(&stage.spec);
    let of =
        |text: &str| all.iter().find(|w| w.text == text).map(|w| (w.tripping.as_str(), w.holding.as_str()));
    assert_eq!(
        of("error_rate >= 1.5%"),
        Some(("canary.error_rate = 0.015", "canary.error_rate = 0.014999999"))
    );
    assert_eq!(
        of("smoke.failures > 3 consecutive"),
        Some((
            "canary.smoke failed at 1s, canary.smoke passed at 361s",
            "canary.smoke failed at 1s, canary.smoke passed at 360s"
        ))
    );
}
