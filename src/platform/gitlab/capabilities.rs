//! How GitLab keeps each feature: what `mlpipe targets` prints.

use crate::platform::Capability;
use crate::platform::Support::{self, Emulated, Native, Outside};

const fn line(feature: &'static str, support: Support, how: &'static str) -> Capability {
    Capability { feature, support, how }
}

/// The table.
pub(super) const TABLE: &[Capability] = &[
    line("on push", Native, "`workflow:rules`, as an allow list"),
    line("on tag", Native, "`workflow:rules`, as an allow list"),
    line(
        "on pull_request",
        Native,
        "merge request pipelines; they test the branch's head, merged results need Premium",
    ),
    line(
        "on schedule",
        Outside,
        "a schedule of the project; the file's comment says with which cron, zone and branch",
    ),
    line("on manual", Native, "pipelines started from the UI or by the pipelines API"),
    line("input", Native, "`spec:inputs` (17.11 or later); text without quotes and backslashes"),
    line("on event", Emulated, "a trigger token's call with the input `mlpipe_event`"),
    line("gate", Native, "a job with `needs` and explicit `rules`"),
    line("gate advisory", Emulated, "the script reports and succeeds"),
    line("report junit", Native, "`artifacts:reports:junit`"),
    line("metrics", Native, "`artifacts:reports:metrics` (shown in merge requests with Premium)"),
    line("python", Emulated, "the script installs; `cache` keeps the downloads"),
    line("model", Native, "a job; what it resolved crosses as an artifact"),
    line("image", Native, "docker-in-docker on a privileged runner, unless a `runner` says otherwise"),
    line("deploy", Native, "one job in a `resource_group`; its phases are sections of the log"),
    line("deploy order", Outside, "process mode `oldest_first` of the resource group, set by API"),
    line(
        "approval",
        Outside,
        "a manual job on a protected environment (Premium); the script checks that it is protected",
    ),
    line("approval expires", Emulated, "the script refuses an answer that comes later"),
    line("rollback on failure", Emulated, "the script puts back what was live"),
    line(
        "rollback on cancel",
        Emulated,
        "`after_script` puts it back, with a limit of its own; a forced cancel skips it",
    ),
    line(
        "secret",
        Outside,
        "project variables; a deploy's are scoped to its environment, the script hides the rest",
    ),
    line("runner", Native, "`tags` and `image`"),
    line("timeout", Emulated, "the script's own limit; `timeout` is 10 minutes above it"),
    line(
        "notify",
        Native,
        "a last stage with `when: on_failure`; not where several pipelines share a root file",
    ),
];
