//! How findings, plans, drift and the table of keywords are shown.

mod human;
mod json;
mod keywords;
mod plan;

pub use human::{findings as human, summary};
pub use json::{Group, SCHEMA_VERSION, findings as json};
pub use keywords::page as keywords_page;
pub use plan::human as plan_human;
