//! What GitHub Actions can do, in the language's words.

use crate::platform::{Capability, Support};

const fn row(feature: &'static str, support: Support, how: &'static str) -> Capability {
    Capability { feature, support, how }
}

/// The table of `mlpipe targets`, for GitHub.
pub(super) const TABLE: &[Capability] = &[
    row("on push, on tag", Support::Native, "filters under `on.push`"),
    row(
        "on pull_request",
        Support::Native,
        "`on.pull_request`; GitHub tests the merge with the target branch",
    ),
    row("on schedule", Support::Native, "`on.schedule`, on the default branch; may start late under load"),
    row("on schedule … timezone", Support::Native, "`timezone` beside `cron` (since March 2026)"),
    row("on manual", Support::Native, "`workflow_dispatch`"),
    row(
        "on manual { input … }",
        Support::Native,
        "typed inputs, at most 25; a script reads them from its environment",
    ),
    row(
        "on event",
        Support::Native,
        "`repository_dispatch`; whoever calls needs a token that may write contents",
    ),
    row("gate", Support::Native, "a job; the script gives the verdict"),
    row("gate … after, needs", Support::Native, "`needs`, with an explicit test of each result"),
    row("advisory", Support::Emulated, "the script reports the failure and ends well"),
    row("report junit", Support::Emulated, "a summary page of the script's; GitHub reads no JUnit"),
    row(
        "artifact",
        Support::Native,
        "`actions/upload-artifact`, kept for 90 days or what the repository allows",
    ),
    row("python", Support::Native, "`actions/setup-python`; the script installs the dependencies"),
    row("runner", Support::Native, "`runs-on`: all labels must match"),
    row("timeout", Support::Emulated, "the script keeps it; `timeout-minutes` is 10 minutes longer"),
    row("image", Support::Emulated, "the script builds, scans and pushes"),
    row(
        "secret",
        Support::Outside,
        "Settings, Secrets and variables; mapped into the step that runs the script",
    ),
    row(
        "secrets of fork pull requests",
        Support::Native,
        "jobs with secrets are skipped, the job `withheld` says which",
    ),
    row("deploy", Support::Native, "one job with a step a phase"),
    row("one deploy at a time", Support::Native, "`concurrency` with `queue: max` at the job, on github.com"),
    row(
        "restore after a failed deploy",
        Support::Native,
        "a last step that also runs after a time-out or a cancel, for at most 5 minutes",
    ),
    row(
        "deploys only from deploying branches",
        Support::Native,
        "the job's `if`, which ignores the case of letters: the environment's branch rule minds it",
    ),
    row(
        "approval required",
        Support::Outside,
        "required reviewers of the environment NAME-approval; checked in the run",
    ),
    row(
        "approval … by",
        Support::Outside,
        "the reviewers of that environment, at most six, of whom one is enough",
    ),
    row(
        "approval … expires",
        Support::Emulated,
        "the script refuses an answer that comes later; GitHub itself waits 30 days",
    ),
    row("notify on failure", Support::Native, "a job that waits for all others and tests their results"),
    row("env", Support::Emulated, "the script sets it, so that a desk and a runner see the same"),
];
