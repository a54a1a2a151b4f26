//! What a deploy does: where it goes, how traffic moves, what is watched, when it is taken back, where it is written down.

use super::ApproveWork;
use crate::spec::{MetricPath, Op, Unit};
use serde::Serialize;

/// A deploy.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DeployWork {
    /// Environment.
    pub environment: String,
    /// What is deployed.
    pub artifact: Artifact,
    /// Where.
    pub target: PlanTarget,
    /// Run once after the roll-out, and after every step of a canary.
    pub smoke: Option<String>,
    /// Steps in which traffic moves to it, the last at 100 %; empty where it moves at once.
    pub canary: Vec<PlanCanaryStep>,
    /// It starts beside what is live and is then switched over.
    pub blue_green: Option<PlanBlueGreen>,
    /// Whose requests it gets copies of, and who makes them.
    pub shadow: Option<PlanShadow>,
    /// What is looked at while traffic moves, and for a time after it.
    pub watch: Option<PlanWatch>,
    /// Its verdicts and limits for putting back.
    pub rollback: PlanRollback,
    /// Where it is written down; nothing where neither the spec nor the target has a place for it.
    pub ledger: Option<PlanLedger>,
    /// The approval job whose evidence it checks again.
    pub approval: Option<ApproveWork>,
    /// The input in which a person says the digest that is to be deployed, where that is the approval.
    pub dispatch: Option<String>,
    /// Environments after this one that wait for such a start: what it says at its end.
    pub offers: Vec<PlanOffer>,
}

/// A deploy that a person may start by hand once the one before is good.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanOffer {
    /// Environment.
    pub environment: String,
    /// The input that takes the digest.
    pub input: String,
}

impl DeployWork {
    /// What putting back may take, in seconds, beside the job's own limit: what the spec says with `within`, else a look,
    /// the verb, its wait and a look again, each within the target's limit, and two minutes for what lies between. After
    /// a `within`, half a minute is left to look what serves and to write it down. The runtime keeps the same figures.
    pub fn restore_seconds(&self) -> u64 {
        match self.rollback.within {
            Some(within) => within + LAST_LOOK,
            None => 3 * self.target.timeout() + 120,
        }
    }

    /// Seconds for which the deploy only looks: the holds of its traffic, and the window of its watch.
    pub fn looks_for(&self) -> u64 {
        let holds = self.canary.iter().map(|s| s.hold).sum::<f64>();
        let holds = holds + self.blue_green.as_ref().map_or(0.0, |b| b.hold);
        (holds + self.watch.as_ref().map_or(0.0, |w| w.window)).ceil() as u64
    }
}

/// The plugin of kubectl that Argo Rollouts is driven with.
pub const ARGO_ROLLOUTS: &str = "kubectl-argo-rollouts";

/// Seconds after the budget of a rollback in which the runtime looks what serves and writes it down.
const LAST_LOOK: u64 = 30;

/// One step of a canary.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanCanaryStep {
    /// Share of the traffic, in percent.
    pub weight: f64,
    /// How long it stays at that, in seconds.
    pub hold: f64,
}

/// A release that starts beside what is live and gets all of the traffic at once.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanBlueGreen {
    /// How long the old one stays at hand after the switch, in seconds, before the window of the watch.
    pub hold: f64,
}

/// Copies of another environment's requests.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanShadow {
    /// The environment whose requests are copied.
    pub from: String,
    /// Who copies them.
    pub by: PlanMirror,
    /// The deploy leaves them on: the soak behind it ends them.
    pub through_soak: bool,
}

/// Who copies requests.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PlanMirror {
    /// ingress-nginx, by annotations of the Ingress of the environment that is copied from.
    Nginx {
        /// Variable with a kubeconfig that may get and patch that Ingress.
        kubeconfig: String,
        /// Its namespace.
        namespace: String,
        /// Its name.
        ingress: String,
    },
    /// Commands.
    Commands {
        /// Begins it.
        run: String,
        /// Ends it.
        stop: String,
    },
}

