//! Deploys: in order, by digest, each in its environment's critical section, behind its approval.

use super::{Builder, Draft, identities, release, runners};
use crate::diag::Spanned;
use crate::plan::{
    ApproveWork, Artifact, Condition, DeployWork, EnvironmentPurpose, EventKind, PlanAsk, PlanEnvironment,
    PlanHostService, PlanOffer, PlanTarget, Right, SecretFrom, SecretKind, SecretUse, Work,
};
use crate::spec::{Approval, Deploy, HostService, Ssh, Target};

/// Limit of one roll-out, in seconds, when the spec says none.
const DEFAULT_ROLL_OUT: u64 = 5 * 60;

/// A `target ssh`.
fn hosts(s: &Ssh, timeout: u64) -> PlanTarget {
    let texts = |all: &[Spanned<String>]| all.iter().map(|t| t.node.clone()).collect();
    PlanTarget::Ssh {
        hosts: texts(&s.hosts),
        key: s.key.node.clone(),
        known_hosts: s.known_hosts.node.clone(),
        service: match &s.service {
            HostService::Compose { file, service } => {
                PlanHostService::Compose { file: file.node.clone(), service: service.node.clone() }
            }
            HostService::Docker { container, run } => {
                PlanHostService::Docker { container: container.node.clone(), run: texts(run) }
            }
        },
        timeout,
    }
}

