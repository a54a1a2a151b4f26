//! How traffic moves to a release, how it is watched, and when it is taken back.

use super::{Deploy, Duration, MetricPath, Op, Right, SecretName, Shell, Unit};
use crate::diag::{Span, Spanned};

/// How traffic moves to a release.
#[derive(Debug, Clone, PartialEq)]
pub enum Strategy {
    /// `rolling`: all at once, as the target rolls out.
    Rolling,
    /// `canary 5% for 10m, 25% for 10m, 100%`: rising, the last at 100.
    Canary(Vec<CanaryStep>),
    /// `blue_green for 10m`: beside the old one, then switched; the old one stays at hand for that long.
    BlueGreen(Option<Duration>),
}

/// `shadow from production { … }`: copies of the requests of another environment, whose answers are dropped.
#[derive(Debug, Clone)]
pub struct Shadow {
    /// The environment whose requests are copied.
    pub from: Spanned<String>,
    /// Who copies them.
    pub way: Mirroring,
    /// The statement.
    pub span: Span,
}

/// Who copies requests.
#[derive(Debug, Clone)]
pub enum Mirroring {
    /// What splits the traffic of the other environment, changed with this kubeconfig, or with its own.
    Traffic(Option<SecretName>),
    /// `run "…"; stop "…"`: commands that begin and end it.
    Commands {
        /// Begins it.
        run: Shell,
        /// Ends it.
        stop: Shell,
    },
}

/// One step of a canary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CanaryStep {
    /// Share of the traffic, in percent.
    pub weight: f64,
    /// How long it stays at that; no time when absent.
    pub hold: Option<Duration>,
}

/// `watch 30m every 1m { … }`.
#[derive(Debug, Clone)]
pub struct Watch {
    /// How long, from the moment at which all traffic has moved.
    pub window: Spanned<Duration>,
    /// Time between two polls.
    pub interval: Spanned<Duration>,
    /// The Prometheus server that queries are put to.
    pub prometheus: Option<Prometheus>,
    /// Metrics that are polled.
    pub metrics: Vec<WatchedMetric>,
    /// `smoke "…" every 5m`: a test that is run again and again.
    pub smoke: Option<WatchSmoke>,
    /// `timeout 10s`: the limit of each question.
    pub limit: Option<Spanned<Duration>>,
    /// `warm_up 2m`: how long no metric is judged after traffic has moved.
    pub warm_up: Option<Spanned<Duration>>,
    /// `missing tolerate 3`: so many polls in a row may give no number at the end of a step.
    pub tolerate: Option<Spanned<u32>>,
    /// Secrets that its commands need.
    pub secrets: Vec<SecretName>,
    /// `requests 40 per s`: the traffic to expect, in requests a second.
    pub requests: Option<Spanned<f64>>,
    /// The statement.
    pub span: Span,
}

/// `prometheus secret PROMETHEUS_URL { token secret PROMETHEUS_TOKEN }`.
#[derive(Debug, Clone)]
pub struct Prometheus {
    /// Where it answers.
    pub address: ServerAddress,
    /// What it wants to see.
    pub auth: ServerAuth,
}

/// Where a server answers; of a Prometheus the URL below which `/api/v1/query` lies.
#[derive(Debug, Clone)]
pub enum ServerAddress {
    /// The URL is a secret.
    Secret(SecretName),
    /// The URL.
    Url(Spanned<String>),
}

/// What a server wants to see.
#[derive(Debug, Clone, Default)]
pub enum ServerAuth {
    /// Nothing.
    #[default]
    None,
    /// A bearer token.
    Token(SecretName),
    /// User and password.
    Basic(SecretName, SecretName),
}

/// The smoke test of a watch.
#[derive(Debug, Clone)]
pub struct WatchSmoke {
    /// The command.
    pub command: Shell,
    /// Time between two runs.
    pub every: Spanned<Duration>,
}

