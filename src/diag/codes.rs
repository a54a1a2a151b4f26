//! The one table of finding codes. A code is never reused; its page is `docs/findings/CODE.md`.

use super::Severity;

/// One kind of finding.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code {
    /// Stable id, `MLP` and three digits.
    pub id: &'static str,
    /// Stable name in words, `unknown-keyword`.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The page that `mlpipe explain` prints, in Markdown.
    pub page: &'static str,
}

/// The code with that id or name, upper or lower case.
pub fn find(id_or_name: &str) -> Option<&'static Code> {
    ALL.iter()
        .copied()
        .find(|c| c.id.eq_ignore_ascii_case(id_or_name) || c.name.eq_ignore_ascii_case(id_or_name))
}

macro_rules! codes {
    ($($(#[$doc:meta])* $konst:ident = $id:literal $name:literal $severity:ident;)*) => {
        impl Code {
            $(
                $(#[$doc])*
                pub const $konst: &'static Code = &Code {
                    id: $id,
                    name: $name,
                    severity: Severity::$severity,
                    page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/findings/", $id, ".md")),
                };
            )*
        }
        /// Every code, in the order of their ids.
        pub static ALL: &[&Code] = &[$(Code::$konst),*];
    };
}

// 0xx reading and syntax · 1xx words, arguments, units · 2xx names and references · 3xx meaning of gates, models,
// images, deploys · 4xx limits of a platform · 5xx not compiled yet · 6xx files on disk
// · 7xx what compiles and will hurt (`mlpipe lint`) · 9xx our own bugs
codes! {
    /// A file cannot be read.
    UNREADABLE = "MLP001" "unreadable" Error;
    /// A file is not UTF-8.
    NOT_UTF8 = "MLP002" "not-utf8" Error;
    /// A file is larger than a spec can sensibly be.
    TOO_LARGE = "MLP003" "too-large" Error;
    /// Blocks are nested deeper than any keyword needs.
    TOO_DEEP = "MLP004" "too-deep" Error;
    /// There is nothing in a file.
    EMPTY_FILE = "MLP005" "empty-file" Error;
    /// The text does not follow the grammar.
    SYNTAX = "MLP010" "syntax" Error;
    /// A string has no end.
    UNCLOSED_STRING = "MLP011" "unclosed-string" Error;
    /// A block has no end.
    UNCLOSED_BLOCK = "MLP012" "unclosed-block" Error;
    /// A brace closes nothing.
    STRAY_BRACE = "MLP013" "stray-brace" Error;
    /// A backslash with something behind it that is no escape.
    BAD_ESCAPE = "MLP014" "bad-escape" Error;
    /// `use` of a file that cannot be used.
    BAD_USE = "MLP020" "bad-use" Error;
    /// `use` of a file outside the repository.
    USE_OUTSIDE = "MLP021" "use-outside" Error;
    /// Files that use each other.
    USE_CYCLE = "MLP022" "use-cycle" Error;
    /// `only` names something that the used file does not have.
    USE_UNKNOWN = "MLP023" "use-unknown" Error;
    /// A statement of a library that nobody takes.
    NOT_TAKEN = "MLP024" "not-taken" Error;
    /// A word that is no keyword.
    UNKNOWN_WORD = "MLP100" "unknown-word" Error;
    /// A keyword where it may not stand.
    WRONG_PLACE = "MLP101" "wrong-place" Error;
    /// A statement twice where once is allowed.
    GIVEN_TWICE = "MLP102" "given-twice" Error;
    /// A name twice in one kind.
    NAME_TWICE = "MLP103" "name-twice" Error;
    /// An argument of the wrong kind.
    WRONG_ARGUMENT = "MLP104" "wrong-argument" Error;
    /// An argument too few.
    MISSING_ARGUMENT = "MLP105" "missing-argument" Error;
    /// An argument too many.
    EXTRA_ARGUMENT = "MLP106" "extra-argument" Error;
    /// A block missing, or one too many.
    WRONG_BLOCK = "MLP107" "wrong-block" Error;
    /// A statement that must be there is not.
    MISSING_STATEMENT = "MLP108" "missing-statement" Error;
    /// A word that is not one of the choices.
    UNKNOWN_CHOICE = "MLP109" "unknown-choice" Error;
    /// A name that breaks the rule for names.
    BAD_NAME = "MLP110" "bad-name" Error;
    /// A value that no output could carry or no run could use.
    BAD_VALUE = "MLP111" "bad-value" Error;
    /// A value of one dimension where another is wanted.
    UNIT_MISMATCH = "MLP120" "unit-mismatch" Error;
    /// A duration or size compared with a metric whose unit nobody said.
    UNIT_UNKNOWN = "MLP121" "unit-unknown" Error;
    /// A metric that says two units.
    UNIT_CONTRADICTION = "MLP122" "unit-contradiction" Error;
    /// A `let` that nobody filled.
    LET_UNFILLED = "MLP130" "let-unfilled" Error;
    /// A `let` with a value that somebody gives again.
    LET_OVERRIDDEN = "MLP131" "let-overridden" Error;
    /// A reference to something that is no `let` and no value of the run.
    UNKNOWN_REFERENCE = "MLP132" "unknown-reference" Error;
    /// A value of the run where it must be known before the run.
    RUN_VALUE_PLACE = "MLP133" "run-value-place" Error;
    /// `let`s that need each other.
    LET_CYCLE = "MLP134" "let-cycle" Error;
    /// A name is used that nothing has.
    UNKNOWN_NAME = "MLP201" "unknown-name" Error;
    /// Statements wait for each other in a circle.
    CYCLE = "MLP202" "cycle" Error;
    /// A secret or variable has a name that the shell, a platform or mlpipe owns.
    RESERVED_VARIABLE = "MLP203" "reserved-variable" Error;
    /// A deploy is called like the approval environment of another.
    ENVIRONMENT_COLLISION = "MLP204" "environment-collision" Error;
    /// Nothing starts the pipeline.
    NO_TRIGGER = "MLP301" "no-trigger" Error;
    /// The pipeline holds no job.
    NOTHING_TO_DO = "MLP302" "nothing-to-do" Error;
    /// A push to an open pull request would run twice.
    DOUBLE_RUN = "MLP303" "double-run" Error;
    /// A cron line cannot be read, or never fires.
    BAD_CRON = "MLP304" "bad-cron" Error;
    /// A time zone is not an IANA name.
    BAD_TIMEZONE = "MLP305" "bad-timezone" Error;
    /// A branch or tag pattern is not portable.
    BAD_REF_PATTERN = "MLP306" "bad-ref-pattern" Error;
    /// A path filter can match nothing.
    BAD_PATH_FILTER = "MLP307" "bad-path-filter" Error;
    /// An input's default or choices do not fit its type.
    BAD_INPUT_DEFAULT = "MLP308" "bad-input-default" Error;
    /// One input has two types.
    INPUT_TYPE_CLASH = "MLP309" "input-type-clash" Error;
    /// Two outputs would be written to one path.
    EMIT_PATH_TAKEN = "MLP310" "emit-path-taken" Error;
    /// A Python version is not written as `3.11`.
    BAD_PYTHON_VERSION = "MLP311" "bad-python-version" Error;
    /// A Python version is too old to run under.
    PYTHON_TOO_OLD = "MLP312" "python-too-old" Error;
    /// A path lies where mlpipe writes.
    RESERVED_PATH = "MLP313" "reserved-path" Error;
    /// An input's name that no variable can have.
    BAD_INPUT_NAME = "MLP314" "bad-input-name" Error;
    /// A gate holds nothing that can fail.
    GATE_CHECKS_NOTHING = "MLP320" "gate-checks-nothing" Error;
    /// A gate has thresholds but no metrics.
    NO_METRICS_FILE = "MLP321" "no-metrics-file" Error;
    /// A gate compares with a baseline that it does not have.
    NO_BASELINE_FILE = "MLP322" "no-baseline-file" Error;
    /// A gate has a baseline that no threshold uses.
    BASELINE_UNUSED = "MLP323" "baseline-unused" Warning;
    /// No value passes all thresholds of a metric.
    CONTRADICTORY_REQUIRE = "MLP324" "contradictory-require" Error;
    /// A threshold that nothing can fail.
    REQUIRE_ALWAYS_HOLDS = "MLP325" "require-always-holds" Error;
    /// A `repeat` that cannot be counted.
    BAD_REPEAT = "MLP326" "bad-repeat" Error;
    /// A time limit below one second.
    TIME_LIMIT_TOO_SHORT = "MLP327" "time-limit-too-short" Error;
    /// A reason is asked for and empty.
    EMPTY_REASON = "MLP328" "empty-reason" Error;
    /// A unit is given for a metric that no threshold uses.
    UNIT_UNUSED = "MLP329" "unit-unused" Warning;
    /// A JUnit file has no such metric.
    UNKNOWN_JUNIT_METRIC = "MLP330" "unknown-junit-metric" Error;
    /// A model has no version.
    NO_MODEL_VERSION = "MLP340" "no-model-version" Error;
    /// A model's version does not identify it.
    BAD_MODEL_VERSION = "MLP341" "bad-model-version" Error;
    /// A SHA-256 is not 64 hex digits.
    BAD_CHECKSUM = "MLP342" "bad-checksum" Error;
    /// A URL cannot be fetched, or holds a password.
    BAD_URL = "MLP343" "bad-url" Error;
    /// An MLflow URI names no model version.
    BAD_MLFLOW_URI = "MLP344" "bad-mlflow-uri" Error;
    /// The place of a model's file is missing, or there is no file.
    MODEL_SAVE = "MLP345" "model-save" Error;
    /// A model cannot get into the image.
    MODEL_OUTSIDE_CONTEXT = "MLP346" "model-outside-context" Error;
    /// Two models are put at one place.
    SAVE_TWICE = "MLP347" "save-twice" Error;
    /// An image's repository is not a legal name.
    BAD_REPOSITORY = "MLP350" "bad-repository" Error;
    /// An image's repository does not lie in the registry that is named.
    REGISTRY_MISMATCH = "MLP351" "registry-mismatch" Error;
    /// An image has only tags that move.
    ONLY_MOVING_TAGS = "MLP352" "only-moving-tags" Error;
    /// A tag is not a legal one.
    BAD_TAG = "MLP353" "bad-tag" Error;
    /// An image is tagged with a git tag that its runs do not have.
    TAG_WITHOUT_TRIGGER = "MLP354" "tag-without-trigger" Error;
    /// A registry needs a login and has none.
    NO_LOGIN = "MLP355" "no-login" Error;
    /// A run pushes the image and has no tag for it that stays.
    RUN_WITHOUT_TAG = "MLP356" "run-without-tag" Error;
    /// A deploy has nothing that it could put live.
    NOTHING_TO_DEPLOY = "MLP360" "nothing-to-deploy" Error;
    /// No event reaches a deploy.
    DEPLOY_NEVER_RUNS = "MLP361" "deploy-never-runs" Error;
    /// A deploy is asked to run for pull requests.
    DEPLOY_ON_PULL_REQUEST = "MLP362" "deploy-on-pull-request" Error;
    /// Production is deployed to without any gate.
    UNGATED_PRODUCTION = "MLP363" "ungated-production" Warning;
    /// A notification waits for something that cannot happen.
    NOTIFY_NEVER_SENDS = "MLP364" "notify-never-sends" Warning;
    /// A name that Kubernetes does not take.
    BAD_KUBERNETES_NAME = "MLP365" "bad-kubernetes-name" Error;
    /// Two environments that are one Deployment.
    DEPLOYMENT_SHARED = "MLP366" "deployment-shared" Warning;
    /// A deploy that only some schedules of its pipeline are for.
    ONE_OF_SEVERAL_SCHEDULES = "MLP367" "one-of-several-schedules" Error;
    /// An address that a watch asks cannot be asked, or a secret would be sent there in clear.
    WATCH_ADDRESS = "MLP368" "watch-address" Error;
    /// A watch whose own settings leave a step or its window unjudged.
    WATCH_BLIND = "MLP369" "watch-blind" Error;
    /// A gate's metrics are compared with themselves.
    BASELINE_IS_METRICS = "MLP370" "baseline-is-metrics" Error;
    /// A tolerance that swallows the threshold.
    TOLERANCE_TOO_WIDE = "MLP371" "tolerance-too-wide" Warning;
    /// Requests are to be copied where nothing copies them.
    SHADOW_WITHOUT_MIRROR = "MLP372" "shadow-without-mirror" Error;
    /// Copies of requests would be copied again, without end.
    SHADOW_IN_A_CIRCLE = "MLP373" "shadow-in-a-circle" Error;
    /// A `target ssh` names a host that ssh cannot be told so, or one twice.
    BAD_SSH_HOST = "MLP375" "bad-ssh-host" Error;
    /// A compose file, a service, a container or an option of `docker run` that no host takes so.
    BAD_HOST_SERVICE = "MLP376" "bad-host-service" Error;
    /// A variable is both a secret and a plain text in one job.
    SECRET_AND_ENV = "MLP380" "secret-and-env" Error;
    /// A secret has ids but no job names it.
    SECRET_UNUSED = "MLP381" "secret-unused" Warning;
    /// A secret is wanted as a text and as a file.
    SECRET_TWO_KINDS = "MLP382" "secret-two-kinds" Error;
    /// A credential stands in the spec.
    LITERAL_SECRET = "MLP383" "literal-secret" Error;
    /// A scenario speaks of something that is not there, or of two things at once.
    SCENARIO_SUBJECT = "MLP384" "scenario-subject" Error;
    /// A scenario gives something a value or an end that it cannot have, or that has no effect.
    SCENARIO_VALUE = "MLP385" "scenario-value" Error;
    /// A scenario expects what cannot be.
    SCENARIO_IMPOSSIBLE = "MLP386" "scenario-impossible" Error;
    /// A scenario says two things that exclude each other.
    SCENARIO_CONTRADICTION = "MLP387" "scenario-contradiction" Error;
    /// A scenario is started by something that the pipeline does not have.
    SCENARIO_EVENT = "MLP388" "scenario-event" Error;
    /// A rollback's trigger cannot trip while the deploy is watched.
    TRIGGER_NEVER_TRIPS = "MLP389" "trigger-never-trips" Error;
    /// A canary or `blue_green` on a target that replaces what is live as a whole.
    CANARY_WITHOUT_SPLIT = "MLP390" "canary-without-split" Error;
    /// The ledger cannot lie where the spec says, or nothing gets there from the target.
    LEDGER_PLACE = "MLP391" "ledger-place" Error;
    /// A halt counts rollbacks, and nothing keeps them from run to run.
    HALT_WITHOUT_LEDGER = "MLP392" "halt-without-ledger" Error;
    /// What is done by the ledger where there is none.
    RECONCILE_WITHOUT_LEDGER = "MLP393" "reconcile-without-ledger" Error;
    /// A last good release that is put back after a failure that never comes.
    REDEPLOY_NEVER = "MLP394" "redeploy-never" Error;
    /// A deploy that a person starts by hand cannot be started so.
    BY_DISPATCH = "MLP396" "by-dispatch" Error;
    /// GitHub refuses the name of a job, an environment, a secret or a variable.
    GITHUB_NAME = "MLP410" "github-name" Error;
    /// An event has more inputs than GitHub takes.
    GITHUB_INPUTS = "MLP411" "github-inputs" Error;
    /// A branch or tag pattern that GitHub's expressions cannot say.
    GITHUB_PATTERN = "MLP412" "github-pattern" Error;
    /// A job that may take longer than GitHub lets a job run.
    GITHUB_TIME = "MLP413" "github-time" Error;
    /// A workflow or a condition that is too long for GitHub.
    GITHUB_SIZE = "MLP414" "github-size" Error;
    /// An approval that should expire.
    GITHUB_EXPIRY = "MLP415" "github-expiry" Error;
    /// Refs that differ in the case of letters only.
    GITHUB_LETTER_CASE = "MLP416" "github-letter-case" Error;
    /// A runner without labels for GitHub.
    GITHUB_RUNNER = "MLP417" "github-runner" Error;
    /// A number or a size is beyond what GitLab takes.
    GITLAB_LIMIT = "MLP420" "gitlab-limit" Error;
    /// GitLab would replace a `$` where none can be escaped.
    GITLAB_DOLLAR = "MLP421" "gitlab-dollar" Error;
    /// A value that cannot be put between the quotes of GitLab's file.
    GITLAB_INPUT_TEXT = "MLP422" "gitlab-input-text" Error;
    /// A text that GitLab would take for an input.
    GITLAB_INTERPOLATION = "MLP423" "gitlab-interpolation" Error;
    /// A notification in a root file that several pipelines share.
    GITLAB_SHARED_NOTIFY = "MLP424" "gitlab-shared-notify" Error;
    /// A name that GitLab cannot hold, or that is taken there.
    GITLAB_NAME = "MLP425" "gitlab-name" Error;
    /// A Jenkinsfile would become more byte code than Jenkins can compile.
    JENKINSFILE_TOO_LONG = "MLP430" "jenkinsfile-too-long" Error;
    /// A Jenkinsfile comes near what Jenkins can compile.
    JENKINSFILE_LONG = "MLP431" "jenkinsfile-long" Warning;
    /// Schedules in two time zones on Jenkins.
    JENKINS_TIME_ZONES = "MLP432" "jenkins-time-zones" Error;
    /// On Jenkins, everybody who may build may approve.
    JENKINS_OPEN_APPROVAL = "MLP433" "jenkins-open-approval" Note;
    /// A cron line means something else on another platform.
    CRON_NOT_PORTABLE = "MLP450" "cron-not-portable" Error;
    /// A schedule fires more often than GitHub allows.
    SCHEDULE_TOO_OFTEN = "MLP451" "schedule-too-often" Error;
    /// More inputs than GitLab takes.
    TOO_MANY_INPUTS = "MLP452" "too-many-inputs" Error;
    /// An event brings more values than GitHub hands on.
    TOO_MANY_EVENT_INPUTS = "MLP453" "too-many-event-inputs" Error;
    /// More approvers than GitHub takes.
    TOO_MANY_APPROVERS = "MLP454" "too-many-approvers" Error;
    /// A job may run longer than GitHub's hosted runners let it.
    TIME_LIMIT_TOO_LONG = "MLP456" "time-limit-too-long" Error;
    /// A runner says nothing for a platform that is emitted.
    RUNNER_INCOMPLETE = "MLP457" "runner-incomplete" Error;
    /// A platform does not read its pipeline from that path.
    EMIT_PATH_NOT_READ = "MLP458" "emit-path-not-read" Error;
    /// A secret's id is not legal on its platform.
    BAD_SECRET_ID = "MLP459" "bad-secret-id" Error;
    /// `--strict`: a platform does a feature by other means than its own.
    EMULATED = "MLP460" "emulated" Error;
    /// An identity that no cloud can know.
    BAD_IDENTITY = "MLP461" "bad-identity" Error;
    /// A variable decides who a job is, beside its identity.
    IDENTITY_BEATEN = "MLP462" "identity-beaten" Error;
    /// A model takes an identity that the pipeline does not have.
    IDENTITY_NOT_DEFINED = "MLP463" "identity-not-defined" Error;
    /// An identity that no job needs.
    IDENTITY_UNUSED = "MLP464" "identity-unused" Error;
    /// A canary has a part of a percent where its traffic is split by whole ones.
    CANARY_PART_OF_PERCENT = "MLP480" "canary-part-of-percent" Error;
    /// A deploy by Argo Rollouts on a runner that does not have its plugin.
    ARGO_ROLLOUTS_RUNNER = "MLP481" "argo-rollouts-runner" Error;
    /// A soak is counted by a ledger, and the deploy has none.
    SOAK_WITHOUT_LEDGER = "MLP485" "soak-without-ledger" Error;
    /// A soak that is longer than a wait timer of GitHub's.
    GITHUB_SOAK = "MLP486" "github-soak" Error;
    /// A soak that is longer than GitLab delays a job.
    GITLAB_SOAK = "MLP487" "gitlab-soak" Error;
    /// A rehearsal of a rollback where nobody knows what was good before.
    DRILL_WITHOUT_LEDGER = "MLP490" "drill-without-ledger" Error;
    /// A rehearsal of a rollback that promises no time.
    DRILL_WITHOUT_BUDGET = "MLP491" "drill-without-budget" Error;
    /// A rehearsal of a rollback where a person has to say yes to each deploy.
    DRILL_PAST_APPROVAL = "MLP492" "drill-past-approval" Error;
    /// A rehearsal of a rollback in production.
    DRILL_IN_PRODUCTION = "MLP493" "drill-in-production" Error;
    /// A drill names a deploy twice.
    DRILL_TWICE = "MLP494" "drill-twice" Error;
    /// A statement without output yet.
    NOT_COMPILED_YET = "MLP500" "not-compiled-yet" Error;
    /// Two pipelines of one name.
    PIPELINE_TWICE = "MLP601" "pipeline-twice" Error;
    /// Two pipelines would write one file.
    PATH_TWICE = "MLP602" "path-twice" Error;
    /// The shared root file needs a pipeline that holds errors.
    NEIGHBOUR_BROKEN = "MLP603" "neighbour-broken" Error;
    /// A template that `--templates` lets stand in for one of ours fails.
    OVERLAY_FAILED = "MLP604" "overlay-failed" Error;
    /// A generated file is not what its spec says.
    DRIFTED = "MLP605" "drifted" Error;
    /// Nothing asks the release in production whether it works.
    NO_SMOKE = "MLP701" "no-smoke" Warning;
    /// A schedule ships something new to production, and nobody is there.
    UNATTENDED_SCHEDULE = "MLP702" "unattended-schedule" Note;
    /// A deploy drives a client that wants a credential, and is given none.
    TARGET_WITHOUT_CREDENTIALS = "MLP704" "target-without-credentials" Warning;
    /// Staging and production are targets of different kinds.
    STAGING_OF_ANOTHER_KIND = "MLP705" "staging-of-another-kind" Warning;
    /// A smoke test that runs in production first.
    UNTRIED_SMOKE = "MLP706" "untried-smoke" Warning;
    /// A soak that no deploy waits for.
    SOAK_BEFORE_NOTHING = "MLP707" "soak-before-nothing" Warning;
    /// Scheduled runs come more often than a soak takes.
    SOAK_NEVER_OVER = "MLP708" "soak-never-over" Warning;
    /// Scheduled runs ask for an approval that no time ends.
    APPROVALS_PILE_UP = "MLP709" "approvals-pile-up" Warning;
    /// A canary that nothing takes back.
    CANARY_WITHOUT_ROLLBACK = "MLP710" "canary-without-rollback" Warning;
    /// A step of a canary is over before the first poll.
    CANARY_STEP_UNSEEN = "MLP711" "canary-step-unseen" Warning;
    /// A step of a canary gets too few requests to show what it must.
    CANARY_TOO_FEW_REQUESTS = "MLP712" "canary-too-few-requests" Warning;
    /// A watch from which nothing follows.
    WATCH_WITHOUT_ROLLBACK = "MLP713" "watch-without-rollback" Warning;
    /// A watch of production in which no metric is of the model.
    NO_MODEL_METRIC = "MLP714" "no-model-metric" Warning;
    /// A rollback or a halt that needs a history, and nothing keeps one.
    ROLLBACK_WITHOUT_LEDGER = "MLP715" "rollback-without-ledger" Warning;
    /// A rollback whose time does not hold one roll-out.
    ROLLBACK_BUDGET = "MLP716" "rollback-budget" Warning;
    /// A ledger that is too old before it is needed.
    MAX_AGE_TOO_SHORT = "MLP717" "max-age-too-short" Warning;
    /// Holds and watch take longer than the job may.
    WATCH_OUTLIVES_JOB = "MLP718" "watch-outlives-job" Warning;
    /// A halt that holds without any rollback.
    HALT_AT_ONCE = "MLP719" "halt-at-once" Warning;
    /// Training runs inside the pipeline that releases.
    TRAINING_IN_RELEASE = "MLP720" "training-in-release" Warning;
    /// The Dockerfile does not copy the image's model.
    MODEL_NOT_COPIED = "MLP721" "model-not-copied" Warning;
    /// The Dockerfile installs from a file that it has not copied.
    REQUIREMENTS_NOT_COPIED = "MLP722" "requirements-not-copied" Warning;
    /// A `.dockerignore` keeps the image's model out.
    MODEL_IGNORED = "MLP723" "model-ignored" Warning;
    /// A Dockerfile copies the model before it installs packages.
    MODEL_BEFORE_PACKAGES = "MLP724" "model-before-packages" Note;
    /// A gate that fails changes what is live.
    GATE_CHANGES_LIVE = "MLP730" "gate-changes-live" Warning;
    /// Production can fail with nobody there, and nobody is told.
    NOBODY_TOLD = "MLP731" "nobody-told" Note;
    /// A pipeline has the name of a device of Windows.
    NAME_RESERVED_ON_WINDOWS = "MLP732" "name-reserved-on-windows" Note;
    /// Two secrets whose ids GitHub takes for one.
    SECRET_IDS_MEET = "MLP733" "secret-ids-meet" Warning;
    /// A cost is not compared with the baseline that quality is compared with.
    METRIC_NOT_COMPARED = "MLP734" "metric-not-compared" Note;
    /// A command passes whatever its check says.
    FAILURE_SWALLOWED = "MLP740" "failure-swallowed" Warning;
    /// A tool of a gate runs with an option under which it passes whatever it finds, or without the one under which it fails.
    TOOL_TOLD_TO_PASS = "MLP741" "tool-told-to-pass" Warning;
    /// A threshold that every model passes, or none.
    THRESHOLD_DECIDES_NOTHING = "MLP742" "threshold-decides-nothing" Warning;
    /// A share compared with a number of per cent, or the other way round.
    SHARE_OR_PERCENT = "MLP743" "share-or-percent" Warning;
    /// A threshold that only worse models pass.
    REQUIRE_BACKWARDS = "MLP745" "require-backwards" Warning;
    /// A gate passes though most of its runs fail.
    LUCK_PASSES = "MLP746" "luck-passes" Warning;
    /// An evaluation that is compared with a baseline and sets no seed.
    NO_SEED = "MLP747" "no-seed" Note;
    /// The tag `latest` beside one that stays.
    LATEST_TAG = "MLP750" "latest-tag" Note;
    /// The tag `latest` is pushed from more than one branch.
    LATEST_OF_MANY_BRANCHES = "MLP751" "latest-of-many-branches" Warning;
    /// An image to run in or build on without a version.
    FLOATING_BASE = "MLP752" "floating-base" Warning;
    /// An image to run in or build on by tag, without its digest.
    BASE_BY_TAG = "MLP753" "base-by-tag" Note;
    /// Nothing scans the image before it serves in production.
    NOT_SCANNED = "MLP754" "not-scanned" Note;
    /// A credential in a text, by its shape or its disorder.
    SECRET_IN_TEXT = "MLP755" "secret-in-text" Warning;
    /// A secret as a word of a program's command line.
    SECRET_ON_COMMAND_LINE = "MLP756" "secret-on-command-line" Note;
    /// `set -x` in front of a command that uses a secret.
    SECRET_IN_TRACE = "MLP757" "secret-in-trace" Warning;
    /// A command prints a secret into the log.
    SECRET_PRINTED = "MLP758" "secret-printed" Warning;
    /// The code of a pull request gets a secret that ships.
    DEPLOY_SECRET_ON_PULL_REQUEST = "MLP759" "deploy-secret-on-pull-request" Warning;
    /// A script from a server goes straight into a shell.
    PIPE_TO_SHELL = "MLP760" "pipe-to-shell" Warning;
    /// Something is loaded without knowing from whom.
    UNVERIFIED_DOWNLOAD = "MLP761" "unverified-download" Warning;
    /// A gate runs a tool that its Python set-up leaves out.
    TEST_TOOL_NOT_INSTALLED = "MLP765" "test-tool-not-installed" Warning;
    /// A Python that gets no repairs any more.
    END_OF_LIFE_PYTHON = "MLP766" "end-of-life-python" Warning;
    /// A gate installs a package without a version.
    UNPINNED_INSTALL = "MLP767" "unpinned-install" Note;
    /// A file or folder that the repository must hold and does not.
    FILE_NOT_THERE = "MLP770" "file-not-there" Warning;
    /// An action in a `patch` by tag or branch.
    UNPINNED_ACTION = "MLP772" "unpinned-action" Warning;
    /// An environment gets copies of requests and nothing looks at it meanwhile.
    SHADOW_JUDGES_NOTHING = "MLP774" "shadow-judges-nothing" Warning;
    /// Shellcheck warns of something in a command.
    SHELLCHECK = "MLP775" "shellcheck" Warning;
    /// A schedule fires at the full hour, as most schedules do.
    CRON_ON_THE_HOUR = "MLP780" "cron-on-the-hour" Warning;
    /// A comment that was meant to allow something and is not written so.
    ALLOW_MALFORMED = "MLP790" "allow-malformed" Warning;
    /// A rule is allowed that there is not.
    ALLOW_UNKNOWN_RULE = "MLP791" "allow-unknown-rule" Warning;
    /// Something is allowed without a reason.
    ALLOW_WITHOUT_REASON = "MLP792" "allow-without-reason" Warning;
    /// What was allowed until a day that is past.
    ALLOW_EXPIRED = "MLP793" "allow-expired" Warning;
    /// Something is allowed that nothing finds.
    ALLOW_UNUSED = "MLP794" "allow-unused" Warning;
    /// An error is allowed, and no error can be.
    ALLOW_OF_ERROR = "MLP795" "allow-of-error" Warning;
    /// `mlpipe.toml` is no TOML.
    CONFIG_SYNTAX = "MLP796" "config-syntax" Error;
    /// A key of `mlpipe.toml` that means nothing.
    CONFIG_KEY = "MLP797" "config-key" Error;
    /// A value of `mlpipe.toml` that its key cannot have.
    CONFIG_VALUE = "MLP798" "config-value" Error;
    /// `mlpipe.toml` lowers an error.
    CONFIG_LOWERS_ERROR = "MLP799" "config-lowers-error" Error;
    /// A template of ours failed.
    TEMPLATE_FAILED = "MLP901" "template-failed" Error;
    /// A file that we printed does not read back.
    DOES_NOT_READ_BACK = "MLP902" "does-not-read-back" Error;
    /// A file that we printed does something else than the plan.
    NOT_EQUIVALENT = "MLP903" "not-equivalent" Error;
    /// A layout that we made says something else than the text.
    LAYOUT_CHANGES_MEANING = "MLP904" "layout-changes-meaning" Error;
}
