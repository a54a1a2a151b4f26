//! Tree to typed spec.

mod ask;
mod decimal;
mod decode;
pub mod keywords;
mod lets;
mod load;
mod model;
mod read;
pub mod shape;
mod uses;

pub use ask::{Asked, asked};
pub(crate) use decimal::Decimal;
pub use load::{Loaded, load};
pub use model::*;
pub use read::{text, text_of};

#[cfg(test)]
mod tests;
