//! Scenarios: the plan played in virtual time.
//!
//! A scenario says what happens (metrics, outcomes, times, the event, the ledger) and what is not said goes well. [`play`]
//! runs the plan under it: which jobs are in the run, how each ends, which calls of the script are made, and what becomes of
//! the environments. It knows no platform, so that what the generated files do can be compared with it. Canary, watch
//! and halt are played from the spec, which says what they are about. [`verdicts`] compares the expectations.
//!
//! Commands take no time unless the scenario says so; holds, windows, soaks and answers take the time that they take.

mod deploy;
mod expect;
mod gate;
mod ledger;
mod outcome;
mod play;
mod queue;
mod situation;
mod soak;
#[cfg(test)]
mod tests;
mod time;
mod watch;
mod witness;

pub use expect::{Verdict, verdicts};
pub use outcome::{
    Entry, EnvironmentOutcome, Left, Played, PlayedJob, RunOutcome, SCHEMA_VERSION, Started, State,
};
pub use play::play;
pub use time::Time;
pub use witness::{TriggerWitness, triggers};
