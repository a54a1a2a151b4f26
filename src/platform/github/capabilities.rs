//! What GitHub Actions can do, in the language's words: the rows of `mlpipe targets`. `docs/platforms/github.md` has the sources.

use crate::platform::{Capability, Feature};

/// The table, in the order of [`Feature::ALL`].
pub(super) const TABLE: &[Capability] = &[
    Capability::native(Feature::OnPush, "filters under `on.push`"),
    Capability::native(Feature::OnTag, "filters under `on.push`"),
    Capability::native(
        Feature::OnPullRequest,
        "`on.pull_request`; GitHub tests the merge with the target branch",
    ),
    Capability::native(
        Feature::OnSchedule,
        "`on.schedule`, on the default branch; may start late under load",
    ),
    Capability::native(Feature::Timezone, "`timezone` beside `cron` (since March 2026)"),
    Capability::native(Feature::TwoTimezones, "each schedule has its own"),
    Capability::native(Feature::OnManual, "`workflow_dispatch`"),
    Capability::native(
        Feature::OnEvent,
        "`repository_dispatch`; whoever calls needs a token that may write contents",
    ),
    Capability::native(Feature::InputString, "an input of the type `string`"),
    Capability::native(
        Feature::InputNumber,
        "an input of the type `number`; the script checks what an event brings",
    ),
    Capability::native(
        Feature::InputBool,
        "an input of the type `boolean`; the script checks what an event brings",
    ),
    Capability::native(
        Feature::InputChoice,
        "an input of the type `choice`; the script checks what an event brings",
    ),
    Capability::native(Feature::SeveralPipelines, "a workflow each"),
    Capability::native(Feature::Gate, "a job; the script gives the verdict"),
    Capability::native(Feature::Order, "`needs`, with an explicit test of each result"),
    Capability::native(
        Feature::Conditions,
        "the job's `if`; it ignores the case of letters, which the environment's branch rule minds",
    ),
    Capability::emulated(Feature::Advisory, "the script reports the failure and ends well"),
    Capability::emulated(Feature::ReportJunit, "a summary page of the script's; GitHub reads no JUnit"),
    Capability::emulated(Feature::Metrics, "a table on the script's summary page"),
    Capability::native(
        Feature::Artifact,
        "`actions/upload-artifact`, kept for 90 days or what the repository allows",
    ),
    Capability::native(Feature::Python, "`actions/setup-python`; the script installs the dependencies"),
    Capability::native(Feature::Runner, "`runs-on`: all labels must match"),
    Capability::emulated(
        Feature::Offline,
        "the steps that set tools up are left out, and the script downloads no scanner or builder",
    ),
    Capability::emulated(
        Feature::Timeout,
        "the script keeps it; `timeout-minutes` is longer, so that the script can put back and report",
    ),
    Capability::emulated(Feature::Env, "the script sets it, so that a desk and a runner see the same"),
    Capability::emulated(Feature::Workdir, "the script goes there, so that a desk and a runner do the same"),
    Capability::native(Feature::Model, "a job; what it resolved crosses as an artifact"),
    Capability::native(Feature::Image, "a job; the script builds, scans and pushes with the runner's docker"),
    Capability::outside(
        Feature::Secret,
        "mapped into the steps that run the script, in the jobs that name it and no others",
        "store it under Settings, Secrets and variables; what a deploy names in its environment",
    ),
    Capability::outside(
        Feature::Auth,
        "`id-token: write` in the jobs that have an identity; the script asks for a new token before each command that may outlive the last one",
        "let the cloud trust https://token.actions.githubusercontent.com for the deploy's environment; `mlpipe setup` prints the subjects",
    ),
    Capability::native(
        Feature::Withheld,
        "a condition over the pull request's head and author; the job `withheld` says what did not run",
    ),
    Capability::native(Feature::Deploy, "one job with a step a phase"),
    Capability::native(Feature::Canary, "a step of the deploy's job for each"),
    Capability::native(Feature::BlueGreen, "a step of the deploy's job for the switch"),
    Capability::native(Feature::Shadow, "a step of the deploy's job"),
    Capability::native(Feature::Environment, "`environment` of the deploy's job"),
    Capability::native(Feature::Lock, "`concurrency` of the deploy's job, which cancels nothing"),
    Capability::native(Feature::LockOrder, "`queue: max`, up to a hundred runs, on github.com"),
    Capability::native(Feature::RestoreFailed, "a last step that also runs after a time-out"),
    Capability::native(
        Feature::RestoreCancelled,
        "the same step; GitHub ends everything five minutes after a cancel, at once when it is forced",
    ),
    Capability::native(
        Feature::Reconcile,
        "a job of its own with the result of the deploy in its `if:`; not in a run that was cancelled",
    ),
    Capability::native(Feature::Drill, "a workflow of its own, in the `concurrency` of the deploy"),
    Capability::outside(
        Feature::Approval,
        "a job in the environment NAME-approval; the run checks that somebody has to answer there",
        "give the environment required reviewers",
    ),
    Capability::outside(
        Feature::ApprovalBy,
        "the reviewers of that environment, at most six, of whom one is enough",
        "name these people or teams as the reviewers",
    ),
    Capability::emulated(
        Feature::ApprovalExpires,
        "the script refuses an answer that comes later; GitHub itself waits 30 days",
    ),
    Capability::emulated(
        Feature::ApprovalByDispatch,
        "a second start by hand, in which a person says the digest; whoever may start a run may do it",
    ),
    Capability::outside(
        Feature::Soak,
        "a job in the environment NAME-soak, which waits there; the script looks into the ledger whether the time is over",
        "give the environment a wait timer, of 30 days at most",
    ),
    Capability::native(Feature::Notify, "a job that waits for all others and tests their results"),
    Capability::native(Feature::NotifyShared, "the same job in each workflow"),
];
