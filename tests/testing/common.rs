//! What all tests call: each function in each form.

use std::fmt;
use std::time::Duration;

use resilience::{Alarm, CircuitOpen, TimedOut};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Error {
    Busy(u32),
    TimedOut,
    Alarm,
    Open,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(number) => write!(f, "busy {number}"),
            Self::TimedOut => f.write_str("timed out"),
            Self::Alarm => f.write_str("alarm"),
            Self::Open => f.write_str("open"),
        }
    }
}

impl From<TimedOut> for Error {
    fn from(_: TimedOut) -> Self {
        Self::TimedOut
    }
}

impl<T> From<Alarm<T>> for Error {
    fn from(_: Alarm<T>) -> Self {
        Self::Alarm
    }
}

impl From<CircuitOpen> for Error {
    fn from(_: CircuitOpen) -> Self {
        Self::Open
    }
}

/// The panic of a call, as text.
pub(crate) fn panic_of(call: impl FnOnce()) -> String {
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).expect_err("it panics");
    let text = panic.downcast_ref::<String>().cloned();
    text.unwrap_or_else(|| (*panic.downcast_ref::<&str>().expect("a text")).to_owned())
}

/// Runs a future on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}
