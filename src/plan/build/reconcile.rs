//! Jobs that put an environment in order: behind its deploy, for a runner that was lost in the middle of it. Those of the
//! pipeline that the clock starts are made from them, see `second`.

use super::Builder;
use crate::plan::{
    DeployWork, EnvironmentPurpose, Job, PlanEnvironment, PlanTarget, ReconcileWork, Right, RunIf, Step,
    StepWhen, Work,
};
use crate::spec::Deploy;

/// What the job may take beside waiting for a lease and putting back, in seconds: reading the ledger and writing to it.
pub(super) const SPARE: u64 = 300;

impl Builder<'_> {
    /// One behind each deploy that is written down somewhere. They stand behind all deploys, where a reader looks for
    /// what happens when things go wrong.
    pub(super) fn reconciles(&mut self) {
        let spec = self.spec;
        for d in spec.deploys.values() {
            let id = format!("deploy-{}", d.name.node);
            let Some(at) = self.jobs.iter().position(|j| j.id == id) else { continue };
            if let Some(job) = reconcile(&self.jobs[at], d) {
                let again = d.rollback.as_ref().and_then(|r| r.redeploy.as_ref());
                let again = again.and_then(|gate| self.redeploy(&job, &gate.node));
                self.jobs.push(job);
                self.jobs.extend(again);
            }
        }
    }
}

impl Builder<'_> {
    /// Behind a gate that failed in a run that would have deployed: the last good release is what is live.
    fn redeploy(&self, reconcile: &Job, gate: &str) -> Option<Job> {
        let Work::Reconcile(work) = &reconcile.work else { return None };
        let gate = self.jobs.iter().find(|j| j.id == format!("gate-{gate}"))?;
        let work = ReconcileWork { redeploy: true, ..work.clone() };
        let title = format!("Redeploy the last good one: {}", work.environment);
        let args = vec!["deploy".to_owned(), work.environment.clone(), work.verb().to_owned()];
        let condition = reconcile.condition.clone().and(&gate.condition);
        condition.can_hold().then(|| Job {
            id: format!("redeploy-{}", work.environment),
            needs: vec![gate.id.clone()],
            own: condition.clone(),
            condition,
            steps: vec![Step { id: "run".into(), title: title.clone(), args, when: StepWhen::Normal }],
            title,
            work: Work::Reconcile(work),
            ..reconcile.clone()
        })
    }
}

/// Runs where the deploy runs, inside the same lock, with what the target and the ledger take; it needs no record.
fn reconcile(deploy: &Job, written: &Deploy) -> Option<Job> {
    let Work::Deploy(deployed) = &deploy.work else { return None };
    let work = ReconcileWork::of(deployed)?;
    let given = written.common.secrets.iter().map(|s| s.node.as_str());
    let seen = work.secrets(given);
    let secrets = deploy.secrets.iter().filter(|s| seen.contains(&s.name.as_str())).cloned().collect();
    let title = format!("Reconcile: {}", work.environment);
    let args = vec!["deploy".to_owned(), work.environment.clone(), work.verb().to_owned()];
    Some(Job {
        id: format!("reconcile-{}", work.environment),
        needs: vec![deploy.id.clone()],
        own: deploy.condition.clone(),
        run_if: RunIf::AnyFailed,
        reads: Vec::new(),
        ask: None,
        secrets,
        rights: deploy.rights.iter().copied().filter(|r| *r != Right::ReadRuns).collect(),
        timeout: limit(deployed),
        steps: vec![Step { id: "run".into(), title: title.clone(), args, when: StepWhen::Normal }],
        title,
        environment: deploy
            .environment
            .clone()
            .map(|e| PlanEnvironment { purpose: EnvironmentPurpose::Reconcile, ..e }),
        python: deploy.python && matches!(work.target, PlanTarget::Command { .. }),
        work: Work::Reconcile(work),
        ..deploy.clone()
    })
}

/// Long enough to see a lease run out that nobody renews, and to put back then: the lease is three verbs and two minutes
/// (`Book` of the runtime), in whole minutes.
fn limit(deploy: &DeployWork) -> u64 {
    let lease = 3 * deploy.target.timeout() + 120;
    (lease + deploy.restore_seconds() + SPARE).div_ceil(60) * 60
}
