//! What starts a pipeline, what it brings, and where it is written.

pub(super) mod bad_cron;
pub(super) mod bad_input_default;
pub(super) mod bad_input_name;
pub(super) mod bad_path_filter;
pub(super) mod bad_ref_pattern;
pub(super) mod bad_timezone;
pub(crate) mod cron;
pub(super) mod double_run;
pub(super) mod emit_path_taken;
pub(super) mod input_type_clash;
pub(super) mod no_trigger;
pub(super) mod nothing_to_do;
