//! A running release: watch, rollback, halt. Typed and checked; scenarios play it, and it is compiled later.

use super::require::live_unit;
use super::{Decoder, Item, statements};
use crate::diag::{Code, Finding, Spanned, words};
use crate::spec::shape::Place;
use crate::spec::{
    Halt, Lasting, MetricPath, Rollback, RollbackWhen, Unit, Watch, WatchedMetric, smoke_failures,
};

/// A metric that a watch has, with the unit that was said for it.
type Watched = (Spanned<MetricPath>, Option<Unit>);

impl Decoder<'_> {
    /// `watch` and `rollback` of one deploy.
    pub(super) fn live(&mut self, items: &[Item<'_>]) -> (Option<Watch>, Option<Rollback>) {
        self.within_later(|this| {
            let watch = items.iter().find(|i| i.word() == "watch").map(|w| this.watch(w));
            let (watched, watch) = watch.map_or((None, None), |(all, watch)| (Some(all), watch));
            let rollback = items.iter().find(|i| i.word() == "rollback");
            (watch, rollback.map(|r| this.rollback(r, watched.as_deref())))
        })
    }

    fn watch(&mut self, item: &Item<'_>) -> (Vec<Watched>, Option<Watch>) {
        let items = self.complete(item, Place::Watch);
        let mut watched: Vec<Watched> = Vec::new();
        let mut metrics = Vec::new();
        let (mut smoke, mut requests) = (None, None);
        for inner in &items {
            match inner.word() {
                "metric" => {
                    let Some(metric) = inner.metric("metric") else { continue };
                    let unit = inner.unit("unit");
                    if let Some(unit) = &unit {
                        self.unit_contradiction(&metric, unit);
                    }
                    let unit = unit.map(|u| u.node);
                    metrics.push(WatchedMetric { metric: metric.clone(), unit: live_unit(&metric, unit) });
                    watched.push((metric, unit));
                }
                "smoke" => {
                    watched.push((Spanned::new(smoke_failures(), inner.statement.head), None));
                    smoke = inner.duration("interval");
                }
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
        let watch =
            times.map(|(window, interval)| Watch { window, interval, metrics, smoke, requests, span });
        (watched, watch)
    }

    fn rollback(&mut self, item: &Item<'_>, watched: Option<&[Watched]>) -> Rollback {
        let mut rollback = Rollback { when: Vec::new(), within: None, halt: None, span: item.statement.head };
        for inner in self.items(statements(item.block()), Place::Rollback) {
            match inner.word() {
                "when" if !inner.failed() => rollback.when.extend(self.trigger(&inner, watched)),
                "within" => rollback.within = inner.duration("time"),
                "halt" => rollback.halt = halt(&inner),
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
