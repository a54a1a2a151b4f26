//! What `--help` says: every job, the command that runs it, what it does and what it needs.

use super::calls::tools;
use crate::plan::{Job, Plan, Work};

/// The lines of the help.
pub(super) fn lines(plan: &Plan) -> Vec<String> {
    let mut lines = vec![
        format!("The jobs of the pipeline {}. Each runs here as it runs in CI:", plan.pipeline),
        String::new(),
    ];
    for job in plan.jobs.iter().chain(&plan.drills) {
        lines.push(format!("  sh {} {}", plan.script, command(job)));
        lines.push(format!("      {} ({}:{})", what(job), job.origin.path, job.origin.line));
        lines.extend(needs(plan, job).map(|needs| format!("      needs {needs}")));
    }
    let ledgers = plan.jobs.iter().filter_map(|job| match &job.work {
        Work::Deploy(deploy) if deploy.ledger.is_some() => Some(&deploy.environment),
        _ => None,
    });
    for environment in ledgers {
        lines.push(format!("  sh {} ledger {environment} show", plan.script));
        lines.push(format!(
            "      what was deployed to {environment}; also resume REASON, waive DIGEST REASON"
        ));
    }
    lines.push(String::new());
    lines.push(format!("  sh {} --list    names only", plan.script));
    lines.push(
        "What a job did stands in mlpipe-out/JOB.json; jobs read the records of the jobs before them.".into(),
    );
    lines
}

/// The words that run the whole job.
fn command(job: &Job) -> String {
    match &job.work {
        Work::Deploy(deploy) => format!("deploy {}", deploy.environment),
        _ => job.steps.first().map(|step| step.args.join(" ")).unwrap_or_default(),
    }
}

fn what(job: &Job) -> String {
    let text = match &job.work {
        Work::Gate(gate) => {
            let rules = gate.require.iter().map(|rule| rule.text.as_str()).collect::<Vec<_>>().join(", ");
            let command =
                gate.run.as_deref().and_then(|run| run.lines().find(|line| !line.trim().is_empty()));
            match (command, rules.is_empty()) {
                (Some(command), true) => format!("runs {}", command.trim()),
                (Some(command), false) => format!("runs {}; {rules}", command.trim()),
                (None, _) => rules,
            }
        }
        Work::Model(model) => format!("finds the version and checksum of model {}", model.name),
        Work::Image(image) => {
            let scans = if image.scan.is_some() { ", scans" } else { "" };
            let end = if image.push { " and pushes" } else { "" };
            let quiet = if image.push { "" } else { ", without pushing it" };
            format!("builds{scans}{end} {}{quiet}", image.repository)
        }
        Work::Approve(approve) => {
            format!("records who approved {}; not at a desk, where nobody is asked", approve.environment)
        }
        Work::Deploy(deploy) => {
            let phases: Vec<&str> = job.steps.iter().map(|step| step.id.as_str()).collect();
            let shadow = match &deploy.shadow {
                Some(shadow) => format!("; shadow-stop ends the copies of the requests of {}", shadow.from),
                None => String::new(),
            };
            format!("deploys to {}; one phase: {}{shadow}", deploy.environment, phases.join(", "))
        }
        Work::Soak(soak) => {
            format!("looks whether this run's release has soaked in {} for long enough", soak.environment)
        }
        Work::Reconcile(work) if work.redeploy => {
            format!("puts the last good one back in {}, whatever is live there", work.environment)
        }
        Work::Reconcile(work) => {
            format!("puts {} in order after a run that was killed; deploys nothing", work.environment)
        }
        Work::Drill(work) => {
            format!(
                "rehearses a rollback in {}: takes a release back on purpose, and times that",
                work.place.environment
            )
        }
        Work::Withheld(_) => "says which jobs a pull request from outside does not run".into(),
        Work::Notify(_) => "tells people how the run ended".into(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Tools, variables and records that must be there.
fn needs(plan: &Plan, job: &Job) -> Option<String> {
    let mut needs: Vec<String> = tools(plan, job).into_iter().map(str::to_owned).collect();
    if let Some(python) = plan.python.as_ref().filter(|_| job.python) {
        needs.push(format!("python {}", python.version));
    }
    needs.extend(job.secrets.iter().map(|secret| format!("${}", secret.name)));
    if !matches!(job.work, Work::Notify(_)) {
        needs.extend(job.reads.iter().map(|id| format!("mlpipe-out/{id}.json")));
    }
    (!needs.is_empty()).then(|| needs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture;

    #[test]
    fn every_job_is_named_with_its_command() {
        let plan = fixture::full();
        let text = lines(&plan).join("\n");
        for job in &plan.jobs {
            assert!(text.contains(&format!("  sh .mlpipe/fraud-scorer.sh {}\n", command(job))), "{}", job.id);
        }
        assert!(text.contains("needs python 3.11, $OPENAI_API_KEY, mlpipe-out/model-fraud-scorer.json"));
    }
}
