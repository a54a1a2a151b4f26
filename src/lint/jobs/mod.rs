//! Rules about jobs, and about who hears of them.

pub(super) mod gate_changes_live;
pub(super) mod metric_not_compared;
pub(super) mod name_reserved_on_windows;
pub(super) mod nobody_told;
pub(super) mod secret_ids_meet;
