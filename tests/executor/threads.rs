//! Many concurrent threads, on a multi-threaded runtime.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use resilience::{PollExecutor, PollFailure, PollNext};

type Executor = PollExecutor<u32, u32, u32>;

/// Some that yield, some that fail, some that stay; every tenth poll fails.
fn start(shown_after_end: Arc<AtomicU64>) -> Executor {
    let mut polls = 0_u32;
    Executor::builder()
        .max_in_flight(7)
        .default_interval(Duration::from_micros(50))
        .cancel_with(async |id| id % 3 != 0)
        .start(move |batch| {
            polls += 1;
            let (fails, shown_after_end) = (polls % 10 == 0, Arc::clone(&shown_after_end));
            async move {
                let mut seen: Vec<u32> = batch.iter().map(|job| *job.result()).collect();
                seen.sort_unstable();
                let jobs = seen.len();
                seen.dedup();
                shown_after_end.fetch_add((jobs - seen.len()) as u64, Relaxed);
                tokio::task::yield_now().await;
                for job in batch {
                    match job.result() % 4 {
                        0 => job.yield_result(*job.result()),
                        1 => job.yield_error(*job.result()),
                        _ => {}
                    }
                }
                if fails { Err(polls) } else { Ok(PollNext::Default) }
            }
        })
}

#[derive(Default)]
struct Counts {
    results: AtomicU32,
    failures: AtomicU32,
    cancelled: AtomicU32,
    shut_down: AtomicU32,
}

impl Counts {
    fn count(&self, id: u32, outcome: &Result<u32, PollFailure<u32>>) {
        let count = match outcome {
            Ok(result) => {
                assert_eq!(*result, id, "it is another job's");
                &self.results
            }
            Err(PollFailure::Cancelled) => &self.cancelled,
            Err(PollFailure::ShutDown) => &self.shut_down,
            Err(PollFailure::Yielded(error)) => {
                assert_eq!(*error, id, "it is another job's");
                &self.failures
            }
            Err(_) => &self.failures,
        };
        count.fetch_add(1, Relaxed);
    }
}

#[test]
fn every_handle_is_resolved_once_whoever_submits_cancels_drops_and_shuts_down_at_once() {
    const TASKS: u32 = 8;
    const JOBS: u32 = 400;
    for round in 0..4 {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("one");
        runtime.block_on(async {
            let (twice, counts) = (Arc::new(AtomicU64::new(0)), Arc::new(Counts::default()));
            let executor = start(Arc::clone(&twice));
            let dropped = Arc::new(AtomicU32::new(0));
            let tasks: Vec<_> = (0..TASKS)
                .map(|task| {
                    let (executor, counts) = (executor.clone(), Arc::clone(&counts));
                    let dropped = Arc::clone(&dropped);
                    tokio::spawn(async move {
                        let mut waiting = Vec::new();
                        for number in 0..JOBS {
                            let id = task * JOBS + number;
                            let handle = match number % 5 {
                                0 => executor.submit_blocking(move || Ok(id)),
                                1 => executor.submit(async move {
                                    tokio::task::yield_now().await;
                                    if number % 2 == 0 { Ok(id) } else { Err(id) }
                                }),
                                _ => executor.submit(async move { Ok(id) }),
                            };
                            match number % 7 {
                                0 => {
                                    drop(handle);
                                    dropped.fetch_add(1, Relaxed);
                                }
                                1 | 2 => {
                                    let agreed = handle.cancel().await;
                                    let outcome = if agreed || number % 2 == 0 {
                                        handle.await
                                    } else {
                                        waiting.push((id, handle));
                                        continue;
                                    };
                                    assert!(!agreed || outcome == Err(PollFailure::Cancelled));
                                    counts.count(id, &outcome);
                                }
                                3 => counts.count(id, &handle.await),
                                _ => waiting.push((id, handle)),
                            }
                            if number == JOBS / 2 && task == round {
                                executor.notify();
                            }
                            // In every other round it ends in the middle.
                            if round % 2 == 1 && number == JOBS / 2 && task == 0 {
                                executor.shutdown().await;
                            }
                        }
                        for (id, handle) in waiting {
                            counts.count(id, &handle.await);
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.expect("no panic");
            }
            executor.shutdown().await;
            let metrics = executor.metrics();
            let of = |count: &AtomicU32| count.load(Relaxed);
            let told =
                of(&counts.results) + of(&counts.failures) + of(&counts.cancelled) + of(&counts.shut_down);
            assert_eq!(told + of(&dropped), TASKS * JOBS);
            assert_eq!(metrics.submitted, metrics.resolved + metrics.failed + metrics.cancelled);
            assert!(metrics.submitted == u64::from(TASKS * JOBS) || round % 2 == 1);
            assert!(metrics.resolved >= u64::from(of(&counts.results)));
            assert!(metrics.cancelled == u64::from(of(&counts.cancelled)), "each was told of it");
            assert_eq!((executor.len(), metrics.queued, twice.load(Relaxed)), (0, 0, 0));
        });
    }
}
