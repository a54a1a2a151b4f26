//! `rules:if` by GitLab's own rules.

use crate::prove::gitlab::expression::{Expression, Values, Variable};

fn values() -> Values {
    Values::default()
        .with(Variable::Source, "push")
        .with(Variable::Branch, "release/1.0")
        .with(Variable::Event, "")
}

fn holds(text: &str) -> bool {
    Expression::read(text, 1).unwrap_or_else(|e| panic!("{text}: {e}")).holds(&values())
}

#[test]
fn expressions_are_evaluated_as_gitlab_does() {
    for (text, want) in [
        ("$CI_PIPELINE_SOURCE == 'push'", true),
        ("$CI_PIPELINE_SOURCE == \"push\"", true),
        ("$CI_PIPELINE_SOURCE == 'Push'", false),
        ("$CI_PIPELINE_SOURCE != 'push'", false),
        ("$CI_COMMIT_TAG", false),
        ("$CI_COMMIT_TAG == null", true),
        ("$CI_COMMIT_TAG != null", false),
        ("$CI_COMMIT_TAG == ''", false),
        // Two unset variables are equal.
        ("$CI_COMMIT_TAG == $CI_PROJECT_ID", true),
        ("$CI_COMMIT_BRANCH =~ /^release\\/.*$/", true),
        ("$CI_COMMIT_BRANCH =~ /^release\\/[^\\/]*$/", true),
        ("$CI_COMMIT_BRANCH =~ /lease/", true),
        ("$CI_COMMIT_BRANCH =~ /^lease/", false),
        ("$CI_COMMIT_BRANCH =~ /1\\x{2E}0$/", true),
        ("$CI_COMMIT_BRANCH !~ /^release/", false),
        ("$CI_COMMIT_TAG =~ /^$/", true),
        ("$CI_COMMIT_TAG =~ /^v/", false),
        ("$CI_PIPELINE_SOURCE == 'push' && $CI_COMMIT_BRANCH", true),
        ("$CI_PIPELINE_SOURCE == 'web' || $CI_PIPELINE_SOURCE == 'push'", true),
        ("($CI_PIPELINE_SOURCE == 'web' || $CI_COMMIT_BRANCH) && $CI_COMMIT_TAG", false),
        // Ruby: an empty text is no reason to go on.
        ("$MLPIPE_EVENT_NAME", false),
        ("$MLPIPE_EVENT_NAME || $CI_COMMIT_BRANCH", false),
        ("$MLPIPE_EVENT_NAME && $CI_COMMIT_BRANCH", true),
    ] {
        assert_eq!(holds(text), want, "{text}");
    }
}

#[test]
fn what_gitlab_or_this_reader_does_not_know_is_refused() {
    let many = vec!["$CI_COMMIT_BRANCH == 'x'"; 25].join(" || ");
    assert!(Expression::read(&many, 1).is_ok(), "GitLab reads 99 words");
    let more = format!("({many})");
    for (text, what) in [
        ("$CI_COMMIT_REF_NAME == 'main'", "`$CI_COMMIT_REF_NAME` is not known"),
        ("$CI_COMMIT_TAG && $CI_COMMIT_BRANCH || $CI_PROJECT_ID", "side by side"),
        ("$CI_COMMIT_TAG ==", "a value is missing"),
        ("$CI_COMMIT_TAG =~ $CI_COMMIT_BRANCH", "no pattern"),
        ("$CI_COMMIT_TAG =~ /v/", "is not understood"),
        ("$CI_COMMIT_TAG =~ /^v\\d/", "is not understood"),
        ("$CI_COMMIT_TAG =~ /^(v/", "is not understood"),
        ("$CI_COMMIT_TAG =~ /^v\\\\/", "is not understood"),
        ("($CI_COMMIT_TAG", "not closed"),
        ("$CI_COMMIT_TAG $CI_COMMIT_BRANCH", "to its end"),
        ("'x", "without its end"),
        ("true", "is not known"),
        ("", "a value is missing"),
        (&more, "101 words"),
    ] {
        let e = Expression::read(text, 7).unwrap_err();
        assert!(e.what.contains(what) && e.line == 7, "{text}: {e}");
    }
}
