//! Calls: counters and histograms.

use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{CircuitBreaker, CircuitConfig, CircuitOpen, TimedOut, circuit, poll, retry};

use crate::scrape::{Scrape, installed};
use crate::server;

const CALLS: &str = "resilience_calls_total";

#[retry(times = 3, interval = 500ms, name = "scraped")]
async fn scraped(fails: &mut u32) -> Result<(), &'static str> {
    if *fails == 0 {
        return Ok(());
    }
    *fails -= 1;
    Err("busy")
}

#[tokio::test]
async fn the_scraped_counters_are_equal_to_the_calls_made() {
    let address = server::serve(installed().clone()).await.unwrap();
    tokio::time::pause();
    for fails in [0, 0, 0, 0, 1, 2, 2, 3, 9] {
        let _ = scraped(&mut { fails }).await;
    }
    // A call that is dropped while it waits.
    let dropped = tokio::time::timeout(Duration::from_millis(100), scraped(&mut 9)).await;
    assert!(dropped.is_err());
    tokio::time::resume();
    let scrape = Scrape::from(address).await;
    let site = [("name", "scraped"), ("kind", "retry")];
    let outcomes = [("after_retry", 3.0), ("cancelled", 1.0), ("first_try", 4.0), ("gave_up", 2.0)];
    assert_eq!(scrape.by(CALLS, "outcome", &site), outcomes.map(|(outcome, calls)| (outcome.into(), calls)));
    assert_eq!(scrape.types[CALLS], "counter");

    let of = |name| scrape.value(name, &site);
    assert_eq!(of("resilience_call_attempts_count"), Some(10.0));
    assert_eq!(of("resilience_call_attempts_sum"), Some(4.0 + 2.0 + 3.0 + 3.0 + 3.0 + 3.0 + 1.0));
    assert_eq!(of("resilience_retry_wait_seconds_count"), Some(1.0 + 4.0 * 2.0 + 1.0));
    assert_eq!(of("resilience_retry_wait_seconds_sum"), Some(5.0));
    assert_eq!(of("resilience_call_duration_seconds_count"), Some(10.0));
    let took = of("resilience_call_duration_seconds_sum").unwrap();
    assert!((4.6..4.7).contains(&took), "nine waits of 500 ms, and the 100 ms of the dropped call: {took}");
    assert_eq!(scrape.types["resilience_call_duration_seconds"], "histogram");
    let quick = [("name", "scraped"), ("kind", "retry"), ("le", "0.25")];
    assert_eq!(scrape.value("resilience_call_duration_seconds_bucket", &quick), Some(5.0));
}

#[derive(Debug, PartialEq)]
struct Down;

impl From<CircuitOpen> for Down {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

impl From<TimedOut> for Down {
    fn from(_: TimedOut) -> Self {
        Self
    }
}

static DOWN: CircuitBreaker = CircuitBreaker::new(
    "waited for",
    CircuitConfig::new().failure_threshold(1).recovery_timeout(Duration::from_secs(5)),
);

#[retry(times = 9, interval = 1s, deadline = 60s, name = "retries when it closes")]
#[circuit(breaker = DOWN)]
fn retries_when_it_closes() -> Result<(), Down> {
    Ok(())
}

#[poll(until = |()| true, timeout = 60s, name = "polls when it closes")]
#[circuit(breaker = DOWN)]
fn polls_when_it_closes() -> Result<(), Down> {
    Ok(())
}

#[test]
fn a_wait_for_an_open_circuit_is_a_wait() {
    installed();
    let _clock = ManualClock::install();
    for (kind, call) in [("retry", retries_when_it_closes as fn() -> _), ("poll", polls_when_it_closes)] {
        DOWN.try_acquire().unwrap().failure();
        call().unwrap();
        let name = if kind == "retry" { "retries when it closes" } else { "polls when it closes" };
        let (scrape, site) = (Scrape::now(), [("name", name), ("kind", kind)]);
        let wait = |of| scrape.value(&format!("resilience_retry_wait_seconds_{of}"), &site);
        assert_eq!((wait("count"), wait("sum")), (Some(1.0), Some(5.0)), "{name}");
    }
}

#[retry(name = "never called")]
fn never_called() -> Result<(), &'static str> {
    Ok(())
}

#[test]
fn a_site_that_was_never_called_has_counters_at_zero() {
    installed();
    let labels = [("name", "never called"), ("kind", "retry"), ("outcome", "gave_up")];
    assert_eq!(Scrape::now().value(CALLS, &labels), Some(0.0), "so that the first one is an increase");
    assert!(never_called().is_ok());
}

#[poll(until = |n: &u32| *n == 3, interval = 1s, name = "polled")]
fn polled(n: &mut u32) -> Result<u32, resilience::TimedOut> {
    *n += 1;
    Ok(*n)
}

#[test]
fn the_waits_of_a_poll_are_among_the_waits() {
    installed();
    let _clock = ManualClock::install();
    assert_eq!(polled(&mut 0).unwrap(), 3);
    let site = [("name", "polled"), ("kind", "poll")];
    assert_eq!(Scrape::now().value("resilience_retry_wait_seconds_sum", &site), Some(2.0));
}

#[test]
fn a_function_form_is_a_site_from_its_first_call() {
    installed();
    let ask = || resilience::retry(|| Ok::<_, &str>(1)).name("form of metrics").call();
    assert_eq!(ask().unwrap() + ask().unwrap(), 2);
    let labels = [("name", "form of metrics"), ("kind", "function"), ("outcome", "first_try")];
    assert_eq!(Scrape::now().value(CALLS, &labels), Some(2.0));
}

#[retry(times = 3, interval = 0s, name = "counted by many")]
async fn counted(fails: &mut u32) -> Result<(), &'static str> {
    if *fails == 0 {
        return Ok(());
    }
    *fails -= 1;
    Err("busy")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn counters_of_many_tasks_add_up_and_a_second_install_counts_nothing_twice() {
    const TASKS: u32 = 64;
    const CALLS_OF_EACH: u32 = 1_000;
    installed();
    resilience::metrics::install();
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            tokio::spawn(async {
                for call in 0..CALLS_OF_EACH {
                    let _ = counted(&mut (call % 4)).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let quarter = f64::from(TASKS * CALLS_OF_EACH / 4);
    let outcomes = [("after_retry", 2.0 * quarter), ("first_try", quarter), ("gave_up", quarter)];
    let found = Scrape::now().by(CALLS, "outcome", &[("name", "counted by many")]);
    assert_eq!(found, outcomes.map(|(outcome, calls)| (outcome.into(), calls)));
}
