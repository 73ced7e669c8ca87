//! `#[circuit]` above and below the loops: the order of the lines is the order of nesting, and a refusal is no attempt.

use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{Alarm, CircuitOpen, TimedOut, asyncbackoff, circuit, circuits, poll, retry};

#[derive(Debug, PartialEq)]
enum Error {
    Down(u32),
    Refused(Option<Duration>),
    TimedOut(TimedOut),
    Rang,
}

impl From<CircuitOpen> for Error {
    fn from(open: CircuitOpen) -> Self {
        Self::Refused(open.retry_after())
    }
}

impl From<TimedOut> for Error {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}

impl From<Alarm<u32>> for Error {
    fn from(_: Alarm<u32>) -> Self {
        Self::Rang
    }
}

const SECOND: Duration = Duration::from_secs(1);

fn down(calls: &mut u32) -> Result<u32, Error> {
    *calls += 1;
    Err(Error::Down(*calls))
}

#[retry(times = 5, interval = 1s)]
#[circuit(failure_threshold = 2)]
fn retry_over_circuit(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[retry(times = 5, interval = 1s)]
#[circuit(failure_threshold = 2)]
async fn retry_over_circuit_async(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_no_attempt_and_leaves_the_last_real_error() {
    let clock = ManualClock::install();
    let mut calls = 0;
    assert_eq!(retry_over_circuit(&mut calls), Err(Error::Down(2)));
    assert_eq!((calls, clock.elapsed()), (2, 2 * SECOND));
    assert_eq!(
        retry_over_circuit(&mut calls),
        Err(Error::Refused(Some(29 * SECOND))),
        "there was no real error"
    );
    assert_eq!((calls, clock.elapsed()), (2, 2 * SECOND), "it ends at once");
    drop(clock);

    let mut calls = 0;
    assert_eq!(retry_over_circuit_async(&mut calls).await, Err(Error::Down(2)));
    assert!(matches!(retry_over_circuit_async(&mut calls).await, Err(Error::Refused(_))));
    assert_eq!(calls, 2);
}

#[retry(times = 5, interval = 1s, deadline = 2min)]
#[circuit(failure_threshold = 2, recovery_timeout = 30s)]
fn waits_out(calls: &mut u32) -> Result<u32, Error> {
    if *calls == 2 { Ok(7) } else { down(calls) }
}

#[asyncbackoff(deadline = 2min, pause = 1s, on = |_| true)]
#[circuit(failure_threshold = 2, recovery_timeout = 30s)]
async fn waits_out_async(calls: &mut u32) -> Result<u32, Error> {
    if *calls == 2 { Ok(7) } else { down(calls) }
}

#[retry(times = 5, interval = 1s, deadline = 20s)]
#[circuit(failure_threshold = 2, recovery_timeout = 30s)]
fn cannot_wait(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[tokio::test(start_paused = true)]
async fn a_retry_with_a_deadline_waits_a_refusal_out_exactly_if_it_fits() {
    let clock = ManualClock::install();
    assert_eq!(waits_out(&mut 0), Ok(7));
    // Failures at 0 s and 1 s, the refusal at 2 s, the trial at 31 s.
    assert_eq!(clock.elapsed(), 31 * SECOND);
    assert_eq!(cannot_wait(&mut 0), Err(Error::Down(2)));
    drop(clock);

    let start = tokio::time::Instant::now();
    assert_eq!(waits_out_async(&mut 0).await, Ok(7));
    assert_eq!(start.elapsed(), 31 * SECOND);
}

#[poll(until(7), ignore = |_| true, interval = 1s, timeout = 1min)]
#[circuit(failure_threshold = 2, recovery_timeout = 30s)]
fn poll_over_circuit(calls: &mut u32) -> Result<u32, Error> {
    if *calls == 2 { Ok(7) } else { down(calls) }
}

#[poll(until(7), ignore = |_| true, interval = 1s, timeout = 10s)]
#[circuit(failure_threshold = 2, recovery_timeout = 30s)]
async fn poll_has_no_time(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[tokio::test(start_paused = true)]
async fn a_poll_waits_a_refusal_out_within_its_timeout() {
    let clock = ManualClock::install();
    assert_eq!(poll_over_circuit(&mut 0), Ok(7));
    assert_eq!(clock.elapsed(), 31 * SECOND);
    drop(clock);
    assert_eq!(poll_has_no_time(&mut 0).await, Err(Error::Refused(Some(29 * SECOND))));
}

#[circuit(name = "whole", failure_threshold = 2)]
#[retry(times = 3, interval = 0s)]
fn circuit_over_retry(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[tokio::test]
async fn below_a_circuit_all_attempts_are_one_call() {
    let mut calls = 0;
    assert_eq!(circuit_over_retry(&mut calls), Err(Error::Down(3)));
    assert_eq!(circuits().get("whole").unwrap().failure_count(), 1);
    assert_eq!(circuit_over_retry(&mut calls), Err(Error::Down(6)));
    assert!(matches!(circuit_over_retry(&mut calls), Err(Error::Refused(Some(_)))));
    assert_eq!(calls, 6);
}

#[retry(times = 4, interval = 0s)]
#[retry(times = 4, interval = 0s)]
#[circuit(name = "outer", failure_threshold = 100)]
#[circuit(name = "inner", failure_threshold = 3)]
async fn all_together(calls: &mut u32) -> Result<u32, Error> {
    tokio::task::yield_now().await;
    down(calls)
}

#[tokio::test]
async fn a_refusal_ends_every_loop_above_it_and_is_nothing_to_a_circuit_above_it() {
    let mut calls = 0;
    assert_eq!(all_together(&mut calls).await, Err(Error::Down(3)));
    assert_eq!(calls, 3);
    assert_eq!(circuits().get("outer").unwrap().failure_count(), 3);
    assert_eq!(circuits().get("inner").unwrap().failure_count(), 3);
}

#[retry(times = 3, interval = 0s)]
#[circuit(failure_threshold = 1, fallback = |_| Ok(9))]
fn fallback_below_retry(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[test]
fn a_fallback_is_a_result_and_not_a_refusal() {
    let mut calls = 0;
    assert_eq!(fallback_below_retry(&mut calls), Ok(9));
    assert_eq!(calls, 1);
}
