#![doc = include_str!("../../../docs/findings/MLP716.md")]

use super::words;
use crate::diag::{Code, Finding, Spanned};
use crate::lint::Subject;
use crate::plan::{Plan, PlanTarget, Work};
use crate::spec::{Deploy, Duration, Target};

/// Seconds that putting back takes beside the roll-out itself, at the least that is worth planning with: the last good digest is
/// read, the target is asked, and asked again afterwards.
const BESIDE: f64 = 60.0;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let Some(plan) = subject.plan else { return };
    for deploy in subject.spec.deploys.values() {
        let within = deploy.rollback.as_ref().and_then(|r| r.within.as_ref());
        let (Some(within), Some((long, hosts, said))) = (within, roll_out(plan, deploy)) else { continue };
        let budget = within.node.seconds;
        if long + BESIDE <= budget {
            continue;
        }
        let default = if said.is_some() { "" } else { ", which is the default," };
        let left = match budget - long {
            left if left > 0.0 => format!("leaves {} for everything else", words(left)),
            _ => "is all of it".to_owned(),
        };
        let one = match hosts {
            0 | 1 => "one roll-out of this target alone".to_owned(),
            hosts => format!("a roll-out on {hosts} hosts, one after another,"),
        };
        let message = format!(
            "putting back has {}, and {one} may take {}{default} and {left}",
            words(budget),
            words(long)
        );
        let each = ((budget - BESIDE).max(BESIDE) / f64::from(hosts.max(1))).floor();
        let finding = Finding::at(Code::ROLLBACK_BUDGET, within.span, message).help(format!(
            "write `timeout {}` or less into the target, or a budget that holds it: `within {}`",
            words(each),
            words(long + BESIDE)
        ));
        out.push(match said {
            Some(timeout) => finding.also(timeout.span, "of one roll-out"),
            None => finding,
        });
    }
}

/// Seconds of one roll-out, the hosts that share them, and where the spec says so.
fn roll_out<'a>(plan: &Plan, deploy: &'a Deploy) -> Option<(f64, u32, Option<&'a Spanned<Duration>>)> {
    let said = match &deploy.target.as_ref()?.node {
        Target::Kubernetes(k) => k.timeout.as_ref(),
        Target::ArgoRollouts(a) => a.timeout.as_ref(),
        Target::Command(c) => c.timeout.as_ref(),
        Target::Ssh(s) => s.timeout.as_ref(),
        Target::Later(_) => return None,
    };
    let id = format!("deploy-{}", deploy.name.node);
    let Work::Deploy(work) = &plan.jobs.iter().find(|j| j.id == id)?.work else { return None };
    let hosts = match &work.target {
        PlanTarget::Ssh { hosts, .. } => u32::try_from(hosts.len()).ok()?,
        _ => 1,
    };
    Some((work.target.timeout() as f64, hosts, said))
}
