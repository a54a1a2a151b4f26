//! Jobs as levels: a level starts when the one before it has ended. Declarative pipelines know no other order.

use crate::plan::{Job, Plan, RunIf};
use indexmap::IndexMap;

/// The plan's jobs by level, each in the plan's order. A job stands one level behind the last job that it needs; what
/// waits for a failure behind every level of those that do not, where a reader looks for it.
pub(super) fn levels(plan: &Plan) -> Vec<Vec<&Job>> {
    let mut of: IndexMap<&str, usize> = IndexMap::new();
    let mut out: Vec<Vec<&Job>> = Vec::new();
    let usual = usual(plan);
    for job in &plan.jobs {
        let level = job.needs.iter().filter_map(|n| of.get(n.as_str())).map(|l| l + 1).max().unwrap_or(0);
        let level = if job.run_if == RunIf::AnyFailed { level.max(usual) } else { level };
        of.insert(&job.id, level);
        if out.len() <= level {
            out.resize_with(level + 1, Vec::new);
        }
        out[level].push(job);
    }
    out
}

/// The first level behind every job that runs when all goes well.
fn usual(plan: &Plan) -> usize {
    let mut of: IndexMap<&str, usize> = IndexMap::new();
    for job in plan.jobs.iter().filter(|j| j.run_if == RunIf::AllSucceeded) {
        let level = job.needs.iter().filter_map(|n| of.get(n.as_str())).map(|l| l + 1).max().unwrap_or(0);
        of.insert(&job.id, level);
    }
    of.values().map(|l| l + 1).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture;

    #[test]
    fn a_job_stands_behind_everything_it_needs() {
        let plan = fixture::full();
        let ids: Vec<Vec<&str>> =
            levels(&plan).iter().map(|level| level.iter().map(|j| j.id.as_str()).collect()).collect();
        assert_eq!(
            ids,
            [
                vec!["gate-unit", "model-fraud-scorer", "withheld"],
                vec!["gate-quality"],
                vec!["image-check", "image"],
                vec!["deploy-staging"],
                vec!["approve-production"],
                vec!["deploy-production"],
                vec!["notify-slack-failure"],
            ]
        );
    }
}
