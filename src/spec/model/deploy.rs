//! Deploys, who is told, and what is typed today and made later.

use super::{Auth, Common, Duration, On, PlatformName, Rollback, SecretName, Shadow, Shell, Strategy, Watch};
use crate::diag::{Span, Spanned};

/// `deploy production { … }`.
#[derive(Debug, Clone)]
pub struct Deploy {
    /// Name; also the environment's.
    pub name: Spanned<String>,
    /// `after staging`; the deploy written before when absent.
    pub after: Option<Spanned<String>>,
    /// `on …`: narrows that of the deploy before.
    pub on: Vec<On>,
    /// `approval …`.
    pub approval: Option<Approval>,
    /// Where it goes; a `target NAME` is already resolved and merged.
    pub target: Option<Spanned<Target>>,
    /// `smoke "…"`: run once after each step.
    pub smoke: Option<Shell>,
    /// How traffic moves; all at once when absent.
    pub strategy: Option<Spanned<Strategy>>,
    /// `shadow from production`.
    pub shadow: Option<Shadow>,
    /// `soak 24h`: so long the image has run here before the next deploy starts. Played by scenarios, compiled later.
    pub soak: Option<Spanned<Duration>>,
    /// `watch …`.
    pub watch: Option<Watch>,
    /// `rollback …`.
    pub rollback: Option<Rollback>,
    /// `tier production`; guessed from the name when absent.
    pub tier: Option<Spanned<String>>,
    /// `auth …`: this deploy's own identity, in place of the pipeline's in the same cloud.
    pub auth: Vec<Auth>,
    /// Environment, runner, secrets, timeout.
    pub common: Common,
}

/// `approval required { … }`.
#[derive(Debug, Clone)]
pub struct Approval {
    /// `required` or `by_dispatch`.
    pub kind: Spanned<ApprovalKind>,
    /// Who may say yes.
    pub by: Vec<Spanned<String>>,
    /// How long the question stands.
    pub expires: Option<Spanned<Duration>>,
    /// The reason why the platform's setting is not checked.
    pub unchecked: Option<Spanned<String>>,
    /// The statement.
    pub span: Span,
}

/// How a deploy is approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalKind {
    /// A person approves in the platform.
    Required,
    /// A person starts a second run with the digest, where the platform's plan has nobody to ask.
    ByDispatch,
}

impl Deploy {
    /// The question that a person answers in the platform, if one is asked.
    pub fn question(&self) -> Option<&Approval> {
        self.approval.as_ref().filter(|a| a.kind.node == ApprovalKind::Required)
    }

    /// The input that a person starts the second run with, for `approval by_dispatch`: `production_digest`.
    pub fn dispatch_input(&self) -> Option<String> {
        let approval = self.approval.as_ref()?;
        (approval.kind.node == ApprovalKind::ByDispatch)
            .then(|| format!("{}_digest", self.name.node.replace('-', "_")))
    }
}

/// Where a deploy goes.
#[derive(Debug, Clone)]
pub enum Target {
    /// A Deployment of a Kubernetes cluster.
    Kubernetes(Kubernetes),
    /// A Rollout, whose traffic Argo Rollouts moves.
    ArgoRollouts(ArgoRollouts),
    /// Any command line.
    Command(CommandTarget),
    /// Hosts with docker.
    Ssh(Ssh),
    /// Typed, made later: helm, kserve, sagemaker, ecs, lambda, cloud_run.
    Later(String),
}

/// `target kubernetes { … }`.
#[derive(Debug, Clone)]
pub struct Kubernetes {
    /// Secret with the kubeconfig.
    pub kubeconfig: SecretName,
    /// Namespace; `default` when absent.
    pub namespace: Option<Spanned<String>>,
    /// Deployment.
    pub deployment: Spanned<String>,
    /// Container; the deployment's name when absent.
    pub container: Option<Spanned<String>>,
    /// `traffic nginx "fraud-scorer"`: what splits the traffic.
    pub traffic: Option<Spanned<Traffic>>,
    /// Time limit of one roll-out.
    pub timeout: Option<Spanned<Duration>>,
}

/// `traffic nginx "fraud-scorer"`.
#[derive(Debug, Clone)]
pub struct Traffic {
    /// `nginx` or `istio`; `gateway` is typed, and compiled later.
    pub by: String,
    /// The Ingress or VirtualService that leads to the release.
    pub route: String,
}

/// `target argo_rollouts { … }`.
#[derive(Debug, Clone)]
pub struct ArgoRollouts {
    /// Secret with the kubeconfig.
    pub kubeconfig: SecretName,
    /// Namespace; `default` when absent.
    pub namespace: Option<Spanned<String>>,
    /// Rollout.
    pub rollout: Spanned<String>,
    /// Container; the Rollout's name when absent.
    pub container: Option<Spanned<String>>,
    /// Time limit of one step: until it is paused at its weight, or healthy.
    pub timeout: Option<Spanned<Duration>>,
}

