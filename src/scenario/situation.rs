//! What a scenario says, ready to be asked.

use super::Time;
use super::outcome::Started;
use crate::diag::Spanned;
use crate::plan::{Activation, EventKind, Pattern, Plan, PrSource, Refs, Trigger};
use crate::spec::{
    About, Answer, Duration, GivenEvent, GivenState, GivenValue, GivenWhat, MetricPath, Scenario, Spec,
    Subject, Unit,
};
use indexmap::IndexMap;

/// A value from a moment on; the last one whose moment has come counts.
pub(super) type Course = Vec<(Time, Reading)>;

/// What a metric gives.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reading {
    /// A number in the unit of the file or query, and as the scenario writes it.
    Number(f64, String),
    /// No number: missing, not a number, or a text; in words.
    None(String),
}

/// How a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// By an exit code.
    Fails,
    /// At its limit.
    TimesOut,
}

/// The cancel of a scenario.
#[derive(Debug, Clone)]
pub(super) struct Cancel {
    /// The job that runs when it comes.
    pub(super) job: String,
    /// The step; a deploy's roll-out when none is named and no moment either.
    pub(super) step: Option<String>,
    /// The moment, counted from the start of the job.
    pub(super) at: Option<Time>,
}

/// The answer to an approval.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    pub(super) yes: bool,
    /// How long it takes.
    pub(super) after: Time,
}

/// Everything that a scenario says, by job.
#[derive(Debug, Default)]
pub(super) struct Situation {
    pub(super) started: Option<Started>,
    event: Option<EventKind>,
    /// By gate and metric.
    metrics: IndexMap<(String, MetricPath), Reading>,
    baselines: IndexMap<(String, MetricPath), Reading>,
    /// By environment and metric.
    live: IndexMap<(String, MetricPath), Course>,
    /// By environment and metric: what the version before gives.
    live_baselines: IndexMap<(String, MetricPath), Course>,
    /// By environment and metric.
    samples: IndexMap<(String, MetricPath), Course>,
    /// By environment: whether the watch's smoke fails from a moment on.
    smoke: IndexMap<String, Vec<(Time, bool)>>,
    /// By job and step, which is empty for a job of one step; `of` are the repetitions that it holds for.
    ends: IndexMap<(String, String), (End, Option<u32>)>,
    takes: IndexMap<(String, String), Time>,
    pub(super) cancel: Option<Cancel>,
    answers: IndexMap<String, Said>,
    answer: Option<Said>,
    /// Parts that changed; nothing when nobody says.
    pub(super) changed: Option<Vec<String>>,
    /// By environment: rollbacks that lie within the time that is counted, and the ages of others at the run's start.
    pub(super) rollbacks: IndexMap<String, (u32, Vec<Time>)>,
}

impl Situation {
    /// Reads a scenario that was checked.
    pub(super) fn new(spec: &Spec, plan: &Plan, scenario: &Scenario) -> Self {
        let mut all = Self::default();
        let event = scenario.given.iter().find_map(|g| match &g.what {
            GivenWhat::On(e) => Some(e),
            _ => None,
        });
        let (kind, started) = started(plan, event);
        all.event = Some(kind);
        all.started = Some(started);
        for g in &scenario.given {
            all.given(spec, &g.what);
        }
        let more = all.live_baselines.values_mut().chain(all.samples.values_mut());
        for course in all.live.values_mut().chain(more) {
            course.sort_by_key(|(at, _)| *at);
        }
        for course in all.smoke.values_mut() {
            course.sort_by_key(|(at, _)| *at);
        }
        all
    }

    fn given(&mut self, spec: &Spec, what: &GivenWhat) {
        let time = |d: &Option<Spanned<Duration>>| d.as_ref().map(|d| Time::from(d.node));
        match what {
            GivenWhat::On(_) => {}
            GivenWhat::Input { name, value } => {
                if let Some(s) = &mut self.started {
                    s.inputs.insert(name.node.clone(), value.node.clone());
                }
            }
            GivenWhat::Changed(parts) => {
                self.changed.get_or_insert_default().extend(parts.iter().map(|p| p.node.clone()));
            }
            GivenWhat::Approval { of, answer, after } => {
                let said = Said { yes: *answer == Answer::Given, after: time(after).unwrap_or_default() };
                match of {
                    Some(name) => drop(self.answers.insert(name.node.clone(), said)),
                    None => self.answer = Some(said),
                }
            }
            GivenWhat::Value { subject, value, at, .. } => {
                self.value(spec, subject, value, time(at).unwrap_or_default());
            }
            GivenWhat::RolledBack { subject, ago } => {
                for deploy in spec.subjects(&subject.0[0]) {
                    let Subject::Deploy(d) = deploy else { continue };
                    let ages = &mut self.rollbacks.entry(d.name.node.clone()).or_default().1;
                    ages.push(Time::from(ago.node));
                }
            }
            GivenWhat::State { subject, state, of, at } => {
                self.state(spec, subject, *state, of.as_ref().map(|o| o.node.0), time(at));
            }
            GivenWhat::Takes { subject, time } => {
                if let Some((job, step)) = doer(spec, subject) {
                    self.takes.insert((job, step), Time::from(time.node));
                }
            }
            GivenWhat::Cancelled { subject, at } => {
                if let Some((job, step)) = doer(spec, subject) {
                    let named = subject.0.len() > 1;
                    self.cancel = Some(Cancel { job, step: named.then_some(step), at: time(at) });
                }
            }
        }
    }

