#![doc = include_str!("../../../docs/findings/MLP747.md")]

use super::metrics::nature;
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::spec::{Gate, Right};

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let named = |name: &String| name.to_uppercase().contains("SEED");
    if subject.spec.env.keys().any(named) {
        return;
    }
    for gate in subject.spec.gates.values() {
        let Some(shell) = &gate.run else { continue };
        let settled = gate.seed.is_some()
            || gate.repeat.is_some()
            || gate.advisory.is_some()
            || gate.common.env.keys().any(named)
            || shell.node.to_lowercase().contains("seed");
        if settled {
            continue;
        }
        let Some(first) = compared(gate) else { continue };
        let message = format!("the gate `{}` compares with a baseline and sets no seed", gate.name.node);
        out.push(
            Finding::at(Code::NO_SEED, first, message)
                .help("write `seed 42`, and let the evaluation read `MLPIPE_SEED`; or `repeat 5 pass 4` where no seed helps"),
        );
    }
}

/// The first rule that compares the quality of a model, not its speed, with the baseline.
fn compared(gate: &Gate) -> Option<crate::diag::Span> {
    let quality = |r: &&crate::spec::Require| {
        matches!(r.right, Right::Baseline(_)) && nature(&r.metric.node).is_some_and(|n| n.wants_more())
    };
    gate.require.iter().find(quality).map(|r| r.span)
}
