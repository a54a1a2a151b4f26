//! Plain play: one run with one vector of outcomes, job after job, as the tests hold it against the formulas. Each
//! platform plays by its own rules, written a second time beside its formulas; only the reading is shared.

use super::{File, Situation, Unreadable, diagram::Outcome, github, gitlab, jenkins};
use crate::spec::PlatformName;

/// What is decided beforehand.
pub struct Vector<'a> {
    /// What a call with these arguments comes to, if it is made. [`super::Outcomes`] knows no cancel of what is put back:
    /// say [`Outcome::Failure`] there.
    pub call: &'a dyn Fn(&[String]) -> Outcome,
    /// The run is cancelled before any job starts.
    pub cancelled: bool,
}

/// What one job did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// Its name in the file.
    pub job: String,
    /// It started.
    pub started: bool,
    /// For each of its calls, whether it was made.
    pub calls: Vec<bool>,
    /// How it ended, in the platform's own word.
    pub result: &'static str,
    /// It makes the run red.
    pub red: bool,
}

/// A file that was read once and is played many times.
///
/// A cancel hits the job in which it happens and everything behind that one; jobs beside it have run.
pub trait Play {
    /// One entry for each job of the run, in the order of the file; none when no run is started.
    ///
    /// # Errors
    /// No run can be made in this situation, or an expression is not understood.
    fn play(&self, s: &Situation, vector: &Vector<'_>) -> Result<Vec<Played>, Unreadable>;
}

/// Reads a file to play it.
///
/// # Errors
/// Anything that is not understood.
pub fn player(file: File<'_>) -> Result<Box<dyn Play>, Unreadable> {
    Ok(match file.platform {
        PlatformName::Github => Box::new(github::enumerate::Simulator::read(file.text)?),
        PlatformName::Gitlab => {
            Box::new(gitlab::simulate::Player::new(file.text, file.root.map(|r| r.text))?)
        }
        PlatformName::Jenkins => Box::new(jenkins::simulate::Player::new(file.text)?),
    })
}
