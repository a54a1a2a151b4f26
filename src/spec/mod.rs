//! Tree to typed spec.

mod model;
pub use model::*;
