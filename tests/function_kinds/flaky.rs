//! A function that fails twice before it succeeds.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use resilience::TimedOut;

#[derive(Debug, Default)]
pub(crate) struct Flaky(AtomicU32);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Oops(pub(crate) u32);

impl Flaky {
    /// The third time, and every third time after that, it answers 3.
    pub(crate) fn ask(&self) -> Result<u32, Oops> {
        let asked = self.0.fetch_add(1, Relaxed) + 1;
        if asked % 3 == 0 { Ok(3) } else { Err(Oops(asked)) }
    }

    pub(crate) async fn ask_async(&self) -> Result<u32, Oops> {
        tokio::task::yield_now().await;
        self.ask()
    }

    pub(crate) fn asked(&self) -> u32 {
        self.0.load(Relaxed)
    }
}

impl fmt::Display for Oops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "oops {}", self.0)
    }
}

impl std::error::Error for Oops {}

impl From<TimedOut> for Oops {
    fn from(_: TimedOut) -> Self {
        Self(u32::MAX)
    }
}
