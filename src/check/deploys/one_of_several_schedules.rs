#![doc = include_str!("../../../docs/findings/MLP367.md")]

use super::deploy_never_runs::passes;
use crate::check::facts::deploy_before;
use crate::diag::{Code, Finding};
use crate::spec::{Event, On, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for deploy in spec.deploys.values() {
        let Some(own) = deploy.on.iter().find(|o| is_schedule(o)) else { continue };
        let before = deploy_before(spec, deploy);
        let comes = |on: &&On| is_schedule(on) && before.is_none_or(|b| passes(spec, b, &on.event));
        let (taken, left): (Vec<&On>, Vec<&On>) =
            spec.on.iter().filter(comes).partition(|on| passes(spec, deploy, &on.event));
        // Where none is taken the deploy never runs on a schedule, which another rule tells.
        let (false, Some(other)) = (taken.is_empty(), left.first()) else { continue };
        let Event::Schedule { cron, .. } = &other.event else { continue };
        let name = &deploy.name.node;
        let message = format!(
            "`{name}` would be deployed to when `{}` fires too: no generated file tells the schedules of a pipeline apart",
            cron.node
        );
        out.push(
            Finding::at(Code::ONE_OF_SEVERAL_SCHEDULES, own.span, message)
                .also(other.span, "not for this deploy")
                .help(format!(
                    "name every schedule of the pipeline in `deploy {name}`, or none, or write a pipeline of its own for the other one"
                )),
        );
    }
}

fn is_schedule(on: &On) -> bool {
    matches!(on.event, Event::Schedule { .. })
}
