//! What a play comes to. `mlpipe simulate --format json` is this, serialised; `docs/scenarios.md` documents it.

use super::Time;
use serde::Serialize;

/// Version of the JSON form.
pub const SCHEMA_VERSION: u32 = 1;

/// A run of the plan in virtual time.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Played {
    /// Version of this form. It grows when a field changes its meaning or goes away; new fields may come without.
    #[cfg_attr(test, schemars(extend("const" = SCHEMA_VERSION)))]
    pub schema: u32,
    /// Name of the pipeline.
    pub pipeline: String,
    /// What started it.
    pub event: Started,
    /// How it ended.
    pub outcome: RunOutcome,
    /// Every job of the plan, in its order.
    pub jobs: Vec<PlayedJob>,
    /// Every environment that the plan deploys to, in its order.
    pub environments: Vec<EnvironmentOutcome>,
    /// What happened, in the order of time.
    pub timeline: Vec<Entry>,
}

/// What started a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Started {
    /// `push`, `tag`, `pull_request`, `schedule`, `manual` or `event`.
    pub event: String,
    /// Branch or tag; for a pull request the branch that it wants to get into.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Name of an `event`.
    pub name: Option<String>,
    /// Whose pull request: `branch`, `fork` or `bot`; nothing for other events.
    pub from: Option<String>,
    /// Inputs that were brought, by name.
    pub inputs: indexmap::IndexMap<String, String>,
}

impl std::fmt::Display for Started {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let r = &self.reference;
        match self.event.as_str() {
            "push" => write!(f, "a push to {r}")?,
            "tag" => write!(f, "the tag {r}")?,
            "pull_request" => match self.from.as_deref() {
                Some("fork") => write!(f, "a pull request into {r} from a fork")?,
                Some("bot") => write!(f, "a pull request into {r} of a bot")?,
                _ => write!(f, "a pull request into {r}")?,
            },
            "schedule" => write!(f, "the schedule, on {r}")?,
            "manual" => write!(f, "a person, on {r}")?,
            _ => write!(f, "the event {} on {r}", self.name.as_deref().unwrap_or_default())?,
        }
        for (i, (name, value)) in self.inputs.iter().enumerate() {
            write!(f, "{} {name} = {value:?}", if i == 0 { " with" } else { "," })?;
        }
        Ok(())
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// No job was in it.
    Nothing,
    /// No job failed.
    Success,
    /// A job failed, or a release was put back during its soak.
    Failure,
    /// It was cancelled.
    Cancelled,
}

impl RunOutcome {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing ran",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One job.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlayedJob {
    /// Its id in the plan.
    pub id: String,
    /// How it ended.
    pub state: State,
    /// Why it did not run or did not pass; what an advisory gate found, or how many repetitions passed.
    pub why: String,
    /// When it started; nothing when it did not.
    pub started_at: Option<Time>,
    /// When it ended, or when it was clear that it does not run.
    pub ended_at: Option<Time>,
    /// Calls of the script that were made, in order: the arguments of each.
    pub calls: Vec<Vec<String>>,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It ended well. An advisory gate does, whatever it found.
    Passed,
    /// It failed.
    Failed,
    /// It reached its time limit, which is a failure too.
    TimedOut,
    /// The run was cancelled while it ran.
    Cancelled,
    /// It is in this run, and what it needs did not come about.
    Skipped,
    /// It does not exist for this event on this branch.
    NotInRun,
}

impl State {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::TimedOut => "timed out",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
            Self::NotInRun => "not in this run",
        }
    }

    /// It makes the run red.
    pub fn is_red(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut)
    }
}

/// One environment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EnvironmentOutcome {
    /// Its name.
    pub name: String,
    /// What serves there in the end.
    pub left: Left,
    /// No deploy to it starts until a person resumes: its ledger or one that lies beside it is halted.
    pub halted: bool,
    /// A person was asked before it was deployed to.
    pub asked: bool,
    /// That person said yes.
    pub approved: bool,
}

/// What serves in an environment in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Left {
    /// What this run built.
    Deployed,
    /// What served before; nothing was changed.
    Untouched,
    /// What served before; it was put back.
    RolledBack,
    /// Nobody knows: putting back failed.
    NotRestored,
}

impl Left {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deployed => "deployed",
            Self::Untouched => "untouched",
            Self::RolledBack => "rolled back",
            Self::NotRestored => "neither deployed nor put back",
        }
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Entry {
    /// When, in seconds from the start of the run.
    #[serde(rename = "at_seconds")]
    pub at: Time,
    /// What, in a few words.
    pub what: String,
    /// The job that it belongs to; nothing for the run.
    pub job: Option<String>,
}
