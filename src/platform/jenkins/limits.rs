//! What Jenkins cannot do with a plan, and what a person should know before it does it.

use super::view::schedules;
use crate::diag::{Code, Finding, words::count};
use crate::plan::{Plan, Trigger};

/// Lines of `pipeline { … }` from which a Jenkinsfile is told to be near its limit.
const NEAR: usize = 350;

/// Lines of `pipeline { … }` over which nothing is written. Jenkins compiles the block into one Java method, which may
/// hold 64 KB of byte code; real files broke at about 500 lines (jenkinsci/workflow-cps-plugin#1210). The functions
/// behind the block are methods of their own and do not count.
const MOST: usize = 450;

/// Findings that the plan alone shows.
pub(super) fn of_plan(plan: &Plan) -> Vec<Finding> {
    let mut out = Vec::new();
    out.extend(one_zone(plan));
    for job in &plan.jobs {
        if job.ask.as_ref().is_some_and(|ask| ask.by.is_empty()) {
            out.push(
                Finding::at(
                    Code::JENKINS_OPEN_APPROVAL,
                    job.origin.span,
                    "on Jenkins, everybody who may start this job may also give this approval",
                )
                .help("name who may: `approval required { by \"ml-leads\" }`"),
            );
        }
    }
    out
}

/// Jenkins reads `TZ=` on the first line of a schedule only.
fn one_zone(plan: &Plan) -> Option<Finding> {
    let (zone, _) = schedules(plan)?;
    let other = plan.triggers.iter().find_map(|t| match t {
        Trigger::Schedule { timezone, .. } => {
            Some(timezone.as_deref().unwrap_or("UTC")).filter(|z| *z != zone)
        }
        _ => None,
    })?;
    Some(
        Finding::on_path(
            Code::JENKINS_TIME_ZONES,
            &plan.source,
            format!("the schedules are in `{zone}` and in `{other}`, but a Jenkins job has one time zone"),
        )
        .help(format!("write all schedules in one time zone, such as `timezone \"{zone}\"`, or leave `jenkins` out of `emit`")),
    )
}

/// Findings that only the printed text shows.
pub(super) fn of_text(plan: &Plan, text: &str) -> Vec<Finding> {
    let lines = pipeline_lines(text);
    let head = format!(
        "the `pipeline` block of the Jenkinsfile has {lines} lines for {}",
        count(plan.jobs.len(), "job")
    );
    let (code, message) = match lines {
        0..=NEAR => return Vec::new(),
        lines if lines <= MOST => {
            (Code::JENKINSFILE_LONG, format!("{head}; over {MOST} lines it is refused"))
        }
        _ => (
            Code::JENKINSFILE_TOO_LONG,
            format!("{head}, and {MOST} is the most that Jenkins can be trusted to compile"),
        ),
    };
    let help =
        "put related commands into one gate, split the pipeline in two, or leave `jenkins` out of `emit`";
    vec![Finding::on_path(code, &plan.source, message).help(help)]
}

/// Lines from `pipeline {` to the brace that closes it.
fn pipeline_lines(text: &str) -> usize {
    let block = text.lines().skip_while(|l| !l.starts_with("pipeline {"));
    block.take_while(|l| !l.starts_with('}')).count() + 1
}
