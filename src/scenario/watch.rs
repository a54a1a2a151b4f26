//! A watch: polls of live metrics, and which of the rollback's triggers trips first.
//!
//! Polls come at whole intervals from the start of the watch, which is when the first traffic has moved, and go on over all
//! canary steps, the window and the soak. What a metric gives is constant between two moments that the scenario names, so
//! the first trip is found segment by segment, whatever the number of polls.

use super::Time;
use super::gate::{Bound, holds};
use super::situation::{Reading, Situation};
use crate::spec::{
    Deploy, Lasting, Right, RollbackWhen, Tolerance, Watch, WatchedMetric, smoke_failures, trip_count,
};

/// The watch of one deploy. Its times are counted from the start of the deploy.
pub(super) struct Polls<'p> {
    situation: &'p Situation,
    deploy: &'p Deploy,
    watch: &'p Watch,
    /// When the first traffic has moved.
    start: Time,
    /// When traffic has moved so far, the first time among them.
    shifts: Vec<Time>,
    /// When the last of it has moved: from then on there is no version before to compare with.
    whole: Option<Time>,
    interval: Time,
    /// How long nothing is judged behind each of these moves.
    warm: Time,
}

/// What every poll comes to from a moment on, up to another.
struct Stretch {
    from: Time,
    until: Option<Time>,
    seen: Seen,
}

enum Seen {
    /// The rule holds; in words what was seen.
    Beyond(String),
    /// A number, and no rule that holds.
    Within,
    /// No number; in words why.
    Nothing(String),
    /// Nothing is judged.
    Unjudged,
}

/// What puts the release back.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trip {
    pub(super) at: Time,
    /// The rule and what was seen.
    pub(super) why: String,
}

impl<'p> Polls<'p> {
    /// Nothing before the first traffic has moved.
    pub(super) fn new(
        situation: &'p Situation,
        deploy: &'p Deploy,
        watch: &'p Watch,
        shifts: Vec<Time>,
        whole: Option<Time>,
    ) -> Option<Self> {
        let (start, interval) = (*shifts.first()?, Time::from(watch.interval.node));
        let warm = watch.warm_up.as_ref().map_or(Time::default(), |w| Time::from(w.node));
        Some(Self { situation, deploy, watch, start, shifts, whole, interval, warm })
    }

    /// The watch of a soak that begins at that moment: all traffic is there, and it is warm.
    pub(super) fn behind(
        situation: &'p Situation,
        deploy: &'p Deploy,
        watch: &'p Watch,
        start: Time,
    ) -> Self {
        let (interval, warm) = (Time::from(watch.interval.node), Time::default());
        Self { situation, deploy, watch, start, shifts: Vec::new(), whole: Some(start), interval, warm }
    }

    /// What is watched, in words.
    pub(super) fn words(&self) -> String {
        let mut all: Vec<String> = self.watch.metrics.iter().map(|m| m.metric.node.to_string()).collect();
        if let Some(smoke) = &self.watch.smoke {
            all.push(format!("smoke every {}", Time::from(smoke.every.node)));
        }
        format!("{} every {}", all.join(", "), Time::from(self.watch.interval.node))
    }

    /// The first trip of a trigger not later than `end`.
    pub(super) fn first_trip(&self, end: Time) -> Option<Trip> {
        let rules = self.deploy.rollback.iter().flat_map(|r| &r.when);
        // Of two at one moment the one that is written first.
        rules.filter_map(|rule| self.trip(rule)).filter(|t| t.at <= end).min_by_key(|t| t.at)
    }

    /// A metric that gave no number at the last polls before `end`, at more than are tolerated: a step does not end well
    /// on it.
    pub(super) fn silent(&self, end: Time) -> Option<String> {
        let tolerated = self.watch.tolerate.as_ref().map_or(0, |t| u64::from(t.node));
        let number = |reading: Option<Reading>| match reading {
            Some(Reading::None(what)) => Seen::Nothing(what),
            _ => Seen::Within,
        };
        let rest = |missing: u64| match tolerated {
            0 => ", and a metric without a number is never good".to_owned(),
            _ => format!(" at {missing} polls in a row, and {tolerated} are tolerated"),
        };
        self.watch.metrics.iter().find_map(|m| {
            let name = &m.metric.node;
            let own = self.stretches(&self.courses(m), |t| number(self.reading(m, t)));
            if let Some((missing, what)) = self.missing(&own, end).filter(|(n, _)| *n > tolerated) {
                return Some(format!("`{name}` is {what}{}", rest(missing)));
            }
            let before = self.stretches(&self.courses(m), |t| number(self.before(m, t)));
            let (missing, what) = self.missing(&before, end).filter(|(n, _)| *n > tolerated)?;
            let asked = m.baseline.is_some() && self.whole.is_none();
            asked.then(|| format!("`{name}` has no baseline, it is {what}{}", rest(missing)))
        })
    }

