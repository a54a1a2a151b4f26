#![doc = include_str!("../../../docs/findings/MLP706.md")]

use super::{all_before, is_asked, production};
use crate::diag::{Code, Finding};
use crate::lint::Subject;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for deploy in production(subject.spec) {
        let Some(smoke) = &deploy.smoke else { continue };
        let before = all_before(subject.spec, deploy);
        let Some(last) = before.first().filter(|_| !before.iter().any(|d| is_asked(d))) else { continue };
        let (here, there) = (&deploy.name.node, &last.name.node);
        let message = format!("the smoke test runs in `{here}` for the first time: `{there}` has none");
        out.push(
            Finding::at(Code::UNTRIED_SMOKE, smoke.span, message)
                .also(last.common.head, "what the test would find here, it finds before production does")
                .help(format!(
                    "write the same `smoke` into `deploy {there}`: `$MLPIPE_ENVIRONMENT` says where it is"
                )),
        );
    }
}
