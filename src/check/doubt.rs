//! What is not concluded from a spec that was not understood as a whole.
//!
//! A statement with a fault in it is missing from the spec, or misses a part. Rules that speak of what is not there
//! would then tell the user something untrue, on top of the fault itself.

use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Codes that follow from the absence of something in the same top-level statement.
const OF_ITS_STATEMENT: &[&Code] = &[
    Code::GATE_CHECKS_NOTHING,
    Code::NO_METRICS_FILE,
    Code::NO_BASELINE_FILE,
    Code::BASELINE_UNUSED,
    Code::BAD_REPEAT,
    Code::UNIT_UNUSED,
    Code::UNKNOWN_JUNIT_METRIC,
    Code::NO_MODEL_VERSION,
    Code::MODEL_SAVE,
    Code::ONLY_MOVING_TAGS,
    Code::NO_LOGIN,
    Code::RUNNER_INCOMPLETE,
];

/// Codes that follow from the absence of something anywhere in the spec.
const OF_THE_SPEC: &[&Code] = &[
    Code::UNKNOWN_NAME,
    Code::NO_TRIGGER,
    Code::NOTHING_TO_DO,
    Code::MODEL_OUTSIDE_CONTEXT,
    Code::TAG_WITHOUT_TRIGGER,
    Code::NOTHING_TO_DEPLOY,
    Code::DEPLOY_NEVER_RUNS,
    Code::UNGATED_PRODUCTION,
    Code::NOTIFY_NEVER_SENDS,
    Code::SECRET_UNUSED,
];

/// Takes out what may be no more than the echo of a fault.
pub(super) fn without_echoes(spec: &Spec, findings: &mut Vec<Finding>) {
    if spec.doubtful.is_empty() {
        return;
    }
    findings.retain(|finding| {
        let here = finding.span.is_some_and(|at| spec.doubtful.iter().any(|d| d.contains(at)));
        !(OF_THE_SPEC.contains(&finding.code) || here && OF_ITS_STATEMENT.contains(&finding.code))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{FileId, Span};

    #[test]
    fn only_echoes_go() {
        let span = |start, end| Span::new(FileId(0), start, end);
        let spec = Spec { doubtful: vec![span(10, 20)], ..Spec::default() };
        let mut findings = vec![
            Finding::at(Code::UNKNOWN_NAME, span(50, 51), "anywhere"),
            Finding::at(Code::NO_METRICS_FILE, span(12, 13), "in the faulty statement"),
            Finding::at(Code::NO_METRICS_FILE, span(30, 31), "in another statement"),
            Finding::at(Code::BAD_CRON, span(12, 13), "about what is there"),
        ];
        without_echoes(&spec, &mut findings);
        let kept: Vec<&str> = findings.iter().map(|f| f.message.as_str()).collect();
        assert_eq!(kept, ["in another statement", "about what is there"]);
        let mut all = vec![Finding::at(Code::UNKNOWN_NAME, span(50, 51), "anywhere")];
        without_echoes(&Spec::default(), &mut all);
        assert_eq!(all.len(), 1);
    }
}
