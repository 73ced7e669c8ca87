//! Redis servers, nodes of a fleet in this process, processes of a fleet, and a dependency that fails.
#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod nodes;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod server;
pub(crate) mod worker;

use std::thread::sleep;
use std::time::{Duration, Instant};

/// Waits for a condition. Returns how long it took.
pub(crate) async fn until(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < limit, "after {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    began.elapsed()
}

/// The same for a test without a runtime.
pub(crate) fn wait_until(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < limit, "after {limit:?}: {what}");
        sleep(Duration::from_millis(20));
    }
    began.elapsed()
}

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}
