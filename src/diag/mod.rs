//! Findings: what every phase reports, with a stable code, a place and a remedy.
//!
//! The bottom layer. Nothing here knows the language; it knows files, spans, days, codes and sentences.

mod codes;
mod date;
mod finding;
mod plain;
mod source;
pub mod words;

pub use codes::{ALL, Code, find};
pub use date::Date;
pub use finding::{Edit, Finding, Fix, Label, Severity, sort_and_dedup};
pub use plain::{plain, plain_line};
pub use source::{FileId, LineCol, SourceFile, SourceMap, Span, Spanned};