/// `target command { deploy "…"; live "…"; rollback "…" }`.
#[derive(Debug, Clone, Default)]
pub struct CommandTarget {
    /// Puts `MLPIPE_IMAGE` (or `MLPIPE_MODEL_DIGEST`) live.
    pub deploy: Option<Shell>,
    /// Prints the digest that serves now, nothing when nothing does.
    pub live: Option<Shell>,
    /// Puts `MLPIPE_ROLLBACK_TO` back; the `deploy` verb with that digest when absent.
    pub rollback: Option<Shell>,
    /// Gives the new release `MLPIPE_WEIGHT` percent of the traffic.
    pub shift: Option<Shell>,
    /// Makes the new release the only one; `shift` with a weight of 100 when absent.
    pub promote: Option<Shell>,
    /// Time limit of each verb.
    pub timeout: Option<Spanned<Duration>>,
}

/// `target ssh { host "app@h1", "app@h2"; … }`.
#[derive(Debug, Clone)]
pub struct Ssh {
    /// `USER@HOST` or `USER@HOST:PORT` each; rolled out on in this order, one after another.
    pub hosts: Vec<Spanned<String>>,
    /// Secret with the private key.
    pub key: SecretName,
    /// Secret with the hosts' public keys.
    pub known_hosts: SecretName,
    /// What runs there.
    pub service: HostService,
    /// Time limit of one host's roll-out.
    pub timeout: Option<Spanned<Duration>>,
}

/// What of a host's docker a release replaces.
#[derive(Debug, Clone)]
pub enum HostService {
    /// `compose "/srv/app/compose.yml" service "api"`.
    Compose {
        /// The file on the host.
        file: Spanned<String>,
        /// The service whose image is replaced.
        service: Spanned<String>,
    },
    /// `docker "api" run "--publish=8080:8080"`.
    Docker {
        /// The container's name.
        container: Spanned<String>,
        /// Words of `docker run`, one each.
        run: Vec<Spanned<String>>,
    },
}

/// `notify slack secret SLACK_WEBHOOK on failure, rollback, halt`.
#[derive(Debug, Clone)]
pub struct Notify {
    /// Channel.
    pub channel: Spanned<Channel>,
    /// Secret with the URL.
    pub secret: SecretName,
    /// When.
    pub on: Vec<Spanned<NotifyOn>>,
    /// The statement.
    pub span: Span,
}

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A Slack incoming webhook.
    Slack,
    /// Any URL: gets a JSON body.
    Webhook,
    /// Microsoft Teams: typed, made later.
    Teams,
    /// E-mail: typed, made later.
    Email,
}

/// What a message is sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum NotifyOn {
    /// Any job failed.
    Failure,
    /// Every job that should run has succeeded.
    Success,
    /// A deploy was put back.
    Rollback,
    /// An environment was halted.
    Halt,
}

/// `data frames { … }`: typed, made later.
#[derive(Debug, Clone)]
pub struct Data {
    /// Name.
    pub name: Spanned<String>,
    /// The statement's head.
    pub head: Span,
}

/// `train ranker { … }`: typed, made later.
#[derive(Debug, Clone)]
pub struct Train {
    /// Name.
    pub name: Spanned<String>,
    /// The statement's head.
    pub head: Span,
}

/// `reconcile { on schedule "13 * * * *" }`.
#[derive(Debug, Clone)]
pub struct Reconcile {
    /// The schedule.
    pub on: On,
    /// The statement.
    pub span: Span,
}

/// `drill staging { on schedule "23 6 * * 1" }`.
#[derive(Debug, Clone)]
pub struct Drill {
    /// The deploys whose rollback is rehearsed.
    pub deploys: Vec<Spanned<String>>,
    /// The schedule.
    pub on: On,
    /// The statement.
    pub span: Span,
}

/// `state s3 "…"`: where the ledger lies.
#[derive(Debug, Clone)]
pub struct State {
    /// Kind of store: `path`, `git`, `configmap` or `s3`; `gs` and `azure` are typed, and compiled later.
    pub store: Spanned<String>,
    /// A folder, a branch, `NAMESPACE/NAME` or `s3://BUCKET/PREFIX`.
    pub place: Spanned<String>,
    /// Secrets that every deploy needs to reach it.
    pub secrets: Vec<SecretName>,
    /// `max_age 7d`: a state not verified for longer is refused.
    pub max_age: Option<Spanned<Duration>>,
    /// The statement.
    pub span: Span,
}

/// `patch github "jobs.image" """…"""`: typed, applied later.
#[derive(Debug, Clone)]
pub struct Patch {
    /// Platform.
    pub platform: Spanned<PlatformName>,
    /// Place in the emitted file.
    pub place: Spanned<String>,
    /// What is added, in that file's own language.
    pub text: Spanned<String>,
}
