//! Rules about when a pipeline runs.

pub(super) mod cron_on_the_hour;
