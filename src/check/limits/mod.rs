//! Limits of a platform that the spec alone shows.

pub(super) mod bad_secret_id;
pub(super) mod cron_not_portable;
pub(super) mod emit_path_not_read;
pub(super) mod runner_incomplete;
pub(super) mod schedule_too_often;
pub(super) mod time_limit_too_long;
pub(super) mod too_many_approvers;
pub(super) mod too_many_event_inputs;
pub(super) mod too_many_inputs;
