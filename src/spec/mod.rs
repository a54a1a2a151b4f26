//! Tree to typed spec.

mod decimal;
mod decode;
pub mod keywords;
mod lets;
mod load;
mod model;
pub mod shape;
mod uses;

pub use load::{Loaded, load};
pub use model::*;

#[cfg(test)]
mod tests;
