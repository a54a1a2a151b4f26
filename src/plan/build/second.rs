//! Small pipelines beside the one of a spec, which the clock starts. They call its script.

use super::triggers::{schedule_notes, trigger};
use crate::diag::Span;
use crate::plan::{
    Activation, Condition, EmitTo, EventKind, Job, Pattern, Plan, PrSource, Refs, RunIf, Trigger, Work,
};
use crate::spec::{On, Spec};
use indexmap::IndexSet;

/// A pipeline that a statement of a spec makes beside the one that the spec is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Second {
    /// `reconcile`: looks for what a killed deploy left, and deploys nothing.
    Reconcile,
    /// `drill`: takes a release back on purpose.
    Drill,
}

impl Second {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Reconcile, Self::Drill];

    /// The keyword, which is also the last word of its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reconcile => "reconcile",
            Self::Drill => "drill",
        }
    }

    /// Its name.
    pub fn name(self, pipeline: &str) -> String {
        format!("{pipeline}-{}", self.word())
    }

    /// The statement that makes it, and its schedule; nothing where the spec wants none.
    fn stated(self, spec: &Spec) -> Option<(Span, &On)> {
        match self {
            Self::Reconcile => spec.reconcile.as_ref().map(|r| (r.span, &r.on)),
            Self::Drill => spec.drill.as_ref().map(|d| (d.span, &d.on)),
        }
    }

    /// The statement that makes it; nothing where the spec wants none.
    pub fn place(self, spec: &Spec) -> Option<Span> {
        self.stated(spec).map(|(span, _)| span)
    }

    /// Those that a spec makes.
    pub fn of(spec: &Spec) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|second| second.place(spec).is_some())
    }

    /// It calls the script of the plan and takes the locks of its deploys. None where the spec wants none, or where no deploy
    /// is left for it.
    pub fn build(self, spec: &Spec, plan: &Plan, emit: Vec<EmitTo>) -> Option<Plan> {
        let (_, on) = self.stated(spec)?;
        let triggers: Vec<Trigger> = trigger(&on.event).into_iter().chain([Trigger::Manual]).collect();
        let condition = by_the_clock(plan);
        let here = |job: &Job, needs: Vec<String>, run_if| Job {
            own: condition.clone(),
            condition: condition.clone(),
            needs,
            run_if,
            ..job.clone()
        };
        let mut jobs = match self {
            Self::Reconcile => mending(plan).map(|j| here(j, Vec::new(), RunIf::AllSucceeded)).collect(),
            Self::Drill => rehearsals(plan, here),
        };
        let ids: Vec<String> = jobs.iter().map(|j| j.id.clone()).collect();
        let telling =
            plan.jobs.iter().filter(|j| matches!(j.work, Work::Notify(_)) && j.run_if == RunIf::AnyFailed);
        jobs.extend(telling.map(|j| Job { reads: ids.clone(), ..here(j, ids.clone(), RunIf::AnyFailed) }));
        let secrets: IndexSet<String> =
            jobs.iter().flat_map(|j| j.secrets.iter().map(|s| s.name.clone())).collect();
        let mut whole = Plan {
            pipeline: self.name(&plan.pipeline),
            emit,
            triggers,
            inputs: Vec::new(),
            secrets: secrets.into_iter().collect(),
            jobs,
            drills: Vec::new(),
            defaults: Vec::new(),
            notes: Vec::new(),
            ..plan.clone()
        };
        whole.notes = schedule_notes(&whole);
        (!ids.is_empty()).then_some(whole)
    }
}

/// A schedule or a person, on the branch that schedules run on.
fn by_the_clock(plan: &Plan) -> Condition {
    let home = || Refs::Only { branches: vec![Pattern(plan.home_branch.clone())], tags: vec![] };
    let on = |event| Activation { event, refs: home(), source: PrSource::Any };
    Condition::new([EventKind::Schedule, EventKind::Manual].map(on).to_vec())
}

/// The jobs behind the deploys, each by itself.
fn mending(plan: &Plan) -> impl Iterator<Item = &Job> {
    plan.jobs.iter().filter(|j| matches!(&j.work, Work::Reconcile(r) if !r.redeploy))
}

/// Each rehearsal, and behind it the job that stands behind the deploy: its runner can be lost too.
fn rehearsals(plan: &Plan, here: impl Fn(&Job, Vec<String>, RunIf) -> Job) -> Vec<Job> {
    let environment = |job: &Job| job.environment.as_ref().map(|e| e.name.clone());
    let mut jobs: Vec<Job> = plan.drills.iter().map(|j| here(j, Vec::new(), RunIf::AllSucceeded)).collect();
    for drill in &plan.drills {
        let behind = mending(plan).filter(|j| environment(j) == environment(drill));
        jobs.extend(behind.map(|j| here(j, vec![drill.id.clone()], RunIf::AnyFailed)));
    }
    jobs
}
