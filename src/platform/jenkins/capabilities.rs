//! What Jenkins can do, in the language's words: the rows of `mlpipe targets`. `docs/platforms/jenkins.md` has the sources.

use crate::platform::{Capability, Feature};

/// The table, in the order of [`Feature::ALL`].
pub(super) const TABLE: &[Capability] = &[
    Capability::outside(
        Feature::OnPush,
        "the branch source builds branches; a stage's `when` runs the jobs of those that the spec names, other builds are green and empty",
        "let the branch source discover branches, without those that are also filed as change requests",
    ),
    Capability::outside(
        Feature::OnTag,
        "the branch source builds tags; a stage's `when` runs the jobs of those that the spec names",
        "let the branch source discover tags, with a build strategy that builds them",
    ),
    Capability::outside(
        Feature::OnPullRequest,
        "the branch source builds change requests",
        "let the branch source discover change requests, of forks from trusted people only, if at all",
    ),
    Capability::native(
        Feature::OnSchedule,
        "`triggers { cron }` on the home branch; it counts from the first build with this file on",
    ),
    Capability::native(Feature::Timezone, "a `TZ=` line of the cron text"),
    Capability::no(
        Feature::TwoTimezones,
        "all schedules of a job share one zone (MLP432)",
        "write the schedules in one zone",
    ),
    Capability::native(
        Feature::OnManual,
        "parameters of the job; a branch's first build has none yet and takes the defaults",
    ),
    Capability::emulated(
        Feature::OnEvent,
        "the parameter `MLPIPE_EVENT_NAME` in a call of `buildWithParameters`",
    ),
    Capability::native(Feature::InputString, "a string parameter"),
    Capability::emulated(Feature::InputNumber, "a string parameter that the script checks"),
    Capability::native(Feature::InputBool, "a boolean parameter"),
    Capability::native(Feature::InputChoice, "a choice parameter, the default first"),
    Capability::outside(
        Feature::SeveralPipelines,
        "a Jenkinsfile each",
        "make a multibranch job for each, with its file as the script path",
    ),
    Capability::native(Feature::Gate, "a stage; the script gives the verdict"),
    Capability::emulated(
        Feature::Order,
        "levels: a job waits for the whole level before the one that it is in; its `when` asks what it needs",
    ),
    Capability::native(Feature::Conditions, "`when { expression }` over the event and the branch"),
    Capability::emulated(Feature::Advisory, "the script reports the failure and ends well"),
    Capability::native(Feature::ReportJunit, "the junit step; the script's exit code alone decides"),
    Capability::emulated(
        Feature::Metrics,
        "each rule is a test case of the junit step, with its number; the numbers are archived",
    ),
    Capability::native(Feature::Artifact, "`archiveArtifacts`, kept for 90 days"),
    Capability::outside(
        Feature::Python,
        "the script takes the version that it finds on the agent, or lets uv bring it",
        "install that version or uv on the agents, and the installer that the spec names",
    ),
    Capability::native(Feature::Runner, "`agent { label }`; a label that no agent has waits forever"),
    Capability::emulated(
        Feature::Offline,
        "the file brings nothing anyhow, and the script downloads no scanner or builder",
    ),
    Capability::emulated(
        Feature::Timeout,
        "the script keeps it; Jenkins' `timeout` is ten minutes longer and ends a script that hangs",
    ),
    Capability::emulated(Feature::Env, "the script sets it, so that a desk and an agent see the same"),
    Capability::emulated(Feature::Workdir, "the script goes there, so that a desk and an agent do the same"),
    Capability::native(Feature::Model, "a stage; what it resolved crosses in a stash"),
    Capability::native(
        Feature::Image,
        "a stage; the script builds, scans and pushes with the agent's docker",
    ),
    Capability::outside(
        Feature::Secret,
        "`withCredentials` around the calls of the one job that names it",
        "make a credential of that id in the job's folder",
    ),
    Capability::outside(
        Feature::Auth,
        "a token of the plugin oidc-provider, bound anew around each call of a job that has an identity",
        "make the credential with its audience, and let the cloud trust the controller for the branches' jobs; `mlpipe setup` prints both",
    ),
    Capability::native(
        Feature::Withheld,
        "`CHANGE_FORK` is set for a fork's change request; bots' branches count as the repository's own",
    ),
    Capability::native(Feature::Deploy, "one stage with a stage a phase"),
    Capability::native(Feature::Canary, "a stage inside the deploy's for each"),
    Capability::native(Feature::BlueGreen, "a stage inside the deploy's for the switch"),
    Capability::native(Feature::Shadow, "a stage inside the deploy's"),
    Capability::emulated(
        Feature::Environment,
        "Jenkins knows no environments; the stage, the lock and the records carry the name",
    ),
    Capability::native(Feature::Lock, "`lock(resource)` of the plugin lockable-resources"),
    Capability::native(Feature::LockOrder, "first come, first served"),
    Capability::native(Feature::RestoreFailed, "`catch` in the deploy's own stage"),
    Capability::native(Feature::RestoreCancelled, "the same `catch`: an abort arrives there as well"),
    Capability::native(
        Feature::Reconcile,
        "a stage of its own, on an agent of its own; not in a build that was aborted",
    ),
    Capability::native(
        Feature::Drill,
        "a Jenkinsfile and a multibranch job of its own, in the `lock` of the deploy",
    ),
    Capability::native(
        Feature::Approval,
        "`input`, asked before an agent or a lock is taken; a no ends the build as aborted",
    ),
    Capability::native(Feature::ApprovalBy, "`submitter`; administrators may always answer"),
    Capability::native(
        Feature::ApprovalExpires,
        "`timeout` of the stage, an hour longer than question and script, and the build then ends as aborted; the script refuses an answer that comes later than the spec allows",
    ),
    Capability::emulated(
        Feature::ApprovalByDispatch,
        "a second start by hand, in which a person says the digest; whoever may start a run may do it",
    ),
    Capability::native(
        Feature::Soak,
        "`sleep` in a stage without an agent; the build stays open, and a restarted controller goes on with it",
    ),
    Capability::native(Feature::Notify, "a last stage over the status map; an aborted build sends nothing"),
    Capability::native(Feature::NotifyShared, "the same stage in each Jenkinsfile"),
];
