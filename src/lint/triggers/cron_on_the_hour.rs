#![doc = include_str!("../../../docs/findings/MLP780.md")]

use crate::check::facts::every_on;
use crate::check::triggers::cron;
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::spec::Event;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for on in every_on(subject.spec) {
        let Event::Schedule { cron: line, .. } = &on.event else { continue };
        let Ok(read) = cron::read(&line.node) else { continue };
        // Whoever runs every few minutes meets the full hour anyway.
        if read.values[0] == [0] {
            let message = format!("`{}` fires at the full hour, when most schedules do", line.node);
            out.push(
                Finding::at(Code::CRON_ON_THE_HOUR, line.span, message)
                    .help("write a minute of its own, such as `17`: the hour is the same"),
            );
        }
    }
}
