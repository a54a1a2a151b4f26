#![doc = include_str!("../../../docs/findings/MLP386.md")]

use crate::diag::{Code, Finding};
use crate::spec::{Expectation, Expected, Spec, Subject};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for e in spec.scenarios.iter().flat_map(|s| &s.expect) {
        let found = spec.subjects(&e.name);
        if found.is_empty() || found.iter().any(|s| fault(spec, s, e).is_none()) {
            continue;
        }
        if let Some((message, help)) = fault(spec, &found[0], e) {
            out.push(Finding::at(Code::SCENARIO_IMPOSSIBLE, e.outcome.span, message).help(help));
        }
    }
}

/// Why it can never end so.
fn fault(spec: &Spec, subject: &Subject<'_>, e: &Expectation) -> Option<(String, String)> {
    let (name, outcome) = (&e.name.node, e.outcome.node);
    match subject {
        Subject::Deploy(d) => match outcome {
            Expected::Halted if !halts(spec) => Some((
                format!("nothing ever halts `{name}`: no deploy says when"),
                "write `rollback { halt when rollbacks > 2 in 1h }` in a deploy, or expect something else"
                    .into(),
            )),
            Expected::Asked | Expected::Approved if d.question().is_none() => Some((
                format!("nobody is asked before `{name}`"),
                "write `approval required` in the deploy, or expect something else".into(),
            )),
            _ => None,
        },
        Subject::Approval(d) if outcome.of_deploys_only() => Some((
            format!("`{name}` is an approval and is never `{}`: deploys are", outcome.word()),
            format!("expect it of the deploy: `{} {}`", d.name.node, outcome.word()),
        )),
        Subject::Approval(_) if outcome == Expected::TimedOut => Some((
            format!("`{name}` fails when nobody answers in time, and is never `timed_out`"),
            format!("expect `{name} failed`"),
        )),
        other if outcome.of_deploys_only() => Some((
            format!("`{name}` is {} and is never `{}`: deploys are", other.kind(), outcome.word()),
            "expect `passed`, `failed` or `skipped` of it".into(),
        )),
        Subject::Gate(g)
            if g.advisory.is_some() && matches!(outcome, Expected::Failed | Expected::TimedOut) =>
        {
            Some((
                format!("the gate `{name}` is advisory: it says what it found, and passes"),
                format!("expect `{name} passed`, or take `advisory` out of the gate"),
            ))
        }
        _ => None,
    }
}

fn halts(spec: &Spec) -> bool {
    spec.deploys.values().any(|d| d.rollback.as_ref().is_some_and(|r| r.halt.is_some()))
}
