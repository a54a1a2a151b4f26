#![doc = include_str!("../../../docs/findings/MLP450.md")]

use crate::check::facts::every_on;
use crate::check::triggers::cron::{CronError, read};
use crate::diag::{Code, Finding};
use crate::spec::{Event, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for on in every_on(spec) {
        let Event::Schedule { cron, .. } = &on.event else { continue };
        let (why, help) = match read(&cron.node) {
            Err(CronError::NotPortable(why)) => {
                (why, "write five fields of numbers, `*`, `,`, `-` and `/`: `\"17 3 * * 1\"` is Mondays at 03:17")
            }
            Ok(read) if read.restricted[2] && read.restricted[4] => (
                "a day of month and a day of week together mean both on Jenkins, and either on GitHub and GitLab".into(),
                "put `*` in one of the two, and let the command look at the date",
            ),
            Ok(read) if read.values[4].contains(&7) => {
                ("GitHub knows no day of week 7".into(), "write 0 for Sunday")
            }
            _ => continue,
        };
        out.push(Finding::at(Code::CRON_NOT_PORTABLE, cron.span, why).help(help));
    }
}
