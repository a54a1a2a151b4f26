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
    pub root: Option<Root<'a>>,
}

/// A file that several pipelines share.
#[derive(Debug, Clone, Copy)]
pub struct Root<'a> {
    /// Its text.
    pub text: &'a str,
    /// Paths of the files that it has to include, and no others: those of the pipelines that share it.
    pub includes: &'a [String],
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
    let named = Named::of([file.text].into_iter().chain(file.root.map(|r| r.text)));
    let mut found =
        compared(plan, file.platform, reading.as_ref(), &situation::situations_with(plan, &named));
    if let Some(root) = file.root {
        found.extend(includes(root, &reading.facts().includes));
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// A root file puts what it includes together with every pipeline, so that a file that nobody asked for could say anything.
fn includes(root: Root<'_>, says: &[String]) -> Option<Difference> {
    let sorted = |all: &[String]| {
        let mut all = all.to_vec();
        all.sort();
        all
    };
    let (wants, says) = (sorted(root.includes), sorted(says));
    let what = format!("the root file includes {says:?}, and the pipelines are {wants:?}");
    (says != wants).then(|| Difference::new(Aspect::Call, what))
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

/// The plan's jobs that a file has, by what they call: index of the job, and the line at which it begins.
///
/// # Errors
/// Anything that is not understood.
pub fn jobs(plan: &Plan, file: File<'_>) -> Result<Vec<(usize, usize)>, Unreadable> {
    let reading = read(file)?;
    let facts = reading.facts();
    let matched = compare::Matched::new(plan, facts);
    Ok(matched.of.iter().zip(&facts.jobs).filter_map(|(of, j)| Some(((*of)?, j.line))).collect())
}

/// Reads a file back.
///
/// # Errors
/// Anything that is not understood.
pub fn read(file: File<'_>) -> Result<Box<dyn Reading>, Unreadable> {
    let root = file.root.map(|r| r.text);
    for text in [file.text].into_iter().chain(root) {
        same_lines(text)?;
    }
    match file.platform {
        PlatformName::Github => github::read(file.text),
        PlatformName::Gitlab => gitlab::read(file.text, root),
        PlatformName::Jenkins => jenkins::read(file.text),
    }
}

/// Readers of YAML 1.1 end a line at U+0085, U+2028 and U+2029, and every reader (Groovy's too) at a carriage return alone.
/// A comment would be over there, and what stands behind it a statement. Other control characters are in no file either.
fn same_lines(text: &str) -> Result<(), Unreadable> {
    for (line, number) in text.split('\n').zip(1..) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let odd =
            |c: char| (c.is_control() && c != '\t') || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
        if let Some(c) = line.chars().find(|c| odd(*c)) {
            let what = format!("the character {} may end a line", c.escape_unicode());
            return Err(Unreadable { line: number, what });
        }
    }
    Ok(())
}