/// Who says what a live metric is.
#[derive(Debug, Clone)]
pub enum LiveSource {
    /// A query that the watch's Prometheus answers.
    Prometheus(Spanned<String>),
    /// A command that prints it, as its last line or at a place in the JSON document that it prints.
    Run(Shell, Option<Spanned<MetricPath>>),
    /// `http "URL" at data.depth`: a JSON document, and the place of the number in it; the whole document when absent.
    Http(ServerAddress, Option<Spanned<MetricPath>>),
    /// A query to a service that is asked by a later version.
    Later(Spanned<String>),
}

/// A live metric.
#[derive(Debug, Clone)]
pub struct WatchedMetric {
    /// Who says it.
    pub source: LiveSource,
    /// Its name.
    pub metric: Spanned<MetricPath>,
    /// The unit of what the query gives, from `in` or the name's ending.
    pub unit: Unit,
    /// What the servers are shown that its `http` asks.
    pub auth: ServerAuth,
    /// `min_samples 100 of "…"`: it is judged only where there are so many.
    pub samples: Option<MinSamples>,
    /// `baseline live "…"`: what the version gives that still serves beside a canary.
    pub baseline: Option<Spanned<LiveSource>>,
}

/// How many samples a live metric needs, and who counts them.
#[derive(Debug, Clone)]
pub struct MinSamples {
    /// The least number.
    pub least: Spanned<u32>,
    /// Who counts.
    pub source: LiveSource,
}

impl Watch {
    /// Is that a metric which can be asked for the past? A server keeps what was; a command says what is.
    pub fn knows_the_past(&self, metric: &MetricPath) -> bool {
        self.metrics.iter().find(|m| m.metric.node == *metric).is_some_and(WatchedMetric::knows_the_past)
    }

    /// Every secret that it needs: the servers', and those of its commands.
    pub fn asked_with(&self) -> impl Iterator<Item = &SecretName> {
        let metrics = self.metrics.iter().flat_map(WatchedMetric::asked_with);
        self.prometheus.iter().flat_map(Prometheus::asked_with).chain(metrics).chain(&self.secrets)
    }

    /// Every address that is written in the spec, with what is shown there.
    pub fn addresses(&self) -> impl Iterator<Item = (&Spanned<String>, &ServerAuth)> {
        let server = self.prometheus.iter().map(|p| (&p.address, &p.auth));
        let http = self.metrics.iter().flat_map(|m| m.http().map(|address| (address, &m.auth)));
        server.chain(http).filter_map(|(address, auth)| match address {
            ServerAddress::Url(url) => Some((url, auth)),
            ServerAddress::Secret(_) => None,
        })
    }
}

impl WatchedMetric {
    /// Can it be asked for the past, with the number of its samples? A Prometheus keeps what was; a command and a JSON
    /// document say what is.
    pub fn knows_the_past(&self) -> bool {
        let samples = self.samples.as_ref().map(|s| &s.source);
        let mut asked = [Some(&self.source), samples].into_iter().flatten();
        asked.all(|source| matches!(source, LiveSource::Prometheus(_)))
    }

    /// The servers of its own, for each JSON document that it asks for.
    fn http(&self) -> impl Iterator<Item = &ServerAddress> {
        let samples = self.samples.as_ref().map(|s| &s.source);
        let baseline = self.baseline.as_ref().map(|b| &b.node);
        [Some(&self.source), samples, baseline].into_iter().flatten().filter_map(|source| match source {
            LiveSource::Http(address, _) => Some(address),
            _ => None,
        })
    }

    /// Every secret that its own servers are asked with.
    fn asked_with(&self) -> impl Iterator<Item = &SecretName> {
        self.http().filter_map(ServerAddress::secret).chain(self.auth.secrets())
    }
}

impl ServerAddress {
    /// The secret that holds it.
    fn secret(&self) -> Option<&SecretName> {
        match self {
            Self::Secret(name) => Some(name),
            Self::Url(_) => None,
        }
    }
}