/// What is looked at while a release takes over.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanWatch {
    /// Seconds from the moment at which all traffic has moved.
    pub window: f64,
    /// Seconds between two polls.
    pub interval: f64,
    /// Limit of each question, in seconds, where the spec says one.
    pub limit: Option<f64>,
    /// Seconds after each move of traffic for which no metric is judged.
    pub warm_up: f64,
    /// Polls in a row that may give no number at the end of a step.
    pub tolerate: u32,
    /// The Prometheus server.
    pub prometheus: Option<PlanPrometheus>,
    /// Metrics.
    pub metrics: Vec<PlanLiveMetric>,
    /// A smoke test of its own.
    pub smoke: Option<PlanWatchSmoke>,
}

impl PlanWatch {
    /// Does it run commands of the user's?
    pub fn runs(&self) -> bool {
        self.smoke.is_some() || self.metrics.iter().any(|m| m.questions().any(|q| q.run.is_some()))
    }
}

/// A Prometheus server.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanPrometheus {
    /// Variable with its URL.
    pub secret: Option<String>,
    /// Its URL, where that is no secret.
    pub url: Option<String>,
    /// Variable with a bearer token.
    pub token: Option<String>,
    /// Variables with user and password.
    pub basic: Option<(String, String)>,
}

impl PlanPrometheus {
    fn asks_with(&self, name: &str) -> bool {
        let basic = self.basic.iter().flat_map(|(user, password)| [user, password]);
        self.secret.iter().chain(&self.token).chain(basic).any(|variable| variable == name)
    }
}

/// A live metric.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanLiveMetric {
    /// Its name, part by part.
    pub metric: MetricPath,
    /// Whom it is asked of.
    #[serde(flatten)]
    pub question: PlanQuestion,
    /// Unit of what it gives, for people.
    pub unit: Unit,
    /// Variable with the bearer token that its HTTP servers are shown.
    pub token: Option<String>,
    /// Variables with the user and password that they are shown.
    pub basic: Option<(String, String)>,
    /// How many samples it needs to be judged.
    pub samples: Option<PlanSamples>,
    /// Whom is asked for what the version gives that still serves beside a canary.
    pub baseline: Option<PlanQuestion>,
}

/// How many samples a live metric needs.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanSamples {
    /// The least number; fewer count as no number.
    pub least: u32,
    /// Who counts them.
    #[serde(flatten)]
    pub question: PlanQuestion,
}

/// A number that is asked for. One of `query`, `run`, `url` and `url_secret` is there.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanQuestion {
    /// The query that Prometheus is asked.
    pub query: Option<String>,
    /// The command that prints it.
    pub run: Option<String>,
    /// The URL of the JSON document that has it.
    pub url: Option<String>,
    /// Variable with that URL, where it is a secret.
    pub url_secret: Option<String>,
    /// The place in the JSON document; nothing where it is the whole, or no document.
    pub at: Option<MetricPath>,
}

impl PlanLiveMetric {
    /// Everything that is asked for it.
    pub fn questions(&self) -> impl Iterator<Item = &PlanQuestion> {
        let samples = self.samples.iter().map(|s| &s.question);
        std::iter::once(&self.question).chain(samples).chain(&self.baseline)
    }

    /// Can it be asked for the past, with the number of its samples?
    pub fn knows_the_past(&self) -> bool {
        let samples = self.samples.iter().map(|s| &s.question);
        std::iter::once(&self.question).chain(samples).all(|q| q.query.is_some())
    }

    /// Is that one of the variables that its own servers are asked with? The deploy stops at its first step when one is
    /// empty.
    fn asks_with(&self, name: &str) -> bool {
        let basic = self.basic.iter().flat_map(|(user, password)| [user, password]);
        let urls = self.questions().filter_map(|q| q.url_secret.as_ref());
        urls.chain(&self.token).chain(basic).any(|variable| variable == name)
    }
}

impl PlanWatch {
    /// Is that one of the variables that a server is asked with? The deploy stops at its first step when one is empty.
    pub fn asks_with(&self, name: &str) -> bool {
        self.prometheus.as_ref().is_some_and(|p| p.asks_with(name))
            || self.metrics.iter().any(|m| m.asks_with(name))
    }
}

