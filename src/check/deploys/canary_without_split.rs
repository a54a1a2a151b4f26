#![doc = include_str!("../../../docs/findings/MLP390.md")]

use crate::diag::{Code, Finding};
use crate::spec::{Spec, Strategy, Target};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for deploy in spec.deploys.values() {
        let (Some(strategy), Some(target)) = (&deploy.strategy, &deploy.target) else { continue };
        let switches = matches!(strategy.node, Strategy::BlueGreen(_));
        let (cannot, what) = match &strategy.node {
            Strategy::Canary(steps) => {
                let first = steps.first().map_or(0.0, |s| s.weight);
                (format!("this canary cannot begin with {first}%"), "the canary")
            }
            Strategy::BlueGreen(_) => {
                ("this `blue_green` cannot start beside what is live".to_owned(), "`blue_green`")
            }
            Strategy::Rolling => continue,
        };
        let (why, help) = match &target.node {
            Target::Kubernetes(k) if k.traffic.is_none() => (
                format!("the Deployment `{}` gets a new image as a whole", k.deployment.node),
                match strategy.node {
                    Strategy::BlueGreen(_) => "say what switches the traffic: `traffic nginx \"INGRESS\"`",
                    _ => {
                        "say what splits the traffic: `traffic nginx \"INGRESS\"` or `traffic istio \"VIRTUAL_SERVICE\"`; \
                         or go to `target argo_rollouts`"
                    }
                }
                .to_owned(),
            ),
            Target::Kubernetes(k) if switches && k.traffic.as_ref().is_some_and(|t| t.node.by != "nginx") => (
                "no request reaches a copy behind a VirtualService before it has some of the traffic".to_owned(),
                "take `traffic nginx \"INGRESS\"`, or write a `canary`".to_owned(),
            ),
            Target::ArgoRollouts(_) if switches => (
                "a Rollout is moved in the steps of its own strategy, `canary`".to_owned(),
                "write a `canary` with the weights of the Rollout".to_owned(),
            ),
            Target::Command(c) if c.shift.is_none() => (
                "this target has no command that moves the traffic".to_owned(),
                format!("write `shift \"./shift.sh\"`, which is given `$MLPIPE_WEIGHT`; or take {what} out"),
            ),
            Target::Ssh(_) => (
                "a host's one service is replaced as a whole".to_owned(),
                format!(
                    "take {what} out: the hosts are rolled out on one after another; or go to a target that splits \
                     traffic, such as `kubernetes` with `traffic nginx \"INGRESS\"`"
                ),
            ),
            _ => continue,
        };
        let message = format!("{cannot}: {why}");
        out.push(
            Finding::at(Code::CANARY_WITHOUT_SPLIT, strategy.span, message)
                .also(target.span, "the target")
                .help(help),
        );
    }
}
