//! Batch polling: polls, and the remaining jobs.

use std::convert::Infallible;
use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilience::{Batch, PollExecutor, PollHandle, PollNext};

use crate::scrape::{Scrape, installed};

#[tokio::test(start_paused = true)]
async fn polls_of_an_executor_are_counted_and_its_jobs_are_a_gauge() {
    installed();
    let executor = PollExecutor::builder()
        .name("metered batches")
        .default_interval(Duration::from_secs(1))
        // Each poll finishes one job.
        .start(|batch: Batch<u32, u32, Infallible>| {
            let first = batch.into_iter().next().expect("nothing is not polled");
            let number = *first.result();
            first.yield_result(number);
            ready(Ok(PollNext::Default))
        });
    let name = [("name", "metered batches")];
    let left = || Scrape::now().value("resilience_batch_jobs", &name);
    let jobs = [1, 2, 3].map(|job| executor.submit(ready(Ok::<_, Infallible>(job))));
    let mut seen = Vec::new();
    for job in jobs {
        job.await.unwrap();
        seen.push(left());
    }
    assert_eq!(seen, [Some(2.0), Some(1.0), Some(0.0)]);
    let scrape = Scrape::now();
    assert_eq!(scrape.value("resilience_batch_polls_total", &name), Some(3.0));
    assert_eq!(scrape.value("resilience_batch_poll_duration_seconds_count", &name), Some(3.0));
}

/// An executor whose polls finish no job.
fn waiting(name: &'static str) -> PollExecutor<u32, u32, Infallible> {
    PollExecutor::builder()
        .name(name)
        .default_interval(Duration::from_secs(1))
        .start(|_: Batch<u32, u32, Infallible>| ready(Ok(PollNext::Default)))
}

/// Submits jobs and waits until a poll has seen all of them.
async fn polled(
    executor: &PollExecutor<u32, u32, Infallible>,
    jobs: u32,
) -> Vec<PollHandle<u32, Infallible>> {
    let handles = (0..jobs).map(|job| executor.submit(ready(Ok(job)))).collect();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    handles
}

fn left(name: &str) -> Option<f64> {
    Scrape::now().value("resilience_batch_jobs", &[("name", name)])
}

#[tokio::test(start_paused = true)]
async fn the_gauge_of_jobs_falls_when_they_are_cancelled_between_two_polls() {
    installed();
    let executor = waiting("cancelled jobs");
    let handles = polled(&executor, 3).await;
    assert_eq!(left("cancelled jobs"), Some(3.0));
    for (handle, expected) in handles.iter().zip([2.0, 1.0, 0.0]) {
        assert!(handle.cancel().await);
        assert_eq!(left("cancelled jobs"), Some(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn the_gauge_of_jobs_is_zero_after_a_shutdown_and_when_the_executor_is_dropped() {
    installed();
    let executor = waiting("jobs of one that is shut down");
    let _handles = polled(&executor, 3).await;
    assert_eq!(left("jobs of one that is shut down"), Some(3.0));
    executor.shutdown().await;
    assert_eq!(left("jobs of one that is shut down"), Some(0.0));

    let executor = waiting("jobs of one that is dropped");
    let _handles = polled(&executor, 2).await;
    assert_eq!(left("jobs of one that is dropped"), Some(2.0));
    drop(executor);
    assert_eq!(left("jobs of one that is dropped"), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_finished_outside_of_a_poll_leaves_the_gauge() {
    installed();
    let kept = Arc::new(Mutex::new(None));
    let keeps = Arc::clone(&kept);
    let executor = PollExecutor::builder().name("kept jobs").default_interval(Duration::from_secs(1)).start(
        move |batch: Batch<u32, u32, Infallible>| {
            *keeps.lock().unwrap() = Some(batch);
            ready(Ok(PollNext::Default))
        },
    );
    let _handles = polled(&executor, 1).await;
    assert_eq!(left("kept jobs"), Some(1.0));
    let batch = kept.lock().unwrap().take().expect("it was polled");
    batch.into_iter().for_each(|job| job.yield_result(1));
    assert_eq!(left("kept jobs"), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn executors_of_one_name_share_a_gauge_that_counts_the_jobs_of_both() {
    installed();
    let (one, other) = (waiting("two of a name"), waiting("two of a name"));
    let _handles = (polled(&one, 2).await, polled(&other, 3).await);
    assert_eq!(left("two of a name"), Some(5.0));
    one.shutdown_now();
    assert_eq!(left("two of a name"), Some(3.0));
}
