//! Soaks: the time that lies between a deploy and what comes after it, and the look at the end of that time.

use super::{Builder, Draft, identities, minutes, runners};
use crate::plan::{
    Condition, EnvironmentPurpose, PlanEnvironment, PlanLedger, PlanMirror, PlanWatch, SecretKind, SecretUse,
    SoakWork, Work,
};
use crate::spec::{Cloud, Common, Deploy, SecretName};
use indexmap::IndexSet;

impl Builder<'_> {
    /// The job that stands between a deploy and those that come `next`.
    pub(super) fn soak(&mut self, d: &Deploy, next: &[&Deploy]) {
        let name = &d.name.node;
        let Some(deploy) = self.jobs.iter().find(|j| j.id == format!("deploy-{name}")) else { return };
        let Work::Deploy(work) = deploy.work.clone() else { return };
        // `check` refuses a soak without one.
        let (Some(soak), Some(ledger)) = (&d.soak, work.ledger) else { return };
        let (outer, environment) = (deploy.condition.clone(), deploy.environment.clone());
        let seconds = soak.node.seconds.ceil() as u64;
        let reads: Vec<String> = match &work.artifact {
            crate::plan::Artifact::Image { .. } => vec!["image".into()],
            crate::plan::Artifact::Model { name } => vec![format!("model-{name}")],
        };
        let copied = work.shadow.as_ref().map(|s| &s.by);
        let runs = work.watch.as_ref().is_some_and(PlanWatch::runs)
            || matches!(copied, Some(PlanMirror::Commands { .. }));
        let secrets = self.soak_secrets(d, &ledger, copied);
        // Without commands of its own it only reads the ledger.
        let mut identities = self.identities_of_deploy(d);
        identities.retain(|i| runs || (ledger.store == "s3" && i.cloud == Cloud::Aws));
        let common = Common {
            head: soak.span,
            // They are for the commands of the watch, and the one that ends the copies.
            secrets: if runs { d.common.secrets.clone() } else { vec![] },
            timeout: None,
            ..d.common.clone()
        };
        self.soak_notes(name, seconds, work.watch.as_ref());
        let job = self.add(Draft {
            id: format!("soak-{name}"),
            title: format!("Soak: {name}"),
            head: soak.span,
            args: vec!["soak".into(), name.clone()],
            needs: reads.iter().cloned().chain([format!("deploy-{name}")]).collect(),
            reads,
            own: self.soaks_when(&outer, next),
            runner: match (&ledger.kubeconfig, copied) {
                (None, None | Some(PlanMirror::Commands { .. })) => runners::Kind::Commands,
                _ => runners::Kind::Kubernetes,
            },
            common: &common,
            work: Work::Soak(SoakWork {
                environment: name.clone(),
                seconds,
                artifact: work.artifact,
                ledger,
                watch: work.watch,
                triggers: work.rollback.triggers,
                shadow: work.shadow,
            }),
        });
        job.origin.text = format!("soak {}", job.origin.text);
        job.secrets.splice(0..0, secrets);
        identities::give(job, identities);
        job.wait = Some(seconds);
        job.environment = environment.map(|e| PlanEnvironment {
            name: format!("{name}-soak"),
            purpose: EnvironmentPurpose::Soak,
            tier: e.tier,
        });
    }

    /// Where nothing comes after it, the soak is still looked at; else it is waited for only in runs that go on.
    fn soaks_when(&self, outer: &Condition, next: &[&Deploy]) -> Condition {
        if next.is_empty() {
            return outer.clone();
        }
        Condition::new(next.iter().flat_map(|n| self.triggers.narrowed(outer, &n.on).any_of).collect())
    }

    /// What the ledger and the watch are asked with, what copies are ended with, and nothing with which something could
    /// be deployed beside it.
    fn soak_secrets(&self, d: &Deploy, ledger: &PlanLedger, copied: Option<&PlanMirror>) -> Vec<SecretUse> {
        let mirror = match copied {
            Some(PlanMirror::Nginx { kubeconfig, .. }) => Some(kubeconfig),
            Some(PlanMirror::Commands { .. }) | None => None,
        };
        let files: IndexSet<&String> = ledger.files().chain(mirror).collect();
        let named = |name: &String| SecretName { node: name.clone(), span: d.name.span };
        let mut all: Vec<SecretUse> =
            files.into_iter().map(|name| self.secret(&named(name), SecretKind::File)).collect();
        all.extend(self.release_secrets(d));
        all
    }

    fn soak_notes(&mut self, name: &str, seconds: u64, watch: Option<&PlanWatch>) {
        self.notes.push(format!(
            "GitHub keeps how long a job waits in the settings: environment `{name}-soak` needs a wait timer of {} \
             minutes; without it `soak-{name}` stops, and a person runs it again once {} are over",
            seconds.div_ceil(60),
            minutes(seconds),
        ));
        let Some(watch) = watch else { return };
        let once = watch.metrics.iter().filter(|m| !m.knows_the_past());
        let mut all: Vec<String> = once.map(|m| format!("`{}`", m.metric)).collect();
        all.extend(watch.smoke.as_ref().map(|_| "the smoke test of the watch".to_owned()));
        if !all.is_empty() {
            self.notes.push(format!(
                "what a command or a document says cannot be asked for the past: {} is looked at once, at the end of the soak of `{name}`",
                all.join(", "),
            ));
        }
    }
}
