#![doc = include_str!("../../../docs/findings/MLP710.md")]

use super::{canary, triggers};
use crate::diag::{Code, Finding};
use crate::lint::Subject;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for deploy in subject.spec.deploys.values() {
        let (steps, Some(strategy)) = (canary(deploy), &deploy.strategy) else { continue };
        if steps.is_empty() || !triggers(deploy).is_empty() {
            continue;
        }
        // A smoke test decides once a step; what it does not need is a step that takes time.
        let held = steps.iter().any(|s| s.hold.is_some());
        if deploy.smoke.is_some() && !held {
            continue;
        }
        let message = match deploy.smoke {
            Some(_) => {
                "nothing looks at this canary while it is held: its smoke test runs once at the start of a step"
            }
            None => "nothing takes this canary back: it goes on to 100% whatever it does",
        };
        out.push(Finding::at(Code::CANARY_WITHOUT_ROLLBACK, strategy.span, message).help(
            "watch it and say when it is taken back: `watch 30m every 1m { … }` and `rollback { when error_rate > 1% }`",
        ));
    }
}
