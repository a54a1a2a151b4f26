#![doc = include_str!("../../../docs/findings/MLP370.md")]

use crate::check::facts::normal;
use crate::diag::{Code, Finding};
use crate::spec::{Right, Spec};

/// Runs the rule. Only the first file counts: in it every metric is looked up before any other.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for gate in spec.gates.values() {
        let (Some(baseline), Some(first)) = (&gate.baseline, gate.metrics.first()) else { continue };
        let compared = gate.require.iter().any(|r| matches!(r.right, Right::Baseline(_)));
        if !compared || normal(&baseline.node).is_none() || normal(&baseline.node) != normal(&first.path.node)
        {
            continue;
        }
        let message =
            format!("the baseline of the gate `{}` is the file that it is compared with", gate.name.node);
        out.push(
            Finding::at(Code::BASELINE_IS_METRICS, baseline.span, message)
                .also(first.path.span, "the metrics")
                .help("name the file of the repository that holds what serves now: `baseline \"model_baseline.json\"`"),
        );
    }
}
