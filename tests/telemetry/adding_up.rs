//! Many calls of many tasks: the events that listeners receive, and the statistics.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use resilience::telemetry::{self, CallOutcome, Event};

use crate::script::Error;

const NAME: &str = "adding up";
const TASKS: u64 = 100;

/// How many calls there are in all. `.ci/deep` makes a million.
fn calls() -> u64 {
    std::env::var("RESILIENCE_CALLS").ok().and_then(|calls| calls.parse().ok()).unwrap_or(100_000)
}

/// Fails so many times, and goes on without end if there are none left and it `hangs`.
#[resilience::retry(times = 3, interval = 0s, name = "adding up", stats = "adding up")]
async fn counted(fails: &mut u64, hangs: bool) -> Result<(), Error> {
    if *fails > 0 {
        *fails -= 1;
        return Err(Error::Busy);
    }
    if hangs {
        std::future::pending::<()>().await;
    }
    Ok(())
}

/// Polls a call once, and drops it.
async fn drop_in_first_attempt() {
    let mut fails = 0;
    let mut call = pin!(counted(&mut fails, true));
    let polled = std::future::poll_fn(|context| Poll::Ready(call.as_mut().poll(context)));
    assert!(polled.await.is_pending());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_of_many_tasks_add_up() {
    static HEARD: [AtomicU64; 6] = [const { AtomicU64::new(0) }; 6];
    let id = telemetry::listen(|event| {
        let place = match event {
            Event::Attempt(attempt) if attempt.site().name() == NAME => 0,
            Event::Call(call) if call.site().name() == NAME => match call.outcome() {
                CallOutcome::FirstTry => 1,
                CallOutcome::AfterRetry => 2,
                CallOutcome::GaveUp(_) => 3,
                CallOutcome::Cancelled => 4,
                _ => 5,
            },
            _ => return,
        };
        HEARD[place].fetch_add(1, Ordering::Relaxed);
    });
    // Of five calls, one succeeds at once, two later, one fails and one is dropped.
    let each = calls() / TASKS / 5;
    let tasks = (0..TASKS).map(|_| {
        tokio::spawn(async move {
            for _ in 0..each {
                for fails in 0..4 {
                    assert_eq!(counted(&mut { fails }, false).await.is_ok(), fails < 3);
                }
                drop_in_first_attempt().await;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    telemetry::unlisten(id);
    let fifth = TASKS * each;
    let heard = HEARD.each_ref().map(|count| count.load(Ordering::Relaxed));
    assert_eq!(heard, [6 * fifth, fifth, 2 * fifth, fifth, fifth, 0]);
    let stats = telemetry::stats(NAME).unwrap();
    assert_eq!((stats.calls(), stats.attempts()), (5 * fifth, 10 * fifth));
    assert_eq!((stats.successes(), stats.errors()), (3 * fifth, 6 * fifth));
    assert_eq!((stats.cancelled(), stats.gave_up(), stats.timeouts()), (fifth, fifth, 0));
}
