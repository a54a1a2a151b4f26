//! Equivalence: a file is read back from its text, by its platform's own rules, and compared with the plan before
//! anything is written.
//!
//! [`situation`] says what may start a run. In each situation a reader gives, for every job of the file, the formula over
//! the outcomes of all calls ([`outcomes`], [`diagram`]) under which the job and each of its calls runs; `expected` gives
//! the plan's. Equal formulas are equal nodes, so that the comparison holds for every vector of outcomes. Beside that,
//! facts that no outcome changes ([`graph`]): locks, questions, environments, rights, secrets, artifacts, time limits.
//!
//! `docs/equivalence.md` says what is covered, and what is not and what stands in for it.

mod compare;
pub mod diagram;
mod expected;
mod facts;
pub mod github;
pub mod gitlab;
pub mod graph;
pub mod jenkins;
mod named;
pub mod outcomes;
mod place;
pub mod play;
#[cfg(test)]
pub(crate) mod random;
pub mod situation;
mod yaml;

pub use diagram::{Diagrams, Node, Outcome};
pub use graph::{Asks, Call, FileFacts, JobFacts, JobRun, Lock, Reading, Unreadable, Value};
pub use outcomes::{CallOutcome, Outcomes};
pub use place::{Aspect, place};
pub use play::{Play, Played, Vector, player};
pub use situation::{On, Situation, Whose, situations};

use crate::plan::Plan;
use crate::spec::PlatformName;
use named::Named;

/// The text of one platform's file.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// Whose file it is.
    pub platform: PlatformName,
    /// The pipeline's own file.
    pub text: &'a str,
    /// The file that includes it, where several pipelines share one.
    pub root: Option<&'a str>,
}

/// A file does something else than the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What part of it.
    pub aspect: Aspect,
    /// The plan's job.
    pub job: Option<String>,
    /// What started the run, where it matters.
    pub situation: Option<Situation>,
    /// Outcomes under which it shows, in words; what is not named does not matter.
    pub vector: Vec<String>,
    /// What differs, in a sentence part.
    pub what: String,
    /// Line in the file; 0 when none can be named.
    pub line: usize,
}

impl Difference {
    fn new(aspect: Aspect, what: String) -> Self {
        Self { aspect, job: None, situation: None, vector: Vec::new(), what, line: 0 }
    }
}

/// Reads the file back and compares everything that it does with the plan, in every situation and under every outcome.
///
/// # Errors
/// What differs: at most one finding a job for what runs when, and every fact that is not the plan's. A file that is not
/// understood differs.
pub fn prove(plan: &Plan, file: File<'_>) -> Result<(), Vec<Difference>> {
    let reading = match read(file) {
        Ok(r) => r,
        Err(e) => {
            return Err(vec![Difference { line: e.line, ..Difference::new(Aspect::Unreadable, e.what) }]);
        }
    };
    let named = Named::of([file.text].into_iter().chain(file.root));
    let found = compared(plan, file.platform, reading.as_ref(), &situation::situations_with(plan, &named));
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// Everything in which a file that was read differs from the plan.
pub fn differences(plan: &Plan, platform: PlatformName, file: &dyn Reading) -> Vec<Difference> {
    compared(plan, platform, file, &situations(plan))
}

fn compared(
    plan: &Plan,
    platform: PlatformName,
    file: &dyn Reading,
    situations: &[Situation],
) -> Vec<Difference> {
    let matched = compare::Matched::new(plan, file.facts());
    let mut found = facts::compare(platform, &matched);
    found.extend(compare::runs(platform, &matched, file, situations));
    found
}

/// Reads a file back.
///
/// # Errors
/// Anything that is not understood.
pub fn read(file: File<'_>) -> Result<Box<dyn Reading>, Unreadable> {
    match file.platform {
        PlatformName::Github => github::read(file.text),
        PlatformName::Gitlab => gitlab::read(file.text, file.root),
        PlatformName::Jenkins => jenkins::read(file.text),
    }
}
