//! What Jenkins can do, feature by feature. `docs/platforms/jenkins.md` has the sources.

use crate::platform::{Capability, Support};

const fn line(feature: &'static str, support: Support, how: &'static str) -> Capability {
    Capability { feature, support, how }
}

/// The table, in the language's order.
pub(super) const TABLE: &[Capability] = {
    use Support::{Emulated, Native, No, Outside};
    &[
        line(
            "on push",
            Outside,
            "the branch source builds the branches; a stage's `when` runs the jobs of those that the spec names, other builds are green and empty",
        ),
        line(
            "on tag",
            Outside,
            "the branch source must discover tags, and a build strategy (or a person) must build them",
        ),
        line(
            "on pull_request",
            Outside,
            "the branch source must discover change requests, and leave out branches that have one",
        ),
        line(
            "on schedule",
            Native,
            "`triggers { cron }` on the home branch, in one time zone; it counts from the first build with this file on",
        ),
        line(
            "on manual",
            Native,
            "parameters of the job; a branch's first build has none yet and takes the defaults",
        ),
        line("on event", Native, "the parameter `MLPIPE_EVENT_NAME` in a call of `buildWithParameters`"),
        line("input string", Native, "a string parameter"),
        line("input number", Emulated, "a string parameter that the script checks"),
        line("input bool", Native, "a boolean parameter"),
        line("input choice", Native, "a choice parameter, the default first"),
        line("job order", Emulated, "levels: a job waits for the whole level before the one that it is in"),
        line(
            "explicit conditions",
            Native,
            "`when { expression }` over the event, the branch and the status map `S`",
        ),
        line(
            "withheld from forks",
            Native,
            "`CHANGE_FORK` is set for a fork's change request; bots' branches count as the repository's own",
        ),
        line(
            "secret",
            Native,
            "`withCredentials` around the calls of the one job that names it; the credential is a setting",
        ),
        line("runner", Native, "`agent { label }`; a label that no agent has waits forever"),
        line(
            "runner services",
            No,
            "declarative pipelines have no service containers outside Kubernetes agents",
        ),
        line("python cache", Emulated, "the tools' own caches in the agent's home; Jenkins itself has none"),
        line("report junit", Native, "the junit step; the script's exit code alone decides"),
        line("artifact", Native, "`archiveArtifacts`, kept for 90 days"),
        line(
            "time limit",
            Emulated,
            "the script's own; Jenkins' is ten minutes longer and for a script that hangs",
        ),
        line(
            "one deploy at a time",
            Native,
            "`lock(resource)` of the plugin lockable-resources, first come first served",
        ),
        line(
            "approval",
            Native,
            "`input` with `submitter`, asked before an agent or a lock is taken; administrators may always answer",
        ),
        line("approval expires", Native, "`timeout` around the question; the build then ends as aborted"),
        line(
            "approval denied",
            Emulated,
            "ends the build as aborted: nothing after it starts, no notification either",
        ),
        line(
            "put back after a failed deploy",
            Native,
            "`catch` in the deploy's own stage: failures, time-outs and aborts alike",
        ),
        line("notify", Native, "a last stage over the status map; an aborted build sends nothing"),
    ]
};
