#![doc = include_str!("../../../docs/findings/MLP709.md")]

use super::cadence;
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::spec::{ApprovalKind, Duration};

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// A question that comes less often is answered before the next one, holidays aside; weekends are no reason to be silent.
const OFTEN: f64 = 3.0 * DAY;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let spec = subject.spec;
    for deploy in spec.deploys.values() {
        let Some(approval) = &deploy.approval else { continue };
        if approval.expires.is_some() || approval.kind.node != ApprovalKind::Required {
            continue;
        }
        let often = cadence(spec, deploy).filter(|(gap, _)| *gap <= OFTEN);
        let Some((gap, schedule)) = often else { continue };
        let name = &deploy.name.node;
        let message = format!(
            "at least every {} a scheduled run asks whether to deploy to `{name}`, and each question stands until it is answered: an old one that is answered late puts an older release over a newer one",
            Duration { seconds: gap }.written()
        );
        // Somewhat less than the gap, in whole units.
        let shorter = if gap >= 2.0 * DAY { gap - DAY } else { (gap * 5.0 / 6.0).floor() };
        out.push(
            Finding::at(Code::APPROVALS_PILE_UP, approval.span, message)
                .also(schedule, "asks each time it fires")
                .help(format!(
                    "write how long a question stands: `approval required {{ expires {} }}`",
                    Duration { seconds: shorter }.written()
                )),
        );
    }
}
