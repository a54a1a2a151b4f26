//! Semantic checks of a typed spec: one rule per file, one table.
//!
//! A rule reads the [`Spec`] and nothing else (no text, no tree, no disk), so that it can be tried with a spec of a
//! few lines. Its manual page is `docs/findings/CODE.md`, which is also the documentation of its module. A new rule
//! is one file, one line in [`RULES`], one line in the table of codes and one page.

pub(crate) mod deploys;
pub(crate) mod facts;
mod gates;
mod identities;
mod images;
mod limits;
mod models;
mod names;
mod scenarios;
pub(crate) mod secrets;
pub(crate) mod triggers;

use crate::diag::{Code, Finding, sort_and_dedup};
use crate::spec::Spec;

/// One check.
#[derive(Debug)]
pub struct Rule {
    /// The code of every finding that it makes.
    pub code: &'static Code,
    /// Looks at a spec and appends what it finds.
    pub run: fn(&Spec, &mut Vec<Finding>),
    /// Whether it speaks of something that is not there.
    pub absence: Absence,
}

/// Where a rule misses something. What was not understood (see [`Spec::doubtful`]) may hold just that: a rule that
/// spoke all the same would tell the user something untrue, on top of the fault itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// Nowhere: it speaks of what is there.
    Nowhere,
    /// In the statement that it points at.
    Here,
    /// Anywhere in the spec.
    Anywhere,
}

/// A table of rules, in the order of their codes: code, module, and where the rule misses something. Lint has its own.
macro_rules! rules {
    (@absence) => { Absence::Nowhere };
    (@absence here) => { Absence::Here };
    (@absence anywhere) => { Absence::Anywhere };
    ($($code:ident $($module:ident)::+ $([$of:ident])?;)*) => {
        /// Every rule, in the order of their codes.
        pub static RULES: &[Rule] = &[$(Rule {
            code: Code::$code,
            run: $($module)::+::run,
            absence: rules!(@absence $($of)?),
        }),*];
    };
}
pub(crate) use rules;

