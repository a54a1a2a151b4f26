//! Scenarios: tests of the pipeline itself.

use super::{Deploy, Duration, Gate, MetricPath, Model, Quantity, Right, Spec, Strategy, Unit};
use crate::diag::{Span, Spanned};

/// `scenario "…" { given …; expect … }`.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Title; unique in a pipeline.
    pub title: Spanned<String>,
    /// What happens, in the order of the text. What is not said goes well.
    pub given: Vec<Given>,
    /// How it must end.
    pub expect: Vec<Expectation>,
    /// The statement's head.
    pub span: Span,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub struct Given {
    /// What.
    pub what: GivenWhat,
    /// The words that say it.
    pub span: Span,
}

/// What happens.
#[derive(Debug, Clone)]
pub enum GivenWhat {
    /// `on pull_request main from fork`: what starts the run.
    On(GivenEvent),
    /// `input dry_run = true`.
    Input {
        /// Name of the input.
        name: Spanned<String>,
        /// Its value, as text.
        value: Spanned<String>,
    },
    /// `changed prompt, provider`: since the last good release these changed, and nothing else.
    Changed(Vec<Spanned<String>>),
    /// `approval of production denied after 2h`.
    Approval {
        /// The deploy that is asked for; every one when absent.
        of: Option<Spanned<String>>,
        /// The answer.
        answer: Answer,
        /// How long the person takes; no time when absent.
        after: Option<Spanned<Duration>>,
    },
    /// `quality.accuracy = 0.80`, `production.error_rate = 1.3% at 12m`, `production.rollbacks = 2 in 1h`.
    Value {
        /// What has the value.
        subject: Spanned<MetricPath>,
        /// The value.
        value: Spanned<GivenValue>,
        /// From this moment on, counted from the start of the deploy.
        at: Option<Spanned<Duration>>,
        /// The time over which the rollbacks were.
        window: Option<Spanned<Duration>>,
    },
    /// `production rolled_back 50m ago`: an entry of the ledger.
    RolledBack {
        /// The environment.
        subject: Spanned<MetricPath>,
        /// How long before the run.
        ago: Spanned<Duration>,
    },
    /// `quality failed`, `production.smoke failed at 12m`, `golden failed 1 of 3`.
    State {
        /// A job, or a step of a deploy.
        subject: Spanned<MetricPath>,
        /// How it ends.
        state: GivenState,
        /// The first so many of so many repetitions; all when absent.
        of: Option<Spanned<(u32, u32)>>,
        /// From this moment on, counted from the start of the deploy.
        at: Option<Spanned<Duration>>,
    },
    /// `quality takes 20m`.
    Takes {
        /// A job, or a step of a deploy.
        subject: Spanned<MetricPath>,
        /// How long it runs.
        time: Spanned<Duration>,
    },
    /// `cancelled during production at 12m`.
    Cancelled {
        /// A job, or a step of a deploy.
        subject: Spanned<MetricPath>,
        /// The moment, counted from the start of the job.
        at: Option<Spanned<Duration>>,
    },
}

/// What starts the run of a scenario.
#[derive(Debug, Clone)]
pub struct GivenEvent {
    /// `push`, `tag`, `pull_request`, `schedule`, `manual` or `event`.
    pub event: Spanned<String>,
    /// The branch or tag, for a pull request the branch it wants to get into; a usual one when absent.
    pub reference: Option<Spanned<String>>,
    /// Name of an `event`.
    pub name: Option<Spanned<String>>,
    /// `fork` or `bot`: whose pull request it is; a person's own branch when absent.
    pub from: Option<Spanned<String>>,
}

/// What a person says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Given,
    /// No.
    Denied,
}

/// The value of a metric.
#[derive(Debug, Clone, PartialEq)]
pub enum GivenValue {
    /// A number.
    Number(Quantity),
    /// `missing`: there is none.
    Missing,
    /// `nan`: not a number.
    Nan,
    /// A text where a number is wanted.
    Text(String),
}

impl std::fmt::Display for GivenValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(q) => write!(f, "{q}"),
            Self::Missing => f.write_str("missing"),
            Self::Nan => f.write_str("NaN"),
            Self::Text(text) => write!(f, "the text \"{text}\""),
        }
    }
}

