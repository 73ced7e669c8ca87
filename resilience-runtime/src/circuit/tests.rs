//! Tests of the circuit's public interface, with a manual clock (feature `testing`).
#![cfg(feature = "testing")]

mod calls;
mod events;
mod faults;
#[cfg(resilience_loom)]
mod interleavings;
mod model;
mod operators;
mod ratios;
mod sharing;
mod stress;
mod table;

use std::time::Duration;

use super::{CircuitBreaker, CircuitConfig, CircuitState};
use crate::testing::ManualClock;

/// An operator's command.
type Turn = fn(&CircuitBreaker);

const SECOND: Duration = Duration::from_secs(1);

/// Opens at the second consecutive failure, for ten seconds.
const TWO: CircuitConfig =
    CircuitConfig::new().failure_threshold(2).recovery_timeout(Duration::from_secs(10));

fn breaker(config: CircuitConfig) -> CircuitBreaker {
    CircuitBreaker::try_new("test", config).unwrap()
}

fn fail(breaker: &CircuitBreaker, times: u32) {
    for _ in 0..times {
        breaker.try_acquire().unwrap().failure_because("down");
    }
}

fn succeed(breaker: &CircuitBreaker, times: u32) {
    for _ in 0..times {
        breaker.try_acquire().unwrap().success();
    }
}

/// A circuit that has just opened.
fn open(config: CircuitConfig) -> CircuitBreaker {
    let breaker = breaker(config);
    // Bounded, so that a circuit that never opens fails the test instead of hanging it.
    for _ in 0..10_000 {
        if breaker.state() != CircuitState::Closed {
            return breaker;
        }
        fail(&breaker, 1);
    }
    panic!("it does not open: {breaker:?}");
}
