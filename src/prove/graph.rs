//! What a file says that it does: the types that the readers fill in. A reader takes the emitted text and nothing else;
//! it shares these types with the proof and no code with the back end that printed the text.

use super::Outcomes;
use super::diagram::{Diagrams, Node};
use super::situation::Situation;

/// A file that is not understood in full, or not at all. A reader accepts what mlpipe emits and refuses anything else:
/// what it does not know it cannot prove.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Unreadable {
    /// Line in the file, from 1; 0 when no line can be named.
    pub line: usize,
    /// What is not understood, in a sentence part: "`strategy` is not known here".
    pub what: String,
}

/// A file that was read.
pub trait Reading {
    /// Facts that no event and no outcome changes.
    fn facts(&self) -> &FileFacts;

    /// The run that this situation starts, by the platform's own rules: one entry for each job that exists in it, in
    /// any order; none when no run is started.
    ///
    /// # Errors
    /// A rule of the platform under which no run can be made (a needed job that is not there), or an expression that is
    /// not understood.
    fn run(&self, s: &Situation, outcomes: &Outcomes, d: &mut Diagrams) -> Result<Vec<JobRun>, Unreadable>;
}

/// Facts about the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileFacts {
    /// Jobs in the order of the file.
    pub jobs: Vec<JobFacts>,
    /// Cron lines with their zones, where the file holds schedules.
    pub schedules: Vec<(String, Option<String>)>,
    /// Inputs that a person may give when starting a run, with their defaults as text, in the order of the file.
    pub inputs: Vec<(String, String)>,
    /// Inputs that are taken from what a named event brings, sorted, where the file names them one by one (GitHub).
    pub brought: Vec<String>,
    /// Inputs and the variables that they fill are those of several pipelines together, which share a root file.
    pub shared: bool,
    /// Paths of the files that the root file includes, where several pipelines share one (GitLab).
    pub includes: Vec<String>,
    /// What lets something other than the jobs' own outcomes stop, displace or restart parts of a run: a group that
    /// cancels, `interruptible`, a missing `disableRestartFromStage`. Line and sentence part. There should be none.
    pub hazards: Vec<(usize, String)>,
}

/// Facts about one job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobFacts {
    /// Its name in the file.
    pub name: String,
    /// Line in the file.
    pub line: usize,
    /// Calls of the script, in the order in which they stand; handlers too.
    pub calls: Vec<Call>,
    /// Names (in the file) of the jobs whose records it fetches, sorted. `*` for those of all jobs.
    pub reads: Vec<String>,
    /// Those of them without which it goes on, where a platform leaves that open (GitHub).
    pub tolerates: Vec<String>,
    /// Paths that it keeps, sorted, and written without a trailing `/` or `/**`.
    pub keeps: Vec<String>,
    /// They are kept when a call failed or was cancelled, too.
    pub keeps_always: bool,
    /// The platform shows this file as a JUnit report.
    pub junit: Option<String>,
    /// The platform shows this file as metrics.
    pub metrics: Option<String>,
    /// The environment that it names.
    pub environment: Option<String>,
    /// The platform does not take it for a deploy to that environment.
    pub deploys_nothing: bool,
    /// A person has to say yes before it starts, by what the file says (not by a setting behind its environment).
    pub asks: Option<Asks>,
    /// How long it waits before it starts, in seconds and without a runner, where the file says it.
    pub waits: Option<u64>,
    /// The lock that it holds.
    pub lock: Option<Lock>,
    /// What its token may do beyond nothing, `packages: write`, sorted; empty where the platform has no such list.
    pub permissions: Vec<String>,
    /// Credentials of the checkout stay on disk for the commands that follow.
    pub credentials_left: bool,
    /// Time limits of the platform that several calls share: seconds, and the calls by index.
    pub shared_limits: Vec<(u64, Vec<usize>)>,
    /// Labels, tags or image that say where it runs, in the order of the file.
    pub runner: Vec<String>,
    /// Lines of facts, by the field's name (`lock`, `permissions` …), where a finding should point elsewhere than to
    /// [`JobFacts::line`].
    pub lines: Vec<(&'static str, usize)>,
}

impl JobFacts {
    /// It does what reaches others: it has an environment, a lock or a right to write, or it pushes the image.
    pub fn publishes(&self) -> bool {
        self.environment.is_some()
            || self.lock.is_some()
            || self.permissions.iter().any(|p| p.ends_with(": write"))
            || self.calls.iter().any(|c| c.args == ["image"])
    }
}

/// One call of the script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// The script's path: `.mlpipe/NAME.sh`.
    pub script: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// What the file gives it in its environment, sorted by name.
    pub env: Vec<(String, Value)>,
    /// The platform's own limit around it, in seconds: the shortest of those that apply.
    pub backstop: Option<u64>,
    /// Line in the file.
    pub line: usize,
}

/// Where a variable's value comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// The project's store, under this name.
    Secret(String),
    /// The store, as the path of a file (Jenkins: `file(…)`).
    SecretFile(String),
    /// The job's own token.
    Token,
    /// A token that says who the job is, made out to this audience (GitLab: `id_tokens`).
    IdToken(String),
    /// The input of that name.
    Input(String),
    /// The kind of the event (`push`, `tag` …), by the platform.
    EventKind,
    /// The name of the named event.
    EventName,
    /// A text that stands in the file.
    Text(String),
}

/// A question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asks {
    /// Who may answer, where the file says it.
    pub by: Vec<String>,
    /// What needs the job waits for the answer, and the run is not done without it.
    pub blocks: bool,
    /// It is asked before the lock is taken, and only when the job's conditions hold.
    pub first: bool,
    /// How long it stands, in seconds, where the file says it.
    pub expires: Option<u64>,
}

/// A lock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// Its name.
    pub name: String,
    /// A newer run cancels the one that holds it.
    pub cancels: bool,
    /// A newer run that waits displaces an older one that waits.
    pub displaces: bool,
    /// It is held from before the first call until behind the last one, handlers included, and taken only once the
    /// job's conditions hold.
    pub whole: bool,
}

/// What one job does in one situation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRun {
    /// Index into [`FileFacts::jobs`].
    pub job: usize,
    /// Under which outcomes the job starts.
    pub starts: Node,
    /// Under which outcomes each of [`JobFacts::calls`] is made.
    pub calls: Vec<Node>,
    /// Under which outcomes it has started and ends as a success to those that need it.
    pub succeeds: Node,
    /// Under which outcomes it has started and makes the run red. A cancelled run is cancelled, not red.
    pub red: Node,
}
