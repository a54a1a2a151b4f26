//! The variables of the formulas: what each call of the script comes to.

use super::diagram::{Diagrams, Node, Outcome};
use crate::plan::{Plan, Step, StepWhen};
use rustc_hash::FxHashMap;

/// Formulas about one call. Each says what the call comes to *if it is made*; exactly one of them holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallOutcome {
    /// It ends well.
    pub success: Node,
    /// It fails, by itself or at the script's own time limit (exit 124): a failure on every platform.
    pub failure: Node,
    /// The run is cancelled while it runs.
    pub cancelled: Node,
}

/// The variables of a plan.
///
/// A cancel hits a run, not a job. One that hits a call of this job or of an ancestor is that call's outcome; one that
/// comes at any other moment before a job starts is [`Outcomes::cancelled`], for all jobs the same variable. One that
/// comes while something is put back is that call's failure: nothing follows from it that a failure would not do.
#[derive(Debug)]
pub struct Outcomes {
    calls: FxHashMap<Vec<String>, CallOutcome>,
    variables: Vec<String>,
    cancelled: Node,
}

impl Outcomes {
    /// The variables of every step of every job, in the plan's order, and the cancel's.
    pub fn of(plan: &Plan, d: &mut Diagrams) -> Self {
        let mut all = Self { calls: FxHashMap::default(), variables: Vec::new(), cancelled: Node::NO };
        for job in &plan.jobs {
            let mut phases = Vec::new();
            for step in &job.steps {
                let mut outcome = all.call(format!("`{}`, `{}`", job.id, step.id), d);
                if step.when == StepWhen::Unfinished {
                    outcome.failure = d.not(outcome.success);
                    outcome.cancelled = Node::NO;
                }
                all.calls.insert(step.args.clone(), outcome);
                if step.when == StepWhen::Normal {
                    phases.push((step, outcome));
                }
            }
            if phases.len() > 1 {
                let whole = in_order(&phases.iter().map(|(_, o)| *o).collect::<Vec<_>>(), d);
                all.calls.insert(without_phase(phases[0].0), whole);
            }
        }
        let variable = all.variable("the run".to_owned());
        all.cancelled = d.is(variable, &[Outcome::Failure, Outcome::Timeout, Outcome::Cancelled]);
        all
    }

    /// What the call with these arguments comes to; nothing for arguments that the plan does not know. `deploy NAME`
    /// without a phase stands for all its phases in order.
    pub fn of_call(&self, args: &[String]) -> Option<CallOutcome> {
        self.calls.get(args).copied()
    }

    /// The run was cancelled before the job at hand could start.
    pub fn cancelled(&self) -> Node {
        self.cancelled
    }

    /// A variable in words: "`deploy-production` smoke".
    pub fn name(&self, variable: u32) -> &str {
        self.variables.get(variable as usize).map_or("", String::as_str)
    }

    fn call(&mut self, name: String, d: &mut Diagrams) -> CallOutcome {
        let v = self.variable(name);
        CallOutcome {
            success: d.is(v, &[Outcome::Success]),
            failure: d.is(v, &[Outcome::Failure, Outcome::Timeout]),
            cancelled: d.is(v, &[Outcome::Cancelled]),
        }
    }

    fn variable(&mut self, name: String) -> u32 {
        self.variables.push(name);
        u32::try_from(self.variables.len() - 1).unwrap_or(u32::MAX)
    }
}

/// Calls made in order, each only if those before it succeeded.
pub(super) fn in_order(calls: &[CallOutcome], d: &mut Diagrams) -> CallOutcome {
    let mut whole = CallOutcome { success: Node::YES, failure: Node::NO, cancelled: Node::NO };
    for c in calls.iter().rev() {
        let (failure, cancelled) = (d.and(c.success, whole.failure), d.and(c.success, whole.cancelled));
        whole = CallOutcome {
            success: d.and(c.success, whole.success),
            failure: d.or(c.failure, failure),
            cancelled: d.or(c.cancelled, cancelled),
        };
    }
    whole
}

/// `deploy production begin` without its phase.
fn without_phase(step: &Step) -> Vec<String> {
    step.args[..step.args.len().saturating_sub(1)].to_vec()
}
