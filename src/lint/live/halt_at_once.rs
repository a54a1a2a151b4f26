#![doc = include_str!("../../../docs/findings/MLP719.md")]

use super::halt_words;
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::spec::Op;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for deploy in subject.spec.deploys.values() {
        let Some(halt) = deploy.rollback.as_ref().and_then(|r| r.halt.as_ref()) else { continue };
        let holds_without_any = match halt.op {
            Op::Gt => false,
            Op::Ge | Op::Eq => halt.count == 0,
            Op::Lt | Op::Ne => halt.count > 0,
            Op::Le => true,
        };
        if !holds_without_any {
            continue;
        }
        let message =
            format!("`{}` holds when there was none: every deploy stops at its first step", halt_words(halt));
        out.push(
            Finding::at(Code::HALT_AT_ONCE, halt.span, message)
                .help("write how many are too many: `halt when rollbacks > 2 in 1h`"),
        );
    }
}
