//! `#[circuit]` above and below the loops: the order of the lines is the order of nesting, and a rejection is not an
//! attempt.

use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{
    Alarm, CircuitBreaker, CircuitConfig, CircuitOpen, TimedOut, asyncbackoff, asyncretry, circuit, circuits,
    poll, retry,
};

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
    assert_eq!((calls, clock.elapsed()), (2, SECOND));
    assert_eq!(
        retry_over_circuit(&mut calls),
        Err(Error::Refused(Some(30 * SECOND))),
        "there was no real error"
    );
    assert_eq!((calls, clock.elapsed()), (2, SECOND), "it ends at once");
    drop(clock);

    let mut calls = 0;
    assert_eq!(retry_over_circuit_async(&mut calls).await, Err(Error::Down(2)));
    assert!(matches!(retry_over_circuit_async(&mut calls).await, Err(Error::Refused(_))));
    assert_eq!(calls, 2);
}

#[retry(times = 5, interval = 1s, on_error = |_, attempt| {
    waits.push(attempt.wait);
    breaker.force_open();
})]
#[circuit(breaker = breaker)]
fn opened_in_the_wait(breaker: &CircuitBreaker, waits: &mut Vec<Option<Duration>>) -> Result<u32, Error> {
    Err(Error::Down(1))
}

#[test]
fn a_refusal_after_the_wait_ends_the_loop_with_the_last_real_error() {
    let clock = ManualClock::install();
    let (breaker, mut waits) = (CircuitBreaker::new("given", CircuitConfig::new()), Vec::new());
    assert_eq!(opened_in_the_wait(&breaker, &mut waits), Err(Error::Down(1)));
    assert_eq!((waits, clock.elapsed()), (vec![Some(SECOND)], SECOND), "the refusal is no attempt");
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
    // Failures at 0 s and 1 s, the trial at 31 s.
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
    let mut calls = 0;
    assert_eq!(poll_has_no_time(&mut calls).await, Err(Error::Down(2)), "the last real error");
    assert_eq!(
        poll_has_no_time(&mut calls).await,
        Err(Error::Refused(Some(30 * SECOND))),
        "there was no real error"
    );
    assert_eq!(calls, 2);
}

