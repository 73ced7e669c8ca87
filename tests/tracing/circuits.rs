//! Circuits that open and close.

use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{CircuitBreaker, CircuitConfig, CircuitOpen, circuit, retry};

use crate::log::Log;

#[derive(Debug, PartialEq, thiserror::Error)]
enum Error {
    #[error("declined")]
    Declined,
    #[error(transparent)]
    Open(#[from] CircuitOpen),
}

#[retry(times = 9, interval = 1s, name = "pay")]
#[circuit(name = "payments", failure_threshold = 2, recovery_timeout = 60s)]
fn pay(fails: bool) -> Result<(), Error> {
    if fails { Err(Error::Declined) } else { Ok(()) }
}

#[test]
fn a_circuit_that_opens_is_one_warning_and_one_that_closes_is_info() {
    let clock = ManualClock::install();
    let ((), lines) = Log::of(|| {
        assert_eq!(pay(true), Err(Error::Declined));
        for _ in 0..3 {
            assert!(matches!(pay(true), Err(Error::Open(_))));
        }
        clock.advance(Duration::from_secs(61));
        pay(false).unwrap();
    });
    let expected = [
        "DEBUG attempt failed, retrying: resilience.name=pay resilience.kind=retry resilience.attempt=1 \
         resilience.wait_ms=1000 error=declined",
        "WARN circuit opened: resilience.name=payments resilience.kind=circuit resilience.wait_ms=60000 \
         error=declined",
        "INFO circuit closed: resilience.name=payments resilience.kind=circuit",
    ];
    assert_eq!(lines, expected, "neither rejections nor the calls that they end are told");
}

#[test]
fn an_operator_that_closes_a_circuit_is_told_and_other_orders_are_not() {
    let breaker = CircuitBreaker::new("by hand", CircuitConfig::new());
    let ((), lines) = Log::of(|| {
        breaker.force_open();
        breaker.disable();
        breaker.reset();
    });
    assert_eq!(lines, ["INFO circuit closed: resilience.name=by hand resilience.kind=circuit"]);
}

#[retry(times = 9, interval = 1s, name = "refund", on_error = |_, _| breaker.force_open())]
#[circuit(breaker = breaker)]
fn refund(breaker: &CircuitBreaker) -> Result<(), Error> {
    Err(Error::Declined)
}

#[test]
fn a_call_that_a_circuit_ends_after_an_error_is_no_warning() {
    let _clock = ManualClock::install();
    let breaker = CircuitBreaker::new("forced open", CircuitConfig::new());
    let (result, lines) = Log::of(|| refund(&breaker));
    assert_eq!(result, Err(Error::Declined), "the error of the attempt that was made");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("DEBUG attempt failed, retrying: resilience.name=refund"), "{lines:?}");
}
