#![doc = include_str!("../../../docs/findings/MLP390.md")]

use crate::diag::{Code, Finding};
use crate::spec::{Spec, Strategy, Target};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for deploy in spec.deploys.values() {
        let (Some(strategy), Some(target)) = (&deploy.strategy, &deploy.target) else { continue };
        let Strategy::Canary(steps) = &strategy.node else { continue };
        let first = steps.first().map_or(0.0, |s| s.weight);
        let (why, help) = match &target.node {
            Target::Kubernetes(k) if k.traffic.is_none() => (
                format!("the Deployment `{}` gets a new image as a whole", k.deployment.node),
                "say what splits the traffic: `traffic nginx \"ROUTE\"` (or `istio`, `gateway`); or go to `target argo_rollouts`",
            ),
            Target::Command(c) if c.shift.is_none() => (
                "this target has no command that moves a part of the traffic".to_owned(),
                "write `shift \"./shift.sh\"`, which is given `$MLPIPE_WEIGHT`; or take the canary out",
            ),
            Target::Ssh(_) => (
                "a host's one service is replaced as a whole".to_owned(),
                "take the canary out: the hosts are rolled out on one after another; or go to a target that splits traffic, such as `kubernetes` with `traffic nginx \"INGRESS\"`",
            ),
            _ => continue,
        };
        let message = format!("this canary cannot begin with {first}%: {why}");
        out.push(
            Finding::at(Code::CANARY_WITHOUT_SPLIT, strategy.span, message)
                .also(target.span, "the target")
                .help(help),
        );
    }
}
