//! The counts of a JUnit file: whole, never negative, and `tests` is the sum of the others.

use crate::diag::{Code, Finding};
use crate::spec::{Gate, Op, Require, Right};

/// `tests` first, then its parts.
const COUNTS: [&str; 5] = ["tests", "passed", "failures", "errors", "skipped"];

/// Is the rule about a count (not about `time`, which need not be whole)?
pub(super) fn is_count(rule: &Require) -> bool {
    matches!(rule.metric.node.0.as_slice(), [name] if COUNTS.contains(&name.as_str()))
}

/// Whole numbers that the rules of one count leave, each end with the rule that sets it.
#[derive(Clone, Copy)]
struct Range<'a> {
    low: (f64, Option<&'a Require>),
    high: (f64, Option<&'a Require>),
}

impl<'a> Range<'a> {
    fn of(name: &str, gate: &'a Gate) -> Self {
        let mut range = Self { low: (0.0, None), high: (f64::INFINITY, None) };
        for rule in gate.require.iter().filter(|r| is_count(r) && r.metric.node.0[0] == name) {
            let Right::Literal(x) = rule.right else { continue };
            let (low, high) = match rule.op {
                Op::Ge => (x.ceil(), f64::INFINITY),
                Op::Gt => (x.floor() + 1.0, f64::INFINITY),
                Op::Le => (0.0, x.floor()),
                Op::Lt => (0.0, x.ceil() - 1.0),
                Op::Eq => (x.ceil(), x.floor()),
                Op::Ne => continue,
            };
            if low > range.low.0 {
                range.low = (low, Some(rule));
            }
            if high < range.high.0 {
                range.high = (high, Some(rule));
            }
        }
        range
    }
}

/// Tells rules that no report can pass together.
pub(super) fn impossible(gate: &Gate, out: &mut Vec<Finding>) {
    let ranges = COUNTS.map(|name| (name, Range::of(name, gate)));
    for (name, range) in &ranges {
        let (Some(high), true) = (range.high.1, range.low.0 > range.high.0) else { continue };
        let finding = match range.low.1.filter(|low| low.span != high.span) {
            Some(low) => {
                let message = format!("no whole number passes both `{}` and `{}`", low.text, high.text);
                Finding::at(Code::CONTRADICTORY_REQUIRE, high.span, message).also(low.span, "the other one")
            }
            None => {
                let message = format!("`{}` can never hold: `{name}` is a whole number", high.text);
                Finding::at(Code::CONTRADICTORY_REQUIRE, high.span, message)
            }
        };
        out.push(finding.help(format!("write a bound that a count can have, such as `require {name} <= 0`")));
        return;
    }
    let [(_, tests), parts @ ..] = &ranges;
    let (least, most): (f64, f64) =
        (parts.iter().map(|(_, r)| r.low.0).sum(), parts.iter().map(|(_, r)| r.high.0).sum());
    let clash = if least > tests.high.0 {
        tests.high.1.zip(parts.iter().find_map(|(_, r)| r.low.1))
    } else if most < tests.low.0 {
        tests.low.1.zip(parts.iter().find_map(|(_, r)| r.high.1))
    } else {
        None
    };
    if let Some((whole, part)) = clash {
        let message = format!("no report passes both `{}` and `{}`", whole.text, part.text);
        out.push(
            Finding::at(Code::CONTRADICTORY_REQUIRE, whole.span, message)
                .also(part.span, "what is counted here")
                .help("`tests` is the sum of `passed`, `failures`, `errors` and `skipped`: correct one of the bounds"),
        );
    }
}
