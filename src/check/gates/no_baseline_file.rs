#![doc = include_str!("../../../docs/findings/MLP322.md")]

use crate::diag::{Code, Finding};
use crate::spec::{Right, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for gate in spec.gates.values().filter(|g| g.baseline.is_none()) {
        let against = |r: &&crate::spec::Require| matches!(r.right, Right::Baseline(_));
        let Some(first) = gate.require.iter().find(against) else { continue };
        let message = format!(
            "`{}` compares with a baseline that the gate `{}` does not have",
            first.text, gate.name.node
        );
        out.push(
            Finding::at(Code::NO_BASELINE_FILE, first.span, message)
                .help("say which file of the repository holds it: `baseline \"model_baseline.json\"`"),
        );
    }
}
