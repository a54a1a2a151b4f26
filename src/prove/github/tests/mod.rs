//! The reader's tests.

mod forms;
