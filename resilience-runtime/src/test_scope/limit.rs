//! The nearest time limit of the attempts that a thread is polling. Skipped waits end there.

use std::cell::Cell;

use super::is_any_open;
use crate::time::{Instant, Nanos};

thread_local! {
    static NEAREST: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Polls an attempt that is dropped at this time.
#[inline]
pub(crate) fn polled_until<T>(until: Option<Instant>, poll: impl FnOnce() -> T) -> T {
    let Some(until) = until.filter(|_| is_any_open()) else { return poll() };
    let outer = NEAREST.get();
    let _outer = OuterLimit(outer);
    NEAREST.set(Some(outer.map_or(until, |outer| outer.min(until))));
    poll()
}

/// The part of a wait that begins `now` and ends with the nearest limit.
pub(crate) fn within_limit(wait: Nanos, now: Instant) -> Nanos {
    NEAREST.get().map_or(wait, |limit| wait.min(Nanos::of(limit.saturating_duration_since(now))))
}

/// Sets the outer limit again, even after a panic.
struct OuterLimit(Option<Instant>);

impl Drop for OuterLimit {
    fn drop(&mut self) {
        NEAREST.set(self.0);
    }
}
