#![doc = include_str!("../../../docs/findings/MLP705.md")]

use super::{all_before, kind_of_target, production};
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::spec::Deploy;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for deploy in production(subject.spec) {
        let before = all_before(subject.spec, deploy);
        let Some(staging) = before.into_iter().find(|d| is_staging(d)) else { continue };
        let (Some(here), Some(there)) = (kind_of_target(deploy), kind_of_target(staging)) else { continue };
        if here == there {
            continue;
        }
        let message = format!(
            "`{}` goes to `{there}` and `{}` to `{here}`: what the one proves says little about the other",
            staging.name.node, deploy.name.node
        );
        let place = staging.target.as_ref().map_or(staging.common.head, |t| t.span);
        let finding = Finding::at(Code::STAGING_OF_ANOTHER_KIND, place, message).help(format!(
            "give both the same kind of target, `target {here} {{ … }}` with values of its own"
        ));
        out.push(match &deploy.target {
            Some(target) => finding.also(target.span, "production's"),
            None => finding,
        });
    }
}

/// By its tier, else by its name, as the plan guesses it.
fn is_staging(deploy: &Deploy) -> bool {
    match &deploy.tier {
        Some(tier) => tier.node == "staging",
        None => deploy.name.starts_with("stag") || deploy.name.starts_with("pre"),
    }
}
