#![doc = include_str!("../../../docs/findings/MLP491.md")]

use crate::check::facts::drilled;
use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for (name, deploy) in drilled(spec) {
        if deploy.rollback.as_ref().is_some_and(|r| r.within.is_some()) {
            continue;
        }
        let message = format!(
            "nothing says how long a rollback in `{}` may take, so no rehearsal could fail",
            name.node
        );
        let help = format!("promise a time in it: `deploy {} {{ … rollback {{ within 3m }} }}`", name.node);
        out.push(Finding::at(Code::DRILL_WITHOUT_BUDGET, name.span, message).help(help));
    }
}
