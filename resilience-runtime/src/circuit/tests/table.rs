//! Every cell of the table in `CircuitBreaker`'s documentation.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::breaker::Permit;

/// Panics while it holds a permit.
fn panic_with(permit: Permit<'_>) {
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let _permit = permit;
        panic!("the call panics");
    }));
}

/// The states in which every call is admitted and none can open the circuit.
fn passive() -> [(CircuitState, CircuitBreaker); 2] {
    let (counting, disabled) = (breaker(TWO), breaker(TWO));
    counting.metrics_only();
    disabled.disable();
    [(CircuitState::MetricsOnly, counting), (CircuitState::Disabled, disabled)]
}

#[test]
fn closed_lets_calls_in() {
    assert!(breaker(TWO).try_acquire().is_ok());
}

#[test]
fn closed_counts_failures_and_a_success_clears_them() {
    let breaker = breaker(TWO);
    fail(&breaker, 1);
    assert_eq!((breaker.state(), breaker.failure_count()), (CircuitState::Closed, 1));
    succeed(&breaker, 1);
    assert_eq!(breaker.failure_count(), 0);
    fail(&breaker, 2);
    assert_eq!((breaker.state(), breaker.failure_count()), (CircuitState::Open, 2));
}

#[test]
fn closed_counts_a_slow_call_as_a_failure() {
    let clock = ManualClock::install();
    let breaker = breaker(TWO.slow_call(SECOND));
    for _ in 0..2 {
        let permit = breaker.try_acquire().unwrap();
        clock.advance(SECOND);
        permit.success();
    }
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(breaker.last_failure().unwrap(), "a call took 1s or longer");
}

#[test]
fn closed_ignores_what_is_ignored_or_dropped() {
    let breaker = breaker(TWO);
    fail(&breaker, 1);
    breaker.try_acquire().unwrap().ignore();
    drop(breaker.try_acquire().unwrap());
    assert_eq!(breaker.failure_count(), 1);
}

#[test]
fn closed_counts_a_panic_as_a_failure() {
    let breaker = breaker(TWO.failure_threshold(1));
    panic_with(breaker.try_acquire().unwrap());
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(breaker.last_failure().unwrap(), "the call panicked");
}

#[test]
fn open_refuses_with_the_time_left() {
    let clock = ManualClock::install();
    let breaker = open(TWO);
    clock.advance(3 * SECOND);
    let refusal = breaker.try_acquire().unwrap_err();
    assert_eq!((refusal.name(), refusal.state()), ("test", CircuitState::Open));
    assert_eq!(refusal.retry_after(), Some(7 * SECOND));
    assert_eq!((refusal.failures(), refusal.last_failure()), (2, Some("down")));
}

#[test]
fn open_reads_half_open_and_admits_a_trial_once_the_recovery_timeout_has_elapsed() {
    let clock = ManualClock::install();
    let breaker = open(TWO);
    clock.advance(Duration::from_nanos(9_999_999_999));
    assert_eq!(breaker.state(), CircuitState::Open);
    clock.advance(Duration::from_nanos(1));
    assert_eq!((breaker.state(), breaker.open_remaining()), (CircuitState::HalfOpen, None));
    let trial = breaker.try_acquire().unwrap();
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    trial.success();
}

/// A half-open circuit and its first probe.
macro_rules! half_open {
    ($breaker:ident, $trial:ident, $clock:ident, $config:expr) => {
        let $clock = ManualClock::install();
        let $breaker = open($config);
        $clock.advance(10 * SECOND);
        let $trial = $breaker.try_acquire().unwrap();
    };
}

#[test]
fn half_open_refuses_when_there_is_no_place() {
    half_open!(breaker, first, _clock, TWO.half_open_calls(2));
    let second = breaker.try_acquire().unwrap();
    let refusal = breaker.try_acquire().unwrap_err();
    assert_eq!((refusal.state(), refusal.retry_after()), (CircuitState::HalfOpen, None));
    drop((first, second));
}

#[test]
fn half_open_closes_at_the_last_success_that_was_missing() {
    half_open!(breaker, first, _clock, TWO.success_threshold(2));
    first.success();
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    succeed(&breaker, 1);
    assert_eq!((breaker.state(), breaker.failure_count()), (CircuitState::Closed, 0));
    assert_eq!(breaker.last_failure(), None);
}

