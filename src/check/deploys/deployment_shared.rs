#![doc = include_str!("../../../docs/findings/MLP366.md")]

use crate::check::facts::emits;
use crate::diag::{Code, Finding, Spanned};
use crate::spec::{Deploy, PlatformName, SecretName, Spec, Target};

/// A workload of a cluster: its kind in the language and in Kubernetes, and where it is.
#[derive(Clone, Copy)]
struct Workload<'s> {
    word: &'static str,
    kind: &'static str,
    kubeconfig: &'s SecretName,
    namespace: Option<&'s Spanned<String>>,
    name: &'s Spanned<String>,
}

/// Runs the rule. On GitHub and GitLab one secret may have another value in each environment, and so be another cluster;
/// a credential of Jenkins has one.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    if !emits(spec, PlatformName::Jenkins) {
        return;
    }
    let all: Vec<(&Deploy, Workload<'_>)> =
        spec.deploys.values().filter_map(|d| Some((d, workload(d)?))).collect();
    for (i, (deploy, k)) in all.iter().enumerate() {
        let same = all[..i].iter().find(|(_, other)| place(spec, other) == place(spec, k));
        let Some((other, first)) = same else { continue };
        let (kind, credential, namespace, name) = place(spec, k);
        let message = format!(
            "`{}` and `{}` are one place, the {kind} `{name}` in the namespace `{namespace}` of `{credential}`",
            other.name.node, deploy.name.node
        );
        let help = format!(
            "give each a `{}` or a `namespace` of its own; where they are two clusters, name two secrets",
            k.word
        );
        // Of one named target both have the same words.
        let (here, there) = match k.name.span == first.name.span {
            true => (deploy.name.span, other.name.span),
            false => (k.name.span, first.name.span),
        };
        out.push(
            Finding::at(Code::DEPLOYMENT_SHARED, here, message).also(there, "the same place").help(help),
        );
    }
}

fn workload(deploy: &Deploy) -> Option<Workload<'_>> {
    Some(match &deploy.target.as_ref()?.node {
        Target::Kubernetes(k) => Workload {
            word: "deployment",
            kind: "Deployment",
            kubeconfig: &k.kubeconfig,
            namespace: k.namespace.as_ref(),
            name: &k.deployment,
        },
        Target::ArgoRollouts(a) => Workload {
            word: "rollout",
            kind: "Rollout",
            kubeconfig: &a.kubeconfig,
            namespace: a.namespace.as_ref(),
            name: &a.rollout,
        },
        _ => return None,
    })
}

/// What tells one from another: its kind, Jenkins' credential for the cluster, the namespace, the name.
fn place<'s>(spec: &'s Spec, k: &Workload<'s>) -> (&'static str, &'s str, &'s str, &'s str) {
    let secret = k.kubeconfig.as_str();
    let id = spec.secrets.get(secret).and_then(|s| s.ids.get(&PlatformName::Jenkins));
    let namespace = k.namespace.map_or("default", |n| n.as_str());
    (k.kind, id.map_or(secret, |id| id.as_str()), namespace, k.name.as_str())
}
