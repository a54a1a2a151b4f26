//! A running release: watch, rollback, halt.

use super::require::live_unit;
use super::{Decoder, Item, statements};
use crate::diag::{Code, Finding, Spanned, words};
use crate::spec::shape::Place;
use crate::spec::{
    Halt, Lasting, LiveSource, MetricPath, MinSamples, Prometheus, Right, Rollback, RollbackWhen,
    ServerAddress, ServerAuth, Unit, Watch, WatchSmoke, WatchedMetric, smoke_failures,
};

/// A metric that a watch has, with the unit that was said for it, and whether it has a baseline.
type Watched = (Spanned<MetricPath>, Option<Unit>, bool);

/// Whom the queries of a watch are put to.
#[derive(Clone, Copy)]
struct Asked {
    /// A service of a later version.
    datadog: bool,
    /// Somebody.
    somebody: bool,
}

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
        let (mut warm_up, mut tolerate) = (None, None);
        let has = |word: &str| items.iter().any(|i| i.word() == word);
        let asked = Asked { datadog: has("datadog"), somebody: has("datadog") || has("prometheus") };
        for inner in &items {
            match inner.word() {
                "metric" => {
                    let Some(metric) = inner.metric("metric") else { continue };
                    let unit = inner.unit("unit");
                    if let Some(unit) = &unit {
                        self.unit_contradiction(&metric, unit);
                    }
                    let unit = unit.map(|u| u.node);
                    let found = self.live_metric(inner, &metric, unit, asked);
                    // What was not understood may be its baseline.
                    let based = found.as_ref().is_none_or(|m| m.baseline.is_some());
                    metrics.extend(found);
                    watched.push((metric, unit, based));
                }
                "smoke" => {
                    watched.push((Spanned::new(smoke_failures(), inner.statement.head), None, false));
                    let parts = inner.text("command").zip(inner.duration("interval"));
                    smoke = parts.map(|(command, every)| WatchSmoke { command, every });
                }
                "timeout" => limit = inner.duration("time"),
                "warm_up" => warm_up = inner.duration("time"),
                "missing" => tolerate = inner.count("polls"),
                "secret" => secrets.extend(inner.text("name")),
                "prometheus" => prometheus = self.prometheus(inner),
                "requests" => requests = requests_per_second(inner),
                _ => {}
            }
        }
        let asks = items.iter().find(|i| i.word() == "metric" && i.has("query"));
        if let Some(asks) = asks.filter(|_| !item.statement.damaged) {
            self.nobody_to_ask(asks, asked);
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
            warm_up,
            tolerate,
            secrets,
            requests,
            span,
        });
        (watched, watch)
    }

    /// `metric queue.depth = http "https://…" at data.depth { token secret T }`.
    fn live_metric(
        &mut self,
        item: &Item<'_>,
        metric: &Spanned<MetricPath>,
        unit: Option<Unit>,
        asked: Asked,
    ) -> Option<WatchedMetric> {
        let items = self.items(statements(item.block()), Place::LiveMetric);
        let find = |word: &str| items.iter().find(|i| i.word() == word);
        let source = live_source(item, asked)?;
        let (samples, baseline) = (find("min_samples"), find("baseline"));
        for inner in samples.into_iter().chain(baseline).filter(|i| i.has("query")) {
            self.nobody_to_ask(inner, asked);
        }
        let samples = samples.and_then(|i| self.min_samples(i, asked));
        let baseline = baseline.and_then(|i| Some(Spanned::new(live_source(i, asked)?, i.statement.head)));
        let others = samples.iter().map(|s| &s.source).chain(baseline.iter().map(|b| &b.node));
        let http = std::iter::once(&source).chain(others).any(|s| matches!(s, LiveSource::Http(..)));
        let shown = items.iter().find(|i| matches!(i.word(), "token" | "basic"));
        if let Some(shown) = shown.filter(|_| !http) {
            let (message, help) = match source {
                LiveSource::Run(..) => (
                    "a command is shown no token",
                    "give it the secret: `secret NAME` in the `watch`, and the command reads its variable",
                ),
                _ => (
                    "this metric has no server of its own",
                    "write it into the block of the server: `prometheus secret PROMETHEUS_URL { token secret … }`",
                ),
            };
            self.bad_value(shown.statement.head, message, help);
        }
        let auth = self.server_auth(&items)?;
        let (metric, unit) = (metric.clone(), live_unit(metric, unit));
        Some(WatchedMetric { source, metric, unit, auth, samples, baseline })
    }

    /// `min_samples 100 of "…"`.
    fn min_samples(&mut self, item: &Item<'_>, asked: Asked) -> Option<MinSamples> {
        let least = item.count("count")?;
        if least.node == 0 {
            let help = "write the least number that says something, such as `min_samples 100 of …`";
            self.bad_value(least.span, "every metric has at least no samples", help);
            return None;
        }
        Some(MinSamples { least, source: live_source(item, asked)? })
    }

    fn nobody_to_ask(&mut self, item: &Item<'_>, asked: Asked) {
        if !asked.somebody {
            self.findings.push(
                Finding::at(
                    Code::MISSING_STATEMENT,
                    item.statement.head,
                    "there is nobody to ask this query",
                )
                .help("say who answers it: `prometheus secret PROMETHEUS_URL`"),
            );
        }
    }

    /// `prometheus secret URL { token secret T }`.
    fn prometheus(&mut self, item: &Item<'_>) -> Option<Prometheus> {
        let items = self.items(statements(item.block()), Place::Prometheus);
        let auth = self.server_auth(&items)?;
        Some(Prometheus { address: address(item)?, auth })
    }

    /// `token secret T` or `basic secret U, P`.
    fn server_auth(&mut self, items: &[Item<'_>]) -> Option<ServerAuth> {
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
        Some(match (token.and_then(|i| i.text("secret")), basic) {
            (Some(token), _) => ServerAuth::Token(token),
            (None, Some(i)) => ServerAuth::Basic(i.text("user")?, i.text("password")?),
            (None, None) => ServerAuth::None,
        })
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
        let (metric, op) = (inner.metric("metric")?, inner.op("op")?.node);
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
        let Some((_, unit, based)) = watched.iter().find(|(m, ..)| m.node == metric.node) else {
            self.unwatched(&metric, watched);
            return None;
        };
        let mut text = format!("{} {} ", metric.node, op.text());
        let right = if inner.has("baseline") {
            if !based {
                self.no_live_baseline(&metric, inner);
                return None;
            }
            text.push_str("baseline");
            let unit = Some(live_unit(&metric, *unit));
            Right::Baseline(self.tolerance(&metric, unit, inner, &mut text)?)
        } else {
            let right = inner.literal("right")?;
            text.push_str(&right.text);
            Right::Literal(self.in_unit_of(&metric, *unit, &right)?)
        };
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
        Some(RollbackWhen { metric, op, right, lasting, text, span: inner.statement.head })
    }

    fn no_live_baseline(&mut self, metric: &Spanned<MetricPath>, inner: &Item<'_>) {
        let name = &metric.node;
        let span = inner.text("baseline").map_or(metric.span, |b| b.span);
        let (message, help) = if *name == smoke_failures() {
            let help = "write how many failures are too many: `when smoke.failures > 3 consecutive`";
            ("failures are counted, they have no baseline".to_owned(), help.to_owned())
        } else {
            let help = format!(
                "say what the version before gives: `metric {name} = … {{ baseline live \"…\" }}` in the `watch`"
            );
            (format!("nobody says what `{name}` is compared with: it has no baseline"), help)
        };
        self.findings.push(Finding::at(Code::MISSING_STATEMENT, span, message).help(help));
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
        let names: Vec<String> = watched.iter().map(|(m, ..)| m.to_string()).collect();
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

/// A command, a document, or a query to what the watch names.
fn live_source(inner: &Item<'_>, asked: Asked) -> Option<LiveSource> {
    if let Some(command) = inner.text("command") {
        return Some(LiveSource::Run(command, inner.metric("place")));
    }
    if let Some(address) = address(inner) {
        return Some(LiveSource::Http(address, inner.metric("place")));
    }
    let query = inner.text("query")?;
    Some(if asked.datadog { LiveSource::Later(query) } else { LiveSource::Prometheus(query) })
}

/// `secret NAME`, or a URL.
fn address(item: &Item<'_>) -> Option<ServerAddress> {
    let secret = item.text("secret").map(ServerAddress::Secret);
    secret.or_else(|| item.text("url").map(ServerAddress::Url))
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
