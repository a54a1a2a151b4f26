//! Tree to typed spec.

mod allow;
mod ask;
mod decimal;
mod decode;
pub mod keywords;
mod lets;
mod load;
mod model;
pub mod shape;
mod uses;

pub use allow::Allow;
pub use ask::{Asked, asked};
pub(crate) use decimal::Decimal;
pub use load::{Loaded, load};
pub use model::*;

#[cfg(test)]
mod tests;
