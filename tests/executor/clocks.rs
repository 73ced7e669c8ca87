//! A thread with a manual clock: the executor follows tokio's, as its timers do.

use std::future::pending;

use resilience::PollFailure;
use resilience::testing::{self, ManualClock};
use tokio::time::{Instant, sleep};

use crate::{Executor, Service, job, ms, secs, soon};

#[tokio::test(start_paused = true)]
async fn polls_come_at_their_interval_though_a_manual_clock_stands_still() {
    let _clock = ManualClock::install();
    let service = Service::new();
    let executor = service.start(Executor::builder().batch_window(ms(100)));
    let first = executor.submit(job(1));
    sleep(secs(16)).await;
    assert_eq!(service.times(), [100, 5_100, 10_100, 15_100].map(ms));
    drop(first);
}

#[tokio::test(start_paused = true)]
async fn time_limits_hold_though_a_manual_clock_stands_still_and_are_not_passed_when_it_moves() {
    let clock = ManualClock::install();
    let builder = Executor::builder().submit_timeout(secs(2)).poll_timeout(secs(3)).default_interval(secs(1));
    let executor = builder.start(|_| pending());
    let start = Instant::now();
    let hangs = executor.submit(pending());
    let polled = executor.submit(job(1));
    clock.advance(secs(1000));
    assert_eq!((soon(hangs).await, start.elapsed()), (Err(PollFailure::SubmitTimedOut), secs(2)));
    sleep(secs(2)).await;
    let metrics = executor.metrics();
    assert_eq!((metrics.poll_failures, metrics.poll_time), (1, secs(3)));
    drop(polled);
}

#[tokio::test(start_paused = true)]
async fn time_limits_are_not_passed_when_a_test_scope_skips_the_waits_of_retries() {
    let scope = testing::scope();
    scope.no_waits();
    let builder = Executor::builder().submit_timeout(secs(2)).poll_timeout(secs(3)).default_interval(secs(1));
    let executor = builder.start(|_| pending());
    assert!(fails().await.is_err());
    let start = Instant::now();
    let hangs = executor.submit(pending());
    let polled = executor.submit(job(1));
    assert_eq!((soon(hangs).await, start.elapsed()), (Err(PollFailure::SubmitTimedOut), secs(2)));
    sleep(secs(2)).await;
    let metrics = executor.metrics();
    assert_eq!((metrics.poll_failures, metrics.poll_time), (1, secs(3)));
    drop(polled);
}

#[resilience::retry(times = 3, interval = 1000s)]
async fn fails() -> Result<(), &'static str> {
    Err("not now")
}