    /// Why a soak that ends at that moment did not hold. Only a server's numbers can be asked for the past: what a command
    /// says is looked at once, at the end, and has to be good then, however long or often it may be bad otherwise.
    pub(super) fn over_a_soak(&self, end: Time) -> Option<String> {
        let rules = || self.deploy.rollback.iter().flat_map(|r| &r.when);
        let (past, once): (Vec<_>, Vec<_>) = rules().partition(|r| self.watch.knows_the_past(&r.metric.node));
        let tripped = past.into_iter().filter_map(|r| self.trip(r)).filter(|t| t.at <= end);
        let tripped = tripped.min_by_key(|t| t.at).map(|t| t.why);
        tripped.or_else(|| self.silent(end)).or_else(|| once.into_iter().find_map(|r| self.bad_at(r, end)))
    }

    /// What is bad at that moment by a rule.
    fn bad_at(&self, rule: &RollbackWhen, moment: Time) -> Option<String> {
        if rule.metric.node == smoke_failures() {
            let fails = self.situation.smoke(&self.deploy.name).iter().rev().find(|(at, _)| *at <= moment);
            return fails.filter(|(_, fails)| *fails).map(|_| "the smoke test fails at its end".to_owned());
        }
        let metric = self.watch.metrics.iter().find(|m| m.metric.node == rule.metric.node)?;
        match self.seen(rule, metric, moment) {
            Seen::Beyond(seen) => Some(format!("`{}`: {seen} at its end", rule.text)),
            Seen::Nothing(what) => {
                Some(format!("`{}` is {what} at its end, and nobody can ask again", metric.metric.node))
            }
            Seen::Within | Seen::Unjudged => None,
        }
    }

    /// Everything that is given for a metric.
    fn courses(&self, metric: &WatchedMetric) -> [&'p [(Time, Reading)]; 3] {
        let (environment, name, all) = (&self.deploy.name, &metric.metric.node, self.situation);
        [all.course(environment, name), all.samples(environment, name), all.live_baseline(environment, name)]
    }

    /// What a metric gives at that moment: a number only of enough samples. Nothing when the scenario does not say.
    fn reading(&self, metric: &WatchedMetric, t: Time) -> Option<Reading> {
        let [course, samples, _] = self.courses(metric).map(|course| at(course, t));
        let least = metric.samples.as_ref().map_or(0, |s| s.least.node);
        match samples {
            Some(Reading::Number(n, text)) if *n < f64::from(least) => {
                let few = format!("without a number, since it has {text} samples, and {least} are needed");
                Some(Reading::None(few))
            }
            Some(Reading::None(what)) => {
                Some(Reading::None(format!("without a number, since its number of samples is {what}")))
            }
            _ => course.cloned(),
        }
    }

    /// What the version before gives at that moment.
    fn before(&self, metric: &WatchedMetric, t: Time) -> Option<Reading> {
        at(self.courses(metric)[2], t).cloned()
    }

