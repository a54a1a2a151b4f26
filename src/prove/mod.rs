//! Equivalence: a file is read back from its text, by its platform's own rules, and compared with the plan before
//! anything is written.
//!
//! [`situation`] says what may start a run. In each situation a reader gives, for every job of the file, the formula over
//! the outcomes of all calls ([`outcomes`], [`diagram`]) under which the job and each of its calls runs; `expected` gives
//! the plan's. Equal formulas are equal nodes, so that the comparison holds for every vector of outcomes. Beside that,
//! facts that no outcome changes ([`graph`]): locks, questions, environments, rights, secrets, artifacts, time limits.
//!
//! `docs/equivalence.md` says what is covered, and what is not and what stands in for it.

pub mod diagram;
pub mod graph;
pub mod outcomes;
pub mod situation;

pub use diagram::{Diagrams, Node, Outcome};
pub use graph::{Asks, Call, FileFacts, JobFacts, JobRun, Lock, Reading, Unreadable, Value};
pub use outcomes::{CallOutcome, Outcomes};
pub use situation::{On, Situation, Whose, situations};
