#![doc = include_str!("../../../docs/findings/MLP360.md")]

use crate::diag::{Code, Finding};
use crate::spec::{Spec, Target};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    if spec.image.is_some() {
        return;
    }
    for deploy in spec.deploys.values() {
        let Some(target) = &deploy.target else { continue };
        let name = &deploy.name.node;
        let files = spec.models.values().filter(|m| m.source.is_some()).count();
        let (why, help) = match &target.node {
            Target::Kubernetes(_) | Target::ArgoRollouts(_) => (
                format!("the deploy `{name}` goes to Kubernetes, and the pipeline builds no image"),
                "add an image, such as `image ghcr \"ghcr.io/OWNER/NAME\" { tags commit }`",
            ),
            Target::Ssh(_) => (
                format!("the deploy `{name}` goes to docker on a host, and the pipeline builds no image"),
                "add an image, such as `image ghcr \"ghcr.io/OWNER/NAME\" { tags commit }`",
            ),
            Target::Command(_) if files == 0 => (
                format!("the deploy `{name}` has neither an image nor a model that it could put live"),
                "add an image, or a model with a `source`",
            ),
            Target::Command(_) if files > 1 => (
                format!(
                    "without an image, the deploy `{name}` cannot tell which of {files} models it puts live"
                ),
                "add an image that holds them, or divide the pipeline",
            ),
            _ => continue,
        };
        out.push(Finding::at(Code::NOTHING_TO_DEPLOY, deploy.common.head, why).help(help));
    }
}
