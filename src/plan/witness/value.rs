//! One number of a metrics file, and of the baseline beside it.

use crate::plan::PlanRequire;
use crate::plan::number::Exact;
use crate::spec::Op;
use std::cmp::Ordering;

/// A value and what the baseline file says of the same metric.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub(super) value: Exact,
    pub(super) baseline: Option<Exact>,
}

/// What is wanted of the rules of a gate.
#[derive(Debug, Clone, Copy)]
pub(super) enum Want {
    /// Every one holds.
    All,
    /// Every one holds but this, which does not.
    AllBut(usize),
    /// This one does not hold.
    Not(usize),
}

impl Want {
    /// Whether the rule of that index is to hold; nothing when it may do either.
    fn of(self, rule: usize) -> Option<bool> {
        match self {
            Self::All => Some(true),
            Self::AllBut(other) => Some(rule != other),
            Self::Not(other) => (rule == other).then_some(false),
        }
    }
}

/// The rules of one metric, by their index in the gate.
pub(super) type Rules<'a> = [(usize, &'a PlanRequire)];

/// What the rule compares with. Follows the script step by step: a share is a percentage of the baseline's amount.
pub(super) fn bound(rule: &PlanRequire, baseline: Option<Exact>) -> Option<Exact> {
    if let Some(literal) = rule.literal {
        return Exact::of(literal);
    }
    let base = baseline?;
    match (rule.absolute, rule.relative) {
        (Some(by), _) => base.plus(Exact::of(by)?),
        (None, Some(share)) => base.plus(Exact::of(share * 100.0)?.times(base.abs())?.times(Exact::step(2))?),
        (None, None) => Some(base),
    }
}

fn holds(op: Op, order: Ordering) -> bool {
    match op {
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
        Op::Eq => order.is_eq(),
        Op::Ne => order.is_ne(),
    }
}

/// Is what is wanted of each rule so, with this value and baseline?
pub(super) fn fits(rules: &Rules<'_>, point: Point, want: Want) -> bool {
    rules.iter().all(|(index, rule)| {
        let Some(wanted) = want.of(*index) else { return true };
        bound(rule, point.baseline)
            .and_then(|b| point.value.compare(b))
            .is_some_and(|order| holds(rule.op, order) == wanted)
    })
}

/// A value, and a baseline if one is asked for, such that what is wanted is so; the first that is found of baselines in
/// the order of [`baselines`] and of values in the order of their distance from the bound of `edge`.
pub(super) fn point(rules: &Rules<'_>, edge: usize, want: Want) -> Option<Point> {
    baselines(rules).into_iter().find_map(|baseline| {
        let bounds: Vec<Exact> = rules.iter().filter_map(|(_, r)| bound(r, baseline)).collect();
        let near = rules.iter().find(|(i, _)| *i == edge).and_then(|(_, r)| bound(r, baseline));
        let mut values = beside(&bounds);
        let distance = |v: &Exact| near.and_then(|n| v.minus(n)).map(Exact::abs);
        values.sort_by(|a, b| match (distance(a), distance(b)) {
            (Some(x), Some(y)) => x.compare(y).unwrap_or(Ordering::Equal),
            _ => Ordering::Equal,
        });
        values.into_iter().map(|value| Point { value, baseline }).find(|p| fits(rules, *p, want))
    })
}

/// The bounds themselves, what lies just below and above each, and what lies between two.
fn beside(bounds: &[Exact]) -> Vec<Exact> {
    let finest = bounds.iter().map(|b| b.scale()).max().unwrap_or(0);
    let step = Exact::step(finest + 2);
    let half = Exact::step(1).times(Exact::whole(5));
    let mut values = Vec::new();
    for b in bounds {
        values.extend([Some(*b), b.plus(step), b.minus(step)].into_iter().flatten());
        for other in bounds {
            values.extend(half.and_then(|h| b.plus(*other)?.times(h)));
        }
    }
    values
}

/// Baselines to try: none when no rule asks; else plain ones first, then those at and around which two bounds meet.
pub(super) fn baselines(rules: &Rules<'_>) -> Vec<Option<Exact>> {
    let against: Vec<&PlanRequire> = rules.iter().map(|(_, r)| *r).filter(|r| r.literal.is_none()).collect();
    if against.is_empty() {
        return vec![None];
    }
    let literals: Vec<Exact> = rules.iter().filter_map(|(_, r)| Exact::of(r.literal?)).collect();
    let mut meet = literals.clone();
    for rule in &against {
        let (by, share) = (rule.absolute.unwrap_or(0.0), rule.relative.unwrap_or(0.0));
        for literal in &literals {
            meet.extend(Exact::of(by).and_then(|by| literal.minus(by)));
            for sign in [1.0_f64, -1.0] {
                let slope = Exact::of(sign.mul_add(share, 1.0));
                meet.extend(slope.and_then(|s| literal.over(s)));
            }
        }
        for other in &against {
            let apart = other.absolute.unwrap_or(0.0) - by;
            let slope = share - other.relative.unwrap_or(0.0);
            meet.extend(Exact::of(apart).and_then(|a| a.over(Exact::of(slope)?)));
        }
    }
    let plain = [1, 100, 0, -1, 1_000_000].map(Exact::whole);
    let mut all: Vec<Exact> = literals;
    all.extend(Exact::step(1).times(Exact::whole(9)));
    all.extend(plain);
    for m in meet {
        let step = Exact::step(m.scale() + 2);
        let two = Exact::whole(2);
        all.extend([Some(m), m.plus(step), m.minus(step), m.times(two), m.over(two)].into_iter().flatten());
        all.push(m.negated());
    }
    all.into_iter().map(Some).collect()
}
