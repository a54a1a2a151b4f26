//! The program that every platform starts: one bash script per pipeline and one Python file for all of them.

mod runtime;

pub use runtime::runtime;
