//! The reader's tests.

mod forms;
mod plans;
mod random;
mod rules;
