#![doc = include_str!("../../../docs/findings/MLP456.md")]

use crate::check::facts::{emits, limits};
use crate::diag::{Code, Finding};
use crate::spec::{Common, PlatformName, Spec};

/// A job of GitHub's hosted runners ends after six hours; half an hour is left for set-up and for putting things back.
const LONGEST_SECONDS: f64 = 5.5 * 3600.0;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    if !emits(spec, PlatformName::Github) {
        return;
    }
    for limit in limits(spec) {
        if limit.running && limit.value.seconds > LONGEST_SECONDS && is_hosted(spec, limit.common) {
            let message = format!(
                "{} is longer than 5 h 30 min; GitHub's hosted runners end a job after 6 h",
                limit.what
            );
            out.push(
                Finding::at(Code::TIME_LIMIT_TOO_LONG, limit.value.span, message)
                    .help("write at most `330m`, or run it on a `runner` of your own"),
            );
        }
    }
}

/// Only labels that GitHub gives its own machines are certain to be hosted.
fn is_hosted(spec: &Spec, common: &Common) -> bool {
    let Some(name) = common.runner.as_ref().or(spec.runner.as_ref()) else { return true };
    let Some(runner) = spec.runners.get(&name.node) else { return false };
    runner.github.iter().all(|label| ["ubuntu-", "windows-", "macos-"].iter().any(|p| label.starts_with(p)))
}
