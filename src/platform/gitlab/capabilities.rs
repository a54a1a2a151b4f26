//! What GitLab CI can do, in the language's words: the rows of `mlpipe targets`. `docs/platforms/gitlab.md` has the sources.

use crate::platform::{Capability, Feature};

/// The table, in the order of [`Feature::ALL`].
pub(super) const TABLE: &[Capability] = &[
    Capability::native(Feature::OnPush, "`workflow:rules`, as an allow list"),
    Capability::native(Feature::OnTag, "`workflow:rules`, as an allow list"),
    Capability::native(
        Feature::OnPullRequest,
        "merge request pipelines; they test the branch's head, merged results need Premium",
    ),
    Capability::outside(
        Feature::OnSchedule,
        "a schedule of the project",
        "make one with the cron, zone and branch that stand in the file's first comment",
    ),
    Capability::outside(
        Feature::Timezone,
        "a field of that schedule",
        "take the zone from the file's first comment",
    ),
    Capability::outside(
        Feature::TwoTimezones,
        "each schedule of the project has its own",
        "take the zones from the file's first comment",
    ),
    Capability::native(Feature::OnManual, "pipelines started from the UI or by the pipelines API"),
    Capability::emulated(Feature::OnEvent, "a trigger token's call with the input `mlpipe_event`"),
    Capability::native(
        Feature::InputString,
        "`spec:inputs` (17.11 or later); text without quotes and backslashes",
    ),
    Capability::emulated(
        Feature::InputNumber,
        "a string with a pattern: the type `number` would rewrite `0.10`",
    ),
    Capability::native(Feature::InputBool, "an input of the type `boolean`"),
    Capability::native(Feature::InputChoice, "an input with `options`"),
    Capability::emulated(
        Feature::SeveralPipelines,
        "a root file includes one of each, and an input says which one a person or a schedule starts",
    ),
    Capability::native(Feature::Gate, "a job; the script gives the verdict"),
    Capability::native(Feature::Order, "`needs`"),
    Capability::native(Feature::Conditions, "the job's `rules`"),
    Capability::emulated(Feature::Advisory, "the script reports the failure and ends well"),
    Capability::native(Feature::ReportJunit, "`artifacts:reports:junit`"),
    Capability::native(Feature::Metrics, "`artifacts:reports:metrics`, shown in merge requests with Premium"),
    Capability::native(Feature::Artifact, "`artifacts`, kept for 90 days"),
    Capability::native(
        Feature::Python,
        "the job's image; the script installs the dependencies, `cache` keeps the downloads",
    ),
    Capability::native(Feature::Runner, "`tags` and `image`"),
    Capability::emulated(
        Feature::Offline,
        "nothing is brought before the script, and the script downloads no scanner or builder",
    ),
    Capability::emulated(
        Feature::Timeout,
        "the script keeps it; `timeout` is longer, so that the script can put back and report",
    ),
    Capability::emulated(Feature::Env, "the script sets it, so that a desk and a runner see the same"),
    Capability::emulated(Feature::Workdir, "the script goes there, so that a desk and a runner do the same"),
    Capability::native(Feature::Model, "a job; what it resolved crosses as an artifact"),
    Capability::native(
        Feature::Image,
        "docker-in-docker on a privileged runner, unless a `runner` says otherwise",
    ),
    Capability::outside(
        Feature::Secret,
        "a variable of the project reaches every job; the script hides it from those that do not name it",
        "set it under Settings, CI/CD, Variables; a deploy's scoped to its environment",
    ),
    Capability::outside(
        Feature::Auth,
        "`id_tokens` of the jobs that have an identity, valid for as long as the job may take",
        "let the cloud trust the GitLab server for the project's branches that deploy; `mlpipe setup` prints the subjects",
    ),
    Capability::native(
        Feature::Withheld,
        "a condition over the source project; the job `withheld` says what did not run",
    ),
    Capability::native(Feature::Deploy, "one job; its phases are sections of the script's log"),
    Capability::emulated(
        Feature::Canary,
        "GitLab's jobs have no steps; a section of the deploy's log for each",
    ),
    Capability::emulated(
        Feature::BlueGreen,
        "GitLab's jobs have no steps; a section of the deploy's log for the switch",
    ),
    Capability::emulated(Feature::Shadow, "GitLab's jobs have no steps; a section of the deploy's log"),
    Capability::native(Feature::Environment, "`environment` of the deploy's job, with its tier"),
    Capability::native(Feature::Lock, "`resource_group` of the deploy's job"),
    Capability::outside(
        Feature::LockOrder,
        "the resource group's process mode, which is `unordered` at first",
        "set `oldest_first` by `PUT /projects/:id/resource_groups/:key`",
    ),
    Capability::emulated(Feature::RestoreFailed, "the script puts back within the same call"),
    Capability::emulated(
        Feature::RestoreCancelled,
        "`after_script` calls the script again, within a limit of its own; a forced cancel skips it",
    ),
    Capability::native(
        Feature::Reconcile,
        "a job with `needs` and `when: on_failure`; not in a pipeline that was cancelled",
    ),
    Capability::native(
        Feature::Drill,
        "a file of its own, in the `resource_group` of the deploy; the schedule is made in the project",
    ),
    Capability::outside(
        Feature::Approval,
        "a manual job in the environment NAME-approval; the script checks that the environment is protected",
        "protect the environment (Premium), and keep a token that may read it in `MLPIPE_READ_TOKEN`",
    ),
    Capability::outside(
        Feature::ApprovalBy,
        "who may deploy to that environment",
        "name these people or groups under `Allowed to deploy`",
    ),
    Capability::emulated(Feature::ApprovalExpires, "the script refuses an answer that comes later"),
    Capability::emulated(
        Feature::ApprovalByDispatch,
        "a second start by hand, in which a person says the digest; whoever may start a run may do it",
    ),
    Capability::native(
        Feature::Soak,
        "`when: delayed`, for a week at most; whoever starts it early is refused by the script, which looks into the ledger",
    ),
    Capability::native(Feature::Notify, "a last stage with `when: on_failure` or `on_success`"),
    Capability::no(
        Feature::NotifyShared,
        "the last stage of a root file looks at the jobs of all its pipelines (MLP424)",
        "take `notify` out, or keep each pipeline in a repository of its own",
    ),
];
