//! How findings, plans and drift are shown.

mod human;
mod json;
mod plan;

pub use human::{findings as human, summary};
pub use json::{Group, SCHEMA_VERSION, findings as json};
pub use plan::human as plan_human;
