//! Work of one command on several threads.

use std::sync::atomic::{AtomicUsize, Ordering};

/// More threads than this gain nothing that a person would notice.
const MOST: usize = 8;

/// Does the work for every task and gives the results in the tasks' order. Each of the threads, this one among them,
/// takes the next task as soon as it is free, so long tasks go first.
pub(super) fn side_by_side<T: Sync, R: Send>(
    tasks: &[T],
    threads: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let lane = || {
        let mut done = Vec::new();
        while let index = next.fetch_add(1, Ordering::Relaxed)
            && let Some(task) = tasks.get(index)
        {
            done.push((index, work(task)));
        }
        done
    };
    let mut all = std::thread::scope(|scope| {
        // Where no thread is to be had, the others and this one do its work.
        let start = |_| std::thread::Builder::new().spawn_scoped(scope, lane).ok();
        let others: Vec<_> = (1..threads.min(MOST)).filter_map(start).collect();
        let mut all = lane();
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_tasks() {
        let tasks: Vec<usize> = (0..100).collect();
        for threads in [0, 1, 3, 1000] {
            let done = side_by_side(&tasks, threads, |n| n * 2);
            assert_eq!(done, tasks.iter().map(|n| n * 2).collect::<Vec<_>>(), "{threads} threads");
        }
        assert!(side_by_side(&[], 4, |n: &usize| *n).is_empty());
    }
}
