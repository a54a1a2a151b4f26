//! mlpipe compiles one release spec of a machine-learning model into equivalent GitHub Actions, GitLab CI and
//! Jenkins pipelines. The library is the compiler's phases; the binary is [`cli`].
//!
//! Imports run one way (`ARCHITECTURE.md` has the list, `tests/structure.rs` asserts it).

pub mod check;
pub mod cli;
pub mod diag;
pub mod doctor;
pub mod fmt;
pub mod lint;
pub mod lsp;
pub mod origin;
pub mod output;
pub mod plan;
pub mod platform;
pub mod project;
pub mod prove;
pub mod render;
pub mod report;
pub mod scenario;
pub mod script;
pub mod settings;
pub mod spec;
pub mod syntax;
