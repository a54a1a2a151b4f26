#![doc = include_str!("../../../docs/findings/MLP481.md")]

use crate::check::facts::emits;
use crate::diag::{Code, Finding};
use crate::spec::{PlatformName, Spec, Target};

/// Runs the rule. What an agent of Jenkins has behind the default label is the controller's own.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let hosted = [PlatformName::Github, PlatformName::Gitlab].into_iter().any(|p| emits(spec, p));
    for deploy in spec.deploys.values().filter(|_| hosted) {
        let Some(target) = deploy.target.as_ref().filter(|t| matches!(t.node, Target::ArgoRollouts(_)))
        else {
            continue;
        };
        if deploy.common.runner.is_some() || spec.runner.is_some() {
            continue;
        }
        let message =
            "no default runner of GitHub or GitLab has `kubectl-argo-rollouts`, which this deploy calls";
        out.push(
            Finding::at(Code::ARGO_ROLLOUTS_RUNNER, target.span, message)
                .help("say where it runs: `runner NAME`, with `runner NAME { github \"…\"; gitlab \"…\" }` at the top of the file"),
        );
    }
}
