//! How a release takes over, how it is watched, when it is taken back, and where that is written down.

use super::{Builder, minutes};
use crate::plan::{
    DeployWork, PlanBlueGreen, PlanCanaryStep, PlanHalt, PlanLedger, PlanLedgerHost, PlanLiveMetric,
    PlanPrometheus, PlanRollback, PlanTarget, PlanTrigger, PlanWatch, PlanWatchSmoke, SecretKind, SecretUse,
    Step, StepWhen,
};
use crate::spec::{
    Deploy, Kubernetes, Lasting, LiveSource, Prometheus, PrometheusAddress, PrometheusAuth, Strategy, Watch,
};

impl Builder<'_> {
    /// Where the ledger of a deploy lies: where the spec says, else in a ConfigMap beside what is deployed, or in a folder of
    /// the first host.
    pub(super) fn ledger(&mut self, d: &Deploy, target: &PlanTarget) -> Option<PlanLedger> {
        let name = &d.name.node;
        let kubeconfig = target.cluster().map(|(kubeconfig, _)| kubeconfig.to_owned());
        let Some(state) = &self.spec.state else {
            let pipeline = &self.spec.pipeline.node;
            let (store, place, host) = match target {
                PlanTarget::Kubernetes { namespace, .. } | PlanTarget::ArgoRollouts { namespace, .. } => {
                    ("configmap", format!("{namespace}/mlpipe-{pipeline}-{name}"), None)
                }
                PlanTarget::Ssh { hosts, key, known_hosts, .. } => {
                    let (at, key, known_hosts) = (hosts.first()?.clone(), key.clone(), known_hosts.clone());
                    let host = PlanLedgerHost { at, key, known_hosts };
                    ("host", format!(".mlpipe/{pipeline}"), Some(host))
                }
                PlanTarget::Command { .. } => return None,
            };
            let shown = match &host {
                Some(host) => format!("{store} ~/{place} on {}", host.at),
                None => format!("{store} {place}"),
            };
            self.defaulted(format!("deploy-{name}.ledger"), shown, "the ledger lies beside what it tells of");
            return Some(PlanLedger {
                store: store.into(),
                place,
                kubeconfig,
                host,
                token: None,
                secrets: vec![],
                max_age: None,
                beside: vec![],
            });
        };
        let configmap = state.store.node == "configmap";
        // Each environment may be in a cluster of its own.
        let others = self.spec.deploys.keys().filter(|other| *other != name && !configmap);
        Some(PlanLedger {
            store: state.store.node.clone(),
            place: match configmap {
                true => format!("{}-{name}", state.place.node),
                false => state.place.node.clone(),
            },
            kubeconfig: kubeconfig.filter(|_| configmap),
            host: None,
            token: state.secrets.first().filter(|_| state.store.node == "git").map(|s| s.node.clone()),
            secrets: state.secrets.iter().map(|s| s.node.clone()).collect(),
            max_age: state.max_age.as_ref().map(|a| a.node.seconds),
            beside: others.cloned().collect(),
        })
    }

    /// Secrets that the deploy itself needs, beside its target's.
    pub(super) fn release_secrets(&self, d: &Deploy) -> Vec<SecretUse> {
        let state = self.spec.state.iter().flat_map(|s| &s.secrets);
        let watch = d.watch.iter().flat_map(Watch::asked_with);
        let mut all: Vec<SecretUse> = Vec::new();
        for name in state.chain(watch) {
            if all.iter().all(|s| s.name != name.node) {
                all.push(self.secret(name, SecretKind::Text));
            }
        }
        all
    }
}

/// The steps in which traffic moves; none where it moves at once.
pub(super) fn canary(d: &Deploy) -> Vec<PlanCanaryStep> {
    match d.strategy.as_ref().map(|s| &s.node) {
        Some(Strategy::Canary(steps)) => steps
            .iter()
            .map(|s| PlanCanaryStep { weight: s.weight, hold: s.hold.map_or(0.0, |h| h.seconds) })
            .collect(),
        _ => vec![],
    }
}

/// Starting beside what is live, and switching over.
pub(super) fn blue_green(d: &Deploy) -> Option<PlanBlueGreen> {
    match d.strategy.as_ref().map(|s| &s.node) {
        Some(Strategy::BlueGreen(hold)) => Some(PlanBlueGreen { hold: hold.map_or(0.0, |h| h.seconds) }),
        _ => None,
    }
}

