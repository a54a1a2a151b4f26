//! Who a job is in a cloud: every deploy by the pipeline's `auth` or its own, and a model that asks for it by name.

use super::Builder;
use crate::plan::{Job, PlanIdentity, Right};
use crate::spec::{Auth, Deploy, Model};

impl Builder<'_> {
    /// The pipeline's identities, each of which the deploy may replace by its own in the same cloud.
    pub(super) fn identities_of_deploy(&self, d: &Deploy) -> Vec<PlanIdentity> {
        let own = |a: &&Auth| d.auth.iter().any(|o| o.cloud.node == a.cloud.node);
        let shared = self.spec.auth.iter().filter(|a| !own(a));
        shared.chain(&d.auth).map(|a| identity(a, false)).collect()
    }

    /// Those that a model names. A job that only fetches it keeps them from its own commands.
    pub(super) fn identities_of_model(&self, m: &Model, only_fetches: bool) -> Vec<PlanIdentity> {
        let named = |a: &&Auth| m.auth.iter().any(|c| c.node == a.cloud.node);
        self.spec.auth.iter().filter(named).map(|a| identity(a, only_fetches)).collect()
    }
}

/// Adds identities to a job, each cloud's once, and the right to ask for their tokens.
pub(super) fn give(job: &mut Job, identities: Vec<PlanIdentity>) {
    for i in identities {
        if !job.identities.iter().any(|have| have.cloud == i.cloud) {
            job.identities.push(i);
        }
    }
    if !job.identities.is_empty() {
        job.rights.push(Right::IdToken);
    }
}

fn identity(a: &Auth, only_fetches: bool) -> PlanIdentity {
    let text = |t: &Option<crate::diag::Spanned<String>>| t.as_ref().map(|t| t.node.clone());
    PlanIdentity {
        cloud: a.cloud.node,
        name: a.name.node.clone(),
        on: a.on.iter().map(|(platform, name)| (*platform, name.node.clone())).collect(),
        region: text(&a.region),
        account: text(&a.account),
        tenant: text(&a.tenant),
        subscription: text(&a.subscription),
        audience: text(&a.audience),
        variable: PlanIdentity::variable_of(a.cloud.node),
        only_fetches,
    }
}
