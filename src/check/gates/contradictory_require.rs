#![doc = include_str!("../../../docs/findings/MLP324.md")]

use crate::check::facts::{JUNIT_METRICS, only_junit};
use crate::diag::{Code, Finding};
use crate::spec::{Gate, Op, Require, Right, Spec, Tolerance};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for gate in spec.gates.values() {
        let before = out.len();
        pairs(gate, out);
        below_zero(gate, out);
        if out.len() == before && only_junit(&gate.metrics) {
            super::junit_counts::impossible(gate, out);
        }
    }
}

/// Both rules of a pair have to hold; the second of a pair that cannot is reported, once.
fn pairs(gate: &Gate, out: &mut Vec<Finding>) {
    for (i, second) in gate.require.iter().enumerate() {
        let clash = gate.require[..i]
            .iter()
            .find(|first| first.metric.node == second.metric.node && exclude(first, second));
        let Some(first) = clash else { continue };
        let message = format!("no value passes both `{}` and `{}`", first.text, second.text);
        out.push(
            Finding::at(Code::CONTRADICTORY_REQUIRE, second.span, message)
                .also(first.span, "the other one")
                .help("turn one of the two round, or take it out"),
        );
    }
}

/// A count of a JUnit file is never negative.
fn below_zero(gate: &Gate, out: &mut Vec<Finding>) {
    if !only_junit(&gate.metrics) {
        return;
    }
    for rule in &gate.require {
        let [name] = rule.metric.node.0.as_slice() else { continue };
        let Right::Literal(value) = rule.right else { continue };
        let impossible = match rule.op {
            Op::Lt => value <= 0.0,
            Op::Le | Op::Eq => value < 0.0,
            _ => false,
        };
        if impossible && JUNIT_METRICS.contains(&name.as_str()) {
            let message =
                format!("`{}` can never hold: `{name}` of a JUnit file is never negative", rule.text);
            out.push(
                Finding::at(Code::CONTRADICTORY_REQUIRE, rule.span, message)
                    .help(format!("write `require {name} <= 0` for none at all")),
            );
        }
    }
}

/// True when no value satisfies both, whatever the baseline is.
fn exclude(a: &Require, b: &Require) -> bool {
    let (x, y) = (bound(a.right), bound(b.right));
    if x.against != y.against || a.file_unit != b.file_unit {
        return false;
    }
    // Bounds are straight lines over the baseline's amount. Where one lies above the other at zero and for ever after,
    // it does so everywhere; only a rule of the kind "they differ" could hold at both ends and not between.
    let at = |amount: f64| {
        let (p, q) = ((a.op, x.at(amount)), (b.op, y.at(amount)));
        apart(p, q) || apart(q, p)
    };
    let crosses = (x.at(0.0) - y.at(0.0)) * (x.at(FAR) - y.at(FAR)) < 0.0;
    at(0.0) && at(FAR) && !crosses
}

/// A baseline beyond all others.
const FAR: f64 = 1e12;

/// How far a bound lies from zero or from the baseline.
struct Bound {
    against: bool,
    fixed: f64,
    /// More for every one of the baseline's amount.
    share: f64,
}

impl Bound {
    fn at(&self, amount: f64) -> f64 {
        self.share.mul_add(amount, self.fixed)
    }
}

fn bound(right: Right) -> Bound {
    let (against, fixed, share) = match right {
        Right::Literal(value) => (false, value, 0.0),
        Right::Baseline(Tolerance::None) => (true, 0.0, 0.0),
        Right::Baseline(Tolerance::Absolute(by)) => (true, by, 0.0),
        Right::Baseline(Tolerance::Relative(share)) => (true, 0.0, share),
    };
    Bound { against, fixed, share }
}

fn apart((a, x): (Op, f64), (b, y): (Op, f64)) -> bool {
    match (a, b) {
        (Op::Ge, Op::Lt) | (Op::Gt, Op::Le | Op::Lt) => x >= y,
        (Op::Ge, Op::Le) => x > y,
        (Op::Eq, Op::Lt) => x >= y,
        (Op::Eq, Op::Le) => x > y,
        (Op::Eq, Op::Gt) => x <= y,
        (Op::Eq, Op::Ge) => x < y,
        (Op::Eq, Op::Eq) => x != y,
        (Op::Eq, Op::Ne) => x == y,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(op: Op, right: Right) -> Require {
        Require {
            metric: crate::diag::Spanned::default(),
            op,
            right,
            file_unit: crate::spec::Unit::None,
            text: String::new(),
            span: crate::diag::Span::default(),
        }
    }

    /// With tolerances of every kind, what is said to exclude each other does so for every baseline that is tried; and
    /// nothing is missed but what one single baseline decides.
    #[test]
    fn agrees_with_trying_baselines() {
        let ops = [Op::Lt, Op::Le, Op::Gt, Op::Ge, Op::Eq, Op::Ne];
        let rights = [
            Tolerance::None,
            Tolerance::Absolute(0.5),
            Tolerance::Absolute(-0.5),
            Tolerance::Relative(0.5),
            Tolerance::Relative(-0.5),
            Tolerance::Relative(-1.0),
        ];
        let amounts = [0.0, 0.5, 1.0, 1.5, 2.0, 1000.0];
        for (a, b) in ops.iter().flat_map(|a| ops.iter().map(move |b| (*a, *b))) {
            for (x, y) in rights.iter().flat_map(|x| rights.iter().map(move |y| (*x, *y))) {
                let (first, second) = (rule(a, Right::Baseline(x)), rule(b, Right::Baseline(y)));
                let (p, q) = (bound(first.right), bound(second.right));
                let each = |amount: &f64| {
                    let (l, r) = ((a, p.at(*amount)), (b, q.at(*amount)));
                    apart(l, r) || apart(r, l)
                };
                assert_eq!(exclude(&first, &second), amounts.iter().all(each), "{a:?} {x:?}, {b:?} {y:?}");
            }
        }
    }

    /// Over a grid finer than the bounds, `apart` (tried both ways) says exactly what trying every value says.
    #[test]
    fn agrees_with_trying_values() {
        let ops = [Op::Lt, Op::Le, Op::Gt, Op::Ge, Op::Eq, Op::Ne];
        let holds = |v: f64, (op, x): (Op, f64)| match op {
            Op::Lt => v < x,
            Op::Le => v <= x,
            Op::Gt => v > x,
            Op::Ge => v >= x,
            Op::Eq => v == x,
            Op::Ne => v != x,
        };
        for a in ops {
            for b in ops {
                for x in [1.0, 2.0, 3.0] {
                    let (p, q) = ((a, x), (b, 2.0));
                    let some = (0..=8).map(|i| f64::from(i) / 2.0).any(|v| holds(v, p) && holds(v, q));
                    assert_eq!(apart(p, q) || apart(q, p), !some, "{} {x} and {} 2", a.text(), b.text());
                }
            }
        }
    }
}
