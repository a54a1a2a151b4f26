//! What the words of a platform's file are there for. One table a platform, in the words of its documentation.

use super::Reason;
use crate::spec::PlatformName;

macro_rules! words {
    ($($word:literal $why:literal;)*) => { &[$(Reason { word: $word, why: $why }),*] };
}

/// Every word that is explained.
pub(super) fn words(platform: PlatformName) -> &'static [Reason] {
    match platform {
        PlatformName::Github => GITHUB,
        PlatformName::Gitlab => GITLAB,
        PlatformName::Jenkins => JENKINS,
    }
}

const GITHUB: &[Reason] = words! {
    "on" "what starts a run, from the `on` statements; a job's `if` narrows it";
    "workflow_dispatch" "`on manual`: a person starts a run, with these inputs";
    "repository_dispatch" "`on event`: another system starts a run by its name";
    "schedule" "`on schedule`; GitHub runs it on the default branch only";
    "pull_request" "`on pull_request`, never `pull_request_target`: code of a fork gets no secret and no right to write";
    "permissions" "what the token of the job may do: nothing at the top, and each job names what its own steps need";
    "concurrency" "in a job the lock of its environment: one deploy at a time, none cancelled halfway, all in order (`queue: max`); at the top a group of its own for every run, so that no run displaces another";
    "defaults" "one shell for every command";
    "env" "at the top what only the event knows, handed to the script as variables; in a step the secrets of this job and no other";
    "needs" "the jobs that it waits for, from the order of the spec, `after` and `needs`";
    "if" "when it runs, said in full: own condition and that of everything before it. Without `!cancelled()` a skipped job would skip this one too; results are asked for by name";
    "runs-on" "the `runner` of the statement, or the default of its kind";
    "timeout-minutes" "the platform's own limit, ten minutes behind the script's: the script has to be the first to stop";
    "environment" "GitHub's environment: its required reviewers are the approval, its secrets are this deploy's";
    "actions/checkout" "the commit of this run, without its credentials on disk for the commands that follow";
    "actions/setup-python" "`python`: the interpreter of the spec's version";
    "astral-sh/setup-uv" "`install uv`: the installer, without a cache of its own";
    "actions/cache" "downloaded packages; never in a job that publishes, which would take what a pull request left";
    "actions/download-artifact" "records of the jobs that it reads: verdicts, the digest, who approved";
    "actions/upload-artifact" "its record and its reports, kept whatever happens: the next job and a person read them";
    "run" "one call of the pipeline's script, the same on every platform and at a desk; `exec`, so that a cancel reaches it";
};

const GITLAB: &[Reason] = words! {
    "spec" "inputs of a run that a person, a schedule or a trigger starts";
    "workflow" "which pipelines exist at all, from the `on` statements; what is not listed starts nothing";
    "auto_cancel" "no newer commit and no failure cancels a run: a deploy would be cut in the middle";
    "stages" "for people: the order of the jobs is their `needs`";
    "default" "what holds for every job; none may be interrupted by a newer commit";
    "variables" "at the top what only the event knows, handed to the script, and how GitLab fetches the commit; in a job the limits of its scripts and its container engine";
    "include" "one file for each pipeline of the repository";
    "stage" "where the job stands in the picture of the pipeline";
    "needs" "the jobs that it waits for, from the order of the spec, `after` and `needs`; `artifacts: true` takes their records along";
    "rules" "when it runs, said in full: own condition and that of everything before it";
    "when" "inside `rules` the approval: a person has to press the job, and the pipeline waits (`allow_failure: false`)";
    "allow_failure" "`false` on a manual job makes the pipeline wait for the answer; `true` is an `advisory` gate";
    "manual_confirmation" "the question that a person is asked";
    "timeout" "the platform's own limit, ten minutes behind the script's: behind it GitLab would run no `after_script`";
    "image" "where it runs: the `runner` of the statement, or the default of its kind";
    "tags" "the runner of the statement";
    "services" "the container engine that builds the image";
    "cache" "downloaded packages; never in a job that publishes, which would take what a merge request left";
    "resource_group" "the lock of the environment: one deploy at a time; `oldest_first` is set in the project";
    "environment" "GitLab's environment: who may deploy there is set on it, and its variables are this deploy's";
    "before_script" "what a slim image lacks, and the installer that the spec names";
    "script" "calls of the pipeline's script, the same on every platform and at a desk";
    "after_script" "runs in a shell of its own, after a cancel too: it puts back what was live before, unless the deploy ended well";
    "artifacts" "its record and its reports, kept whatever happens: the next job and a person read them";
    "reports" "what GitLab shows in the merge request: tests, metrics";
    "interruptible" "no newer commit stops the job";
};

const JENKINS: &[Reason] = words! {
    "agent" "where it runs: the `runner` of the statement, or the default of its kind; none at the top, so that a question holds no executor";
    "options" "at the top how long builds are kept, and no restart behind a gate; in a stage the lock of the environment, and how long a question stands";
    "triggers" "`on schedule`, on the home branch only";
    "parameters" "inputs of a run that a person starts, and the name of an event";
    "when" "when it runs, said in full and asked before an agent, a question or a lock: own condition, and that everything before it succeeded";
    "input" "the approval: asked before an agent and a lock are taken; Jenkins names who answered";
    "parallel" "jobs that need nothing of each other";
    "lock" "one deploy at a time per environment, over all its phases and putting back";
    "withCredentials" "the secrets of this job and no other";
    "try" "the phases of a deploy; when one fails or is cancelled, what was live before is put back";
    "catch" "what was live before is put back, inside the lock, and the failure goes on";
    "catchError" "a failure makes the build red and the jobs that need it do not start; those beside it go on";
    "mlpipe" "one call of the pipeline's script, the same on every platform and at a desk, with a limit behind the script's own";
    "job" "an empty folder, the commit, the records that it reads; and its own record kept whatever happens";
    "stage" "a job of the plan, or a phase of a deploy";
    "timeout" "the platform's own limit, ten minutes behind the script's: the script has to be the first to stop";
    "stash" "its record, for the jobs that read it";
    "archiveArtifacts" "its record and its reports, for people";
    "junit" "tests as Jenkins shows them; they never change the result, which is the gate's";
    "String" "what started this build, and on which branch: the same words on every platform";
    "Field" "what the jobs of a build tell each other";
    "def" "a function of every job";
};
