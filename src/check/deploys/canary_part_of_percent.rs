#![doc = include_str!("../../../docs/findings/MLP480.md")]

use crate::diag::{Code, Finding};
use crate::spec::{Spec, Strategy, Target};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for deploy in spec.deploys.values() {
        let (Some(strategy), Some(target)) = (&deploy.strategy, &deploy.target) else { continue };
        let Strategy::Canary(steps) = &strategy.node else { continue };
        let who = match &target.node {
            Target::Kubernetes(k) if k.traffic.as_ref().is_some_and(|t| t.node.by == "istio") => "Istio",
            Target::ArgoRollouts(_) => "Argo Rollouts",
            _ => continue,
        };
        let Some(step) = steps.iter().find(|s| s.weight.fract() != 0.0) else { continue };
        let message =
            format!("{who} gives whole percents to a release, and this canary has {}%", step.weight);
        out.push(
            Finding::at(Code::CANARY_PART_OF_PERCENT, strategy.span, message)
                .also(target.span, "the target")
                .help("write whole percents, 1% at least; ingress-nginx and commands take parts of one"),
        );
    }
}