#[test]
fn half_open_opens_at_the_first_failure_and_counts_it() {
    half_open!(breaker, first, clock, TWO.half_open_calls(3).success_threshold(3));
    succeed(&breaker, 1);
    first.failure_because("still down");
    assert_eq!((breaker.state(), breaker.failure_count()), (CircuitState::Open, 3));
    assert_eq!(breaker.open_remaining(), Some(10 * SECOND));
    assert_eq!(breaker.last_failure().unwrap(), "still down");
    clock.advance(10 * SECOND);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

#[test]
fn half_open_takes_a_slow_trial_for_a_failure() {
    half_open!(breaker, trial, clock, TWO.slow_call(SECOND));
    clock.advance(SECOND);
    trial.success();
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn half_open_gives_the_place_of_an_ignored_or_dropped_trial_back() {
    half_open!(breaker, trial, _clock, TWO);
    trial.ignore();
    drop(breaker.try_acquire().unwrap());
    let trial = breaker.try_acquire().unwrap();
    assert!(breaker.try_acquire().is_err());
    trial.success();
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn half_open_takes_a_panic_for_a_failure() {
    half_open!(breaker, trial, _clock, TWO);
    panic_with(trial);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn half_open_takes_a_trial_past_its_probe_timeout_for_a_failure_and_frees_its_place() {
    half_open!(breaker, hung, clock, TWO.probe_timeout(5 * SECOND));
    clock.advance(5 * SECOND);
    assert_eq!((breaker.state(), breaker.failure_count()), (CircuitState::Open, 3));
    assert_eq!(breaker.last_failure().unwrap(), "a probe did not report within 5s");
    clock.advance(10 * SECOND);
    let next = breaker.try_acquire().expect("the place is free");
    hung.failure();
    next.success();
    assert_eq!((breaker.state(), breaker.late_results()), (CircuitState::Closed, 1));
}

#[test]
fn a_hung_trial_that_nobody_noticed_failed_when_its_time_was_up() {
    half_open!(breaker, hung, clock, TWO.probe_timeout(5 * SECOND));
    clock.advance(15 * SECOND);
    let trial = breaker.try_acquire().expect("five seconds for the trial, ten for the recovery");
    trial.success();
    drop(hung);
    assert!(breaker.is_closed());
}

#[test]
fn forced_open_refuses_without_end() {
    let clock = ManualClock::install();
    let breaker = breaker(TWO);
    breaker.force_open();
    clock.advance(Duration::from_secs(1 << 40));
    let refusal = breaker.try_acquire().unwrap_err();
    assert_eq!((refusal.state(), refusal.retry_after()), (CircuitState::ForcedOpen, None));
}

#[test]
fn counting_only_and_disabled_let_calls_in_and_never_open() {
    for (state, breaker) in passive() {
        fail(&breaker, 9);
        let count = if state == CircuitState::MetricsOnly { 9 } else { 0 };
        assert_eq!((breaker.state(), breaker.failure_count()), (state, count));
        succeed(&breaker, 1);
        assert_eq!(breaker.failure_count(), 0);
    }
}

#[test]
fn counting_only_and_disabled_ignore_what_is_ignored_or_dropped() {
    for (_, breaker) in passive() {
        fail(&breaker, 1);
        let count = breaker.failure_count();
        breaker.try_acquire().unwrap().ignore();
        drop(breaker.try_acquire().unwrap());
        assert_eq!(breaker.failure_count(), count);
    }
}

#[test]
fn counting_only_counts_a_panic_and_disabled_does_not() {
    for (state, breaker) in passive() {
        panic_with(breaker.try_acquire().unwrap());
        assert_eq!(breaker.failure_count(), u32::from(state == CircuitState::MetricsOnly));
    }
}

#[test]
fn a_result_of_an_older_generation_is_late_in_every_state() {
    let turns: [(CircuitState, Turn); 6] = [
        (CircuitState::Closed, CircuitBreaker::reset),
        (CircuitState::Open, |breaker| fail(breaker, 2)),
        (CircuitState::ForcedOpen, CircuitBreaker::force_open),
        (CircuitState::Disabled, CircuitBreaker::disable),
        (CircuitState::MetricsOnly, CircuitBreaker::metrics_only),
        (CircuitState::HalfOpen, |breaker| {
            fail(breaker, 2);
        }),
    ];
    for (state, turn) in turns {
        let clock = ManualClock::install();
        let breaker = breaker(TWO);
        let old: Vec<_> = (0..4).map(|_| breaker.try_acquire().unwrap()).collect();
        turn(&breaker);
        let trial = (state == CircuitState::HalfOpen).then(|| {
            clock.advance(10 * SECOND);
            breaker.try_acquire().unwrap()
        });
        let before = (breaker.state(), breaker.failure_count(), breaker.open_remaining());
        for (number, permit) in old.into_iter().enumerate() {
            match number {
                0 => permit.success(),
                1 => permit.failure(),
                2 => permit.ignore(),
                _ => drop(permit),
            }
        }
        let after = (breaker.state(), breaker.failure_count(), breaker.open_remaining());
        assert_eq!((before.0, before), (state, after));
        assert_eq!(breaker.late_results(), 2, "a result is a success or a failure");
        drop(trial);
    }
}

#[test]
fn the_open_time_doubles_with_every_failed_recovery_and_starts_again_after_a_good_one() {
    let clock = ManualClock::install();
    let breaker = open(TWO.max_recovery_timeout(35 * SECOND));
    for seconds in [10, 20, 35, 35] {
        assert_eq!(breaker.open_remaining(), Some(seconds * SECOND));
        clock.advance(seconds * SECOND);
        fail(&breaker, 1);
    }
    clock.advance(35 * SECOND);
    succeed(&breaker, 1);
    fail(&breaker, 2);
    assert_eq!(breaker.open_remaining(), Some(10 * SECOND));
}
