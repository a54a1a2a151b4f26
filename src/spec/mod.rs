//! Tree to typed spec.

mod allow;
mod ask;
mod decimal;
mod decode;
pub mod keywords;
mod lets;
mod load;
mod model;
mod read;
pub mod shape;
mod texts;
mod uses;

pub use allow::Allow;
pub use ask::{Asked, asked};
pub(crate) use decimal::Decimal;
pub use load::{Loaded, load, load_from};
pub use model::*;
pub use read::{text, text_of};
pub use texts::{Disk, Texts};

#[cfg(test)]
mod tests;