    /// How many polls in a row gave no number, the last one before `end` among them, and why.
    fn missing<'s>(&self, stretches: &'s [Stretch], end: Time) -> Option<(u64, &'s str)> {
        let behind = end.plus(Time(1));
        let (mut missing, mut what, mut polls) = (0, None, 0);
        let mut now = None;
        for s in stretches.iter().take_while(|s| s.from <= end) {
            now = Some(&s.seen);
            let until = s.until.map_or(behind, |u| u.min(behind));
            let count = self.polls_before(until).saturating_sub(self.polls_before(s.from));
            if count == 0 || matches!(s.seen, Seen::Unjudged) {
                continue;
            }
            polls += count;
            (missing, what) = match &s.seen {
                Seen::Nothing(why) => (missing + count, Some(why.as_str())),
                _ => (0, None),
            };
        }
        match (polls, now) {
            // It is asked once, whether there are numbers at all.
            (0, Some(Seen::Nothing(why))) => Some((1, why)),
            _ => what.map(|what| (missing, what)),
        }
    }

    /// What the polls come to, by what is given and where nothing is judged.
    fn stretches(&self, courses: &[&[(Time, Reading)]], see: impl Fn(Time) -> Seen) -> Vec<Stretch> {
        let warm = self.warm;
        let mut breaks: Vec<Time> = vec![Time::default()];
        breaks.extend(courses.iter().flat_map(|course| course.iter().map(|(at, _)| *at)));
        // A poll at the very moment of a move was still made in the step before.
        breaks.extend(self.whole.map(|whole| whole.plus(Time(1))));
        if warm > Time::default() {
            breaks.extend(self.shifts.iter().flat_map(|s| [s.plus(Time(1)), s.plus(warm)]));
        }
        breaks.sort_unstable();
        breaks.dedup();
        let warms = |t: Time| self.shifts.iter().any(|s| t > *s && t < s.plus(warm));
        let seen = |t: Time| if warms(t) { Seen::Unjudged } else { see(t) };
        let until = |i: usize| breaks.get(i + 1).copied();
        breaks
            .iter()
            .enumerate()
            .map(|(i, t)| Stretch { from: *t, until: until(i), seen: seen(*t) })
            .collect()
    }

    /// What a rule comes to at a poll of that moment.
    fn seen(&self, rule: &RollbackWhen, metric: &WatchedMetric, t: Time) -> Seen {
        let (n, text) = match self.reading(metric, t) {
            Some(Reading::Number(n, text)) => (n, text),
            Some(Reading::None(what)) => return Seen::Nothing(what),
            // What the scenario does not speak of is good.
            None => return Seen::Within,
        };
        let (order, base) = match rule.right {
            Right::Literal(right) => (n.partial_cmp(&right), String::new()),
            Right::Baseline(_) if self.whole.is_some_and(|whole| t > whole) => return Seen::Unjudged,
            Right::Baseline(tolerance) => match self.before(metric, t) {
                Some(Reading::Number(base, text)) => {
                    let (absolute, relative) = match tolerance {
                        Tolerance::None => (None, None),
                        Tolerance::Absolute(by) => (Some(by), None),
                        Tolerance::Relative(share) => (None, Some(share)),
                    };
                    let bound = Bound::moved(base, absolute, relative);
                    (bound.against(n), format!(", the baseline is {text}"))
                }
                Some(Reading::None(what)) => return Seen::Nothing(what),
                None => return Seen::Within,
            },
        };
        match order.is_some_and(|o| holds(rule.op, o)) {
            true => Seen::Beyond(format!("it is {text}{base}")),
            false => Seen::Within,
        }
    }

    fn trip(&self, rule: &RollbackWhen) -> Option<Trip> {
        if rule.metric.node == smoke_failures() {
            return self.smoke_trip(rule);
        }
        let metric = self.watch.metrics.iter().find(|m| m.metric.node == rule.metric.node)?;
        let stretches = self.stretches(&self.courses(metric), |t| self.seen(rule, metric, t));
        let long = match rule.lasting {
            Lasting::For(long) => Time::from(long),
            Lasting::Once | Lasting::Consecutive => Time::default(),
        };
        // Since which poll the rule has held without a break.
        let mut since: Option<Time> = None;
        for s in &stretches {
            let Some(poll) = self.poll_at(s.from, self.interval).filter(|p| s.until.is_none_or(|u| *p < u))
            else {
                continue;
            };
            match &s.seen {
                Seen::Beyond(seen) => {
                    let began = *since.get_or_insert(poll);
                    let trips = self.poll_at(began.plus(long).max(poll), self.interval)?;
                    if s.until.is_none_or(|u| trips < u) {
                        return Some(Trip { at: trips, why: format!("`{}`: {seen}", rule.text) });
                    }
                }
                Seen::Within => since = None,
                // Neither good nor bad: it ends no streak and trips nothing by itself.
                Seen::Nothing(_) | Seen::Unjudged => {}
            }
        }
        None
    }

    /// Failures of the smoke test are counted: without a success between them, or all.
    fn smoke_trip(&self, rule: &RollbackWhen) -> Option<Trip> {
        let interval = Time::from(self.watch.smoke.as_ref()?.every.node);
        let limit = trip_count(rule.op, rule.literal()?)?;
        let course = self.situation.smoke(&self.deploy.name);
        let mut count: u64 = 0;
        for (i, (from, fails)) in course.iter().enumerate() {
            let until = course.get(i + 1).map(|(at, _)| *at);
            let Some(first) = self.poll_at(*from, interval).filter(|p| until.is_none_or(|u| *p < u)) else {
                continue;
            };
            if !fails {
                if rule.lasting == Lasting::Consecutive {
                    count = 0;
                }
                continue;
            }
            let missing = limit.saturating_sub(count).max(1);
            let trips = Time(first.0.saturating_add((missing - 1).saturating_mul(interval.0)));
            if until.is_none_or(|u| trips < u) {
                let of = if rule.lasting == Lasting::Consecutive { " one after the other" } else { "" };
                return Some(Trip {
                    at: trips,
                    why: format!("`{}`: it failed {limit} times{of}", rule.text),
                });
            }
            let until = until.unwrap_or(first);
            count += (until.0 - first.0).div_ceil(interval.0.max(1));
        }
        None
    }

    /// How many polls there are before that moment.
    fn polls_before(&self, moment: Time) -> u64 {
        moment.since(self.start).0.div_ceil(self.interval.0.max(1)).saturating_sub(1)
    }

    /// The first poll at or after that moment.
    fn poll_at(&self, moment: Time, interval: Time) -> Option<Time> {
        let step = interval.0.max(1);
        let polls = moment.since(self.start).0.div_ceil(step).max(1);
        Some(Time(self.start.0.checked_add(polls.checked_mul(step)?)?))
    }
}

/// What a course gives at a moment.
fn at(course: &[(Time, Reading)], t: Time) -> Option<&Reading> {
    course.iter().rev().find(|(at, _)| *at <= t).map(|(_, value)| value)
}
