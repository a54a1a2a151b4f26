//! A running release: watch, rollback, halt.

use super::require::live_unit;
use super::{Decoder, Item, statements};
use crate::diag::{Code, Finding, Spanned, words};
use crate::spec::shape::Place;
use crate::spec::{
    Halt, Lasting, LiveSource, MetricPath, Prometheus, PrometheusAddress, PrometheusAuth, Rollback,
    RollbackWhen, Unit, Watch, WatchSmoke, WatchedMetric, smoke_failures,
};

/// A metric that a watch has, with the unit that was said for it.
type Watched = (Spanned<MetricPath>, Option<Unit>);

impl Decoder<'_> {
    /// `watch` and `rollback` of one deploy.
    pub(super) fn live(&mut self, items: &[Item<'_>]) -> (Option<Watch>, Option<Rollback>) {
        let watch = items.iter().find(|i| i.word() == "watch").map(|w| self.watch(w));
        let (watched, watch) = watch.map_or((None, None), |(all, watch)| (Some(all), watch));
        let rollback = items.iter().find(|i| i.word() == "rollback");
        (watch, rollback.map(|r| self.rollback(r, watched.as_deref())))
    }

    fn watch(&mut self, item: &Item<'_>) -> (Vec<Watched>, Option<Watch>) {
        let items = self.complete(item, Place::Watch);
        let mut watched: Vec<Watched> = Vec::new();
        let mut metrics = Vec::new();
        let (mut prometheus, mut smoke, mut requests) = (None, None, None);
        let (mut limit, mut secrets) = (None, Vec::new());
        let datadog = items.iter().any(|i| i.word() == "datadog");
        for inner in &items {
            match inner.word() {
                "metric" => {
                    let Some(metric) = inner.metric("metric") else { continue };
                    let unit = inner.unit("unit");
                    if let Some(unit) = &unit {
                        self.unit_contradiction(&metric, unit);
                    }
                    let unit = unit.map(|u| u.node);
                    if let Some(source) = live_source(inner, datadog) {
                        let unit = live_unit(&metric, unit);
                        metrics.push(WatchedMetric { source, metric: metric.clone(), unit });
                    }
                    watched.push((metric, unit));
                }
                "smoke" => {
                    watched.push((Spanned::new(smoke_failures(), inner.statement.head), None));
                    let parts = inner.text("command").zip(inner.duration("interval"));
                    smoke = parts.map(|(command, every)| WatchSmoke { command, every });
                }
                "timeout" => limit = inner.duration("time"),
                "secret" => secrets.extend(inner.text("name")),
                "prometheus" => prometheus = self.prometheus(inner),
                "requests" => requests = requests_per_second(inner),
                _ => {}
            }
        }
        let asks = items.iter().find(|i| i.word() == "metric" && i.has("query"));
        let source = items.iter().any(|i| matches!(i.word(), "prometheus" | "datadog"));
        if let Some(asks) = asks.filter(|_| !source && !item.statement.damaged) {
            self.findings.push(
                Finding::at(
                    Code::MISSING_STATEMENT,
                    asks.statement.head,
                    "there is nobody to ask this query",
                )
                .help("say who answers it: `prometheus secret PROMETHEUS_URL`"),
            );
        }
        let times = item.duration("window").zip(item.duration("interval"));
        let span = item.statement.head;
        let watch = times.map(|(window, interval)| Watch {
            window,
            interval,
            prometheus,
            metrics,
            smoke,
            limit,
            secrets,
            requests,
            span,
        });
        (watched, watch)
    }

    /// `prometheus secret URL { token secret T }`.
    fn prometheus(&mut self, item: &Item<'_>) -> Option<Prometheus> {
        let items = self.items(statements(item.block()), Place::Prometheus);
        let find = |word: &str| items.iter().find(|i| i.word() == word);
        let (token, basic) = (find("token"), find("basic"));
        if let (Some(token), Some(basic)) = (token, basic) {
            self.findings.push(
                Finding::at(
                    Code::GIVEN_TWICE,
                    basic.statement.head,
                    "a server is shown a token or user and password, not both",
                )
                .also(token.statement.head, "the token")
                .help("take one of them out"),
            );
        }
        let auth = match (token.and_then(|i| i.text("secret")), basic) {
            (Some(token), _) => PrometheusAuth::Token(token),
            (None, Some(i)) => PrometheusAuth::Basic(i.text("user")?, i.text("password")?),
            (None, None) => PrometheusAuth::None,
        };
        let address = match item.text("secret") {
            Some(secret) => PrometheusAddress::Secret(secret),
            None => PrometheusAddress::Url(item.text("url")?),
        };
        Some(Prometheus { address, auth })
    }

    fn rollback(&mut self, item: &Item<'_>, watched: Option<&[Watched]>) -> Rollback {
        let span = item.statement.head;
        let mut rollback = Rollback { when: Vec::new(), within: None, halt: None, redeploy: None, span };
        for inner in self.items(statements(item.block()), Place::Rollback) {
            match inner.word() {
                "when" if !inner.failed() => rollback.when.extend(self.trigger(&inner, watched)),
                "within" => rollback.within = inner.duration("time"),
                "halt" => rollback.halt = halt(&inner),
                "on" => rollback.redeploy = inner.text("gate"),
                _ => {}
            }
        }
        rollback
    }

    fn trigger(&mut self, inner: &Item<'_>, watched: Option<&[Watched]>) -> Option<RollbackWhen> {
        let (metric, op, right) = (inner.metric("metric")?, inner.op("op")?.node, inner.literal("right")?);
        let Some(watched) = watched else {
            self.findings.push(
                Finding::at(
                    Code::MISSING_STATEMENT,
                    inner.statement.head,
                    format!("nobody watches `{}`: this deploy has no `watch`", metric.node),
                )
                .help(if metric.node == smoke_failures() {
                    "write a `watch` that runs the test again and again: `watch 30m every 1m { smoke \"…\" every 5m }`"
                } else {
                    "write a `watch` with that metric: `watch 30m every 1m { … }`"
                }),
            );
            return None;
        };
        let Some((_, unit)) = watched.iter().find(|(m, _)| m.node == metric.node) else {
            self.unwatched(&metric, watched);
            return None;
        };
        let number = self.in_unit_of(&metric, *unit, &right)?;
        let mut text = format!("{} {} {}", metric.node, op.text(), right.text);
        let lasting = if let Some(span) = inner.text("consecutive").map(|c| c.span) {
            if metric.node != smoke_failures() {
                let help = "write how long it must hold, such as `for 3m`; failures of `smoke` are counted: \
                            `when smoke.failures > 3 consecutive`";
                self.bad_value(span, format!("`{}` is measured, not counted", metric.node), help);
                return None;
            }
            text.push_str(" consecutive");
            Lasting::Consecutive
        } else if let (Some(long), true) = (inner.duration("for"), metric.node == smoke_failures()) {
            let help = "write how many failures are too many: `when smoke.failures > 3 consecutive`";
            self.bad_value(long.span, "failures are counted, they do not last".to_owned(), help);
            return None;
        } else if let Some(long) = inner.duration("for") {
            text.push_str(&format!(" for {}", inner.literal("for").map(|l| l.node.text).unwrap_or_default()));
            Lasting::For(long.node)
        } else {
            Lasting::Once
        };
        Some(RollbackWhen { metric, op, right: number, lasting, text, span: inner.statement.head })
    }

    fn unwatched(&mut self, metric: &Spanned<MetricPath>, watched: &[Watched]) {
        if metric.node == smoke_failures() {
            // The deploy's own `smoke` runs once, and a failure of it is the end.
            self.findings.push(
                Finding::at(
                    Code::UNKNOWN_CHOICE,
                    metric.span,
                    format!("the `watch` of this deploy runs no `smoke`, so it has no `{}`", metric.node),
                )
                .help("write it into the `watch`, with its interval: `smoke \"…\" every 5m`"),
            );
            return;
        }
        let names: Vec<String> = watched.iter().map(|(m, _)| m.to_string()).collect();
        let finding = Finding::at(
            Code::UNKNOWN_CHOICE,
            metric.span,
            format!("the `watch` of this deploy has no metric `{}`", metric.node),
        );
        let near = words::nearest(&metric.to_string(), names.iter().map(String::as_str)).map(str::to_owned);
        self.findings.push(match near {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help(format!("write it into the `watch`: `metric {} = \"…\"`", metric.node)),
        });
    }
}

/// A command, or a query to what the watch names.
fn live_source(inner: &Item<'_>, datadog: bool) -> Option<LiveSource> {
    if let Some(command) = inner.text("command") {
        return Some(LiveSource::Run(command));
    }
    let query = inner.text("query")?;
    Some(if datadog { LiveSource::Later(query) } else { LiveSource::Prometheus(query) })
}

/// `requests 40 per s`, `requests 300 per m`.
fn requests_per_second(inner: &Item<'_>) -> Option<Spanned<f64>> {
    let seconds = match inner.text("per")?.as_str() {
        "s" => 1.0,
        "m" => 60.0,
        _ => 3600.0,
    };
    Some(Spanned::new(f64::from(inner.count("count")?.node) / seconds, inner.statement.head))
}

fn halt(inner: &Item<'_>) -> Option<Halt> {
    let (op, count) = (inner.op("op")?.node, inner.count("count")?.node);
    Some(Halt { op, count, window: inner.duration("window")?.node, span: inner.statement.head })
}