impl ServerAuth {
    /// The secrets that are shown.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretName> {
        let shown = match self {
            Self::None => [None, None],
            Self::Token(token) => [Some(token), None],
            Self::Basic(user, password) => [Some(user), Some(password)],
        };
        shown.into_iter().flatten()
    }
}

impl Prometheus {
    /// Its URL, where that is no secret.
    pub fn url(&self) -> Option<&Spanned<String>> {
        match &self.address {
            ServerAddress::Url(url) => Some(url),
            ServerAddress::Secret(_) => None,
        }
    }

    /// Every secret that the server is asked with.
    pub fn asked_with(&self) -> impl Iterator<Item = &SecretName> {
        self.address.secret().into_iter().chain(self.auth.secrets())
    }
}

impl Watch {
    /// Seconds for which no metric is judged after traffic has moved.
    pub fn warms_up(&self) -> f64 {
        self.warm_up.as_ref().map_or(0.0, |w| w.node.seconds)
    }
}

impl Deploy {
    /// The moments at which traffic moves to it, in seconds from its start. `takes` says how many seconds each of its
    /// calls takes.
    pub fn shifts(&self, takes: impl Fn(&str) -> f64) -> Vec<f64> {
        let seconds = |d: &Option<Duration>| d.map_or(0.0, |d| d.seconds);
        let smoke = if self.smoke.is_some() { takes("smoke") } else { 0.0 };
        let shadow = if self.shadow.is_some() { takes("shadow") } else { 0.0 };
        let mut now = takes("begin") + takes("roll-out");
        match self.strategy.as_ref().map(|s| &s.node) {
            Some(Strategy::Canary(steps)) => {
                now += shadow;
                let mut moved = |step: &CanaryStep| {
                    let at = now;
                    now += smoke + seconds(&step.hold);
                    at
                };
                steps.iter().map(&mut moved).collect()
            }
            Some(Strategy::BlueGreen(_)) => vec![now + smoke + shadow],
            Some(Strategy::Rolling) | None => vec![now],
        }
    }

    /// From when to when the version before serves beside it, in seconds from its start: a canary from the first step to
    /// the last move of traffic. Nothing where all traffic moves at once.
    pub fn compared(&self, takes: impl Fn(&str) -> f64) -> Option<(f64, f64)> {
        let shifts = self.shifts(takes);
        let canary = matches!(self.strategy.as_ref().map(|s| &s.node), Some(Strategy::Canary(_)));
        Some((*shifts.first()?, *shifts.last()?)).filter(|(first, last)| canary && last > first)
    }

    /// The moments at which its metrics are judged, in seconds from its start, where no call takes time.
    pub fn polls(&self) -> impl Iterator<Item = f64> {
        let (begins, ends) = self.watched(|_| 0.0).unwrap_or((0.0, -1.0));
        let (interval, warm) =
            self.watch.as_ref().map_or((1.0, 0.0), |w| (w.interval.node.seconds.max(0.001), w.warms_up()));
        let shifts = self.shifts(|_| 0.0);
        let judged = move |t: &f64| !shifts.iter().any(|s| t > s && *t < s + warm);
        let moments = (1u64..).map(move |k| begins + interval * k as f64);
        moments.take_while(move |t| *t <= ends).filter(judged)
    }

