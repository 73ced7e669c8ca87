//! Cooperation between the layers of one function: a loop checks the circuit below it before a delay, and a circuit
//! detects the time limit that dropped its call.

use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{
    Attempt, CircuitBreaker, CircuitConfig, CircuitOpen, CircuitState, Limit, RetryPolicy, TimedOut,
    asyncbackoff, circuit, circuits, poll, retry,
};
use tokio::time::Instant;

#[derive(Debug, PartialEq)]
enum Error {
    Down(u32),
    Refused(Option<Duration>),
    TimedOut(TimedOut),
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

const SECOND: Duration = Duration::from_secs(1);

type Waits = Vec<Option<Duration>>;

fn down(calls: &mut u32) -> Result<u32, Error> {
    *calls += 1;
    Err(Error::Down(*calls))
}

fn opened(name: &str) -> bool {
    circuits().get(name).is_some_and(|circuit| circuit.state() == CircuitState::Open)
}

// A loop looks at the circuit before it waits.

#[retry(times = 5, interval = 2s, on_error = |_, attempt| waits.push(attempt.wait))]
#[circuit(failure_threshold = 2)]
fn retries(calls: &mut u32, waits: &mut Waits) -> Result<u32, Error> {
    down(calls)
}

#[retry(times = 5, interval = 2s)]
#[circuit(failure_threshold = 2)]
fn retries_untold(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[retry(times = 5, interval = 2s, on_error = |_, attempt| waits.push(attempt.wait))]
#[circuit(key = "host", failure_threshold = 2)]
async fn retries_by_key(calls: &mut u32, waits: &mut Waits) -> Result<u32, Error> {
    down(calls)
}

#[retry(times = 5, interval = 2s, on_error = |_, attempt| waits.push(attempt.wait))]
#[circuit(name = "the loop looks", failure_threshold = 2)]
async fn retries_by_name(calls: &mut u32, waits: &mut Waits) -> Result<u32, Error> {
    down(calls)
}

#[tokio::test(start_paused = true)]
async fn after_the_attempt_that_opened_the_circuit_the_loop_ends_at_once_with_its_error() {
    let clock = ManualClock::install();
    let (mut calls, mut waits) = (0, Vec::new());
    assert_eq!(retries(&mut calls, &mut waits), Err(Error::Down(2)));
    assert_eq!((waits, clock.elapsed()), (vec![Some(2 * SECOND), None], 2 * SECOND));
    assert_eq!(retries_untold(&mut 0), Err(Error::Down(2)));
    assert_eq!(clock.elapsed(), 4 * SECOND);
    drop(clock);

    let start = Instant::now();
    for step in 1..3 {
        let (mut calls, mut waits) = (0, Vec::new());
        let ended = match step {
            1 => retries_by_key(&mut calls, &mut waits).await,
            _ => retries_by_name(&mut calls, &mut waits).await,
        };
        assert_eq!((ended, waits), (Err(Error::Down(2)), vec![Some(2 * SECOND), None]));
        assert_eq!(start.elapsed(), step * 2 * SECOND);
    }
}

#[retry(times = 3, interval = 1s, deadline = 1min, on_error = |_, attempt| waits.push(attempt.wait))]
#[circuit(failure_threshold = 1, recovery_timeout = 20s)]
fn waits_for_recovery(calls: &mut u32, waits: &mut Waits) -> Result<u32, Error> {
    down(calls)
}

#[retry(times = 3, interval = 25s, deadline = 1min, on_error = |_, attempt| waits.push(attempt.wait))]
#[circuit(failure_threshold = 1, recovery_timeout = 20s)]
async fn waits_its_own_time(calls: &mut u32, waits: &mut Waits) -> Result<u32, Error> {
    down(calls)
}

#[retry(times = 3, interval = 1s, deadline = 30s, on_error = |_, attempt| waits.push(attempt.wait))]
#[circuit(failure_threshold = 1, recovery_timeout = 20s)]
fn has_time_for_one_recovery(calls: &mut u32, waits: &mut Waits) -> Result<u32, Error> {
    down(calls)
}

#[tokio::test(start_paused = true)]
async fn with_a_deadline_it_waits_for_the_longer_of_its_own_wait_and_the_time_left_and_says_so() {
    let clock = ManualClock::install();
    let mut waits = Vec::new();
    assert_eq!(waits_for_recovery(&mut 0, &mut waits), Err(Error::Down(3)));
    assert_eq!(waits, [Some(20 * SECOND), Some(20 * SECOND), None], "a failed probe opens it again");
    assert_eq!(clock.elapsed(), 40 * SECOND);

    let mut waits = Vec::new();
    assert_eq!(has_time_for_one_recovery(&mut 0, &mut waits), Err(Error::Down(2)));
    assert_eq!((waits, clock.elapsed()), (vec![Some(20 * SECOND), None], 60 * SECOND));
    drop(clock);

    let (start, mut waits) = (Instant::now(), Vec::new());
    assert_eq!(waits_its_own_time(&mut 0, &mut waits).await, Err(Error::Down(3)));
    assert_eq!((waits, start.elapsed()), (vec![Some(25 * SECOND), Some(25 * SECOND), None], 50 * SECOND));
}

#[poll(until(7), ignore(_), timeout = 30s, interval = 2s, on_error = |_, attempt| waits.push(attempt.wait))]
#[circuit(failure_threshold = 1, recovery_timeout = 20s)]
fn polls(calls: &mut u32, waits: &mut Waits) -> Result<u32, Error> {
    down(calls)
}

#[test]
fn a_poll_waits_the_circuit_out_within_its_timeout_or_ends_at_once_with_the_error() {
    let (clock, mut waits) = (ManualClock::install(), Vec::new());
    assert_eq!(polls(&mut 0, &mut waits), Err(Error::Down(2)));
    assert_eq!((waits, clock.elapsed()), (vec![Some(20 * SECOND), None], 20 * SECOND));
}

#[retry(times = 2, interval = 2s, deadline = 1min, on_error = |_, attempt| waits.push(attempt.wait))]
#[poll(until(7), ignore(_), timeout = 10s, interval = 1s)]
#[circuit(failure_threshold = 1, recovery_timeout = 20s)]
fn retry_over_poll(calls: &mut u32, waits: &mut Waits) -> Result<u32, Error> {
    down(calls)
}

#[retry(times = 2, interval = 2s, deadline = 1min, on_error = |_, attempt| waits.push(attempt.wait))]
#[poll(until(7), ignore(_), times = 1, interval = 1s)]
#[circuit(failure_threshold = 1, recovery_timeout = 20s)]
fn retry_over_exhausted_poll(calls: &mut u32, waits: &mut Waits) -> Result<u32, Error> {
    down(calls)
}

#[retry(times = 2, interval = 2s, deadline = 1min, on_error = |_, attempt| waits.push(attempt.wait))]
#[circuit(failure_threshold = 1, recovery_timeout = 20s)]
#[circuit(failure_threshold = 1, recovery_timeout = 30s)]
fn retry_over_two_circuits(calls: &mut u32, waits: &mut Waits) -> Result<u32, Error> {
    down(calls)
}

#[retry(times = 2, interval = 2s, deadline = 1min, on_error = |_, attempt| waits.push(attempt.wait))]
#[circuit(failure_threshold = 1, recovery_timeout = 30s)]
#[circuit(failure_threshold = 1, recovery_timeout = 20s)]
fn retry_over_two_circuits_the_other_way(calls: &mut u32, waits: &mut Waits) -> Result<u32, Error> {
    down(calls)
}

#[test]
fn layers_between_the_loop_and_the_circuit_pass_on_how_long_it_stays_open() {
    let clock = ManualClock::install();
    let mut waits = Vec::new();
    assert_eq!(retry_over_poll(&mut 0, &mut waits), Err(Error::Down(2)));
    assert_eq!((waits, clock.elapsed()), (vec![Some(20 * SECOND), None], 20 * SECOND));

    let mut waits = Vec::new();
    assert!(matches!(retry_over_exhausted_poll(&mut 0, &mut waits), Err(Error::TimedOut(_))));
    assert_eq!((waits, clock.elapsed()), (vec![Some(20 * SECOND), None], 40 * SECOND));

    for (step, run) in [
        (1, retry_over_two_circuits as fn(&mut u32, &mut Waits) -> _),
        (2, retry_over_two_circuits_the_other_way),
    ] {
        let mut waits = Vec::new();
        assert_eq!(run(&mut 0, &mut waits), Err(Error::Down(2)), "{step}");
        assert_eq!(waits, [Some(30 * SECOND), None], "the circuit that stays open longer decides");
    }
}

#[retry(times = 3, interval = 1s)]
#[circuit(failure_threshold = 1, fallback = |_| Ok(9))]
#[circuit(failure_threshold = 1)]
fn fallback_over_a_circuit(calls: &mut u32) -> Result<u32, Error> {
    down(calls)
}

#[test]
fn a_circuit_with_a_fallback_that_opens_refuses_nothing_and_hides_what_is_below_it() {
    let _clock = ManualClock::install();
    assert_eq!(fallback_over_a_circuit(&mut 0), Ok(9));
}

#[retry(times = 4, interval = 1s, on_error = |_, attempt| waits.push(attempt.wait))]
#[circuit(breaker = breaker)]
fn over_a_breaker(
    breaker: &CircuitBreaker,
    waits: &mut Waits,
    operate: impl Fn(&CircuitBreaker),
) -> Result<u32, Error> {
    operate(breaker);
    Err(Error::Down(0))
}

#[test]
fn the_loop_goes_by_what_would_happen_to_the_next_call_whoever_turned_the_circuit() {
    let clock = ManualClock::install();
    let run = |config: CircuitConfig, operate: fn(&CircuitBreaker)| {
        let (breaker, mut waits) = (CircuitBreaker::new("given", config), Vec::new());
        assert_eq!(over_a_breaker(&breaker, &mut waits, operate), Err(Error::Down(0)));
        (waits.len(), waits[0].is_some())
    };
    let config = CircuitConfig::new();
    assert_eq!(run(config, CircuitBreaker::force_open), (1, false));
    assert_eq!(run(config.failure_threshold(1), CircuitBreaker::disable), (4, true));
    assert_eq!(run(config.failure_threshold(1), CircuitBreaker::metrics_only), (4, true));
    assert_eq!(run(config, |_| ()), (4, true), "it is still closed");

    // Another call opens it while this one is under way, and takes the only place for a probe.
    let breaker = CircuitBreaker::new("given", config.failure_threshold(1));
    let mut waits = Vec::new();
    let ended = over_a_breaker(&breaker, &mut waits, |breaker| {
        breaker.try_acquire().unwrap().failure();
        clock.advance(31 * SECOND);
        std::mem::forget(breaker.try_acquire().unwrap());
    });
    assert_eq!((ended, waits), (Err(Error::Down(0)), vec![None]));
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

// A circuit learns of the limit that cut its call.

#[asyncbackoff(attempt_timeout = 1s, pause = 2s, max_tries = 9, on_error = |_, attempt: &Attempt| waits.push(attempt.wait))]
#[circuit(name = "hangs below asyncbackoff", failure_threshold = 3, on = |_| false, ignore = |_| true)]
async fn backoff_hangs(calls: &mut u32, waits: &mut Waits) -> Result<u32, Error> {
    *calls += 1;
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn an_attempt_cut_by_its_timeout_is_a_failure_and_ends_the_call_with_its_timeout_once_that_opens_the_circuit()
 {
    let (start, mut calls, mut waits) = (Instant::now(), 0, Vec::new());
    let Err(Error::TimedOut(timed_out)) = backoff_hangs(&mut calls, &mut waits).await else {
        panic!("it hangs")
    };
    assert_eq!((timed_out.limit(), timed_out.attempts()), (Limit::AttemptTimeout(SECOND), 3));
    assert_eq!((calls, start.elapsed()), (3, 7 * SECOND));
    assert_eq!(waits, [Some(2 * SECOND), Some(2 * SECOND), None]);
    let circuit = circuits().get("hangs below asyncbackoff").unwrap();
    assert_eq!((circuit.state(), circuit.failure_count()), (CircuitState::Open, 3));
    assert_eq!(circuit.last_failure().as_deref(), Some("timed out after 1s"));
}

#[retry(times = 3, interval = 2s, attempt_timeout = 1s, deadline = 1min)]
#[circuit(failure_threshold = 1, recovery_timeout = 20s)]
async fn hangs_once(calls: &mut u32) -> Result<u32, Error> {
    *calls += 1;
    if *calls == 1 { std::future::pending().await } else { Ok(*calls) }
}

#[retry(policy = policy)]
#[circuit(failure_threshold = 1, recovery_timeout = 20s)]
async fn hangs_once_by_policy(policy: &RetryPolicy, calls: &mut u32) -> Result<u32, Error> {
    *calls += 1;
    if *calls == 1 { std::future::pending().await } else { Ok(*calls) }
}

#[poll(until(2), interval = 2s, attempt_timeout = 1s, timeout = 1min)]
#[circuit(failure_threshold = 1, recovery_timeout = 20s)]
async fn poll_hangs_once(calls: &mut u32) -> Result<u32, Error> {
    *calls += 1;
    if *calls == 1 { std::future::pending().await } else { Ok(*calls) }
}

#[tokio::test(start_paused = true)]
async fn after_a_cut_a_loop_with_time_waits_until_the_circuit_lets_a_probe_in() {
    let start = Instant::now();
    assert_eq!(hangs_once(&mut 0).await, Ok(2));
    assert_eq!(start.elapsed(), 21 * SECOND);
    assert_eq!(poll_hangs_once(&mut 0).await, Ok(2));
    assert_eq!(start.elapsed(), 42 * SECOND);
    let policy = RetryPolicy::new().attempt_timeout(SECOND).deadline(60 * SECOND);
    assert_eq!(hangs_once_by_policy(&policy, &mut 0).await, Ok(2));
    assert_eq!(start.elapsed(), 63 * SECOND);
}

#[poll(until(2), interval = 2s, attempt_timeout = 1s, timeout = 10s)]
#[circuit(name = "hangs below a poll", failure_threshold = 2)]
async fn poll_hangs(calls: &mut u32) -> Result<u32, Error> {
    *calls += 1;
    std::future::pending().await
}

#[poll(until(2), ignore(_), interval = 2s, attempt_timeout = 1s, timeout = 10s)]
#[circuit(failure_threshold = 2)]
async fn poll_fails_then_hangs(calls: &mut u32) -> Result<u32, Error> {
    if *calls == 0 { down(calls) } else { std::future::pending().await }
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_a_cut_attempt_leaves_without_a_circuit_ends_with_its_last_error_or_that_attempts_timeout()
 {
    let start = Instant::now();
    let Err(Error::TimedOut(timed_out)) = poll_hangs(&mut 0).await else { panic!("it hangs") };
    assert_eq!((timed_out.limit(), timed_out.attempts()), (Limit::AttemptTimeout(SECOND), 2));
    assert_eq!(start.elapsed(), 4 * SECOND);
    assert!(opened("hangs below a poll"));
    assert_eq!(poll_fails_then_hangs(&mut 0).await, Err(Error::Down(1)));
}

#[retry(times = 2, attempt_timeout = 5s, interval = 2s, on_error = |_, attempt| waits.push(attempt.wait))]
#[poll(until(2), interval = 2s, timeout = 1min)]
#[circuit(name = "hangs below a poll below a retry", failure_threshold = 1)]
#[circuit(name = "hangs below all of them", failure_threshold = 1)]
async fn limit_over_poll(calls: &mut u32, waits: &mut Waits) -> Result<u32, Error> {
    *calls += 1;
    std::future::pending().await
}

#[retry(times = 3, attempt_timeout = 5s, interval = 2s)]
#[poll(until(2), interval = 1s, timeout = 1min, attempt_timeout = 2s)]
#[circuit(name = "two limits above", failure_threshold = 99)]
async fn limits_in_limits(calls: &mut u32) -> Result<u32, Error> {
    *calls += 1;
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn a_limit_above_other_layers_is_told_to_every_circuit_below_and_each_limit_of_several() {
    let mut waits = Vec::new();
    let Err(Error::TimedOut(timed_out)) = limit_over_poll(&mut 0, &mut waits).await else {
        panic!("it hangs")
    };
    assert_eq!((timed_out.attempts(), waits), (1, vec![None]));
    assert!(opened("hangs below a poll below a retry") && opened("hangs below all of them"));

    assert!(matches!(limits_in_limits(&mut 0).await, Err(Error::TimedOut(_))));
    // In each attempt of five seconds, the poll cuts one at second 2, and the retry one at second 5, with the poll's.
    assert_eq!(circuits().get("two limits above").unwrap().failure_count(), 6);
}

#[asyncbackoff(attempt_timeout = 1s, deadline = 1s)]
#[circuit(name = "deadline and timeout together", failure_threshold = 1)]
async fn both_limits(calls: &mut u32) -> Result<u32, Error> {
    *calls += 1;
    std::future::pending().await
}

#[retry(deadline = 1s)]
#[circuit(name = "deadline alone", failure_threshold = 1)]
async fn deadline_alone(calls: &mut u32) -> Result<u32, Error> {
    *calls += 1;
    std::future::pending().await
}

#[poll(until(2), interval = 1s, timeout = 2s)]
#[circuit(name = "timeout of a poll", failure_threshold = 1)]
async fn timeout_of_a_poll(calls: &mut u32) -> Result<u32, Error> {
    *calls += 1;
    std::future::pending().await
}

#[retry(attempt_timeout = 5s)]
#[circuit(name = "dropped by its caller", failure_threshold = 1)]
async fn dropped(calls: &mut u32) -> Result<u32, Error> {
    *calls += 1;
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn a_total_limit_and_a_caller_that_drops_the_future_count_as_nothing_to_the_circuit() {
    let mut calls = 0;
    assert!(both_limits(&mut calls).await.is_err());
    assert!(deadline_alone(&mut calls).await.is_err());
    assert!(timeout_of_a_poll(&mut calls).await.is_err());
    assert!(tokio::time::timeout(SECOND, dropped(&mut calls)).await.is_err());
    assert_eq!(calls, 4);
    let names =
        ["deadline and timeout together", "deadline alone", "timeout of a poll", "dropped by its caller"];
    for name in names {
        let circuit = circuits().get(name).unwrap();
        assert_eq!((circuit.state(), circuit.failure_count()), (CircuitState::Closed, 0), "{name}");
    }
}

#[retry(attempt_timeout = 2s, interval = 0s)]
#[circuit(breaker = breaker)]
async fn hangs_twice(breaker: &CircuitBreaker) -> Result<u32, Error> {
    std::future::pending().await
}

#[retry(attempt_timeout = 2s, interval = 0s)]
#[circuit(breaker = breaker, fallback = |_| Ok(9))]
async fn hangs_twice_with_a_fallback(breaker: &CircuitBreaker) -> Result<u32, Error> {
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_drops_an_attempt_after_one_that_was_cut_counts_as_nothing() {
    let breaker = CircuitBreaker::new("cut and dropped", CircuitConfig::new());
    assert!(tokio::time::timeout(3 * SECOND, hangs_twice(&breaker)).await.is_err());
    assert_eq!(breaker.failure_count(), 1);
    assert!(tokio::time::timeout(3 * SECOND, hangs_twice_with_a_fallback(&breaker)).await.is_err());
    assert_eq!(breaker.failure_count(), 2);
}

#[retry(times = 3, attempt_timeout = 1s, interval = 0s)]
#[circuit(failure_threshold = 1, fallback = async |_| Ok(9))]
async fn limit_over_fallback(calls: &mut u32) -> Result<u32, Error> {
    *calls += 1;
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn a_cut_call_opens_a_circuit_whose_fallback_then_answers() {
    let mut calls = 0;
    assert_eq!((limit_over_fallback(&mut calls).await, calls), (Ok(9), 1));
}

#[retry(times = 3, attempt_timeout = 1s, deadline = 1min)]
#[circuit(breaker = breaker)]
async fn answers_in_half_a_second(breaker: &CircuitBreaker) -> Result<u32, Error> {
    tokio::time::sleep(SECOND / 2).await;
    Ok(7)
}

#[poll(until(7), attempt_timeout = 1s, timeout = 1min)]
#[circuit(breaker = breaker)]
async fn poll_answers_in_half_a_second(breaker: &CircuitBreaker) -> Result<u32, Error> {
    tokio::time::sleep(SECOND / 2).await;
    Ok(7)
}

#[tokio::test(start_paused = true)]
async fn an_attempt_timeout_begins_with_the_attempt_also_after_a_rejection_was_waited_out() {
    let breaker = CircuitBreaker::new("opened before", CircuitConfig::new().failure_threshold(1));
    for poll in [false, true] {
        let start = Instant::now();
        breaker.try_acquire().unwrap().failure();
        let answer = if poll {
            poll_answers_in_half_a_second(&breaker).await
        } else {
            answers_in_half_a_second(&breaker).await
        };
        assert_eq!((answer, start.elapsed()), (Ok(7), 30 * SECOND + SECOND / 2));
    }
}

#[tokio::test(start_paused = true)]
async fn futures_under_a_limit_over_a_circuit_can_be_sent() {
    let spawned = tokio::spawn(async { hangs_once(&mut 0).await });
    assert_eq!(spawned.await.unwrap(), Ok(2));
}

// Options of the function: `call_timeout` and `on_error`.

#[circuit(
    name = "hangs by itself",
    failure_threshold = 2,
    call_timeout = 1s,
    on = |_| false,
    ignore = |_| true,
    on_error = |error| heard.push(format!("{error:?}"))
)]
async fn hangs_by_itself(calls: &mut u32, heard: &mut Vec<String>) -> Result<u32, Error> {
    *calls += 1;
    if *calls == 1 { Err(Error::Down(1)) } else { std::future::pending().await }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_longer_than_its_call_timeout_has_failed_whatever_on_and_ignore_say() {
    let (start, mut calls, mut heard) = (Instant::now(), 0, Vec::new());
    assert_eq!(hangs_by_itself(&mut calls, &mut heard).await, Err(Error::Down(1)));
    let circuit = circuits().get("hangs by itself").unwrap();
    assert_eq!((circuit.failure_count(), heard.len()), (0, 0), "what is ignored is not counted");
    for failures in 1..3 {
        let Err(Error::TimedOut(timed_out)) = hangs_by_itself(&mut calls, &mut heard).await else {
            panic!("it hangs")
        };
        assert_eq!(timed_out.limit(), Limit::CallTimeout(SECOND));
        assert_eq!((timed_out.function(), timed_out.attempts()), ("hangs by itself", 1));
        assert_eq!((timed_out.elapsed(), start.elapsed()), (SECOND, failures * SECOND));
        assert_eq!(circuit.failure_count(), failures);
        assert_eq!(heard.last(), Some(&format!("{:?}", Error::TimedOut(timed_out))));
    }
    assert_eq!(circuit.last_failure().as_deref(), Some("timed out after 1s"));
    assert!(matches!(hangs_by_itself(&mut calls, &mut heard).await, Err(Error::Refused(_))));
    assert_eq!(heard.len(), 2, "a refusal is not a failure");
}

#[retry(times = 5, interval = 2s, on_error = |_, attempt| waits.push(attempt.wait))]
#[circuit(name = "outer limit", failure_threshold = 9, call_timeout = TWO_SECONDS)]
#[circuit(name = "inner hangs", failure_threshold = 2)]
async fn call_timeout_over_a_circuit(waits: &mut Waits) -> Result<u32, Error> {
    std::future::pending().await
}

const TWO_SECONDS: Duration = Duration::from_secs(2);

#[tokio::test(start_paused = true)]
async fn a_call_timeout_is_told_to_the_circuits_below_and_their_time_left_to_the_loop_above() {
    let (start, mut waits) = (Instant::now(), Vec::new());
    let Err(Error::TimedOut(_)) = call_timeout_over_a_circuit(&mut waits).await else { panic!("it hangs") };
    assert_eq!((waits, start.elapsed()), (vec![Some(2 * SECOND), None], 6 * SECOND));
    assert!(opened("inner hangs"));
    assert_eq!(circuits().get("outer limit").unwrap().failure_count(), 2);
}

#[circuit(breaker = breaker, on(Error::Down(1)), on_error = |error| {
    heard.push(format!("{error:?}, {} counted", breaker.failure_count()));
})]
fn tells(breaker: &CircuitBreaker, heard: &mut Vec<String>, code: u32) -> Result<u32, Error> {
    if code == 3 {
        breaker.reset();
    }
    if code == 0 { Ok(0) } else { Err(Error::Down(code.min(2))) }
}

#[test]
fn on_error_of_a_circuit_is_called_for_every_failure_that_is_counted_after_it_has_been() {
    let _clock = ManualClock::install();
    let (breaker, mut heard) = (CircuitBreaker::new("told", CircuitConfig::new()), Vec::new());
    for code in [0, 1, 2, 1, 3] {
        let _ = tells(&breaker, &mut heard, code);
    }
    // Another error is a success, which clears the count.
    assert_eq!(heard, ["Down(1), 1 counted", "Down(1), 1 counted"]);
    breaker.disable();
    let _ = tells(&breaker, &mut heard, 1);
    assert_eq!(heard.len(), 2, "a disabled circuit counts nothing");
    breaker.metrics_only();
    let _ = tells(&breaker, &mut heard, 1);
    assert_eq!(heard.len(), 3);
}

#[circuit(breaker = breaker, on_error = |_| *heard += 1)]
fn is_late(breaker: &CircuitBreaker, heard: &mut u32) -> Result<u32, Error> {
    breaker.reset();
    Err(Error::Down(1))
}

#[circuit(breaker = breaker, on_error = |_| *heard += 1)]
#[circuit(failure_threshold = 1)]
fn over_another(breaker: &CircuitBreaker, heard: &mut u32) -> Result<u32, Error> {
    Err(Error::Down(1))
}

#[test]
fn on_error_of_a_circuit_is_not_called_for_a_late_failure_nor_for_what_another_circuit_refused() {
    let _clock = ManualClock::install();
    let breaker = CircuitBreaker::new("told", CircuitConfig::new().failure_threshold(9));
    let mut heard = 0;
    assert!(is_late(&breaker, &mut heard).is_err());
    assert_eq!((heard, breaker.late_results()), (0, 1));
    assert!(over_another(&breaker, &mut heard).is_err());
    assert!(over_another(&breaker, &mut heard).is_err());
    assert_eq!(heard, 1);
}

#[circuit(call_timeout = Duration::MAX, on_error = log)]
async fn generic<T: Send, const N: usize>(value: T) -> Result<T, Error> {
    tokio::task::yield_now().await;
    Ok(value)
}

#[circuit(call_timeout = seconds(N), failure_threshold = 1, fallback = |_| Ok(9))]
async fn limit_of_a_generic<const N: u64>(calls: &mut u32) -> Result<u32, Error> {
    *calls += 1;
    std::future::pending().await
}

fn log(_: &Error) {}

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[tokio::test(start_paused = true)]
async fn a_call_timeout_may_be_a_constant_of_a_generic_function_and_never_come() {
    assert_eq!(tokio::spawn(generic::<_, 1>(7)).await.unwrap(), Ok(7));
    let (start, mut calls) = (Instant::now(), 0);
    assert!(matches!(limit_of_a_generic::<3>(&mut calls).await, Err(Error::TimedOut(_))));
    assert_eq!((start.elapsed(), calls), (3 * SECOND, 1));
    assert_eq!((limit_of_a_generic::<3>(&mut calls).await, calls), (Ok(9), 1));
}
