#![doc = include_str!("../../../docs/findings/MLP746.md")]

use crate::diag::{Code, Finding};
use crate::lint::Subject;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for gate in subject.spec.gates.values().filter(|g| g.advisory.is_none()) {
        let Some(repeat) = &gate.repeat else { continue };
        let (times, pass) = (repeat.times, repeat.pass);
        // `2 pass 1` is one more try, which a shaky network may need.
        if pass == 0 || times < 3 || u64::from(pass) * 2 >= u64::from(times) {
            continue;
        }
        let message =
            format!("the gate `{}` passes though {} of {times} runs fail", gate.name.node, times - pass);
        out.push(
            Finding::at(Code::LUCK_PASSES, repeat.span, message)
                .help(format!("ask for most of the runs: `repeat {times} pass {}`", times / 2 + 1)),
        );
    }
}