impl Builder<'_> {
    pub(super) fn deploys(&mut self) {
        let spec = self.spec;
        let mut before: Option<&Deploy> = None;
        let mut todo: Vec<&Deploy> = spec.deploys.values().collect();
        let mut order: Vec<(&Deploy, Option<String>)> = Vec::new();
        for d in &todo {
            let after =
                d.after.as_ref().map(|a| a.node.clone()).or_else(|| before.map(|b| b.name.node.clone()));
            if d.after.is_none()
                && let Some(after) = &after
            {
                self.defaulted(
                    format!("deploy-{}.after", d.name.node),
                    after.clone(),
                    "deploys follow one another in the order of the file",
                );
            }
            order.push((d, after));
            before = Some(d);
        }
        // A deploy may name one that is written further down.
        while !todo.is_empty() {
            let Some(at) = todo.iter().position(|d| {
                let after =
                    order.iter().find(|(o, _)| o.name.node == d.name.node).and_then(|(_, a)| a.clone());
                after.is_none_or(|a| self.jobs.iter().any(|j| j.id == format!("deploy-{a}")))
            }) else {
                return;
            };
            let d = todo.remove(at);
            let after = order.iter().find(|(o, _)| o.name.node == d.name.node).and_then(|(_, a)| a.clone());
            let next = order.iter().filter(|(_, after)| after.as_deref() == Some(&d.name.node));
            let next: Vec<&Deploy> = next.map(|(next, _)| *next).collect();
            self.deploy(d, after.as_deref(), &next);
            if d.soak.is_some() {
                self.soak(d, &next);
            }
        }
    }

    /// The job of a deploy, behind that of `after` and before those of `next`.
    fn deploy(&mut self, d: &Deploy, after: Option<&str>, next: &[&Deploy]) {
        let name = &d.name.node;
        let mut needs = self.deploy_needs(d, after);
        let outer = after
            .and_then(|a| self.jobs.iter().find(|j| j.id == format!("deploy-{a}")))
            .map_or_else(|| self.triggers.deploying(), |j| j.condition.clone());
        let mut own = self.triggers.narrowed(&outer, &d.on);
        let dispatch = d.dispatch_input();
        if dispatch.is_some() {
            own = own.only(|event| *event == EventKind::Manual);
            self.notes.push(format!(
                "whoever may start a run of {} by hand may deploy to {name}: no platform is asked who that is",
                self.spec.pipeline.node
            ));
        }
        let tier = self.tier(d);
        let approval = d.question().map(|a| ApproveWork {
            environment: name.clone(),
            approval_environment: format!("{name}-approval"),
            unchecked: a.unchecked.as_ref().map(|u| u.node.clone()),
        });
        if let (Some(a), Some(work)) = (d.question(), &approval) {
            self.approve(d, a, work, &needs, &own, &tier);
            needs.push(format!("approve-{name}"));
        }
        let (target, mut secrets, kind) = self.target(d);
        let checked = approval.as_ref().is_some_and(|a| a.unchecked.is_none());
        secrets.extend(self.approval_secrets(approval.as_ref(), false));
        let (shadow, mirror) = self.shadow(d);
        secrets.extend(self.release_secrets(d));
        let identities = self.identities_of_deploy(d);
        secrets.extend(mirror.filter(|m| secrets.iter().all(|s| s.name != m.name)));
        let offers = next.iter().filter_map(|other| {
            Some(PlanOffer { environment: other.name.node.clone(), input: other.dispatch_input()? })
        });
        let work = DeployWork {
            environment: name.clone(),
            artifact: self.artifact(),
            smoke: d.smoke.as_ref().map(|s| s.node.clone()),
            canary: release::canary(d),
            blue_green: release::blue_green(d),
            shadow,
            watch: d.watch.as_ref().map(release::watch),
            rollback: release::rollback(d),
            ledger: self.ledger(d, &target),
            target,
            approval,
            dispatch,
            offers: offers.collect(),
        };
        let steps = release::steps(&work);
        let reads = self.deploy_reads(&needs);
        // `/` stands in no name, so two pipelines of one Jenkins or repository never share a lock by accident.
        let lock = format!("mlpipe/{}/{name}", self.spec.pipeline.node);
        let job = self.add(Draft {
            id: format!("deploy-{name}"),
            title: format!("Deploy: {name}"),
            head: d.common.head,
            args: vec![],
            needs,
            reads,
            own,
            runner: kind,
            common: &d.common,
            work: Work::Deploy(work),
        });
        job.secrets.splice(0..0, secrets);
        identities::give(job, identities);
        job.steps = steps;
        job.lock = Some(lock);
        if checked {
            job.rights.push(Right::ReadRuns);
        }
        job.environment =
            Some(PlanEnvironment { name: name.clone(), purpose: EnvironmentPurpose::Deploy, tier });
    }

    fn deploy_needs(&self, d: &Deploy, after: Option<&str>) -> Vec<String> {
        let mut needs = Vec::new();
        match &self.spec.image {
            Some(_) => needs.push("image".to_owned()),
            None => {
                needs.extend(self.blocking_gates());
                needs.extend(self.ids(|j| matches!(j.work, Work::Model(_))));
            }
        }
        if let Some(a) = after {
            let soak = format!("soak-{a}");
            let soaks = self.jobs.iter().any(|j| j.id == soak);
            needs.push(if soaks { soak } else { format!("deploy-{a}") });
        }
        for g in self.spec.gates.values().filter(|g| g.advisory.is_none()) {
            let here = match &g.before {
                Some(b) => b.node == d.name.node,
                None => after.is_none() && self.behind_image(g),
            };
            if here {
                needs.push(format!("gate-{}", g.name.node));
            }
        }
        needs
    }

    /// Records whose content the deploy checks again: the artifact's, the approval's, the gates' and the soak's.
    fn deploy_reads(&self, needs: &[String]) -> Vec<String> {
        needs.iter().filter(|n| !n.starts_with("deploy-")).cloned().collect()
    }

    fn approve(
        &mut self,
        d: &Deploy,
        a: &Approval,
        work: &ApproveWork,
        needs: &[String],
        own: &Condition,
        tier: &str,
    ) {
        let name = &d.name.node;
        let question = format!("Deploy {} to {name}?", self.spec.pipeline.node);
        let secrets = self.approval_secrets(Some(work), true);
        let common = crate::spec::Common { head: a.span, ..Default::default() };
        let job = self.add(Draft {
            id: format!("approve-{name}"),
            title: format!("Approve: {name}"),
            head: a.span,
            args: vec!["approve".into(), name.clone()],
            needs: needs.to_vec(),
            // When they ended is when the question was put.
            reads: needs.to_vec(),
            own: own.clone(),
            runner: runners::Kind::Light,
            common: &common,
            work: Work::Approve(work.clone()),
        });
        job.secrets = secrets;
        if work.unchecked.is_none() {
            job.rights.push(Right::ReadRuns);
        }
        job.ask = Some(PlanAsk {
            question,
            by: a.by.iter().map(|b| b.node.clone()).collect(),
            expires: a.expires.as_ref().map(|e| e.node),
        });
        job.environment = Some(PlanEnvironment {
            name: work.approval_environment.clone(),
            purpose: EnvironmentPurpose::Approval,
            tier: tier.to_owned(),
        });
        let end = match &work.unchecked {
            None => "the run stops when it has none",
            Some(_) => "by `unchecked`, the run does not look whether it has",
        };
        self.notes.push(format!(
            "GitHub and GitLab keep who may approve in the settings: environment `{}` needs required reviewers \
             (GitHub) or protection with people allowed to deploy (GitLab); {end}",
            work.approval_environment
        ));
    }

    /// What the approval's evidence is read with. GitLab's protection is asked once, by the approval job.
    fn approval_secrets(&self, approval: Option<&ApproveWork>, asks_gitlab: bool) -> Vec<SecretUse> {
        let mut all = vec![];
        if approval.is_some_and(|a| a.unchecked.is_none()) {
            all.push(self.built_in("GITHUB_TOKEN", SecretFrom::GithubTokenOnly));
            if asks_gitlab {
                all.push(self.built_in("MLPIPE_READ_TOKEN", SecretFrom::StoreOnGitlab));
            }
        }
        all
    }

    /// The image, or the one model that has a file.
    pub(super) fn artifact(&self) -> Artifact {
        if let Some(i) = &self.spec.image {
            return Artifact::Image { repository: i.repository.node.clone() };
        }
        let fetched = self.spec.models.values().find(|m| m.source.is_some());
        Artifact::Model { name: fetched.map(|m| m.name.node.clone()).unwrap_or_default() }
    }

    fn target(&mut self, d: &Deploy) -> (PlanTarget, Vec<SecretUse>, runners::Kind) {
        let place = format!("deploy-{}", d.name.node);
        match d.target.as_ref().map(|t| &t.node) {
            Some(Target::Kubernetes(k)) => {
                let timeout = self.timeout(&format!("{place}.target"), k.timeout.as_ref(), DEFAULT_ROLL_OUT);
                let namespace = self.namespace(&place, k.namespace.as_ref());
                let of = "the container that bears the deployment's name";
                let container = self.container(&place, k.container.as_ref(), &k.deployment, of);
                let target = PlanTarget::Kubernetes {
                    kubeconfig: k.kubeconfig.node.clone(),
                    namespace,
                    deployment: k.deployment.node.clone(),
                    container,
                    timeout,
                    traffic: release::traffic(k, "nginx"),
                    istio: release::traffic(k, "istio"),
                };
                (target, vec![self.secret(&k.kubeconfig, SecretKind::File)], runners::Kind::Kubernetes)
            }
            Some(Target::ArgoRollouts(a)) => {
                let timeout = self.timeout(&format!("{place}.target"), a.timeout.as_ref(), DEFAULT_ROLL_OUT);
                let of = "the container that bears the Rollout's name";
                let target = PlanTarget::ArgoRollouts {
                    kubeconfig: a.kubeconfig.node.clone(),
                    namespace: self.namespace(&place, a.namespace.as_ref()),
                    rollout: a.rollout.node.clone(),
                    container: self.container(&place, a.container.as_ref(), &a.rollout, of),
                    timeout,
                };
                (target, vec![self.secret(&a.kubeconfig, SecretKind::File)], runners::Kind::Kubernetes)
            }
            Some(Target::Command(c)) => {
                let timeout = self.timeout(&format!("{place}.target"), c.timeout.as_ref(), DEFAULT_ROLL_OUT);
                let verb = |s: &Option<crate::spec::Shell>| s.as_ref().map(|s| s.node.clone());
                let target = PlanTarget::Command {
                    deploy: verb(&c.deploy).unwrap_or_default(),
                    live: verb(&c.live).unwrap_or_default(),
                    rollback: verb(&c.rollback),
                    shift: verb(&c.shift),
                    promote: verb(&c.promote),
                    timeout,
                };
                (target, vec![], runners::Kind::Commands)
            }
            Some(Target::Ssh(s)) => {
                let timeout = self.timeout(&format!("{place}.target"), s.timeout.as_ref(), DEFAULT_ROLL_OUT);
                let secrets = [&s.key, &s.known_hosts].map(|name| self.secret(name, SecretKind::File));
                (hosts(s, timeout), secrets.to_vec(), runners::Kind::Commands)
            }
            Some(Target::Later(_)) | None => {
                let nothing = PlanTarget::Command {
                    deploy: String::new(),
                    live: String::new(),
                    rollback: None,
                    shift: None,
                    promote: None,
                    timeout: DEFAULT_ROLL_OUT,
                };
                (nothing, vec![], runners::Kind::Commands)
            }
        }
    }

    fn namespace(&mut self, place: &str, said: Option<&Spanned<String>>) -> String {
        said.map_or_else(
            || {
                self.defaulted(format!("{place}.namespace"), "default", "kubectl's own default");
                "default".to_owned()
            },
            |n| n.node.clone(),
        )
    }

    fn container(
        &mut self,
        place: &str,
        said: Option<&Spanned<String>>,
        of: &Spanned<String>,
        why: &str,
    ) -> String {
        said.map_or_else(
            || {
                self.defaulted(format!("{place}.container"), of.node.clone(), why);
                of.node.clone()
            },
            |c| c.node.clone(),
        )
    }

    fn tier(&mut self, d: &Deploy) -> String {
        if let Some(t) = &d.tier {
            return t.node.clone();
        }
        let name = d.name.node.as_str();
        let tier = if name.starts_with("prod") || name == "live" {
            "production"
        } else if name.starts_with("stag") || name.starts_with("pre") {
            "staging"
        } else if name.starts_with("test") || name.starts_with("qa") {
            "testing"
        } else if name.starts_with("dev") {
            "development"
        } else {
            "other"
        };
        self.defaulted(format!("deploy-{name}.tier"), tier, "guessed from the name");
        tier.to_owned()
    }
}
