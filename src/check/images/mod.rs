//! The image.

pub(super) mod bad_repository;
pub(super) mod bad_tag;
pub(super) mod no_login;
pub(super) mod only_moving_tags;
pub(super) mod registry_mismatch;
pub(super) mod run_without_tag;
pub(super) mod tag_without_trigger;
