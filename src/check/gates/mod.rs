//! Gates, and the Python and files that commands use.

pub(super) mod bad_python_version;
pub(super) mod bad_repeat;
pub(super) mod baseline_is_metrics;
pub(super) mod baseline_unused;
pub(super) mod contradictory_require;
pub(super) mod empty_reason;
pub(super) mod gate_checks_nothing;
mod junit_counts;
pub(super) mod no_baseline_file;
pub(super) mod no_metrics_file;
pub(super) mod python_too_old;
pub(super) mod require_always_holds;
pub(super) mod reserved_path;
pub(super) mod time_limit_too_short;
pub(super) mod tolerance_too_wide;
pub(super) mod unit_unused;
pub(super) mod unknown_junit_metric;
