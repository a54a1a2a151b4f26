//! How a release takes over, how it is watched, when it is taken back, and where that is written down.

use super::{Builder, minutes};
use crate::diag::Spanned;
use crate::plan::{
    DeployWork, PlanBlueGreen, PlanCanaryStep, PlanHalt, PlanLedger, PlanLedgerHost, PlanLiveMetric,
    PlanPrometheus, PlanQuestion, PlanRollback, PlanSamples, PlanTarget, PlanTrigger, PlanWatch,
    PlanWatchSmoke, SecretKind, SecretUse, Step, StepWhen,
};
use crate::spec::{
    Deploy, Kubernetes, Lasting, LiveSource, MetricPath, Prometheus, Right, ServerAddress, ServerAuth,
    Strategy, Tolerance, Watch,
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
        warm_up: watch.warms_up(),
        tolerate: watch.tolerate.as_ref().map_or(0, |t| t.node),
        prometheus: watch.prometheus.as_ref().map(prometheus),
        metrics: watch
            .metrics
            .iter()
            .map(|m| {
                let (token, basic) = shown(&m.auth);
                PlanLiveMetric {
                    metric: m.metric.node.clone(),
                    question: question(&m.source),
                    unit: m.unit,
                    token,
                    basic,
                    samples: m
                        .samples
                        .as_ref()
                        .map(|s| PlanSamples { least: s.least.node, question: question(&s.source) }),
                    baseline: m.baseline.as_ref().map(|b| question(&b.node)),
                }
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
        ServerAddress::Secret(name) => (Some(name.node.clone()), None),
        ServerAddress::Url(url) => (None, Some(url.node.clone())),
    };
    let (token, basic) = shown(&prometheus.auth);
    PlanPrometheus { secret, url, token, basic }
}

/// Variables with what a server is shown: a token, or user and password.
fn shown(auth: &ServerAuth) -> (Option<String>, Option<(String, String)>) {
    match auth {
        ServerAuth::None => (None, None),
        ServerAuth::Token(token) => (Some(token.node.clone()), None),
        ServerAuth::Basic(user, password) => (None, Some((user.node.clone(), password.node.clone()))),
    }
}

fn question(source: &LiveSource) -> PlanQuestion {
    let place = |at: &Option<Spanned<MetricPath>>| at.as_ref().map(|p| p.node.clone());
    let asked = PlanQuestion::default();
    match source {
        LiveSource::Prometheus(query) | LiveSource::Later(query) => {
            PlanQuestion { query: Some(query.node.clone()), ..asked }
        }
        LiveSource::Run(command, at) => {
            PlanQuestion { run: Some(command.node.clone()), at: place(at), ..asked }
        }
        LiveSource::Http(ServerAddress::Url(url), at) => {
            PlanQuestion { url: Some(url.node.clone()), at: place(at), ..asked }
        }
        LiveSource::Http(ServerAddress::Secret(name), at) => {
            PlanQuestion { url_secret: Some(name.node.clone()), at: place(at), ..asked }
        }
    }
}

/// When it is taken back.
pub(super) fn rollback(d: &Deploy) -> PlanRollback {
    let Some(rollback) = &d.rollback else { return PlanRollback::default() };
    let triggers = rollback.when.iter().map(|rule| PlanTrigger {
        metric: rule.metric.node.clone(),
        op: rule.op,
        right: rule.literal(),
        absolute: match rule.right {
            Right::Baseline(Tolerance::Absolute(by)) => Some(by),
            _ => None,
        },
        relative: match rule.right {
            Right::Baseline(Tolerance::Relative(share)) => Some(share),
            _ => None,
        },
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
