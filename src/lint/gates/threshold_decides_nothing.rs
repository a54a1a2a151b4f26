#![doc = include_str!("../../../docs/findings/MLP742.md")]

use super::metrics::{Nature, nature, whole};
use crate::check::facts::only_junit;
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::spec::{Op, Require, Right, Unit};

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for gate in subject.spec.gates.values().filter(|g| !only_junit(&g.metrics)) {
        out.extend(gate.require.iter().filter_map(tell));
    }
}

fn tell(rule: &Require) -> Option<Finding> {
    let Right::Literal(value) = rule.right else { return None };
    let nature = nature(&rule.metric.node)?;
    let most = if nature.is_bounded() { Some(whole(rule)?) } else { None };
    // Between one and a hundred without a unit: whoever writes that means percent, which another rule tells.
    if most == Some(1.0) && value > 1.0 && value <= 100.0 {
        return None;
    }
    let above = most.is_some_and(|m| value > m);
    let top = most == Some(value);
    let (always, never) = match rule.op {
        Op::Ge => (value <= 0.0, above),
        Op::Gt => (value < 0.0, above || top),
        Op::Le => (above || top, value < 0.0),
        Op::Lt => (above, value <= 0.0),
        Op::Eq => (false, above || value < 0.0),
        Op::Ne => (above || value < 0.0, false),
    };
    let says = if always {
        "holds for every model"
    } else if never {
        "holds for no model"
    } else {
        return None;
    };
    let metric = &rule.metric.node;
    let range = match most {
        Some(most) if rule.file_unit == Unit::Percent => format!("is between 0 and {most} percent"),
        Some(most) => format!("is between 0 and {most}"),
        None => "is never below zero".to_owned(),
    };
    let help = match nature {
        Nature::Share => format!("write what a model must reach, such as `require {metric} >= 0.85`"),
        Nature::ErrorShare => {
            format!("write what a model may have at most, such as `require {metric} <= 1%`")
        }
        Nature::Cost => format!("write what a model may take at most: `require {metric} < …`"),
    };
    let message = format!("`{}` {says}: `{metric}` {range}", rule.text);
    Some(Finding::at(Code::THRESHOLD_DECIDES_NOTHING, rule.span, message).help(help))
}
