//! Rules about images: the one that is built, and those that it is built and run on.

pub(super) mod base_by_tag;
pub(super) mod floating_base;
pub(super) mod latest_of_many_branches;
pub(super) mod latest_tag;
pub(super) mod not_scanned;
mod references;
