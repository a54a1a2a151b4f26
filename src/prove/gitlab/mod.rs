//! Reads a `.gitlab-ci.yml` that mlpipe printed, and says what it does by GitLab's rules.
//!
//! Every key, word and command has to be known; anything else is refused. Sources are GitLab's documentation
//! (<https://docs.gitlab.com/ci/yaml/>) and, where that is silent, its source; each rule names its own.

mod events;
mod expression;
mod facts;
mod fields;
mod file;
mod inputs;
mod job;
mod run;
mod script;
pub mod simulate;

#[cfg(test)]
mod tests;

use super::diagram::Diagrams;
use super::graph::{FileFacts, JobRun, Reading, Unreadable};
use super::outcomes::Outcomes;
use super::situation::Situation;

/// Reads a pipeline's file. `root` is the file that includes it, where several pipelines share one: inputs, workflow
/// rules, stages and variables stand there then.
///
/// # Errors
/// The first thing that is not understood, with its line.
pub fn read(text: &str, root: Option<&str>) -> Result<Box<dyn Reading>, Unreadable> {
    let file = file::file(text, root)?;
    let facts = facts::facts(&file);
    Ok(Box::new(Gitlab { file, facts }))
}

#[derive(Debug)]
struct Gitlab {
    file: file::File,
    facts: FileFacts,
}

impl Reading for Gitlab {
    fn facts(&self) -> &FileFacts {
        &self.facts
    }

    fn run(&self, s: &Situation, outcomes: &Outcomes, d: &mut Diagrams) -> Result<Vec<JobRun>, Unreadable> {
        run::run(&self.file, s, outcomes, d)
    }
}
