//! What happens, on no platform in particular: jobs, steps, explicit conditions, artifacts, secrets, critical
//! sections, approvals. Every default is filled in here, and named.

mod build;
mod condition;
#[cfg(test)]
pub(crate) mod fixture;
mod identity;
mod model;
pub(crate) mod number;
mod reconcile;
mod release;
pub mod witness;
mod work;

pub use build::{Second, build, script_path};
pub use condition::{Activation, Condition, EventKind, Pattern, PrSource, Refs};
pub use identity::PlanIdentity;
pub use model::*;
pub use reconcile::*;
pub use release::*;
pub use work::*;
