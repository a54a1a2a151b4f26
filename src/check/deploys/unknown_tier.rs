#![doc = include_str!("../../../docs/findings/MLP365.md")]

use crate::diag::words::{nearest, or_list};
use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// GitLab's deployment tiers; the other platforms have none of their own.
const TIERS: [&str; 5] = ["production", "staging", "testing", "development", "other"];

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for tier in spec.deploys.values().filter_map(|d| d.tier.as_ref()) {
        if TIERS.contains(&tier.node.as_str()) {
            continue;
        }
        let help = match nearest(&tier.node, TIERS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write {}", or_list(&TIERS)),
        };
        out.push(
            Finding::at(Code::UNKNOWN_TIER, tier.span, format!("`{}` is not a tier", tier.node)).help(help),
        );
    }
}
