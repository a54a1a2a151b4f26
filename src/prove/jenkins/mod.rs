//! Reads a Jenkinsfile: a small part of Groovy, run for all outcomes at once by the rules of Jenkins' plugins.
//!
//! The functions at the end of the file are interpreted like the rest, so that what `event()`, `job()` or `catchError`
//! really do is what counts. Rules and their sources stand in `tests/conformance/jenkins/README.md`; beyond them:
//!
//! - The first error that nothing catches skips every later stage. Stages side by side are asked their `when` together.
//! - A cancel reaches whatever runs as an interruption. When nothing catches it, the build ends, so that a cancel that
//!   hits a job which is no ancestor is [`Outcomes::cancelled`]. Ancestors are the jobs whose entries `when` looks up,
//!   and theirs.
//! - A person's build of a file that does not tell it from a push or a tag repeats that one; it is no manual run.
//! - `timeout` around a call is a backstop that the script's own limit comes before; it never decides.

#[cfg(test)]
mod agree;
mod ast;
mod build;
mod declarative;
mod expressions;
mod facts;
mod known;
mod machine;
mod parse;
#[cfg(test)]
mod rules;
mod run;
pub mod simulate;
mod steps;
mod text;
mod token;
mod value;

#[cfg(test)]
mod tests;

use super::{Diagrams, FileFacts, JobRun, Outcomes, Reading, Situation, Unreadable};
use ast::File;
use declarative::Pipeline;

/// A Jenkinsfile that was read.
#[derive(Debug)]
struct Jenkinsfile {
    file: File,
    pipeline: Pipeline,
    facts: FileFacts,
}

/// Reads a Jenkinsfile.
///
/// # Errors
/// Anything that is not in the part of Groovy and of the declarative syntax that mlpipe's own files use.
pub fn read(text: &str) -> Result<Box<dyn Reading>, Unreadable> {
    Ok(Box::new(Jenkinsfile::new(text)?))
}

impl Jenkinsfile {
    fn new(text: &str) -> Result<Self, Unreadable> {
        let file = parse::file(text)?;
        let pipeline = declarative::pipeline(&file)?;
        known::functions(&file)?;
        for stage in pipeline.levels.iter().flatten() {
            known::script(&file, &stage.body)?;
            stage.when.iter().try_for_each(|(b, _)| known::script(&file, b))?;
        }
        let facts = facts::facts(&file, &pipeline)?;
        Ok(Self { file, pipeline, facts })
    }
}

impl Reading for Jenkinsfile {
    fn facts(&self) -> &FileFacts {
        &self.facts
    }

    fn run(&self, s: &Situation, outcomes: &Outcomes, d: &mut Diagrams) -> Result<Vec<JobRun>, Unreadable> {
        run::run(&self.file, &self.pipeline, &self.facts, s, outcomes, d)
    }
}
