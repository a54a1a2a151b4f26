//! Rehearsals of a rollback: for the script, and for the pipeline `NAME-drill`.

use super::Builder;
use super::reconcile::SPARE;
use crate::plan::{DrillWork, Job, Step, StepWhen, Work};

impl Builder<'_> {
    /// One for each deploy that the `drill` names: where the job behind that deploy runs, in the same lock, with the same
    /// secrets and rights, since it does the same.
    pub(super) fn drills(&mut self) {
        let Some(drill) = &self.spec.drill else { return };
        for name in &drill.deploys {
            let behind = self.jobs.iter().find(|j| j.id == format!("reconcile-{}", name.node));
            let Some(behind) = behind else { continue };
            let Work::Reconcile(place) = &behind.work else { continue };
            let soaks = self.jobs.iter().find_map(|j| match &j.work {
                Work::Soak(soak) if soak.environment == place.environment => Some(soak.seconds),
                _ => None,
            });
            let title = format!("Drill: {}", place.environment);
            let args = vec!["deploy".to_owned(), place.environment.clone(), "drill".to_owned()];
            let job = Job {
                id: format!("drill-{}", place.environment),
                origin: self.origin(drill.span),
                // Beside what the other one does, it puts the earlier release live.
                timeout: (behind.timeout + place.target.timeout() + SPARE).div_ceil(60) * 60,
                steps: vec![Step { id: "run".into(), title: title.clone(), args, when: StepWhen::Normal }],
                title,
                work: Work::Drill(DrillWork { place: place.clone(), soaks }),
                ..behind.clone()
            };
            self.drills.push(job);
        }
    }
}