    fn value(&mut self, spec: &Spec, subject: &MetricPath, value: &GivenValue, at: Time) {
        let Some(about) = spec.about(subject).into_iter().next() else { return };
        let name = |n: &Spanned<String>| n.node.clone();
        match about {
            About::Metric(g, metric, unit) => {
                self.metrics.insert((name(&g.name), metric), reading(value, unit));
            }
            About::Baseline(g, metric, unit) => {
                self.baselines.insert((name(&g.name), metric), reading(value, unit));
            }
            About::Live(d, metric, unit) => {
                self.live.entry((name(&d.name), metric)).or_default().push((at, reading(value, unit)));
            }
            About::LiveBaseline(d, metric, unit) => {
                let course = self.live_baselines.entry((name(&d.name), metric)).or_default();
                course.push((at, reading(value, unit)));
            }
            About::Samples(d, metric) => {
                let course = self.samples.entry((name(&d.name), metric)).or_default();
                course.push((at, reading(value, Unit::None)));
            }
            About::Rollbacks(d) => {
                if let GivenValue::Number(q) = value {
                    self.rollbacks.entry(name(&d.name)).or_default().0 = q.number as u32;
                }
            }
        }
    }

    fn state(
        &mut self,
        spec: &Spec,
        subject: &MetricPath,
        state: GivenState,
        of: Option<u32>,
        at: Option<Time>,
    ) {
        let doers = spec.doers(subject);
        let Some((who, step)) = doers.first() else { return };
        if let (Subject::Deploy(d), Some("smoke")) = (who, step)
            && (at.is_some() || d.smoke.is_none())
        {
            let fails = state != GivenState::Passed;
            self.smoke.entry(d.name.node.clone()).or_default().push((at.unwrap_or_default(), fails));
            return;
        }
        let end = match state {
            GivenState::Passed => return,
            GivenState::Failed => End::Fails,
            GivenState::TimedOut => End::TimesOut,
        };
        if let Some(key) = doer(spec, subject) {
            self.ends.insert(key, (end, of));
        }
    }

    /// Does the activation cover what started the run?
    pub(super) fn covered_by(&self, a: &Activation) -> bool {
        let (Some(event), Some(started)) = (&self.event, &self.started) else { return false };
        let refs = match &a.refs {
            Refs::Any => true,
            Refs::Only { branches, tags } => {
                let all = if *event == EventKind::Tag { tags } else { branches };
                all.iter().any(|p| p.matches(&started.reference))
            }
        };
        let own = started.from.as_deref().is_none_or(|f| f == "branch");
        let source = match a.source {
            PrSource::Any => true,
            PrSource::Trusted => own,
            PrSource::Untrusted => !own,
        };
        a.event == *event && refs && (*event != EventKind::PullRequest || source)
    }

    /// What a gate's metric gives; nothing when the scenario does not speak of it.
    pub(super) fn metric(&self, gate: &str, metric: &MetricPath) -> Option<&Reading> {
        self.metrics.get(&(gate.to_owned(), metric.clone()))
    }

    /// What a gate's baseline file has; nothing when the scenario does not speak of it.
    pub(super) fn baseline(&self, gate: &str, metric: &MetricPath) -> Option<&Reading> {
        self.baselines.get(&(gate.to_owned(), metric.clone()))
    }

    /// How a live metric runs, in the order of time; empty when the scenario does not speak of it.
    pub(super) fn course(&self, environment: &str, metric: &MetricPath) -> &[(Time, Reading)] {
        self.live.get(&(environment.to_owned(), metric.clone())).map_or(&[], Vec::as_slice)
    }

    /// What the version before gives for a live metric, in the order of time; empty when the scenario does not speak of it.
    pub(super) fn live_baseline(&self, environment: &str, metric: &MetricPath) -> &[(Time, Reading)] {
        self.live_baselines.get(&(environment.to_owned(), metric.clone())).map_or(&[], Vec::as_slice)
    }

