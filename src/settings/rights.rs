//! What the account of a kubeconfig has to be allowed in the cluster: what the script's calls ask of its API.

use super::collect::{Collector, Draft, From};
use super::{Checked, ClusterRight, Need, Setting};
use crate::plan::{DeployWork, Job, Plan, PlanTarget, Work};

/// Group, resource and verbs.
type Rule = (&'static str, &'static str, &'static [&'static str]);

/// `kubectl set image` patches, `kubectl rollout status` lists and watches.
const WORKLOAD: &[Rule] = &[("apps", "deployments", &["get", "list", "watch", "patch"])];
/// A copy is applied where nothing is (get, create) and deleted by its label (list, delete). Without patch, what somebody
/// else has under its name is refused and not changed.
const COPIES: &[Rule] =
    &[("apps", "deployments", &["create", "delete"]), ("", "services", &["get", "list", "create", "delete"])];
/// Its weight is an annotation (patch).
const INGRESS: &[Rule] = &[("networking.k8s.io", "ingresses", &["get", "list", "create", "patch", "delete"])];
const ROUTES: &[Rule] = &[("networking.istio.io", "virtualservices", &["get", "patch"])];
/// The plugin's `set image` updates, `promote` and `abort` patch the status.
/// <https://github.com/argoproj/argo-rollouts/tree/master/pkg/kubectl-argo-rollouts/cmd>
const ROLLOUT: &[Rule] = &[
    ("argoproj.io", "rollouts", &["get", "update"]),
    ("argoproj.io", "rollouts/status", &["patch"]),
    ("apps", "replicasets", &["get", "list"]),
];
const LEDGER: &[Rule] = &[("", "configmaps", &["get", "create", "update"])];

/// The rights that a deploy needs in its clusters.
pub(super) fn of_job(plan: &Plan, job: &Job, items: &mut Collector) {
    let Work::Deploy(deploy) = &job.work else { return };
    if let Some((kubeconfig, namespace)) = deploy.target.cluster() {
        let rules: Vec<&Rule> = of_target(deploy).into_iter().flatten().collect();
        add(plan, job, items, kubeconfig, namespace, &rules);
    }
    let Some(ledger) = deploy.ledger.as_ref().filter(|l| l.store == "configmap") else { return };
    if let (Some(kubeconfig), Some((namespace, _))) = (&ledger.kubeconfig, ledger.place.split_once('/')) {
        add(plan, job, items, kubeconfig, namespace, &LEDGER.iter().collect::<Vec<_>>());
    }
}

fn of_target(deploy: &DeployWork) -> Vec<&'static [Rule]> {
    let steps = !deploy.canary.is_empty();
    match &deploy.target {
        PlanTarget::Kubernetes { traffic, istio, .. } => {
            let mut all = vec![WORKLOAD];
            // Leftovers of a canary are looked for wherever something splits the traffic.
            all.extend((steps || traffic.is_some() || istio.is_some()).then_some(COPIES));
            all.extend(traffic.is_some().then_some(INGRESS));
            all.extend(istio.is_some().then_some(ROUTES));
            all
        }
        PlanTarget::ArgoRollouts { .. } => vec![ROLLOUT],
        PlanTarget::Command { .. } | PlanTarget::Ssh { .. } => vec![],
    }
}

fn add(plan: &Plan, job: &Job, items: &mut Collector, kubeconfig: &str, namespace: &str, rules: &[&Rule]) {
    let rights = rules.iter().map(|(group, resource, verbs)| ClusterRight {
        group: (*group).to_owned(),
        resource: (*resource).to_owned(),
        verbs: verbs.iter().map(|v| (*v).to_owned()).collect(),
    });
    let mut setting = Setting::Rights {
        kubeconfig: kubeconfig.to_owned(),
        namespace: namespace.to_owned(),
        rights: vec![],
    };
    if let Setting::Rights { rights: into, .. } = &mut setting {
        fold(into, &rights.collect::<Vec<_>>());
    }
    items.add(
        &From::Job(plan, job),
        Draft {
            id: format!("rights/{namespace}/{kubeconfig}"),
            title: format!("Rights in the namespace {namespace} for the account of {kubeconfig}"),
            setting,
            need: Need::Required,
            why: "the deploy reads and changes these objects; its ledger is a ConfigMap unless `state` says otherwise"
                .into(),
            without: "the deploy stops at the call that the cluster forbids; what it had changed is put back, as far as it \
                      may"
                .into(),
            checked: Checked::Job,
            takes: "",
        },
    );
}

/// Puts the rights of a second place beside those of the first: one line a resource.
pub(super) fn fold(into: &mut Vec<ClusterRight>, more: &[ClusterRight]) {
    for one in more {
        match into.iter_mut().find(|i| (&i.group, &i.resource) == (&one.group, &one.resource)) {
            Some(known) => {
                for verb in one.verbs.iter().filter(|v| !known.verbs.contains(v)).cloned().collect::<Vec<_>>()
                {
                    known.verbs.push(verb);
                }
            }
            None => into.push(one.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right(resource: &str, verbs: &[&str]) -> ClusterRight {
        let verbs = verbs.iter().map(|v| (*v).to_owned()).collect();
        ClusterRight { group: String::new(), resource: resource.to_owned(), verbs }
    }

    #[test]
    fn a_resource_stands_once_with_every_verb() {
        let mut into = vec![right("services", &["get"])];
        fold(&mut into, &[right("configmaps", &["get"]), right("services", &["get", "patch"])]);
        assert_eq!(into, [right("services", &["get", "patch"]), right("configmaps", &["get"])]);
    }
}
