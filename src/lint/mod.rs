//! Lint: what compiles and will hurt. One rule per file, one table.
//!
//! A rule reads a [`Subject`]: the typed spec, its plan where there is one, and the files beside the spec. Unlike the rules of
//! [`check`](crate::check), which `compile` obeys, these speak in `mlpipe lint` and in the editor only, and none of them is an
//! error. The manual page of a rule is `docs/findings/CODE.md`, which is also the documentation of its module; its cases stand
//! in `tests/rules/NAME`. A new rule is one file, one line in [`RULES`], one line in the table of codes, one page and its cases.

mod beside;
pub mod fix;
mod triggers;

pub use beside::Beside;

use crate::check::{Absence, facts};
use crate::diag::{Code, Finding, SourceMap, sort_and_dedup};
use crate::plan::Plan;
use crate::project::Project;
use crate::spec::Spec;

/// What a rule reads.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The typed spec; it may hold faults, which its own findings tell.
    pub spec: &'a Spec,
    /// What happens; nothing where the spec holds an error.
    pub plan: Option<&'a Plan>,
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
    /// The repository's other files.
    pub beside: &'a Beside,
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// The code of every finding that it makes.
    pub code: &'static Code,
    /// Looks at a pipeline and appends what it finds.
    pub run: fn(Subject<'_>, &mut Vec<Finding>),
    /// Whether it speaks of something that is not there.
    pub absence: Absence,
}

macro_rules! rules {
    (@absence) => { Absence::Nowhere };
    (@absence here) => { Absence::Here };
    (@absence anywhere) => { Absence::Anywhere };
    ($($code:ident $($module:ident)::+ $([$of:ident])?;)*) => {
        /// Every rule, in the order of their codes.
        pub static RULES: &[Rule] = &[$(Rule {
            code: Code::$code,
            run: $($module)::+::run,
            absence: rules!(@absence $($of)?),
        }),*];
    };
}

rules! {
    CRON_ON_THE_HOUR triggers::cron_on_the_hour;
}

/// What every rule finds in one pipeline; sorted by place.
pub fn lint(subject: Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES {
        let before = findings.len();
        (rule.run)(subject, &mut findings);
        let told = findings.split_off(before);
        findings.extend(told.into_iter().filter(|f| !facts::echoes(rule.absence, subject.spec, f)));
    }
    sort_and_dedup(&mut findings);
    findings
}

/// Adds what every rule finds in the selected pipelines, and then which comments that allow something nothing needed. Whoever
/// calls this has compiled before, or what only compiling finds counts as not found.
pub fn add(to: &mut Project) {
    to.add(project(to));
    to.add(to.unused());
}

/// What every rule finds in the selected pipelines of a repository; sorted by place.
pub fn project(project: &Project) -> Vec<Finding> {
    let beside = Beside::new(&project.root);
    let mut findings = Vec::new();
    for p in project.pipelines.iter().filter(|p| p.selected) {
        let subject =
            Subject { spec: &p.spec, plan: p.plan.as_ref(), sources: &project.sources, beside: &beside };
        findings.extend(lint(subject));
    }
    sort_and_dedup(&mut findings);
    findings
}
