//! How findings, plans, drift and the table of keywords are shown.

mod doctor;
mod github;
mod gitlab;
mod group;
mod highlights;
mod human;
mod json;
mod junit;
mod keywords;
mod origin;
mod plan;
mod sarif;
mod scenario;
mod schema;
mod setup;
mod targets;
mod textmate;
mod window;
mod xml;

pub use doctor::{human as doctor_human, json as doctor_json};
pub use github::findings as github;
pub use gitlab::findings as gitlab;
pub use group::{Group, bases};
pub use highlights::queries as highlights;
pub use human::{Look, findings as human, summary};
pub use json::{SCHEMA_VERSION, findings as json};
pub use junit::findings as junit;
pub use keywords::{one as keyword, page as keywords_page};
pub use origin::{line as origin_line, part as origin_part};
pub use plan::{human as plan_human, job};
pub use sarif::findings as sarif;
pub use scenario::{Ran, scenarios_human, scenarios_json, scenarios_junit, simulated_human, simulated_json};
pub use schema::{ALL as SCHEMAS, Schema, find as schema};
pub use setup::{checklist as setup_checklist, json as setup_json, script as setup_script};
pub use targets::{human as targets_human, json as targets_json, page as targets_page};
pub use textmate::{grammar as textmate, scope as textmate_scope};
