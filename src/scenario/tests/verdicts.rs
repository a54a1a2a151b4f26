//! Expectations: which plays each word holds of, and what is said when it does not.

use super::{RELEASE, Stage};

#[test]
fn every_word_holds_of_some_plays_and_not_of_others() {
    let stage = Stage::new(RELEASE);
    for (expect, holds, fails) in [
        ("quality passed", "", "quality failed"),
        ("style passed", "style failed", "cancelled during style"),
        ("quality failed", "quality timed_out", "cancelled during quality"),
        ("quality failed", "quality failed", "model-ranker failed"),
        ("quality timed_out", "quality takes 1h", "quality failed"),
        ("production timed_out", "production timed_out", "production failed"),
        ("quality cancelled", "cancelled during quality", "quality failed"),
        ("quality skipped", "model-ranker failed", "quality failed"),
        ("image skipped", "on push other", ""),
        ("image passed", "on pull_request", "on pull_request from fork"),
        ("image skipped", "on pull_request from fork", "on pull_request"),
        ("image failed", "on pull_request, image failed", "on pull_request"),
        ("production deployed", "", "production.smoke failed"),
        ("production untouched", "production.begin failed", "production.smoke failed"),
        ("production untouched", "on pull_request", "approval given after 1h"),
        ("production rolled_back", "production.smoke failed", "production.begin failed"),
        (
            "production rolled_back",
            "production.smoke failed, production.restore failed",
            "cancelled during production, production.restore failed",
        ),
        ("production asked", "approval denied", "quality failed"),
        ("production approved", "production failed", "approval denied"),
        ("production approved", "approval given after 3d", "approval given after 4d"),
        ("production skipped", "approval denied", "production.begin failed"),
        ("production passed", "", "production failed"),
        ("deploy-production failed", "production failed", ""),
        ("ranker passed", "", "ranker failed"),
        ("gate-golden failed", "golden failed", "golden failed 1 of 3"),
    ] {
        let (held, happened) = stage.expects(holds, expect);
        assert!(held, "{expect} holds of {holds}: {happened}");
        let (held, happened) = stage.expects(fails, expect);
        assert!(!held, "{expect} does not hold of {fails}: {happened}");
    }
}

#[test]
fn what_happened_is_said() {
    let stage = Stage::new(RELEASE);
    for (given, expect, happened) in [
        ("", "quality failed", "gate-quality passed"),
        (
            "quality.accuracy = 0.5",
            "quality passed",
            "gate-quality failed: `accuracy >= 0.85` does not hold: it is 0.5",
        ),
        ("quality failed", "image passed", "image was skipped: gate-quality failed"),
        ("cancelled during quality", "quality passed", "gate-quality was cancelled"),
        ("on push other", "quality passed", "gate-quality is not in this run"),
        ("", "production untouched", "production is deployed"),
        (
            "production.smoke failed",
            "production deployed",
            "production is rolled back (deploy-production failed: smoke failed)",
        ),
        (
            "cancelled during production, production.restore failed",
            "production rolled_back",
            "production is neither deployed nor put back (deploy-production was cancelled)",
        ),
        ("quality failed", "production asked", "nobody was asked about production"),
        ("quality failed", "production approved", "nobody was asked about production"),
        ("approval denied", "production approved", "nobody said yes to production"),
    ] {
        let (held, said) = stage.expects(given, expect);
        assert!(!held, "{given}; {expect}");
        assert_eq!(said, happened, "{given}; {expect}");
    }
}