#[retry(times = 2, interval = 0s)]
#[retry(times = 2, interval = 0s)]
#[circuit(failure_threshold = 3)]
fn retries_over_circuit(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[asyncbackoff(deadline = 1s, pause = 0ms, max_tries = 2, on = |_| true)]
#[retry(times = 2, interval = 0s)]
#[circuit(failure_threshold = 3)]
async fn limits_over_circuit(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[poll(until(7), ignore = |_| true, interval = 0s, timeout = 1s)]
#[retry(times = 2, interval = 0s)]
#[circuit(failure_threshold = 3)]
async fn poll_over_retry_over_circuit(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[tokio::test(start_paused = true)]
async fn the_last_real_error_is_the_newest_one_of_all_loops_above_the_circuit() {
    assert_eq!(retries_over_circuit(&mut 0), Err(Error::Down(3)));
    assert_eq!(limits_over_circuit(&mut 0).await, Err(Error::Down(3)));
    assert_eq!(poll_over_retry_over_circuit(&mut 0).await, Err(Error::Down(3)));
}

#[retry(times = 2, interval = 1s, deadline = 10min, on_error = |_, attempt| heard.push(attempt.number))]
#[retry(times = 2, interval = 1s)]
#[circuit(failure_threshold = 1, recovery_timeout = 30s)]
fn fails_and_is_refused(calls: &mut u32, heard: &mut Vec<u32>) -> Result<u32, Error> {
    down(calls)
}

#[retry(times = 5, deadline = 10min, giveup(Error::Down(_)))]
#[retry(times = 2, interval = 1s)]
#[circuit(failure_threshold = 1, recovery_timeout = 30s)]
fn gives_up(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[poll(until(7), timeout = 10min)]
#[retry(times = 2, interval = 1s)]
#[circuit(failure_threshold = 1, recovery_timeout = 30s)]
fn poll_ends_with_an_error(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[poll(until(7), times = 2, ignore = |_| true, timeout = 10min)]
#[retry(times = 2, interval = 1s)]
#[circuit(failure_threshold = 1, recovery_timeout = 30s)]
async fn poll_counts(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[tokio::test(start_paused = true)]
async fn what_a_refused_loop_brings_from_an_attempt_is_judged_as_a_failure_that_waits_for_the_circuit() {
    let clock = ManualClock::install();
    let (mut calls, mut heard) = (0, Vec::new());
    assert_eq!(fails_and_is_refused(&mut calls, &mut heard), Err(Error::Down(2)));
    // At 0 s a failure, at 30 s the trial.
    assert_eq!((calls, heard, clock.elapsed()), (2, vec![1, 2], 30 * SECOND));
    assert_eq!(gives_up(&mut 0), Err(Error::Down(1)));
    assert_eq!(poll_ends_with_an_error(&mut 0), Err(Error::Down(1)));
    assert_eq!(clock.elapsed(), 30 * SECOND);
    drop(clock);

    let mut calls = 0;
    assert!(matches!(poll_counts(&mut calls).await, Err(Error::TimedOut(_))));
    assert_eq!(calls, 2);
}

#[circuit(name = "over a refusal")]
#[retry(times = 2, interval = 0s)]
#[circuit(failure_threshold = 1)]
fn circuit_over_a_loop_that_is_refused(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[test]
fn a_circuit_judges_the_real_error_that_a_refused_loop_ends_with_and_not_a_refusal() {
    let outer = || circuits().get("over a refusal").unwrap();
    let mut calls = 0;
    assert_eq!(circuit_over_a_loop_that_is_refused(&mut calls), Err(Error::Down(1)));
    assert_eq!(outer().failure_count(), 1, "the call failed, before it was refused");
    assert!(matches!(circuit_over_a_loop_that_is_refused(&mut calls), Err(Error::Refused(_))));
    assert_eq!(outer().failure_count(), 1, "the call was nothing but refused");
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

// Each loop, over and under a circuit.

#[circuit(failure_threshold = 2)]
#[poll(until(9), ignore = |_| true, timeout = 2s, interval = 1s)]
fn circuit_over_poll(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[circuit(failure_threshold = 2)]
#[poll(until(9), ignore = |_| true, timeout = 2s, interval = 1s)]
async fn circuit_over_poll_async(calls: &mut u32) -> Result<u32, Error> {
    tokio::task::yield_now().await;
    down(calls)
}

#[circuit(failure_threshold = 2)]
#[asyncbackoff(attempt_timeout = 1s, deadline = 3s, pause = 1s)]
async fn circuit_over_asyncbackoff(calls: &mut u32) -> Result<u32, Error> {
    *calls += 1;
    std::future::pending().await
}

#[circuit(failure_threshold = 2)]
#[asyncretry(3)]
async fn circuit_over_asyncretry(calls: &mut u32) -> Result<u32, Error> {
    tokio::task::yield_now().await;
    down(calls)
}

#[tokio::test(start_paused = true)]
async fn above_a_loop_a_circuit_counts_whole_calls_whatever_ended_them() {
    let clock = ManualClock::install();
    let mut calls = 0;
    for attempts in [3, 6] {
        let Err(Error::TimedOut(_)) = circuit_over_poll(&mut calls) else {
            panic!("errors mean \"not yet\"")
        };
        assert_eq!(calls, attempts);
    }
    assert_eq!(circuit_over_poll(&mut calls), Err(Error::Refused(Some(30 * SECOND))));
    drop(clock);

    let mut calls = 0;
    for attempts in [3, 6] {
        let Err(Error::TimedOut(_)) = circuit_over_poll_async(&mut calls).await else { panic!("the same") };
        assert_eq!(calls, attempts);
    }
    assert_eq!(circuit_over_poll_async(&mut calls).await, Err(Error::Refused(Some(30 * SECOND))));

    let mut calls = 0;
    for attempts in [2, 4] {
        let Err(Error::TimedOut(_)) = circuit_over_asyncbackoff(&mut calls).await else { panic!("it hangs") };
        assert_eq!(calls, attempts, "a time limit that was reached is a failure");
    }
    assert_eq!(circuit_over_asyncbackoff(&mut calls).await, Err(Error::Refused(Some(30 * SECOND))));

    let mut calls = 0;
    for attempts in [3, 6] {
        assert_eq!(circuit_over_asyncretry(&mut calls).await, Err(Error::Down(attempts)));
    }
    assert_eq!(circuit_over_asyncretry(&mut calls).await, Err(Error::Refused(Some(30 * SECOND))));
    assert_eq!(calls, 6);
}

#[asyncretry(5)]
#[circuit(failure_threshold = 2)]
async fn asyncretry_over_circuit(calls: &mut u32) -> Result<u32, Error> {
    tokio::task::yield_now().await;
    down(calls)
}

#[poll(until(7), ignore = |_| true, interval = 1s, timeout = 1min)]
#[circuit(failure_threshold = 2)]
async fn poll_over_circuit_async(calls: &mut u32) -> Result<u32, Error> {
    if *calls == 2 { Ok(7) } else { down(calls) }
}

#[poll(until(7), interval = 1s, timeout = 1min)]
#[circuit(failure_threshold = 1)]
async fn poll_that_ignores_nothing(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[tokio::test(start_paused = true)]
async fn below_a_loop_a_circuit_counts_attempts_and_a_refusal_ends_or_delays_the_loop() {
    let mut calls = 0;
    assert_eq!(asyncretry_over_circuit(&mut calls).await, Err(Error::Down(2)), "no deadline to wait for");
    assert_eq!(asyncretry_over_circuit(&mut calls).await, Err(Error::Refused(Some(30 * SECOND))));
    assert_eq!(calls, 2);

    let start = tokio::time::Instant::now();
    assert_eq!(poll_over_circuit_async(&mut 0).await, Ok(7));
    assert_eq!(start.elapsed(), 31 * SECOND);

    assert_eq!(poll_that_ignores_nothing(&mut 0).await, Err(Error::Down(1)));
    let start = tokio::time::Instant::now();
    // There is time for it: the refusal is waited out, and then the trial fails.
    assert_eq!(poll_that_ignores_nothing(&mut 1).await, Err(Error::Down(2)));
    assert_eq!(start.elapsed(), 30 * SECOND);
}

/// What takes too long is a failure, if the circuit itself says so.
#[asyncbackoff(attempt_timeout = 5s, deadline = 20s, pause = 1s)]
#[circuit(failure_threshold = 1, slow_call = 2s)]
async fn limit_over_slow_calls(calls: &mut u32) -> Result<u32, Error> {
    *calls += 1;
    tokio::time::sleep(3 * SECOND).await;
    Ok(*calls)
}

#[tokio::test(start_paused = true)]
async fn a_slow_call_below_a_time_limit_returns_its_value_and_is_a_failure() {
    assert_eq!(limit_over_slow_calls(&mut 0).await, Ok(1), "the slow value is returned all the same");
    let Err(Error::Refused(_)) = limit_over_slow_calls(&mut 0).await else { panic!("it was slow") };
}

#[retry(times = 3, interval = 1s)]
#[circuit(name = "limit below", failure_threshold = 2)]
#[asyncbackoff(attempt_timeout = 5s, max_tries = 1)]
async fn limit_below_circuit(calls: &mut u32) -> std::io::Result<u32> {
    *calls += 1;
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn an_attempt_dropped_at_a_time_limit_below_the_circuit_is_a_failure() {
    let mut calls = 0;
    let error = limit_below_circuit(&mut calls).await.unwrap_err();
    assert_eq!((calls, error.kind()), (2, std::io::ErrorKind::TimedOut));
    assert!(circuits().get("limit below").unwrap().is_open());
}

#[circuit(failure_threshold = 1, on_open = |open| Error::Refused(open.retry_after().map(|left| left * 2)))]
#[asyncbackoff(deadline = 10s, pause = 1s, on = |_| true, max_tries = 2)]
async fn on_open_over_asyncbackoff(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[retry(times = 5, interval = 1s, deadline = 1min)]
#[circuit(failure_threshold = 2, on_open = |_| Error::Rang)]
async fn retry_over_on_open(calls: &mut u32) -> Result<u32, Error> {
    if *calls == 2 { Ok(7) } else { down(calls) }
}

#[retry(times = 5, interval = 1s)]
#[circuit(failure_threshold = 1, on_open = |_| Error::Rang)]
fn retry_over_on_open_without_a_deadline(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[tokio::test(start_paused = true)]
async fn on_open_makes_a_refusal_that_loops_know_for_one_whatever_error_it_makes() {
    let mut calls = 0;
    assert_eq!(on_open_over_asyncbackoff(&mut calls).await, Err(Error::Down(2)));
    assert_eq!(on_open_over_asyncbackoff(&mut calls).await, Err(Error::Refused(Some(60 * SECOND))));

    let start = tokio::time::Instant::now();
    assert_eq!(retry_over_on_open(&mut 0).await, Ok(7));
    assert_eq!(start.elapsed(), 31 * SECOND, "the refusal was waited out");

    let clock = ManualClock::install();
    assert_eq!(retry_over_on_open_without_a_deadline(&mut 0), Err(Error::Down(1)));
    assert_eq!(retry_over_on_open_without_a_deadline(&mut 0), Err(Error::Rang));
    assert_eq!(clock.elapsed(), Duration::ZERO);
}

#[circuit(failure_threshold = 1, fallback = async |_| Ok(9))]
#[poll(until(7), timeout = 1s, interval = 1s)]
async fn fallback_over_poll(calls: &mut u32) -> Result<u32, Error> {
    *calls += 1;
    Ok(*calls)
}

#[poll(until(9), timeout = 5s, interval = 1s, ignore = |_| true)]
#[circuit(failure_threshold = 2, fallback = |_| Ok(9))]
fn fallback_below_poll(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[asyncretry(5)]
#[circuit(failure_threshold = 2, fallback = |_| Err(Error::Rang))]
async fn fallback_that_fails(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[tokio::test(start_paused = true)]
async fn a_fallback_answers_whatever_is_above_it_and_its_error_is_an_error() {
    let mut calls = 0;
    let Err(Error::TimedOut(_)) = fallback_over_poll(&mut calls).await else { panic!("it never is 7") };
    assert_eq!((fallback_over_poll(&mut calls).await, calls), (Ok(9), 2));

    let clock = ManualClock::install();
    assert_eq!(fallback_below_poll(&mut 0), Ok(9));
    assert_eq!(clock.elapsed(), 2 * SECOND);
    drop(clock);

    let mut calls = 0;
    assert_eq!(fallback_that_fails(&mut calls).await, Err(Error::Rang), "the loop goes on with it");
    assert_eq!(calls, 2);
}

#[retry(times = 2, interval = 0s)]
#[circuit(name = "between", failure_threshold = 3)]
#[retry(times = 2, interval = 0s)]
fn a_circuit_between_loops(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[test]
fn a_circuit_between_two_loops_counts_the_calls_of_the_upper_one() {
    let _clock = ManualClock::install();
    let mut calls = 0;
    assert_eq!(a_circuit_between_loops(&mut calls), Err(Error::Down(4)));
    assert_eq!(circuits().get("between").unwrap().failure_count(), 2);
    assert_eq!(a_circuit_between_loops(&mut calls), Err(Error::Down(6)), "the last real error");
    assert_eq!(a_circuit_between_loops(&mut calls), Err(Error::Refused(Some(30 * SECOND))));
}

/// Only the layers of one function know each other.
#[retry(times = 3, interval = 0s)]
fn calls_a_guarded_function(calls: &mut u32) -> Result<u32, Error> {
    *calls += 1;
    guarded()
}

#[circuit(failure_threshold = 1)]
fn guarded() -> Result<u32, Error> {
    Err(Error::Down(0))
}

#[test]
fn a_refusal_inside_a_called_function_is_an_ordinary_error() {
    let _clock = ManualClock::install();
    let mut calls = 0;
    assert_eq!(calls_a_guarded_function(&mut calls), Err(Error::Refused(Some(30 * SECOND))));
    assert_eq!(calls, 3);
}
