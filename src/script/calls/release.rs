//! What a deploy is told of how it takes over, what is watched, when it is taken back, and where that is written down.

use super::Call;
use super::work::{metric_name, place};
use crate::plan::number::decimal;
use crate::plan::{
    DeployWork, PlanHalt, PlanLedger, PlanMirror, PlanPrometheus, PlanRollback, PlanShadow, PlanTrigger,
    PlanWatch, ReconcileWork, SoakWork,
};

/// The options of `templates/script/runtime/README.md` for it.
pub(super) fn options(call: Call, deploy: &DeployWork, service: &str) -> Call {
    let call = deploy.canary.iter().fold(call, |call, step| {
        call.option("canary", [decimal(step.weight).as_str(), decimal(step.hold).as_str()])
    });
    let call = call.maybe("blue-green", deploy.blue_green.as_ref().map(|b| decimal(b.hold)).as_deref());
    let call = match &deploy.shadow {
        Some(shadow) => copied(call, shadow),
        None => call,
    };
    let call = match &deploy.watch {
        Some(watch) => watched(call, watch),
        None => call,
    };
    let call = taken_back(call, &deploy.rollback);
    match &deploy.ledger {
        Some(ledger) => {
            let call = written_down(call, ledger, service, &deploy.environment);
            call.each("beside", &ledger.beside)
        }
        None => call,
    }
}

fn copied(call: Call, shadow: &PlanShadow) -> Call {
    let from = shadow.from.as_str();
    let call = match &shadow.by {
        PlanMirror::Nginx { kubeconfig, namespace, ingress } => {
            call.option("shadow", [from, kubeconfig.as_str(), namespace, ingress])
        }
        PlanMirror::Commands { run, stop } => call.option("shadow-run", [from, run.as_str(), stop]),
    };
    if shadow.through_soak { call.option("shadow-soaks", []) } else { call }
}

/// The options of what puts an environment in order: the target, the ledger, and the limits of putting back.
pub(super) fn reconcile(call: Call, work: &ReconcileWork, service: &str) -> Call {
    let call = call.option("environment", [work.environment.as_str()]);
    let call = place(call, &work.artifact, &work.target);
    let call = match &work.shadow {
        Some(shadow) => copied(call, shadow),
        None => call,
    };
    let call = limits(call, work.within, work.halt.as_ref());
    let call = written_down(call, &work.ledger, service, &work.environment);
    if work.redeploy { call.option("redeploy", []) } else { call }
}

fn watched(call: Call, watch: &PlanWatch) -> Call {
    let call = call
        .option("watch", [decimal(watch.window).as_str(), decimal(watch.interval).as_str()])
        .maybe("poll-limit", watch.limit.map(decimal).as_deref());
    let call = match &watch.prometheus {
        Some(server) => asked(call, server),
        None => call,
    };
    let call = watch.metrics.iter().fold(call, |call, m| {
        let name = metric_name(&m.metric.0);
        let (kind, what) = match (&m.query, &m.run) {
            (Some(query), _) => ("prometheus", query.as_str()),
            (None, command) => ("run", command.as_deref().unwrap_or_default()),
        };
        call.option("metric", [name.as_str(), kind, what, "", m.unit.word()])
    });
    match &watch.smoke {
        Some(smoke) => call.option("probe", [smoke.command.as_str(), decimal(smoke.every).as_str()]),
        None => call,
    }
}

fn asked(call: Call, server: &PlanPrometheus) -> Call {
    let (kind, value) = match (&server.secret, &server.url) {
        (Some(name), _) => ("secret", name.as_str()),
        (None, url) => ("url", url.as_deref().unwrap_or_default()),
    };
    let (auth, first, second) = match (&server.token, &server.basic) {
        (Some(token), _) => ("token", token.as_str(), ""),
        (None, Some((user, password))) => ("basic", user.as_str(), password.as_str()),
        (None, None) => ("none", "", ""),
    };
    call.option("prometheus", [kind, value, auth, first, second])
}

/// A soak's watch, what must not trip in it, and where the ledger lies.
pub(super) fn soaked(call: Call, soak: &SoakWork, service: &str) -> Call {
    let call = match &soak.watch {
        Some(watch) => watched(call, watch),
        None => call,
    };
    let call = match &soak.shadow {
        Some(shadow) => copied(call, shadow),
        None => call,
    };
    written_down(triggers(call, &soak.triggers), &soak.ledger, service, &soak.environment)
}

fn triggers(call: Call, all: &[PlanTrigger]) -> Call {
    all.iter().fold(call, |call, t| {
        let lasting = match (t.consecutive, t.lasting) {
            (true, _) => "consecutive",
            (false, Some(_)) => "for",
            (false, None) => "once",
        };
        let (name, seconds) = (metric_name(&t.metric.0), decimal(t.lasting.unwrap_or_default()));
        let words = [name.as_str(), t.op.text(), &decimal(t.right), lasting, &seconds, &t.text];
        call.option("trigger", words)
    })
}

fn taken_back(call: Call, rollback: &PlanRollback) -> Call {
    limits(triggers(call, &rollback.triggers), rollback.within, rollback.halt.as_ref())
}

/// The time that putting back may take, and when that was once too often.
fn limits(call: Call, within: Option<u64>, halt: Option<&PlanHalt>) -> Call {
    let call = call.maybe("within", within.map(|s| s.to_string()).as_deref());
    match halt {
        Some(halt) => {
            let (count, window) = (halt.count.to_string(), decimal(halt.window));
            call.option("halt", [halt.op.text(), count.as_str(), window.as_str()])
        }
        None => call,
    }
}

/// Where the ledger lies.
pub(super) fn written_down(call: Call, ledger: &PlanLedger, service: &str, environment: &str) -> Call {
    let age = ledger.max_age.map(decimal).unwrap_or_else(|| "0".to_owned());
    let words = [ledger.store.as_str(), ledger.place.as_str(), service, environment, age.as_str()];
    let call = call.option("ledger", words);
    let call = match &ledger.host {
        Some(h) => call.option("ledger-ssh", [h.key.as_str(), h.known_hosts.as_str(), h.at.as_str()]),
        None => call,
    };
    call.maybe("ledger-kubeconfig", ledger.kubeconfig.as_deref())
        .maybe("ledger-token", ledger.token.as_deref())
}
