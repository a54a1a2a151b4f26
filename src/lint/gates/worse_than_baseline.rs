#![doc = include_str!("../../../docs/findings/MLP744.md")]

use super::metrics::nature;
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::spec::{Gate, Op, Right, Tolerance};

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for gate in subject.spec.gates.values().filter(|g| g.advisory.is_none()) {
        look(gate, out);
    }
}

fn look(gate: &Gate, out: &mut Vec<Finding>) {
    let strict = gate
        .require
        .iter()
        .find(|r| matches!(r.op, Op::Gt | Op::Lt) && r.right == Right::Baseline(Tolerance::None));
    let Some(strict) = strict else { return };
    let compared = |metric| {
        gate.require.iter().any(|r| r.metric.node == metric && matches!(r.right, Right::Baseline(_)))
    };
    let mut told: Vec<&crate::spec::MetricPath> = Vec::new();
    for rule in &gate.require {
        let metric = &rule.metric.node;
        let Some(nature) = nature(metric) else { continue };
        if told.contains(&metric) || compared(metric.clone()) {
            continue;
        }
        told.push(metric);
        let op = if nature.wants_more() { ">=" } else { "<=" };
        let sign = if nature.wants_more() { '-' } else { '+' };
        let message =
            format!("`{metric}` may be worse than the baseline, which `{}` must beat", strict.metric.node);
        out.push(
            Finding::at(Code::WORSE_THAN_BASELINE, rule.span, message)
                .also(strict.span, "the new model has to be better here")
                .help(format!("say how much worse it may be: `require {metric} {op} baseline`, or `{op} baseline {sign} 10%`")),
        );
    }
}
