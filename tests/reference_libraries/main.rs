//! Behaviour on which users of `poll`, `circuitbreaker`, `aiomisc` and `more-executors` in Python rely, fact by fact.

mod asyncbackoff;
mod circuitbreaker;
mod more_executors;
mod poll;

use std::fmt;
use std::time::Duration;

use resilience::{CircuitOpen, TimedOut};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// The exceptions of the Python examples.
#[derive(Debug, PartialEq)]
enum Error {
    Status(u16),
    Connect,
    Value(&'static str),
    TimedOut(TimedOut),
    Open(CircuitOpen),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Error {}

impl From<TimedOut> for Error {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}

impl From<CircuitOpen> for Error {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open)
    }
}
