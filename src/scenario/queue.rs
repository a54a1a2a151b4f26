//! Which job is next: of those whose needs have ended the one that is ready first, of two the one that the plan has first.
//!
//! What a job does may depend on what another one did before its start (a halt), so jobs are played in the order of their
//! starts and not in that of the plan.

use super::time::Moment;
use crate::plan::Plan;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Jobs that are not played yet, by their place in the plan.
pub(super) struct Queue {
    ready: BinaryHeap<Reverse<(Moment, usize)>>,
    /// By job: the jobs that need it.
    behind: Vec<Vec<usize>>,
    /// By job: how many of its needs have not ended.
    open: Vec<usize>,
}

impl Queue {
    /// All jobs; those that need nothing are ready at the start.
    pub(super) fn new(plan: &Plan) -> Self {
        let places: HashMap<&str, usize> =
            plan.jobs.iter().enumerate().map(|(i, j)| (j.id.as_str(), i)).collect();
        let mut behind = vec![Vec::new(); plan.jobs.len()];
        let mut open = vec![0; plan.jobs.len()];
        for (i, job) in plan.jobs.iter().enumerate() {
            for need in job.needs.iter().filter_map(|n| places.get(n.as_str())) {
                behind[*need].push(i);
                open[i] += 1;
            }
        }
        let free = (0..open.len()).filter(|i| open[*i] == 0);
        let ready = free.map(|i| Reverse((Moment::default(), i))).collect();
        Self { ready, behind, open }
    }

    /// The next job, and when it is ready.
    pub(super) fn next(&mut self) -> Option<(usize, Moment)> {
        self.ready.pop().map(|Reverse((moment, index))| (index, moment))
    }

    /// A job has ended: those that wait for nothing else now.
    pub(super) fn done(&mut self, index: usize) -> Vec<usize> {
        let mut free = Vec::new();
        for i in std::mem::take(&mut self.behind[index]) {
            self.open[i] -= 1;
            if self.open[i] == 0 {
                free.push(i);
            }
        }
        free
    }

    /// A job that waits for nothing else is ready at that moment.
    pub(super) fn add(&mut self, index: usize, ready: Moment) {
        self.ready.push(Reverse((ready, index)));
    }
}
