#![doc = include_str!("../../../docs/findings/MLP774.md")]

use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::spec::Strategy;

/// Runs the rule. A smoke test runs before the copies come, but for that of a step in which traffic moves.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for deploy in subject.spec.deploys.values() {
        let Some(shadow) = deploy.shadow.as_ref().filter(|_| deploy.watch.is_none()) else { continue };
        let moves = deploy.strategy.as_ref().is_some_and(|s| s.node != Strategy::Rolling);
        if moves && deploy.smoke.is_some() {
            continue;
        }
        let (name, from) = (&deploy.name.node, &shadow.from.node);
        let end = match &deploy.soak {
            Some(soak) => format!("over its soak of {} neither", soak.node.written()),
            None => "the copies end as soon as they have begun".to_owned(),
        };
        let message =
            format!("`{name}` gets copies of the requests of `{from}`, and nothing looks at it: {end}");
        out.push(Finding::at(Code::SHADOW_JUDGES_NOTHING, shadow.span, message).help(
            "watch it under the copies and say when it is taken back: `watch 30m every 1m { … }` and `rollback { when error_rate > 1% }`",
        ));
    }
}