rules! {
    UNKNOWN_NAME names::unknown_name;
    CYCLE names::cycle;
    RESERVED_VARIABLE names::reserved_variable;
    ENVIRONMENT_COLLISION names::environment_collision;

    NO_TRIGGER triggers::no_trigger [anywhere];
    NOTHING_TO_DO triggers::nothing_to_do [anywhere];
    DOUBLE_RUN triggers::double_run;
    BAD_CRON triggers::bad_cron;
    BAD_TIMEZONE triggers::bad_timezone;
    BAD_REF_PATTERN triggers::bad_ref_pattern;
    BAD_PATH_FILTER triggers::bad_path_filter;
    BAD_INPUT_DEFAULT triggers::bad_input_default;
    INPUT_TYPE_CLASH triggers::input_type_clash;
    EMIT_PATH_TAKEN triggers::emit_path_taken;

    BAD_PYTHON_VERSION gates::bad_python_version;
    PYTHON_TOO_OLD gates::python_too_old;
    RESERVED_PATH gates::reserved_path;
    BAD_INPUT_NAME triggers::bad_input_name;
    GATE_CHECKS_NOTHING gates::gate_checks_nothing [here];
    NO_METRICS_FILE gates::no_metrics_file [here];
    NO_BASELINE_FILE gates::no_baseline_file [here];
    BASELINE_UNUSED gates::baseline_unused [here];
    CONTRADICTORY_REQUIRE gates::contradictory_require [here];
    REQUIRE_ALWAYS_HOLDS gates::require_always_holds [here];
    BAD_REPEAT gates::bad_repeat;
    TIME_LIMIT_TOO_SHORT gates::time_limit_too_short;
    EMPTY_REASON gates::empty_reason;
    UNIT_UNUSED gates::unit_unused [here];
    UNKNOWN_JUNIT_METRIC gates::unknown_junit_metric [here];

    NO_MODEL_VERSION models::no_model_version [here];
    BAD_MODEL_VERSION models::bad_model_version;
    BAD_CHECKSUM models::bad_checksum;
    BAD_URL models::bad_url;
    BAD_MLFLOW_URI models::bad_mlflow_uri;
    MODEL_SAVE models::model_save [here];
    MODEL_OUTSIDE_CONTEXT models::model_outside_context [anywhere];
    SAVE_TWICE models::save_twice;

    BAD_REPOSITORY images::bad_repository;
    REGISTRY_MISMATCH images::registry_mismatch;
    ONLY_MOVING_TAGS images::only_moving_tags [here];
    BAD_TAG images::bad_tag;
    TAG_WITHOUT_TRIGGER images::tag_without_trigger [anywhere];
    NO_LOGIN images::no_login [here];
    RUN_WITHOUT_TAG images::run_without_tag;

    NOTHING_TO_DEPLOY deploys::nothing_to_deploy [anywhere];
    DEPLOY_NEVER_RUNS deploys::deploy_never_runs [anywhere];
    DEPLOY_ON_PULL_REQUEST deploys::deploy_on_pull_request;
    UNGATED_PRODUCTION deploys::ungated_production [anywhere];
    NOTIFY_NEVER_SENDS deploys::notify_never_sends [anywhere];
    BAD_KUBERNETES_NAME deploys::bad_kubernetes_name;
    DEPLOYMENT_SHARED deploys::deployment_shared;
    ONE_OF_SEVERAL_SCHEDULES deploys::one_of_several_schedules [anywhere];
    WATCH_ADDRESS deploys::watch_address;
    WATCH_BLIND deploys::watch_blind;

    BASELINE_IS_METRICS gates::baseline_is_metrics;
    TOLERANCE_TOO_WIDE gates::tolerance_too_wide;
    SHADOW_WITHOUT_MIRROR deploys::shadow_without_mirror [here];
    SHADOW_IN_A_CIRCLE deploys::shadow_in_a_circle;
    BAD_SSH_HOST deploys::bad_ssh_host;
    BAD_HOST_SERVICE deploys::bad_host_service;

    SECRET_AND_ENV secrets::secret_and_env;
    SECRET_UNUSED secrets::secret_unused [anywhere];
    SECRET_TWO_KINDS secrets::secret_two_kinds;
    LITERAL_SECRET secrets::literal_secret;

    SCENARIO_SUBJECT scenarios::scenario_subject [anywhere];
    SCENARIO_VALUE scenarios::scenario_value [anywhere];
    SCENARIO_IMPOSSIBLE scenarios::scenario_impossible [anywhere];
    SCENARIO_CONTRADICTION scenarios::scenario_contradiction;
    SCENARIO_EVENT scenarios::scenario_event [anywhere];
    TRIGGER_NEVER_TRIPS deploys::trigger_never_trips [here];
    CANARY_WITHOUT_SPLIT deploys::canary_without_split [here];
    LEDGER_PLACE deploys::ledger_place;
    HALT_WITHOUT_LEDGER deploys::halt_without_ledger [anywhere];
    RECONCILE_WITHOUT_LEDGER deploys::reconcile_without_ledger [anywhere];
    REDEPLOY_NEVER deploys::redeploy_never;
    BY_DISPATCH deploys::by_dispatch [anywhere];

    CRON_NOT_PORTABLE limits::cron_not_portable;
    SCHEDULE_TOO_OFTEN limits::schedule_too_often;
    TOO_MANY_INPUTS limits::too_many_inputs;
    TOO_MANY_EVENT_INPUTS limits::too_many_event_inputs;
    TOO_MANY_APPROVERS limits::too_many_approvers;
    TIME_LIMIT_TOO_LONG limits::time_limit_too_long [anywhere];
    RUNNER_INCOMPLETE limits::runner_incomplete [anywhere];
    EMIT_PATH_NOT_READ limits::emit_path_not_read;
    BAD_SECRET_ID limits::bad_secret_id;

    BAD_IDENTITY identities::bad_identity;
    IDENTITY_BEATEN identities::identity_beaten;
    IDENTITY_NOT_DEFINED identities::identity_not_defined [anywhere];
    IDENTITY_UNUSED identities::identity_unused [anywhere];
    CANARY_PART_OF_PERCENT deploys::canary_part_of_percent;
    ARGO_ROLLOUTS_RUNNER deploys::argo_rollouts_runner [anywhere];
    SOAK_WITHOUT_LEDGER deploys::soak_without_ledger [anywhere];
    DRILL_WITHOUT_LEDGER deploys::drill_without_ledger [anywhere];
    DRILL_WITHOUT_BUDGET deploys::drill_without_budget [anywhere];
    DRILL_PAST_APPROVAL deploys::drill_past_approval;
    DRILL_IN_PRODUCTION deploys::drill_in_production;
    DRILL_TWICE deploys::drill_twice;
}

/// A whole spec in which no rule found an error: the only thing that can be planned.
///
/// Only [`checked`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'a> {
    spec: &'a Spec,
}

impl<'a> Checked<'a> {
    /// The spec, for as long as it lives.
    pub fn spec(self) -> &'a Spec {
        self.spec
    }
}

impl std::ops::Deref for Checked<'_> {
    type Target = Spec;
    fn deref(&self) -> &Spec {
        self.spec
    }
}

/// Runs every rule; the findings are sorted by place.
pub fn check(spec: &Spec) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES {
        let before = findings.len();
        (rule.run)(spec, &mut findings);
        if !spec.doubtful.is_empty() {
            let told = findings.split_off(before);
            findings.extend(told.into_iter().filter(|f| !facts::echoes(rule.absence, spec, f)));
        }
    }
    sort_and_dedup(&mut findings);
    findings
}

/// Runs every rule; the spec comes back as [`Checked`] when it is whole and no finding is an error.
pub fn checked(spec: &Spec) -> (Option<Checked<'_>>, Vec<Finding>) {
    let findings = check(spec);
    let clean = spec.doubtful.is_empty() && !findings.iter().any(Finding::is_error);
    (clean.then_some(Checked { spec }), findings)
}

/// What is wrong with the scenarios of a spec that holds no other error: names, values, expectations.
pub fn check_scenarios(spec: &Spec) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES.iter().filter(|r| r.code.name.starts_with("scenario-") || r.code == Code::UNKNOWN_NAME)
    {
        (rule.run)(spec, &mut findings);
    }
    sort_and_dedup(&mut findings);
    findings
}

#[cfg(test)]
mod tests;
