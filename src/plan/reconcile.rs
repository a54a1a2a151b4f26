//! What puts an environment in order without deploying to it.

use super::{Artifact, DeployWork, PlanHalt, PlanLedger, PlanMirror, PlanShadow, PlanTarget};
use serde::Serialize;

/// What a run that was killed left in an environment is put back, by what the ledger says is good.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReconcileWork {
    /// Environment.
    pub environment: String,
    /// What is deployed there.
    pub artifact: Artifact,
    /// Where.
    pub target: PlanTarget,
    /// The copies of another environment's requests that a killed run may have left on.
    pub shadow: Option<PlanShadow>,
    /// The time that putting back may take, in seconds.
    pub within: Option<u64>,
    /// When every deploy stops.
    pub halt: Option<PlanHalt>,
    /// What tells what is due, and what was good.
    pub ledger: PlanLedger,
    /// The last good one comes back whatever is live instead of it, not only what a killed run left.
    pub redeploy: bool,
}

/// The rehearsal of a rollback: what was good before is put live once more, and taken back.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DrillWork {
    /// Where, and the limits: what putting in order takes is what a rehearsal takes.
    pub place: ReconcileWork,
    /// For so long, in seconds, every release soaks there, which a rehearsal would begin anew.
    pub soaks: Option<u64>,
}

impl ReconcileWork {
    /// For the environment of this deploy; nothing where there is no ledger, so that nobody could know what is due.
    pub fn of(deploy: &DeployWork) -> Option<Self> {
        Some(Self {
            environment: deploy.environment.clone(),
            artifact: deploy.artifact.clone(),
            target: deploy.target.clone(),
            shadow: deploy.shadow.clone(),
            within: deploy.rollback.within,
            halt: deploy.rollback.halt.clone(),
            ledger: deploy.ledger.clone()?,
            redeploy: false,
        })
    }

    /// The last word of the script's call.
    pub fn verb(&self) -> &'static str {
        if self.redeploy { "redeploy" } else { "reconcile" }
    }

    /// Variables that hold the secrets of the target and of the ledger; `given` are those that the deploy's own block
    /// names, which only commands of the spec see.
    pub fn secrets<'a>(&'a self, given: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        let mut names: Vec<&str> = match &self.target {
            PlanTarget::Command { .. } => given.collect(),
            target => target.files(),
        };
        if let Some(PlanMirror::Nginx { kubeconfig, .. }) = self.shadow.as_ref().map(|s| &s.by) {
            names.push(kubeconfig);
        }
        names.extend(self.ledger.files().chain(&self.ledger.secrets).map(String::as_str));
        names
    }
}
