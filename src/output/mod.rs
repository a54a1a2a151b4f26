//! Files on disk: header, drift, atomic writing. Nothing is written outside the root, over a file that mlpipe did not
//! write, or in part.

mod drift;
mod header;
mod write;

pub use drift::{Cause, Drift, compare, unified};
pub use header::{Comment, Header, sources, stamp};
pub use write::{OutputFile, WriteError, Written, write_all};
