//! Deploys and notifications.

pub(super) mod argo_rollouts_runner;
pub(super) mod bad_kubernetes_name;
pub(super) mod by_dispatch;
pub(super) mod canary_part_of_percent;
pub(super) mod canary_without_split;
pub(crate) mod deploy_never_runs;
pub(super) mod deploy_on_pull_request;
pub(super) mod deployment_shared;
pub(super) mod drill_in_production;
pub(super) mod drill_past_approval;
pub(super) mod drill_twice;
pub(super) mod drill_without_budget;
pub(super) mod drill_without_ledger;
pub(super) mod halt_without_ledger;
pub(super) mod ledger_place;
pub(super) mod nothing_to_deploy;
pub(super) mod notify_never_sends;
pub(super) mod one_of_several_schedules;
pub(super) mod reconcile_without_ledger;
pub(super) mod redeploy_never;
pub(super) mod shadow_in_a_circle;
pub(super) mod shadow_without_mirror;
pub(super) mod soak_without_ledger;
pub(super) mod trigger_never_trips;
pub(super) mod ungated_production;
