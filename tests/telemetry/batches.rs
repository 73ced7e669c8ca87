//! Polls of batches.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use resilience::telemetry::{self, BatchOutcome, Event};
use resilience::{Batch, PollExecutor, PollNext};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn each_poll_is_told_with_its_jobs_and_their_results_after_it_and_without_a_lock() {
    const NAME: &str = "told batches";
    let executor = Arc::new(OnceLock::<PollExecutor<u32, u32, &str>>::new());
    let (told, used) = (Arc::new(Mutex::new(Vec::new())), Arc::clone(&executor));
    let kept = Arc::clone(&told);
    let id = telemetry::listen(move |event| {
        if let Event::Batch(batch) = event {
            if batch.executor() == NAME {
                // It may use the executor that it is told of.
                let polls = used.get().map(|executor| executor.metrics().polls);
                kept.lock().unwrap().push((
                    batch.jobs(),
                    batch.resolved(),
                    batch.elapsed(),
                    polls,
                    batch.outcome(),
                ));
            }
        }
    });
    let mut polls = 0;
    let made = PollExecutor::builder().name(NAME).default_interval(SECOND).poll_timeout(2 * SECOND).start(
        move |batch: Batch<u32, u32, &'static str>| {
            polls += 1;
            async move {
                tokio::time::sleep(SECOND).await;
                match polls {
                    1 => batch.iter().take(2).for_each(|job| job.yield_result(*job.result())),
                    2 => return Err("no answer"),
                    3 => panic!("by script"),
                    _ => std::future::pending().await,
                }
                Ok(PollNext::Default)
            }
        },
    );
    executor.get_or_init(|| made.clone());
    let submit = |job| made.submit(async move { Ok(job) });
    let mut jobs: Vec<_> = (0..3).map(submit).collect();
    assert!(jobs.pop().unwrap().await.is_err(), "the second poll fails");
    assert!(submit(4).await.is_err(), "the third one panics");
    let hangs = submit(5);
    tokio::time::sleep(3 * SECOND).await;
    telemetry::unlisten(id);
    drop(hangs);
    let told = told.lock().unwrap();
    let polled: Vec<_> =
        told.iter().map(|(jobs, resolved, _, polls, outcome)| (*jobs, *resolved, *polls, *outcome)).collect();
    let (polled, expected) = (
        polled.as_slice(),
        [
            (3, 2, Some(1), BatchOutcome::Polled),
            (1, 0, Some(2), BatchOutcome::Failed),
            (1, 0, Some(3), BatchOutcome::Panicked),
            (1, 0, Some(4), BatchOutcome::TimedOut),
        ],
    );
    assert_eq!(polled, expected);
    assert!(told[..3].iter().all(|(_, _, elapsed, _, _)| *elapsed == SECOND), "{told:?}");
}
