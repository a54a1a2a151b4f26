//! Rules about gates.

pub(super) mod failure_swallowed;
