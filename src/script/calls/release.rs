//! What a deploy is told of how it takes over, what is watched, when it is taken back, and where that is written down.

use super::Call;
use super::work::{metric_name, right_side};
use crate::plan::number::decimal;
use crate::plan::{DeployWork, PlanLedger, PlanPrometheus, PlanQuestion, PlanRollback, PlanWatch};

/// The options of `templates/script/runtime/README.md` for it.
pub(super) fn options(call: Call, deploy: &DeployWork, service: &str) -> Call {
    let call = deploy.canary.iter().fold(call, |call, step| {
        call.option("canary", [decimal(step.weight).as_str(), decimal(step.hold).as_str()])
    });
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

fn taken_back(call: Call, rollback: &PlanRollback) -> Call {
    let call = rollback.triggers.iter().fold(call, |call, t| {
        let lasting = match (t.consecutive, t.lasting) {
            (true, _) => "consecutive",
            (false, Some(_)) => "for",
            (false, None) => "once",
        };
        let (name, seconds) = (metric_name(&t.metric.0), decimal(t.lasting.unwrap_or_default()));
        let bound = right_side(t.right, t.absolute, t.relative);
        let words = [name.as_str(), t.op.text(), &bound, lasting, &seconds, &t.text];
        call.option("trigger", words)
    });
    let call = call.maybe("within", rollback.within.map(|s| s.to_string()).as_deref());
    match &rollback.halt {
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
    call.option("ledger", words)
        .maybe("ledger-kubeconfig", ledger.kubeconfig.as_deref())
        .maybe("ledger-token", ledger.token.as_deref())
}
