//! Stages: for people, and for the notifications, which look at every stage before theirs. The order of the other jobs
//! is their `needs`.

use super::by_needs;
use crate::plan::{Job, Plan, Work};

/// Stage of the notifications: always the last.
const NOTIFY: &str = "notify";
const OWN_WORDS: [&str; 4] = ["models", "gates", "image", NOTIFY];

/// The stages in order, and the stage of each job in the plan's order.
pub(super) struct Stages {
    /// In order.
    pub(super) all: Vec<String>,
    /// One for each job.
    pub(super) of: Vec<String>,
}

/// Puts each job into the first stage of its kind that does not come before what it needs; where there is none, a stage
/// is made behind what it needs.
pub(super) fn stages(plan: &Plan) -> Stages {
    let mut all: Vec<String> = Vec::new();
    let mut kinds: Vec<String> = plan.jobs.iter().filter(|j| !last(j)).map(kind).collect();
    kinds.sort_by_key(|k| OWN_WORDS.iter().position(|w| w == k).unwrap_or(OWN_WORDS.len()));
    for k in kinds {
        if !all.contains(&k) {
            all.push(k);
        }
    }
    let mut of: Vec<String> = Vec::new();
    for job in &plan.jobs {
        if last(job) {
            of.push(NOTIFY.into());
            continue;
        }
        let needed = plan.jobs.iter().zip(&of).filter(|(j, _)| job.needs.contains(&j.id));
        let from = needed.filter_map(|(_, s)| all.iter().position(|a| a == s)).max().unwrap_or(0);
        let name = kind(job);
        let later = format!("{name}-after-{}", all[from]);
        let stage = match all[from..].iter().find(|s| **s == name || **s == later) {
            Some(s) => s.clone(),
            None => {
                all.insert(from + 1, later.clone());
                later
            }
        };
        of.push(stage);
    }
    all.retain(|s| of.contains(s));
    if of.iter().any(|s| s == NOTIFY) {
        all.push(NOTIFY.into());
    }
    all.dedup();
    Stages { all, of }
}

fn last(job: &Job) -> bool {
    !by_needs(job)
}

fn kind(job: &Job) -> String {
    let environment = |name: &str| {
        if OWN_WORDS.contains(&name) { format!("deploy-{name}") } else { name.to_owned() }
    };
    match &job.work {
        Work::Model(_) => "models".into(),
        Work::Gate(_) | Work::Withheld(_) => "gates".into(),
        Work::Image(_) => "image".into(),
        Work::Approve(a) => environment(&a.environment),
        Work::Deploy(d) => environment(&d.environment),
        Work::Soak(s) => environment(&s.environment),
        Work::Reconcile(r) => environment(&r.environment),
        Work::Drill(d) => environment(&d.place.environment),
        Work::Notify(_) => NOTIFY.into(),
    }
}
