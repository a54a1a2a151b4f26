#![doc = include_str!("../../../docs/findings/MLP326.md")]

use crate::check::facts::doubted;
use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// More runs than that hide a broken test, and no job has the time for them.
const MOST: u32 = 50;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for gate in spec.gates.values() {
        let Some(repeat) = &gate.repeat else { continue };
        let (times, pass) = (repeat.times, repeat.pass);
        let (why, help) = if times == 0 {
            ("the command would never run".to_owned(), "write how often it runs: `repeat 5 pass 4`")
        } else if pass == 0 {
            (
                "`pass 0` passes whatever happens".to_owned(),
                "write how many runs must pass: `repeat 5 pass 4`",
            )
        } else if pass > times {
            (
                format!("{pass} of {times} runs can never pass"),
                "write at most as many passes as runs: `repeat 5 pass 4`",
            )
        } else if times > MOST {
            (
                format!("{times} runs are more than {MOST}"),
                "run it less often, or make the command itself repeat",
            )
        } else if gate.run.is_none() && !doubted(spec, gate.common.head) {
            (
                format!("the gate `{}` has no command to repeat", gate.name.node),
                "add `run \"…\"`, or take `repeat` out",
            )
        } else {
            continue;
        };
        out.push(Finding::at(Code::BAD_REPEAT, repeat.span, why).help(help));
    }
}
