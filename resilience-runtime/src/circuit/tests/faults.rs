//! Known faults of other circuit breakers.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;

#[test]
fn a_result_of_an_earlier_period_is_not_accepted_across_whole_cycles() {
    let clock = ManualClock::install();
    let breaker = breaker(TWO);
    let (old_success, old_failure) = (breaker.try_acquire().unwrap(), breaker.try_acquire().unwrap());
    for _ in 0..3 {
        fail(&breaker, 2);
        clock.advance(10 * SECOND);
        succeed(&breaker, 1);
    }
    fail(&breaker, 1);
    old_success.success();
    assert_eq!(breaker.failure_count(), 1, "an old success clears nothing");
    old_failure.failure();
    assert_eq!(breaker.state(), CircuitState::Closed, "an old failure opens nothing");
}

#[test]
fn an_old_success_does_not_close_a_circuit_that_is_half_open() {
    let clock = ManualClock::install();
    let breaker = breaker(TWO);
    let old = breaker.try_acquire().unwrap();
    fail(&breaker, 2);
    clock.advance(10 * SECOND);
    let trial = breaker.try_acquire().unwrap();
    old.success();
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    trial.failure();
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn cancelled_and_panicking_trials_never_wedge_a_half_open_circuit() {
    let clock = ManualClock::install();
    let breaker = open(TWO);
    clock.advance(10 * SECOND);
    for _ in 0..1000 {
        drop(breaker.try_acquire().unwrap());
    }
    for _ in 0..10 {
        let panicked =
            catch_unwind(AssertUnwindSafe(|| breaker.call(|| -> Result<(), ()> { panic!("trial") })));
        assert!(panicked.is_err());
        clock.advance(10 * SECOND);
    }
    assert_eq!(breaker.call(|| Ok::<_, ()>(1)), Ok(1));
    assert!(breaker.is_closed());
}

#[test]
fn half_open_admits_as_many_as_it_says_out_of_a_thousand() {
    let clock = ManualClock::install();
    for places in [1, 3] {
        let breaker = open(TWO.half_open_calls(places));
        clock.advance(10 * SECOND);
        let trials: Vec<_> = (0..1000).filter_map(|_| breaker.try_acquire().ok()).collect();
        assert_eq!(trials.len(), places as usize);
    }
}

#[test]
fn the_longest_times_never_panic_and_mean_never() {
    let never = Duration::MAX;
    let clock = ManualClock::install();
    for config in [
        TWO.recovery_timeout(never).max_recovery_timeout(never).probe_timeout(never).slow_call(never),
        CircuitConfig::new().failure_threshold(2).within(never).recovery_timeout(never),
        CircuitConfig::new().failure_rate(0.5).window_time(never).min_calls(2).recovery_timeout(never),
    ] {
        let breaker = open(config);
        clock.advance(Duration::from_secs(1 << 30));
        let refusal = breaker.try_acquire().unwrap_err();
        assert_eq!(refusal.retry_after(), None);
        assert_eq!(breaker.open_remaining(), Some(never));
        assert_eq!(breaker.open_until(), None);
        assert_eq!(breaker.state(), CircuitState::Open);
        breaker.reset();
        succeed(&breaker, 1);
    }
    let hung = open(TWO.probe_timeout(never));
    clock.advance(10 * SECOND);
    let trial = hung.try_acquire().unwrap();
    clock.advance(never);
    assert!(hung.try_acquire().is_err());
    trial.success();
    assert!(hung.is_closed());
}

#[test]
fn times_are_not_cut_to_seconds() {
    let clock = ManualClock::install();
    let breaker = open(TWO.recovery_timeout(Duration::from_millis(1)));
    assert_eq!(breaker.open_remaining(), Some(Duration::from_millis(1)));
    clock.advance(Duration::from_millis(1));
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

#[test]
fn a_window_of_calls_slides_however_many_successes_came_before() {
    let breaker = breaker(CircuitConfig::new().failure_rate(0.5).window_calls(100));
    succeed(&breaker, 10_000);
    fail(&breaker, 49);
    assert!(breaker.is_closed());
    fail(&breaker, 1);
    assert!(breaker.is_open());
    assert_eq!(breaker.failure_count(), 50);
}

#[test]
fn failures_within_a_time_are_not_cleared_by_successes() {
    let clock = ManualClock::install();
    let breaker = breaker(TWO.failure_threshold(3).within(60 * SECOND));
    for _ in 0..2 {
        fail(&breaker, 1);
        succeed(&breaker, 5);
        clock.advance(25 * SECOND);
    }
    fail(&breaker, 1);
    assert!(breaker.is_open());
}

#[test]
fn too_many_slow_calls_open_it_by_their_own_rate() {
    let clock = ManualClock::install();
    let breaker = breaker(CircuitConfig::new().slow_call(SECOND).slow_rate(0.8).window_calls(5));
    for number in 0..5 {
        assert!(breaker.is_closed());
        let permit = breaker.try_acquire().unwrap();
        clock.advance(if number == 0 { Duration::ZERO } else { SECOND });
        permit.success();
    }
    assert!(breaker.is_open());
}

/// An error whose `Display` uses the circuit: it would deadlock under a lock.
struct Nosy<'a>(&'a CircuitBreaker);

impl std::fmt::Display for Nosy<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "while {}", self.0.state())
    }
}

#[test]
fn the_text_of_an_error_is_written_under_no_lock() {
    let breaker = breaker(TWO.failure_threshold(1));
    breaker.try_acquire().unwrap().failure_because(Nosy(&breaker));
    assert_eq!(breaker.last_failure().unwrap(), "while CLOSED");
}

#[test]
fn an_error_whose_text_panics_is_a_failure_all_the_same() {
    struct Broken;
    impl std::fmt::Display for Broken {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("no text")
        }
    }
    let breaker = breaker(TWO.failure_threshold(1));
    let permit = breaker.try_acquire().unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| permit.failure_because(Broken))).is_err());
    assert_eq!((breaker.state(), breaker.last_failure()), (CircuitState::Open, None));
}

/// Ends calls of these kinds: `-` failed, `+` succeeded, `s` succeeded but slow.
fn end(breaker: &CircuitBreaker, clock: &ManualClock, calls: &str) {
    for call in calls.chars() {
        let permit = breaker.try_acquire().unwrap();
        match call {
            '-' => permit.failure_because("down"),
            's' => {
                clock.advance(SECOND);
                permit.success();
            }
            _ => permit.success(),
        }
    }
}

#[test]
fn a_rate_that_is_completed_by_a_success_says_what_was_reached() {
    let clock = ManualClock::install();
    let rate = CircuitConfig::new().failure_rate(0.5).min_calls(4);
    let (calls, time) = (rate.window_calls(10), rate.window_time(60 * SECOND));
    let both = calls.slow_call(SECOND).slow_rate(0.5);
    let reached = "2 of 4 calls failed";
    let slow = "a call took 1s or longer";
    for (config, ended, said) in [
        (calls, "--++", reached),
        (time, "--++", reached),
        (calls.slow_call(SECOND), "--++", reached),
        (calls.slow_call(SECOND), "-s++", reached),
        (calls.slow_call(SECOND), "-++s", slow),
        (both, "--++", reached),
        (both, "-+ss", slow),
        (both, "ss++", slow),
        (both, "-s+-", "down"),
        (calls, "++--", "down"),
    ] {
        let breaker = breaker(config);
        end(&breaker, &clock, ended);
        assert!(breaker.is_open(), "{ended}");
        assert_eq!(breaker.last_failure().as_deref(), Some(said), "{ended}");
    }
}
