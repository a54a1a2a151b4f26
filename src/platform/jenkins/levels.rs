//! Jobs as levels: a level starts when the one before it has ended. Declarative pipelines know no other order.

use crate::plan::{Job, Plan};
use indexmap::IndexMap;

/// The plan's jobs by level, each in the plan's order. A job stands one level behind the last job that it needs.
pub(super) fn levels(plan: &Plan) -> Vec<Vec<&Job>> {
    let mut of: IndexMap<&str, usize> = IndexMap::new();
    let mut out: Vec<Vec<&Job>> = Vec::new();
    for job in &plan.jobs {
        let level = job.needs.iter().filter_map(|n| of.get(n.as_str())).map(|l| l + 1).max().unwrap_or(0);
        of.insert(&job.id, level);
        if out.len() <= level {
            out.resize_with(level + 1, Vec::new);
        }
        out[level].push(job);
    }
    out
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
