//! What is typed and checked of a running release: shadow, watch, rollback, halt.

use super::{Decoder, Item, statements};
use crate::diag::{Code, Finding, Spanned, words};
use crate::spec::decimal::Literal;
use crate::spec::shape::Place;
use crate::spec::{MetricPath, Unit};

/// A metric that a watch has, with the unit that was said for it.
type Watched = (Spanned<MetricPath>, Option<Unit>);

impl Decoder<'_> {
    /// `watch` and `rollback` of one deploy.
    pub(super) fn live(&mut self, items: &[Item<'_>]) {
        self.within_later(|this| {
            let watch = items.iter().find(|i| i.word() == "watch");
            let watched = watch.map(|w| this.watch(w));
            if let Some(rollback) = items.iter().find(|i| i.word() == "rollback") {
                this.rollback(rollback, watched.as_deref());
            }
        });
    }

    fn watch(&mut self, item: &Item<'_>) -> Vec<Watched> {
        let items = self.complete(item, Place::Watch);
        let mut watched: Vec<Watched> = Vec::new();
        for inner in &items {
            match inner.word() {
                "metric" => {
                    let Some(metric) = inner.metric("metric") else { continue };
                    let unit = inner.unit("unit");
                    if let Some(unit) = &unit {
                        self.unit_contradiction(&metric, unit);
                    }
                    watched.push((metric, unit.map(|u| u.node)));
                }
                "smoke" => {
                    let path = MetricPath(vec!["smoke".to_owned(), "failures".to_owned()]);
                    watched.push((Spanned::new(path, inner.statement.head), None));
                }
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
        watched
    }

    fn rollback(&mut self, item: &Item<'_>, watched: Option<&[Watched]>) {
        for inner in self.items(statements(item.block()), Place::Rollback) {
            if inner.word() == "when" && !inner.failed() {
                self.trigger(&inner, watched);
            }
        }
    }

    fn trigger(&mut self, inner: &Item<'_>, watched: Option<&[Watched]>) {
        let (Some(metric), Some(right)) = (inner.metric("metric"), inner.literal("right")) else { return };
        let Some(watched) = watched else {
            self.findings.push(
                Finding::at(
                    Code::MISSING_STATEMENT,
                    inner.statement.head,
                    format!("nobody watches `{}`: this deploy has no `watch`", metric.node),
                )
                .help("write a `watch` with that metric: `watch 30m every 1m { … }`"),
            );
            return;
        };
        let Some((_, unit)) = watched.iter().find(|(m, _)| m.node == metric.node) else {
            self.unwatched(&metric, watched);
            return;
        };
        let right: Spanned<Literal> = right;
        self.in_unit_of(&metric, *unit, &right);
    }

    fn unwatched(&mut self, metric: &Spanned<MetricPath>, watched: &[Watched]) {
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
