#![doc = include_str!("../../../docs/findings/MLP451.md")]

use crate::check::facts::every_on;
use crate::check::triggers::cron::read;
use crate::diag::{Code, Finding};
use crate::spec::{Event, Spec};

/// GitHub: "the shortest interval you can run scheduled workflows is once every 5 minutes".
const SHORTEST_MINUTES: u32 = 5;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for on in every_on(spec) {
        let Event::Schedule { cron, .. } = &on.event else { continue };
        let Ok(gap) = read(&cron.node).map(|c| c.shortest_gap()) else { continue };
        if gap < SHORTEST_MINUTES {
            let message = format!(
                "this fires again after {}; GitHub starts nothing more often than every {SHORTEST_MINUTES}",
                crate::diag::words::count(gap as usize, "minute")
            );
            out.push(
                Finding::at(Code::SCHEDULE_TOO_OFTEN, cron.span, message)
                    .help("write steps of 5, 6, 10, 12, 15, 20 or 30 minutes, such as `\"*/15 * * * *\"`"),
            );
        }
    }
}
