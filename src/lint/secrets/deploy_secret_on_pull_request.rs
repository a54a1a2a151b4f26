#![doc = include_str!("../../../docs/findings/MLP759.md")]

use super::names::is_address;
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::plan::{EventKind, Work};

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let Some(plan) = subject.plan else { return };
    for gate in subject.spec.gates.values() {
        let id = format!("gate-{}", gate.name.node);
        let asked = plan.jobs.iter().any(|j| j.id == id && j.condition.has(&EventKind::PullRequest));
        if !asked {
            continue;
        }
        for secret in gate.common.secrets.iter().filter(|s| !is_address(s)) {
            let ships = plan.jobs.iter().find(|j| {
                let serious =
                    matches!(&j.work, Work::Deploy(_)) || matches!(&j.work, Work::Image(i) if i.push);
                serious && j.secrets.iter().any(|s| s.name == secret.node)
            });
            let Some(job) = ships else { continue };
            let whose = match &job.work {
                Work::Deploy(d) => format!("deploys to `{}`", d.environment),
                _ => "pushes the image".to_owned(),
            };
            let message = format!(
                "a pull request's own code can read `{}`, which {whose}, in the gate `{}`",
                secret.node, gate.name.node
            );
            out.push(
                Finding::at(Code::DEPLOY_SECRET_ON_PULL_REQUEST, secret.span, message)
                    .help("give the gate a secret of its own that may do less"),
            );
        }
    }
}
