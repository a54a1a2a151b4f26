#![doc = include_str!("../../../docs/findings/MLP366.md")]

use crate::check::facts::emits;
use crate::diag::{Code, Finding};
use crate::spec::{Deploy, Kubernetes, PlatformName, Spec, Target};

/// Runs the rule. On GitHub and GitLab one secret may have another value in each environment, and so be another cluster;
/// a credential of Jenkins has one.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    if !emits(spec, PlatformName::Jenkins) {
        return;
    }
    let all: Vec<(&Deploy, &Kubernetes)> =
        spec.deploys.values().filter_map(|d| Some((d, kubernetes(d)?))).collect();
    for (i, (deploy, k)) in all.iter().enumerate() {
        let same = all[..i].iter().find(|(_, other)| place(spec, other) == place(spec, k));
        let Some((other, first)) = same else { continue };
        let (credential, namespace, deployment) = place(spec, k);
        let message = format!(
            "`{}` and `{}` are one place, the Deployment `{deployment}` in the namespace `{namespace}` of `{credential}`",
            other.name.node, deploy.name.node
        );
        let help = "give each a `deployment` or a `namespace` of its own; where they are two clusters, name two secrets";
        // Of one named target both have the same words.
        let (here, there) = match k.deployment.span == first.deployment.span {
            true => (deploy.name.span, other.name.span),
            false => (k.deployment.span, first.deployment.span),
        };
        out.push(
            Finding::at(Code::DEPLOYMENT_SHARED, here, message).also(there, "the same place").help(help),
        );
    }
}

fn kubernetes(deploy: &Deploy) -> Option<&Kubernetes> {
    match &deploy.target.as_ref()?.node {
        Target::Kubernetes(k) => Some(k),
        _ => None,
    }
}

/// What tells one Deployment from another: Jenkins' credential for the cluster, the namespace, the name.
fn place<'s>(spec: &'s Spec, k: &'s Kubernetes) -> (&'s str, &'s str, &'s str) {
    let secret = k.kubeconfig.as_str();
    let id = spec.secrets.get(secret).and_then(|s| s.ids.get(&PlatformName::Jenkins));
    let namespace = k.namespace.as_ref().map_or("default", |n| n.as_str());
    (id.map_or(secret, |id| id.as_str()), namespace, k.deployment.as_str())
}
