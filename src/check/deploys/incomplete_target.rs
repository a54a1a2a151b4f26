#![doc = include_str!("../../../docs/findings/MLP361.md")]

use crate::diag::words::and_list;
use crate::diag::{Code, Finding};
use crate::spec::{Spec, Target};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for deploy in spec.deploys.values() {
        let Some(target) = &deploy.target else { continue };
        let fields: Vec<(&str, bool)> = match &target.node {
            Target::Kubernetes(k) => {
                vec![("kubeconfig", k.kubeconfig.is_empty()), ("deployment", k.deployment.is_empty())]
            }
            Target::Command(c) => {
                let empty = |s: &Option<crate::spec::Shell>| s.as_ref().is_none_or(|s| s.trim().is_empty());
                vec![("deploy", empty(&c.deploy)), ("live", empty(&c.live))]
            }
            Target::Later(_) => continue,
        };
        let missing: Vec<&str> = fields.into_iter().filter(|(_, gone)| *gone).map(|(word, _)| word).collect();
        if missing.is_empty() {
            continue;
        }
        let message = format!("the target of the deploy `{}` lacks {}", deploy.name.node, and_list(&missing));
        out.push(Finding::at(Code::INCOMPLETE_TARGET, target.span, message).help(match missing[0] {
            "kubeconfig" => "add `kubeconfig secret KUBECONFIG`",
            "deployment" => "add the name of the Deployment, such as `deployment \"fraud-scorer\"`",
            "deploy" => "add the command that puts `MLPIPE_IMAGE` live, such as `deploy \"sh ops/deploy.sh\"`",
            _ => "add the command that prints the digest that serves now, such as `live \"sh ops/live.sh\"`: without it nothing could be put back",
        }));
    }
}
