//! What Jenkins cannot do with a plan, and what a person should know before it does it.

use super::size;
use super::view::schedules;
use crate::diag::{Code, Finding, words::count};
use crate::plan::{Plan, Trigger};

/// Bytes of the compiled `pipeline { … }` from which a Jenkinsfile is told to be near its limit.
const NEAR: usize = 48_000;

/// Bytes over which nothing is written. Jenkins compiles the block into one method, and a Java method holds 65,535
/// (JVM specification, 4.7.3). [`size::bytes`] may be 13 % low, and plugins may add to what a stage becomes. The functions
/// behind the block are methods of their own and do not count.
const MOST: usize = 56_000;

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
    let bytes = size::bytes(text);
    let head = format!(
        "the `pipeline` block of the Jenkinsfile compiles to about {} KB for {}",
        bytes.div_ceil(1000),
        count(plan.jobs.len(), "job")
    );
    let (code, message) = match bytes {
        0..=NEAR => return Vec::new(),
        bytes if bytes <= MOST => {
            (Code::JENKINSFILE_LONG, format!("{head}; over {} KB it is refused", MOST / 1000))
        }
        _ => (
            Code::JENKINSFILE_TOO_LONG,
            format!("{head}, and {} KB is the most that surely fits into one Java method", MOST / 1000),
        ),
    };
    let help =
        "put related commands into one gate, split the pipeline in two, or leave `jenkins` out of `emit`";
    vec![Finding::on_path(code, &plan.source, message).help(help)]
}
