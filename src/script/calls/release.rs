//! What a deploy is told of how it takes over, what is watched, when it is taken back, and where that is written down.

use super::Call;
use super::work::{metric_name, place, right_side};
use crate::plan::number::decimal;
use crate::plan::{
    DeployWork, PlanHalt, PlanLedger, PlanMirror, PlanPrometheus, PlanQuestion, PlanRollback, PlanShadow,
    PlanTrigger, PlanWatch, ReconcileWork, SoakWork,
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
        .maybe("poll-limit", watch.limit.map(decimal).as_deref())
        .maybe("warm-up", (watch.warm_up > 0.0).then(|| decimal(watch.warm_up)).as_deref())
        .maybe("missing", (watch.tolerate > 0).then(|| watch.tolerate.to_string()).as_deref());
    let call = match &watch.prometheus {
        Some(server) => asked(call, server),
        None => call,
    };
    let call = watch.metrics.iter().fold(call, |call, m| {
        let name = metric_name(&m.metric.0);
        let (kind, what, at) = question(&m.question);
        let call = call.option("metric", [name.as_str(), kind, what, &at, m.unit.word()]);
        let call = match &m.samples {
            Some(samples) => {
                let ((kind, what, at), least) = (question(&samples.question), samples.least.to_string());
                call.option("samples", [name.as_str(), least.as_str(), kind, what, &at])
            }
            None => call,
        };
        let call = match m.baseline.as_ref().map(question) {
            Some((kind, what, at)) => call.option("baseline-live", [name.as_str(), kind, what, &at]),
            None => call,
        };
        let [auth, first, second] = shown(m.token.as_deref(), m.basic.as_ref());
        if auth == "none" { call } else { call.option("metric-auth", [name.as_str(), auth, first, second]) }
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
    let [auth, first, second] = shown(server.token.as_deref(), server.basic.as_ref());
    call.option("prometheus", [kind, value, auth, first, second])
}

/// Kind of source, what is asked there, and the place in the answer.
fn question(q: &PlanQuestion) -> (&'static str, &str, String) {
    let (kind, what) = match (q.query.as_deref(), q.url.as_deref(), q.url_secret.as_deref()) {
        (Some(query), ..) => ("prometheus", query),
        (None, Some(url), _) => ("http", url),
        (None, None, Some(name)) => ("http-secret", name),
        (None, None, None) => ("run", q.run.as_deref().unwrap_or_default()),
    };
    (kind, what, q.at.as_ref().map(|at| metric_name(&at.0)).unwrap_or_default())
}

/// What a server is shown.
fn shown<'a>(token: Option<&'a str>, basic: Option<&'a (String, String)>) -> [&'a str; 3] {
    match (token, basic) {
        (Some(token), _) => ["token", token, ""],
        (None, Some((user, password))) => ["basic", user, password],
        (None, None) => ["none", "", ""],
    }
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
        let bound = right_side(t.right, t.absolute, t.relative);
        let words = [name.as_str(), t.op.text(), &bound, lasting, &seconds, &t.text];
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
