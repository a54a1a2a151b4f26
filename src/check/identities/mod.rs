//! Who jobs are in a cloud.

pub(super) mod bad_identity;
pub(super) mod identity_beaten;
pub(super) mod identity_not_defined;
pub(super) mod identity_unused;
