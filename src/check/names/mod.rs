//! Names and references.

pub(super) mod cycle;
pub(super) mod environment_collision;
pub(super) mod reserved_variable;
pub(super) mod unknown_name;
