//! GitHub Actions: a workflow read back from its text, and what it does by GitHub's rules.
//!
//! It accepts the forms that mlpipe prints and refuses everything else with its line: a key, an action, an expression
//! or a command that it does not know. The rules stand where they are used, with their source: triggers in `on`,
//! results, status functions and cancels in `run`, values in `value`, the contexts in `context`. It shares no code with
//! the back end that prints workflows.

mod context;
pub mod enumerate;
mod env;
mod evaluate;
mod expression;
mod job;
mod on;
mod run;
mod steps;
mod tree;
mod value;
mod workflow;

#[cfg(test)]
mod tests;

use super::{Diagrams, FileFacts, JobRun, Outcomes, Reading, Situation, Unreadable};
use workflow::Workflow;

/// Reads a workflow file.
///
/// # Errors
/// Anything in it that is not known or not understood.
pub fn read(text: &str) -> Result<Box<dyn Reading>, Unreadable> {
    Ok(Box::new(Workflow::read(text)?))
}

impl Reading for Workflow {
    fn facts(&self) -> &FileFacts {
        &self.facts
    }

    fn run(&self, s: &Situation, outcomes: &Outcomes, d: &mut Diagrams) -> Result<Vec<JobRun>, Unreadable> {
        run::run(self, s, outcomes, d)
    }
}
