#![doc = include_str!("../../../docs/findings/MLP324.md")]

use crate::check::facts::{JUNIT_METRICS, only_junit};
use crate::diag::{Code, Finding};
use crate::spec::{Gate, Op, Require, Right, Spec, Tolerance};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for gate in spec.gates.values() {
        pairs(gate, out);
        below_zero(gate, out);
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

/// True when no value satisfies both.
fn exclude(a: &Require, b: &Require) -> bool {
    let (Some((kind_a, x)), Some((kind_b, y))) = (bound(a.right), bound(b.right)) else { return false };
    if kind_a != kind_b || a.file_unit != b.file_unit {
        return false;
    }
    apart((a.op, x), (b.op, y)) || apart((b.op, y), (a.op, x))
}

/// Distance from zero (false) or from the baseline (true); a share of the baseline has none that is known now.
fn bound(right: Right) -> Option<(bool, f64)> {
    match right {
        Right::Literal(value) => Some((false, value)),
        Right::Baseline(Tolerance::None) => Some((true, 0.0)),
        Right::Baseline(Tolerance::Absolute(by)) => Some((true, by)),
        Right::Baseline(Tolerance::Relative(_)) => None,
    }
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
