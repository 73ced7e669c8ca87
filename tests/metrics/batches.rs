//! Batch polling: polls, and the jobs that are left.

use std::convert::Infallible;
use std::future::ready;
use std::time::Duration;

use resilience::{Batch, PollExecutor, PollNext};

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