/// What is watched.
pub(super) fn watch(watch: &Watch) -> PlanWatch {
    PlanWatch {
        window: watch.window.node.seconds,
        interval: watch.interval.node.seconds,
        limit: watch.limit.as_ref().map(|l| l.node.seconds),
        prometheus: watch.prometheus.as_ref().map(prometheus),
        metrics: watch
            .metrics
            .iter()
            .map(|m| {
                let (query, run) = match &m.source {
                    LiveSource::Prometheus(query) | LiveSource::Later(query) => {
                        (Some(query.node.clone()), None)
                    }
                    LiveSource::Run(command) => (None, Some(command.node.clone())),
                };
                PlanLiveMetric { metric: m.metric.node.clone(), query, run, unit: m.unit }
            })
            .collect(),
        smoke: watch
            .smoke
            .as_ref()
            .map(|s| PlanWatchSmoke { command: s.command.node.clone(), every: s.every.node.seconds }),
    }
}

fn prometheus(prometheus: &Prometheus) -> PlanPrometheus {
    let (secret, url) = match &prometheus.address {
        PrometheusAddress::Secret(name) => (Some(name.node.clone()), None),
        PrometheusAddress::Url(url) => (None, Some(url.node.clone())),
    };
    let (token, basic) = match &prometheus.auth {
        PrometheusAuth::None => (None, None),
        PrometheusAuth::Token(token) => (Some(token.node.clone()), None),
        PrometheusAuth::Basic(user, password) => (None, Some((user.node.clone(), password.node.clone()))),
    };
    PlanPrometheus { secret, url, token, basic }
}

/// When it is taken back.
pub(super) fn rollback(d: &Deploy) -> PlanRollback {
    let Some(rollback) = &d.rollback else { return PlanRollback::default() };
    let triggers = rollback.when.iter().map(|rule| PlanTrigger {
        metric: rule.metric.node.clone(),
        op: rule.op,
        right: rule.right,
        lasting: match rule.lasting {
            Lasting::For(long) => Some(long.seconds),
            Lasting::Once | Lasting::Consecutive => None,
        },
        consecutive: rule.lasting == Lasting::Consecutive,
        text: rule.text.clone(),
    });
    PlanRollback {
        triggers: triggers.collect(),
        within: rollback.within.as_ref().map(|w| w.node.seconds.ceil() as u64),
        halt: rollback.halt.as_ref().map(|h| PlanHalt { op: h.op, count: h.count, window: h.window.seconds }),
    }
}

/// The object that splits the traffic of a Deployment, where it is of this kind.
pub(super) fn traffic(k: &Kubernetes, by: &str) -> Option<String> {
    k.traffic.as_ref().filter(|t| t.node.by == by).map(|t| t.node.route.clone())
}

/// What the platform starts, in order: one call each, so that each is seen.
pub(super) fn steps(work: &DeployWork) -> Vec<Step> {
    let step = |id: &str, title: String, when| Step {
        id: id.into(),
        title,
        args: vec!["deploy".into(), work.environment.clone(), id.into()],
        when,
    };
    let normal = |id: &str, title: &str| step(id, title.to_owned(), StepWhen::Normal);
    let mut all = vec![normal("begin", "Check the evidence and read what is live")];
    let beside = !work.canary.is_empty() || work.blue_green.is_some();
    all.push(normal("roll-out", if beside { "Start beside what is live" } else { "Roll out" }));
    if work.canary.is_empty() && work.smoke.is_some() {
        all.push(normal("smoke", "Smoke test"));
    }
    // What does not start, or fails its own test, gets no copies of anybody's requests.
    if let Some(shadow) = &work.shadow {
        all.push(normal("shadow", &format!("Copy the requests of {} to it", shadow.from)));
    }
    for (i, canary) in work.canary.iter().enumerate() {
        let hold = held(canary.hold);
        all.push(normal(&format!("canary-{}", i + 1), &format!("Canary: {}%{hold}", canary.weight)));
    }
    if let Some(blue_green) = &work.blue_green {
        let hold = match held(blue_green.hold) {
            hold if hold.is_empty() => hold,
            hold => format!(", keep the old one{hold}"),
        };
        all.push(normal("switch", &format!("Switch all traffic to it{hold}")));
    }
    if let Some(watch) = &work.watch {
        all.push(normal("watch", &format!("Watch for {}", minutes(watch.window.ceil() as u64))));
    }
    let finish = match work.blue_green {
        Some(_) => "Take the old one away and confirm what is live",
        None => "Confirm what is live",
    };
    all.push(normal("finish", finish));
    all.push(step("restore", "Put back what was live before".into(), StepWhen::Unfinished));
    all
}

/// ` for 10m`, or nothing.
fn held(seconds: f64) -> String {
    if seconds > 0.0 { format!(" for {}", minutes(seconds.ceil() as u64)) } else { String::new() }
}