/// A smoke test that is run again and again.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanWatchSmoke {
    /// The command.
    pub command: String,
    /// Seconds between two runs.
    pub every: f64,
}

/// A soak: for how long a release has to have run in an environment, before what comes after it may start. The platform
/// waits (see `Job::wait`), and this is the look at the end of it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SoakWork {
    /// The environment in which it runs.
    pub environment: String,
    /// For so long, in seconds.
    pub seconds: u64,
    /// What was deployed.
    pub artifact: Artifact,
    /// Where it is written down since when it is good there. Without that nobody could tell.
    pub ledger: PlanLedger,
    /// The watch of the deploy, which must hold over all of the time.
    pub watch: Option<PlanWatch>,
    /// What must not trip in it.
    pub triggers: Vec<PlanTrigger>,
    /// The copies of another environment's requests that lasted until here, and end with it.
    pub shadow: Option<PlanShadow>,
}

/// When a release is taken back.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanRollback {
    /// Each of them takes it back by itself.
    pub triggers: Vec<PlanTrigger>,
    /// The time that putting back may take, in seconds.
    pub within: Option<u64>,
    /// When every deploy stops.
    pub halt: Option<PlanHalt>,
}

/// A trigger.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanTrigger {
    /// A metric of the watch, or `smoke.failures`.
    pub metric: MetricPath,
    /// Comparison.
    pub op: Op,
    /// A number in the metric's unit; nothing where it is compared with its baseline.
    pub right: Option<f64>,
    /// Added to the baseline, in the metric's unit.
    pub absolute: Option<f64>,
    /// A share of the baseline's absolute value, added to it.
    pub relative: Option<f64>,
    /// It must hold for so many seconds; nothing where one poll is enough.
    pub lasting: Option<f64>,
    /// Failures without a success between them are counted.
    pub consecutive: bool,
    /// The rule as written.
    pub text: String,
}

/// When an environment is halted.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanHalt {
    /// Comparison.
    pub op: Op,
    /// Number of rollbacks.
    pub count: u32,
    /// Seconds over which they are counted.
    pub window: f64,
}

/// Where the ledger of an environment lies.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanLedger {
    /// `path`, `git`, `configmap`, `s3` or `host`.
    pub store: String,
    /// A folder, a branch, `NAMESPACE/NAME`, `s3://BUCKET/PREFIX` or a folder of the login's home on a host.
    pub place: String,
    /// Variable with the kubeconfig, for a ConfigMap.
    pub kubeconfig: Option<String>,
    /// The host, for a folder there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<PlanLedgerHost>,
    /// Variable with the token that a branch is pushed with.
    pub token: Option<String>,
    /// Variables with which the store is reached, beside the kubeconfig.
    pub secrets: Vec<String>,
    /// A ledger that was not verified for longer, in seconds, is refused.
    pub max_age: Option<f64>,
    /// Environments of the pipeline whose ledgers lie in the same place and are reached with the same secrets: a halt of
    /// one of them stops this one too.
    pub beside: Vec<String>,
}

impl PlanLedger {
    /// Variables with the files with which it is reached.
    pub fn files(&self) -> impl Iterator<Item = &String> {
        let host = self.host.iter().flat_map(|h| [&h.key, &h.known_hosts]);
        self.kubeconfig.iter().chain(host)
    }
}

/// The host on which a ledger lies, and how it is reached.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanLedgerHost {
    /// `USER@HOST` or `USER@HOST:PORT`.
    pub at: String,
    /// Variable with the private key.
    pub key: String,
    /// Variable with the hosts' public keys.
    pub known_hosts: String,
}

/// What a deploy puts live.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Artifact {
    /// The image, by digest.
    Image {
        /// Repository with its host.
        repository: String,
    },
    /// The model's file, by checksum.
    Model {
        /// Name.
        name: String,
    },
}

