//! GitHub Actions: reading a workflow back, and its rules.

mod expression;
mod read;
mod rules;
mod situation;
mod step;
mod yaml;

use super::{Diagrams, FileFacts, JobRun, Outcomes, Reading, Situation, Unreadable};
use read::Workflow;

/// Reads a workflow's text.
///
/// # Errors
/// Anything that is not understood.
pub fn read(text: &str) -> Result<Box<dyn Reading>, Unreadable> {
    Ok(Box::new(read::workflow(text)?))
}

impl Reading for Workflow {
    fn facts(&self) -> &FileFacts {
        &self.facts
    }

    fn run(&self, s: &Situation, outcomes: &Outcomes, d: &mut Diagrams) -> Result<Vec<JobRun>, Unreadable> {
        rules::run(self, s, outcomes, d)
    }
}
