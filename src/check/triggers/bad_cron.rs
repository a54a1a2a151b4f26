#![doc = include_str!("../../../docs/findings/MLP304.md")]

use super::cron::{CronError, read};
use crate::check::facts::every_on;
use crate::diag::{Code, Finding};
use crate::spec::{Event, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for on in every_on(spec) {
        let Event::Schedule { cron, .. } = &on.event else { continue };
        let why = match read(&cron.node) {
            Err(CronError::Bad(why)) => why,
            Ok(read) if read.never_fires() => {
                format!("`{}` names a day that its months do not have", cron.node)
            }
            _ => continue,
        };
        out.push(Finding::at(Code::BAD_CRON, cron.span, why).help(
            "write minute, hour, day of month, month and day of week: `\"17 3 * * 1\"` is Mondays at 03:17",
        ));
    }
}
