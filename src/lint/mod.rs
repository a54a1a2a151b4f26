//! Lint: what compiles and will hurt. One rule per file, one table.
//!
//! A rule reads a [`Subject`]: the typed spec, its plan where there is one, and the files beside the spec. Unlike the rules of
//! [`check`](crate::check), which `compile` obeys, these speak in `mlpipe lint` and in the editor only, and none of them is an
//! error. The manual page of a rule is `docs/findings/CODE.md`, which is also the documentation of its module; its cases stand
//! in `tests/rules/NAME`. A new rule is one file, one line in [`RULES`], one line in the table of codes, one page and its cases.

mod beside;
mod commands;
mod deploys;
mod files;
pub mod fix;
mod gates;
mod images;
mod jobs;
mod live;
mod models;
mod python;
mod script;
mod secrets;
mod shell;
pub mod shellcheck;
mod triggers;
mod urls;

pub use beside::Beside;

use crate::check::{Absence, facts, rules};
use crate::diag::{Code, Date, Finding, SourceMap, sort_and_dedup};
use crate::plan::Plan;
use crate::project::Project;
use crate::spec::Spec;

/// What a rule reads.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The typed spec; it may hold faults, which its own findings tell.
    pub spec: &'a Spec,
    /// What happens; nothing where the spec holds an error.
    pub plan: Option<&'a Plan>,
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
    /// The repository's other files.
    pub beside: &'a Beside,
    /// The day of the run; what depends on one is not told without it.
    pub today: Option<Date>,
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// The code of every finding that it makes.
    pub code: &'static Code,
    /// Looks at a pipeline and appends what it finds.
    pub run: fn(Subject<'_>, &mut Vec<Finding>),
    /// Whether it speaks of something that is not there.
    pub absence: Absence,
}

rules! {
    NO_SMOKE deploys::no_smoke [anywhere];
    UNATTENDED_SCHEDULE deploys::unattended_schedule [anywhere];
    TARGET_WITHOUT_CREDENTIALS deploys::target_without_credentials [anywhere];
    STAGING_OF_ANOTHER_KIND deploys::staging_of_another_kind;
    UNTRIED_SMOKE deploys::untried_smoke [anywhere];
    SOAK_BEFORE_NOTHING deploys::soak_before_nothing [anywhere];
    SOAK_NEVER_OVER deploys::soak_never_over [anywhere];
    APPROVALS_PILE_UP deploys::approvals_pile_up [here];
    CANARY_WITHOUT_ROLLBACK live::canary_without_rollback [here];
    CANARY_STEP_UNSEEN live::canary_step_unseen [here];
    CANARY_TOO_FEW_REQUESTS live::canary_too_few_requests;
    WATCH_WITHOUT_ROLLBACK live::watch_without_rollback [here];
    NO_MODEL_METRIC live::no_model_metric [here];
    ROLLBACK_WITHOUT_LEDGER live::rollback_without_ledger [anywhere];
    ROLLBACK_BUDGET live::rollback_budget [here];
    MAX_AGE_TOO_SHORT live::max_age_too_short;
    WATCH_OUTLIVES_JOB live::watch_outlives_job [anywhere];
    HALT_AT_ONCE live::halt_at_once;
    TRAINING_IN_RELEASE models::training_in_release;
    MODEL_NOT_COPIED models::model_not_copied;
    REQUIREMENTS_NOT_COPIED models::requirements_not_copied;
    MODEL_IGNORED models::model_ignored;
    MODEL_BEFORE_PACKAGES models::model_before_packages;
    GATE_CHANGES_LIVE jobs::gate_changes_live;
    NOBODY_TOLD jobs::nobody_told [anywhere];
    NAME_RESERVED_ON_WINDOWS jobs::name_reserved_on_windows;
    SECRET_IDS_MEET jobs::secret_ids_meet;
    METRIC_NOT_COMPARED jobs::metric_not_compared [here];

    FAILURE_SWALLOWED gates::failure_swallowed;
    TOOL_TOLD_TO_PASS gates::tool_told_to_pass;
    THRESHOLD_DECIDES_NOTHING gates::threshold_decides_nothing;
    SHARE_OR_PERCENT gates::share_or_percent;
    REQUIRE_BACKWARDS gates::require_backwards [here];
    LUCK_PASSES gates::luck_passes;
    NO_SEED gates::no_seed [here];

    LATEST_TAG images::latest_tag;
    LATEST_OF_MANY_BRANCHES images::latest_of_many_branches;
    FLOATING_BASE images::floating_base;
    BASE_BY_TAG images::base_by_tag;
    NOT_SCANNED images::not_scanned [anywhere];

    SECRET_IN_TEXT secrets::secret_in_text;
    SECRET_ON_COMMAND_LINE secrets::secret_on_command_line;
    SECRET_IN_TRACE secrets::secret_in_trace;
    SECRET_PRINTED secrets::secret_printed;
    DEPLOY_SECRET_ON_PULL_REQUEST secrets::deploy_secret_on_pull_request;

    PIPE_TO_SHELL shell::pipe_to_shell;
    UNVERIFIED_DOWNLOAD shell::unverified_download;

    TEST_TOOL_NOT_INSTALLED python::test_tool_not_installed;
    END_OF_LIFE_PYTHON python::end_of_life_python;
    UNPINNED_INSTALL python::unpinned_install;

    FILE_NOT_THERE files::file_not_there;
    UNPINNED_ACTION shell::unpinned_action;
    SHADOW_JUDGES_NOTHING live::shadow_judges_nothing [here];

    CRON_ON_THE_HOUR triggers::cron_on_the_hour;
}

/// What every rule finds in one pipeline; sorted by place.
pub fn lint(subject: Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES {
        let before = findings.len();
        (rule.run)(subject, &mut findings);
        let told = findings.split_off(before);
        findings.extend(told.into_iter().filter(|f| !facts::echoes(rule.absence, subject.spec, f)));
    }
    sort_and_dedup(&mut findings);
    findings
}

/// Adds what every rule finds in the selected pipelines, and then which comments that allow something nothing needed. Whoever
/// compiles in memory too does it before.
pub fn add(to: &mut Project) {
    to.add(project(to));
    to.add(to.unused());
}

/// What every rule finds in the selected pipelines of a repository; sorted by place.
pub fn project(project: &Project) -> Vec<Finding> {
    let beside = Beside::new(&project.root);
    let mut findings = Vec::new();
    for p in project.pipelines.iter().filter(|p| p.selected) {
        let subject = Subject {
            spec: &p.spec,
            plan: p.plan.as_ref(),
            sources: &project.sources,
            beside: &beside,
            today: project.today(),
        };
        findings.extend(lint(subject));
    }
    sort_and_dedup(&mut findings);
    findings
}
