//! A gate, judged by the rules that the runtime keeps: a metric that is missing or no number fails, `>=` and `>` differ, a
//! tolerance moves the baseline without rounding, and repetitions end when the verdict can no longer change.

use super::Time;
use super::outcome::State;
use super::situation::{End, Reading, Situation};
use crate::plan::{GateWork, PlanRequire};
use crate::spec::{Decimal, Op, Repeat};
use std::cmp::Ordering;

/// What a gate came to.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) state: State,
    pub(super) long: Time,
    /// Why it did not hold, and of repetitions how many passed; empty otherwise.
    pub(super) why: String,
}

/// Plays a gate whose own time limit is `limit`. A cancel is the caller's affair.
pub(super) fn judge(situation: &Situation, job: &str, work: &GateWork, limit: Time) -> Judged {
    let repeat = work.repeat.unwrap_or(Repeat { times: 1, pass: 1 });
    let each = situation.takes(job, "");
    let end = situation.end(job, "");
    let broken = broken_rules(situation, work);
    let (mut passed, mut done, mut long) = (0, 0, Time::default());
    let mut timed_out = false;
    loop {
        let fails = end.filter(|(_, of)| of.is_none_or(|n| done < n)).map(|(end, _)| end);
        let ends = long.plus(each);
        if fails == Some(End::TimesOut) || ends > limit {
            timed_out = true;
            long = limit;
        } else {
            long = ends;
        }
        done += 1;
        let good = fails.is_none() && !timed_out && broken.is_empty();
        passed += u32::from(good);
        let left = repeat.times.saturating_sub(done);
        if passed >= repeat.pass || passed + left < repeat.pass || timed_out && left == 0 {
            break;
        }
    }
    let held = passed >= repeat.pass;
    let mut reasons = Vec::new();
    if timed_out {
        reasons.push(format!("the command did not end within {limit}"));
    } else if end.is_some_and(|(_, of)| of.is_none_or(|n| n >= done)) {
        reasons.push("the command failed".to_owned());
    }
    reasons.extend(broken);
    let count = format!("{passed} of {done} attempts passed, {} of {} must", repeat.pass, repeat.times);
    if repeat.times > 1 {
        reasons.insert(0, count);
    }
    let why = reasons.join("; ");
    let (state, why) = match (held, &work.advisory) {
        (true, _) if repeat.times > 1 => (State::Passed, format!("{passed} of {done} attempts passed")),
        (true, _) => (State::Passed, String::new()),
        (false, Some(reason)) => {
            (State::Passed, format!("found: {why}; it does not block, because it is advisory: {reason}"))
        }
        (false, None) if timed_out => (State::TimedOut, why),
        (false, None) => (State::Failed, why),
    };
    Judged { state, long, why }
}

/// The rules that do not hold, each with its reason.
fn broken_rules(situation: &Situation, work: &GateWork) -> Vec<String> {
    work.require.iter().filter_map(|rule| broken(situation, &work.name, rule)).collect()
}

fn broken(situation: &Situation, gate: &str, rule: &PlanRequire) -> Option<String> {
    let base = situation.baseline(gate, &rule.metric).filter(|_| rule.literal.is_none());
    if let Some(Reading::None(what)) = base {
        return Some(format!("`{}` does not hold: the baseline is {what}", rule.text));
    }
    let (value, text) = match situation.metric(gate, &rule.metric)? {
        Reading::Number(n, text) => (*n, text),
        Reading::None(what) => return Some(format!("`{}` does not hold: the metric is {what}", rule.text)),
    };
    let (bound, base) = match rule.literal {
        Some(literal) => (Bound::exact(literal), None),
        None => {
            // Nobody says what the baseline has: the rule is not what this scenario is about.
            let Some(Reading::Number(base, text)) = base else { return None };
            (Bound::moved(*base, rule.absolute, rule.relative), Some(text))
        }
    };
    let held = bound.against(value).is_some_and(|order| holds(rule.op, order));
    let base = base.map_or(String::new(), |b| format!(", the baseline is {b}"));
    (!held).then(|| format!("`{}` does not hold: it is {text}{base}", rule.text))
}

/// Does `left OP right` hold, when left compares so with right?
pub(super) fn holds(op: Op, order: Ordering) -> bool {
    match op {
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
        Op::Eq => order.is_eq(),
        Op::Ne => order.is_ne(),
    }
}

/// The right side of a rule: exact where decimals can hold it.
pub(super) struct Bound {
    exact: Option<Decimal>,
    float: f64,
}

impl Bound {
    fn exact(value: f64) -> Self {
        Self { exact: Decimal::of(value), float: value }
    }

    pub(super) fn moved(base: f64, absolute: Option<f64>, relative: Option<f64>) -> Self {
        let step = absolute.unwrap_or(0.0) + relative.map_or(0.0, |r| r * base.abs());
        let exact = || {
            let base = Decimal::of(base)?;
            let by = match (absolute, relative) {
                (Some(a), _) => Decimal::of(a)?,
                (None, Some(r)) => Decimal::of(r)?.times(base.absolute())?,
                (None, None) => return Some(base),
            };
            base.plus(by)
        };
        Self { exact: exact(), float: base + step }
    }

    pub(super) fn against(&self, value: f64) -> Option<Ordering> {
        let exact = || Decimal::of(value)?.compare(self.exact?);
        exact().or_else(|| value.partial_cmp(&self.float))
    }
}
