//! Copies of another environment's requests: who makes them, and with which right.

use super::{Builder, release};
use crate::plan::{PlanMirror, PlanShadow, SecretKind, SecretUse};
use crate::spec::{Deploy, Mirroring, Target};

impl Builder<'_> {
    /// What a deploy is shadowed by, and the secret that this takes.
    pub(super) fn shadow(&mut self, d: &Deploy) -> (Option<PlanShadow>, Option<SecretUse>) {
        let Some(shadow) = &d.shadow else { return (None, None) };
        let from = shadow.from.node.clone();
        let through_soak = d.soak.is_some();
        let asked = match &shadow.way {
            Mirroring::Commands { run, stop } => {
                let by = PlanMirror::Commands { run: run.node.clone(), stop: stop.node.clone() };
                return (Some(PlanShadow { from, by, through_soak }), None);
            }
            Mirroring::Traffic(kubeconfig) => kubeconfig,
        };
        let source = self.spec.deploys.get(&from).and_then(|s| s.target.as_ref()).map(|t| &t.node);
        let Some(Target::Kubernetes(k)) = source else { return (None, None) };
        let Some(ingress) = release::traffic(k, "nginx") else { return (None, None) };
        let kubeconfig = asked.as_ref().unwrap_or(&k.kubeconfig);
        if asked.is_none() {
            self.defaulted(
                format!("deploy-{}.shadow.kubeconfig", d.name.node),
                kubeconfig.node.clone(),
                "that of the environment whose requests are copied; get and patch on one Ingress are enough",
            );
        }
        let by = PlanMirror::Nginx {
            kubeconfig: kubeconfig.node.clone(),
            namespace: k.namespace.as_ref().map_or_else(|| "default".to_owned(), |n| n.node.clone()),
            ingress,
        };
        (Some(PlanShadow { from, by, through_soak }), Some(self.secret(kubeconfig, SecretKind::File)))
    }
}