/// Where a deploy goes.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PlanTarget {
    /// A Kubernetes Deployment.
    Kubernetes {
        /// Variable with the kubeconfig (content, or path of a file).
        kubeconfig: String,
        /// Namespace.
        namespace: String,
        /// Deployment.
        deployment: String,
        /// Container.
        container: String,
        /// Limit of one roll-out, in seconds.
        timeout: u64,
        /// The Ingress whose traffic ingress-nginx splits.
        traffic: Option<String>,
        /// The VirtualService whose routes Istio splits.
        #[serde(skip_serializing_if = "Option::is_none")]
        istio: Option<String>,
    },
    /// A Rollout, whose traffic Argo Rollouts moves.
    ArgoRollouts {
        /// Variable with the kubeconfig (content, or path of a file).
        kubeconfig: String,
        /// Namespace.
        namespace: String,
        /// Rollout.
        rollout: String,
        /// Container.
        container: String,
        /// Limit of each step, in seconds.
        timeout: u64,
    },
    /// A command line.
    Command {
        /// Puts it live.
        deploy: String,
        /// Prints the digest that serves now.
        live: String,
        /// Puts `MLPIPE_ROLLBACK_TO` back; `deploy` with that digest when absent.
        rollback: Option<String>,
        /// Gives the new release `MLPIPE_WEIGHT` percent of the traffic.
        shift: Option<String>,
        /// Makes the new release the only one.
        promote: Option<String>,
        /// Limit of each verb, in seconds.
        timeout: u64,
    },
    /// Hosts with docker, one after another.
    Ssh {
        /// `USER@HOST` or `USER@HOST:PORT` each, in the order in which they are rolled out on.
        hosts: Vec<String>,
        /// Variable with the private key (content, or path of a file).
        key: String,
        /// Variable with the hosts' public keys (content, or path of a file).
        known_hosts: String,
        /// What is replaced there.
        service: PlanHostService,
        /// Limit of one host's roll-out, in seconds.
        timeout: u64,
    },
}

/// What of a host's docker a release replaces.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum PlanHostService {
    /// The image of a service of docker compose.
    Compose {
        /// The file on the host; below the login's home where it is not absolute.
        file: String,
        /// The service.
        service: String,
    },
    /// A container.
    Docker {
        /// Its name.
        container: String,
        /// Options of `docker run`, each of one word.
        run: Vec<String>,
    },
}

impl PlanTarget {
    /// Limit of one roll-out (of all hosts, which come one after another), or of each verb, in seconds.
    pub fn timeout(&self) -> u64 {
        match self {
            Self::Kubernetes { timeout, .. }
            | Self::ArgoRollouts { timeout, .. }
            | Self::Command { timeout, .. } => *timeout,
            Self::Ssh { timeout, hosts, .. } => timeout * (hosts.len() as u64).max(1),
        }
    }

    /// The programs with which it is reached.
    pub fn tools(&self) -> &'static [&'static str] {
        match self {
            Self::Kubernetes { .. } => &["kubectl"],
            Self::ArgoRollouts { .. } => &["kubectl", ARGO_ROLLOUTS],
            Self::Ssh { .. } => &["ssh"],
            Self::Command { .. } => &[],
        }
    }

    /// The variable with the kubeconfig and the namespace, where it is a cluster.
    pub fn cluster(&self) -> Option<(&str, &str)> {
        match self {
            Self::Kubernetes { kubeconfig, namespace, .. }
            | Self::ArgoRollouts { kubeconfig, namespace, .. } => Some((kubeconfig, namespace)),
            Self::Command { .. } | Self::Ssh { .. } => None,
        }
    }

    /// Variables with the files with which it is reached; commands of the spec see what their deploy's block names.
    pub fn files(&self) -> Vec<&str> {
        match self {
            Self::Kubernetes { kubeconfig, .. } | Self::ArgoRollouts { kubeconfig, .. } => vec![kubeconfig],
            Self::Ssh { key, known_hosts, .. } => vec![key, known_hosts],
            Self::Command { .. } => vec![],
        }
    }
}
