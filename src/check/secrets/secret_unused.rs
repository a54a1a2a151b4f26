#![doc = include_str!("../../../docs/findings/MLP381.md")]

use crate::check::facts::secret_uses;
use crate::diag::words::nearest;
use crate::diag::{Code, Finding};
use crate::spec::{MentionKind, Registry, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let uses = secret_uses(spec);
    let mut used: Vec<&str> = uses.iter().map(|u| u.name.node.as_str()).collect();
    let mentioned = spec.mentions.iter().filter(|m| m.kind == MentionKind::Secret);
    used.extend(mentioned.map(|m| m.name.node.as_str()));
    used.extend(registry_names(spec));
    for (name, ids) in spec.secrets.iter().filter(|(name, _)| !used.contains(&name.as_str())) {
        let near = nearest(name, used.iter().copied());
        out.push(
            Finding::at(Code::SECRET_UNUSED, ids.span, format!("no job names the secret `{name}`")).help(
                match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("write `secret {name}` in the job that wants it, or take this line out"),
                },
            ),
        );
    }
}

/// Names under which the script logs in to a platform's own registry from another platform.
fn registry_names(spec: &Spec) -> &'static [&'static str] {
    match spec.image.as_ref().map(|i| i.registry.node) {
        Some(Registry::Ghcr) => &["GHCR_USER", "GHCR_TOKEN"],
        Some(Registry::Gitlab) => &["CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD"],
        _ => &[],
    }
}