/// How a job or a step ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenState {
    /// Well.
    Passed,
    /// By an exit code that is not 0.
    Failed,
    /// It does not end within its limit.
    TimedOut,
}

/// `quality failed`.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// Name of a gate, a deploy, a model or the image, or the id of its job.
    pub name: Spanned<String>,
    /// How it must end.
    pub outcome: Spanned<Expected>,
}

/// How something must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The job ran and succeeded.
    Passed,
    /// The job ran and failed; a time-out is a failure.
    Failed,
    /// The job reached its time limit.
    TimedOut,
    /// The run was cancelled while the job ran.
    Cancelled,
    /// The job did not run.
    Skipped,
    /// What was built serves there in the end.
    Deployed,
    /// Nothing there was changed.
    Untouched,
    /// The release before was put back.
    RolledBack,
    /// No deploy starts until a person resumes.
    Halted,
    /// A person was asked.
    Asked,
    /// A person said yes.
    Approved,
}

impl Expected {
    /// Every outcome, in the order in which they are told.
    pub const ALL: [Self; 11] = [
        Self::Passed,
        Self::Failed,
        Self::TimedOut,
        Self::Cancelled,
        Self::Skipped,
        Self::Deployed,
        Self::Untouched,
        Self::RolledBack,
        Self::Halted,
        Self::Asked,
        Self::Approved,
    ];

    /// The word of the language: `rolled_back`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
            Self::Deployed => "deployed",
            Self::Untouched => "untouched",
            Self::RolledBack => "rolled_back",
            Self::Halted => "halted",
            Self::Asked => "asked",
            Self::Approved => "approved",
        }
    }

    /// It speaks of an environment, not of a job.
    pub fn of_deploys_only(self) -> bool {
        matches!(
            self,
            Self::Deployed | Self::Untouched | Self::RolledBack | Self::Halted | Self::Asked | Self::Approved
        )
    }
}

