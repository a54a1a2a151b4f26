#![doc = include_str!("../../../docs/findings/MLP355.md")]

use super::registry_mismatch::word;
use crate::diag::{Code, Finding};
use crate::spec::{Registry, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(image) = &spec.image else { return };
    let registry = image.registry.node;
    if image.login.is_none() && matches!(registry, Registry::Generic | Registry::Dockerhub) {
        let name = if registry == Registry::Dockerhub { "DOCKERHUB" } else { "REGISTRY" };
        let message = format!("pushing to the registry `{}` needs a login", word(registry));
        out.push(
            Finding::at(Code::NO_LOGIN, image.registry.span, message)
                .help(format!("add the names of two secrets: `login secret {name}_USER, {name}_PASSWORD`")),
        );
    }
}
