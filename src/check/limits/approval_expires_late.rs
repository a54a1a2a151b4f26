#![doc = include_str!("../../../docs/findings/MLP455.md")]

use crate::check::facts::emits;
use crate::diag::{Code, Finding};
use crate::spec::{PlatformName, Spec};

/// GitHub ends a job that has waited for an approval for 30 days.
const LONGEST_SECONDS: f64 = 30.0 * 86_400.0;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    if !emits(spec, PlatformName::Github) {
        return;
    }
    for expires in spec.deploys.values().filter_map(|d| d.approval.as_ref()?.expires.as_ref()) {
        if expires.seconds > LONGEST_SECONDS {
            out.push(
                Finding::at(
                    Code::APPROVAL_EXPIRES_LATE,
                    expires.span,
                    "GitHub gives up waiting for an approval after 30 days",
                )
                .help("write at most `30d`"),
            );
        }
    }
}
