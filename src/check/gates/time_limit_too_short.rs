#![doc = include_str!("../../../docs/findings/MLP327.md")]

use crate::check::facts::limits;
use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for limit in limits(spec) {
        if limit.value.seconds >= 1.0 {
            continue;
        }
        let message = format!(
            "{} is {}, and time limits count in whole seconds",
            limit.what,
            text(limit.value.seconds)
        );
        out.push(
            Finding::at(Code::TIME_LIMIT_TOO_SHORT, limit.value.span, message)
                .help("write at least a second, such as `30m`"),
        );
    }
}

fn text(seconds: f64) -> String {
    if seconds == 0.0 { "zero".to_owned() } else { format!("{} ms", (seconds * 1000.0).round()) }
}