    /// From when to when it is watched, in seconds from its start; nothing without a `watch`. The watch begins when the
    /// first traffic has moved, and goes on over the holds of a canary and the window. `takes` says how many seconds each
    /// of its calls takes.
    pub fn watched(&self, takes: impl Fn(&str) -> f64) -> Option<(f64, f64)> {
        let watch = self.watch.as_ref()?;
        let seconds = |d: &Option<Duration>| d.map_or(0.0, |d| d.seconds);
        let smoke = if self.smoke.is_some() { takes("smoke") } else { 0.0 };
        let shadow = if self.shadow.is_some() { takes("shadow") } else { 0.0 };
        let out = takes("begin") + takes("roll-out");
        let (begins, moved) = match self.strategy.as_ref().map(|s| &s.node) {
            Some(Strategy::Canary(steps)) => {
                (out + shadow, out + shadow + steps.iter().map(|s| smoke + seconds(&s.hold)).sum::<f64>())
            }
            // Before it is switched over, the new one has no traffic.
            Some(Strategy::BlueGreen(hold)) => {
                let switched = out + smoke + shadow;
                (switched, switched + smoke + seconds(hold))
            }
            Some(Strategy::Rolling) | None => (out, out + smoke + shadow),
        };
        Some((begins, moved + watch.window.node.seconds))
    }

    /// From when to when its soak lasts, where somebody looks back over it; counted as [`Deploy::watched`] does.
    pub fn soaked(&self, takes: impl Fn(&str) -> f64) -> Option<(f64, f64)> {
        let soak = self.soak.as_ref()?.node.seconds;
        let (_, watched) = self.watched(&takes)?;
        let begins = watched + takes("finish");
        Some((begins, begins + soak))
    }
}

/// `rollback { … }`.
#[derive(Debug, Clone)]
pub struct Rollback {
    /// What puts the last good release back.
    pub when: Vec<RollbackWhen>,
    /// The time that putting back may take.
    pub within: Option<Spanned<Duration>>,
    /// When the pipeline is halted.
    pub halt: Option<Halt>,
    /// The gate after whose failure the last good release is put there again, should it not be live.
    pub redeploy: Option<Spanned<String>>,
    /// The statement.
    pub span: Span,
}

/// `when error_rate > 1% for 3m`.
#[derive(Debug, Clone)]
pub struct RollbackWhen {
    /// A metric of the watch, or `smoke.failures`.
    pub metric: Spanned<MetricPath>,
    /// Comparison.
    pub op: Op,
    /// Right side, in the unit of the metric's query. A baseline is what the version gives that still serves beside it.
    pub right: Right,
    /// How often or how long it must hold.
    pub lasting: Lasting,
    /// The rule as written, white space folded.
    pub text: String,
    /// The statement.
    pub span: Span,
}

impl RollbackWhen {
    /// The number that the metric is compared with; nothing where that is a baseline.
    pub fn literal(&self) -> Option<f64> {
        match self.right {
            Right::Literal(number) => Some(number),
            Right::Baseline(_) => None,
        }
    }
}

/// How long a trigger must hold before it trips.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lasting {
    /// One poll is enough.
    Once,
    /// `for 3m`: at every poll over that time.
    For(Duration),
    /// `consecutive`: failures without a success between them are counted, and not all of them.
    Consecutive,
}

/// `halt when rollbacks > 2 in 1h`.
#[derive(Debug, Clone)]
pub struct Halt {
    /// Comparison.
    pub op: Op,
    /// Number of rollbacks.
    pub count: u32,
    /// The time over which they are counted.
    pub window: Duration,
    /// The statement.
    pub span: Span,
}

/// The metric of a watch's `smoke`: how often it failed.
pub fn smoke_failures() -> MetricPath {
    MetricPath(vec!["smoke".to_owned(), "failures".to_owned()])
}

/// The smallest number of failures, at least one, for which `failures OP right` holds; nothing where none is.
pub fn trip_count(op: Op, right: f64) -> Option<u64> {
    let right = right.max(0.0);
    let count = match op {
        Op::Gt => right.floor() + 1.0,
        Op::Ge => right.ceil(),
        Op::Eq if right.fract() == 0.0 && right >= 1.0 => right,
        Op::Eq => return None,
        Op::Ne if right == 1.0 => 2.0,
        Op::Lt if right <= 1.0 => return None,
        Op::Le if right < 1.0 => return None,
        Op::Ne | Op::Lt | Op::Le => 1.0,
    };
    Some((count as u64).max(1))
}
