//! How findings, plans, drift and the table of keywords are shown.

mod highlights;
mod human;
mod json;
mod keywords;
mod origin;
mod plan;
mod scenario;
mod targets;
mod textmate;

pub use highlights::queries as highlights;
pub use human::{findings as human, summary};
pub use json::{Group, SCHEMA_VERSION, findings as json};
pub use keywords::{one as keyword, page as keywords_page};
pub use origin::{line as origin_line, part as origin_part};
pub use plan::{human as plan_human, job};
pub use scenario::{Ran, scenarios_human, scenarios_json, scenarios_junit, simulated_human, simulated_json};
pub use targets::{human as targets_human, json as targets_json, page as targets_page};
pub use textmate::{grammar as textmate, scope as textmate_scope};
