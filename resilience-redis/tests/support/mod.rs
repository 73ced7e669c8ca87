//! Redis servers, nodes of a fleet, and a dependency that fails, all in this process.
#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod nodes;
pub(crate) mod proxy;
pub(crate) mod server;

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

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}
