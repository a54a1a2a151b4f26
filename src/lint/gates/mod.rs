//! Rules about gates.

pub(super) mod failure_swallowed;
pub(super) mod luck_passes;
mod metrics;
pub(super) mod no_seed;
pub(super) mod require_backwards;
pub(super) mod share_or_percent;
pub(super) mod threshold_decides_nothing;
pub(super) mod tool_told_to_pass;
