#![doc = include_str!("../../../docs/findings/MLP718.md")]

use super::{holds, window, words};
use crate::check::facts::emits;
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::spec::PlatformName;

/// Longest job in seconds on a machine that GitHub lends ("Actions limits", docs.github.com).
const HOSTED: f64 = 6.0 * 3600.0;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let spec = subject.spec;
    for deploy in spec.deploys.values() {
        let Some(watch) = &deploy.watch else { continue };
        let (held, watched) = (holds(deploy), window(deploy));
        let total = held + watched;
        let sum = match held > 0.0 {
            true => format!(
                "the holds and the watch take {} + {} = {}",
                words(held),
                words(watched),
                words(total)
            ),
            false => format!("the watch takes {}", words(total)),
        };
        let hosted =
            emits(spec, PlatformName::Github) && deploy.common.runner.is_none() && spec.runner.is_none();
        let (place, limit, help) = match &deploy.common.timeout {
            Some(timeout) if total >= timeout.node.seconds => (
                timeout.span,
                format!("the job ends after {}", timeout.node.written()),
                "give the deploy more time than that, or watch for less",
            ),
            Some(_) => continue,
            None if hosted && total >= HOSTED => (
                watch.span,
                "GitHub ends a job on its own machines after 6h".to_owned(),
                "watch for less and let a `soak` hold back the next deploy, which keeps no machine busy; or name a `runner` of your own",
            ),
            None => continue,
        };
        let message = format!("{sum}, and {limit}: it never gets to the end");
        let finding = Finding::at(Code::WATCH_OUTLIVES_JOB, place, message).help(help);
        out.push(if place == watch.span { finding } else { finding.also(watch.span, "the watch") });
    }
}