/// Something with a job that a scenario can speak of.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'s> {
    /// A gate.
    Gate(&'s Gate),
    /// A model.
    Model(&'s Model),
    /// The image: `image`, or `image-check` on a pull request.
    Image,
    /// The approval of a deploy: `approve-production`. What a person says is given by `approval`.
    Approval(&'s Deploy),
    /// The soak behind a deploy: `soak-staging`.
    Soak(&'s Deploy),
    /// A deploy.
    Deploy(&'s Deploy),
}

impl Subject<'_> {
    /// The id of its job.
    pub fn job(&self) -> String {
        match self {
            Self::Gate(g) => format!("gate-{}", g.name.node),
            Self::Model(m) => format!("model-{}", m.name.node),
            Self::Image => "image".to_owned(),
            Self::Approval(d) => format!("approve-{}", d.name.node),
            Self::Soak(d) => format!("soak-{}", d.name.node),
            Self::Deploy(d) => format!("deploy-{}", d.name.node),
        }
    }

    /// `a gate`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Gate(_) => "a gate",
            Self::Model(_) => "a model",
            Self::Image => "the image",
            Self::Approval(_) => "an approval",
            Self::Soak(_) => "a soak",
            Self::Deploy(_) => "a deploy",
        }
    }
}

/// What a given value is about.
#[derive(Debug, Clone)]
pub enum About<'s> {
    /// A metric of a gate's metrics file, in the unit of that file.
    Metric(&'s Gate, MetricPath, Unit),
    /// A metric of a gate's baseline file: `quality.baseline.f1`.
    Baseline(&'s Gate, MetricPath, Unit),
    /// A metric of a deploy's watch, in the unit of its query.
    Live(&'s Deploy, MetricPath, Unit),
    /// What the version before gives for a metric of a watch: `production.baseline.error_rate`.
    LiveBaseline(&'s Deploy, MetricPath, Unit),
    /// How many samples a metric of a watch has: `production.samples.error_rate`.
    Samples(&'s Deploy, MetricPath),
    /// The ledger's rollbacks of an environment.
    Rollbacks(&'s Deploy),
}

/// Steps of a deploy that a scenario can speak of: `production.roll-out`.
pub const DEPLOY_STEPS: [&str; 7] = ["begin", "roll-out", "smoke", "shadow", "switch", "finish", "restore"];

impl Spec {
    /// Everything that a name in a scenario may mean: names first; the id of a job where nothing has that name.
    pub fn subjects(&self, name: &str) -> Vec<Subject<'_>> {
        if name == "image" && self.image.is_some() {
            return vec![Subject::Image];
        }
        let gate = |n: &str| self.gates.get(n).map(Subject::Gate);
        let model = |n: &str| self.models.get(n).map(Subject::Model);
        let deploy = |n: &str| self.deploys.get(n).map(Subject::Deploy);
        let asked = |n: &str| self.deploys.get(n).filter(|d| d.question().is_some()).map(Subject::Approval);
        let soaks = |n: &str| self.deploys.get(n).filter(|d| d.soak.is_some()).map(Subject::Soak);
        let named: Vec<Subject<'_>> = [gate(name), model(name), deploy(name)].into_iter().flatten().collect();
        if !named.is_empty() {
            return named;
        }
        let by_job = [
            name.strip_prefix("gate-").and_then(gate),
            name.strip_prefix("model-").and_then(model),
            name.strip_prefix("approve-").and_then(asked),
            name.strip_prefix("soak-").and_then(soaks),
            name.strip_prefix("deploy-").and_then(deploy),
        ];
        by_job.into_iter().flatten().collect()
    }

    /// Everything that the left side of `quality.accuracy = 0.80` may mean.
    pub fn about(&self, path: &MetricPath) -> Vec<About<'_>> {
        let Some((name, rest)) = path.0.split_first() else { return Vec::new() };
        let metric = MetricPath(rest.to_vec());
        self.subjects(name).into_iter().filter_map(|s| about(s, &metric)).collect()
    }

    /// Everything that the left side of `production.smoke failed` may mean, with the step if one is named.
    pub fn doers<'p>(&self, path: &'p MetricPath) -> Vec<(Subject<'_>, Option<&'p str>)> {
        let fits = |s: &Subject<'_>, step: &str| match s {
            Subject::Deploy(d) => {
                let smokes = || d.smoke.is_some() || d.watch.as_ref().is_some_and(|w| w.smoke.is_some());
                let switches =
                    || matches!(d.strategy.as_ref().map(|s| &s.node), Some(Strategy::BlueGreen(_)));
                DEPLOY_STEPS.contains(&step)
                    && match step {
                        "smoke" => smokes(),
                        "shadow" => d.shadow.is_some(),
                        "switch" => switches(),
                        _ => true,
                    }
            }
            _ => false,
        };
        match path.0.as_slice() {
            [name] => self.subjects(name).into_iter().map(|s| (s, None)).collect(),
            [name, step] => {
                let all = self.subjects(name).into_iter().filter(|s| fits(s, step));
                all.map(|s| (s, Some(step.as_str()))).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn about<'s>(subject: Subject<'s>, metric: &MetricPath) -> Option<About<'s>> {
    match subject {
        Subject::Gate(g) => {
            if let Some(r) = g.require.iter().find(|r| r.metric.node == *metric) {
                return Some(About::Metric(g, metric.clone(), r.file_unit));
            }
            let (first, rest) = metric.0.split_first()?;
            let inner = MetricPath(rest.to_vec());
            let compared = |r: &&super::Require| {
                r.metric.node == inner && matches!(r.right, Right::Baseline(_)) && first == "baseline"
            };
            let found = g.require.iter().find(compared)?;
            Some(About::Baseline(g, inner.clone(), found.file_unit))
        }
        Subject::Deploy(d) if metric.0 == ["rollbacks"] => Some(About::Rollbacks(d)),
        Subject::Deploy(d) => {
            let find =
                |name: &MetricPath| d.watch.iter().flat_map(|w| &w.metrics).find(|m| m.metric.node == *name);
            if let Some(watched) = find(metric) {
                return Some(About::Live(d, metric.clone(), watched.unit));
            }
            let (first, rest) = metric.0.split_first()?;
            let inner = MetricPath(rest.to_vec());
            let watched = find(&inner)?;
            match first.as_str() {
                "baseline" if watched.baseline.is_some() => Some(About::LiveBaseline(d, inner, watched.unit)),
                "samples" if watched.samples.is_some() => Some(About::Samples(d, inner)),
                _ => None,
            }
        }
        Subject::Model(_) | Subject::Image | Subject::Approval(_) | Subject::Soak(_) => None,
    }
}