    /// How many samples a live metric has, in the order of time; empty when the scenario does not speak of it.
    pub(super) fn samples(&self, environment: &str, metric: &MetricPath) -> &[(Time, Reading)] {
        self.samples.get(&(environment.to_owned(), metric.clone())).map_or(&[], Vec::as_slice)
    }

    /// From when on the watch's smoke fails, and from when on it does not.
    pub(super) fn smoke(&self, environment: &str) -> &[(Time, bool)] {
        self.smoke.get(environment).map_or(&[], Vec::as_slice)
    }

    /// How a call ends, and for how many repetitions; nothing when it ends well.
    pub(super) fn end(&self, job: &str, step: &str) -> Option<(End, Option<u32>)> {
        self.ends.get(&(job.to_owned(), step.to_owned())).copied()
    }

    /// How long a call takes.
    pub(super) fn takes(&self, job: &str, step: &str) -> Time {
        self.takes.get(&(job.to_owned(), step.to_owned())).copied().unwrap_or_default()
    }

    /// What a person says of a deploy.
    pub(super) fn answer(&self, environment: &str) -> Said {
        let yes = Said { yes: true, after: Time::default() };
        self.answers.get(environment).copied().or(self.answer).unwrap_or(yes)
    }
}

/// The job and the step that words name. A deploy without a step is its roll-out; other jobs have one step.
fn doer(spec: &Spec, path: &MetricPath) -> Option<(String, String)> {
    let doers = spec.doers(path);
    let (who, step) = doers.first()?;
    let usual = if matches!(who, Subject::Deploy(_)) { "roll-out" } else { "" };
    Some((who.job(), step.unwrap_or(usual).to_owned()))
}

fn reading(value: &GivenValue, unit: Unit) -> Reading {
    match value {
        GivenValue::Number(q) => match q.in_unit(unit) {
            Some(number) => Reading::Number(number, q.to_string()),
            None => Reading::None(q.to_string()),
        },
        GivenValue::Missing => Reading::None("missing".to_owned()),
        other => Reading::None(other.to_string()),
    }
}

/// What starts the run: what the scenario says, else the first event that is no pull request, on a usual branch.
fn started(plan: &Plan, given: Option<&GivenEvent>) -> (EventKind, Started) {
    let word = given.map_or_else(|| usual(plan), |e| e.event.node.clone());
    let said = given.and_then(|e| e.reference.as_ref()).map(|r| r.node.clone());
    let named = given.and_then(|e| e.name.as_ref()).map(|n| n.node.clone());
    let name = named.or_else(|| {
        plan.triggers.iter().find_map(|t| match t {
            Trigger::Named { name } if word == "event" => Some(name.clone()),
            _ => None,
        })
    });
    let reference = said.unwrap_or_else(|| usual_ref(plan, &word));
    let (kind, from) = match word.as_str() {
        "push" => (EventKind::Push, None),
        "tag" => (EventKind::Tag, None),
        "pull_request" => {
            let from = given.and_then(|e| e.from.as_ref()).map_or("branch", |f| f.as_str());
            (EventKind::PullRequest, Some(from.to_owned()))
        }
        "schedule" => (EventKind::Schedule, None),
        "manual" => (EventKind::Manual, None),
        _ => (EventKind::Named(name.clone().unwrap_or_default()), None),
    };
    (kind, Started { event: word, reference, name, from, inputs: IndexMap::new() })
}

fn usual(plan: &Plan) -> String {
    let word = |t: &Trigger| match t {
        Trigger::Push { .. } => "push",
        Trigger::Tag { .. } => "tag",
        Trigger::PullRequest { .. } => "pull_request",
        Trigger::Schedule { .. } => "schedule",
        Trigger::Manual => "manual",
        Trigger::Named { .. } => "event",
    };
    let words: Vec<&str> = plan.triggers.iter().map(word).collect();
    let push = words.iter().find(|w| **w == "push");
    let first = push.or_else(|| words.iter().find(|w| **w != "pull_request"));
    (*first.or_else(|| words.first()).unwrap_or(&"push")).to_owned()
}

/// The first branch or tag that the trigger of that event names; a glob gives a name that it covers.
fn usual_ref(plan: &Plan, word: &str) -> String {
    let patterns: Option<&Vec<Pattern>> = plan.triggers.iter().find_map(|t| match (t, word) {
        (Trigger::Push { branches }, "push") | (Trigger::PullRequest { branches }, "pull_request") => {
            Some(branches)
        }
        (Trigger::Tag { tags }, "tag") => Some(tags),
        _ => None,
    });
    let home = Pattern(plan.home_branch.clone());
    let patterns = patterns.map_or(std::slice::from_ref(&home), Vec::as_slice);
    if patterns.iter().any(|p| p.matches(&home.0)) {
        return home.0;
    }
    let first = patterns.first().map_or("", |p| p.0.as_str());
    first.replace("**", "1").replace('*', "1")
}
