//! A watch: polls of live metrics, and which of the rollback's triggers trips first.
//!
//! Polls come at whole intervals from the start of the watch, which is when the first traffic has moved, and go on over all
//! canary steps, the window and the soak. What a metric gives is constant between two moments that the scenario names, so
//! the first trip is found segment by segment, whatever the number of polls.

use super::Time;
use super::gate::holds;
use super::situation::{Reading, Situation};
use crate::spec::{Deploy, Lasting, RollbackWhen, Watch, smoke_failures, trip_count};

/// The watch of one deploy. Its times are counted from the start of the deploy.
pub(super) struct Polls<'p> {
    situation: &'p Situation,
    deploy: &'p Deploy,
    watch: &'p Watch,
    /// When the first traffic has moved.
    start: Time,
}

/// What puts the release back.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trip {
    pub(super) at: Time,
    /// The rule and what was seen.
    pub(super) why: String,
}

impl<'p> Polls<'p> {
    pub(super) fn new(situation: &'p Situation, deploy: &'p Deploy, watch: &'p Watch, start: Time) -> Self {
        Self { situation, deploy, watch, start }
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

    /// A metric that gives no number at the last poll before `end`: a step does not end well on it.
    pub(super) fn silent(&self, end: Time) -> Option<String> {
        let interval = Time::from(self.watch.interval.node);
        let polls = end.since(self.start).0 / interval.0.max(1);
        let last = if polls == 0 { end } else { Time(self.start.0 + polls * interval.0) };
        self.watch.metrics.iter().find_map(|m| {
            let course = self.situation.course(&self.deploy.name, &m.metric.node);
            match course.iter().rev().find(|(at, _)| *at <= last) {
                Some((_, Reading::None(what))) => Some(format!(
                    "`{}` is {what}, and a metric without a number is never good",
                    m.metric.node
                )),
                _ => None,
            }
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
        let course = self.situation.course(&self.deploy.name, &rule.metric.node);
        match course.iter().rev().find(|(at, _)| *at <= moment) {
            Some((_, Reading::Number(n, text))) => {
                let bad = n.partial_cmp(&rule.right).is_some_and(|o| holds(rule.op, o));
                bad.then(|| format!("`{}`: it is {text} at its end", rule.text))
            }
            _ => None,
        }
    }

    fn trip(&self, rule: &RollbackWhen) -> Option<Trip> {
        if rule.metric.node == smoke_failures() {
            return self.smoke_trip(rule);
        }
        let course = self.situation.course(&self.deploy.name, &rule.metric.node);
        let interval = Time::from(self.watch.interval.node);
        // Since which poll the rule has held without a break.
        let mut since: Option<Time> = None;
        for (i, (from, value)) in course.iter().enumerate() {
            let until = course.get(i + 1).map(|(at, _)| *at);
            let Some(poll) = self.poll_at(*from, interval).filter(|p| until.is_none_or(|u| *p < u)) else {
                continue;
            };
            match value {
                Reading::Number(n, text) if n.partial_cmp(&rule.right).is_some_and(|o| holds(rule.op, o)) => {
                    let began = *since.get_or_insert(poll);
                    let long = match rule.lasting {
                        Lasting::For(long) => Time::from(long),
                        Lasting::Once | Lasting::Consecutive => Time::default(),
                    };
                    let trips = self.poll_at(began.plus(long).max(poll), interval)?;
                    if until.is_none_or(|u| trips < u) {
                        return Some(Trip { at: trips, why: format!("`{}`: it is {text}", rule.text) });
                    }
                }
                Reading::Number(..) => since = None,
                // Neither good nor bad: it ends no streak and trips nothing by itself.
                Reading::None(_) => {}
            }
        }
        None
    }

    /// Failures of the smoke test are counted: without a success between them, or all.
    fn smoke_trip(&self, rule: &RollbackWhen) -> Option<Trip> {
        let interval = Time::from(self.watch.smoke.as_ref()?.every.node);
        let limit = trip_count(rule.op, rule.right)?;
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

    /// The first poll at or after that moment.
    fn poll_at(&self, moment: Time, interval: Time) -> Option<Time> {
        let step = interval.0.max(1);
        let polls = moment.since(self.start).0.div_ceil(step).max(1);
        Some(Time(self.start.0.checked_add(polls.checked_mul(step)?)?))
    }
}
