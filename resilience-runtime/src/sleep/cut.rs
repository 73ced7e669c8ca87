use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::time::Nanos;

/// The hint for a layer that an inner circuit would reject the next call: the remaining open time, if known,
/// and whether the returned error is the function's, not the rejection.
pub type RejectionHint = Option<(Option<Duration>, bool)>;

/// The channel between the time limits of a function and its inner circuits, about an attempt that is dropped.
///
/// Only one task uses it, so it orders nothing. It is atomic because a future that borrows a `Cell` is not `Send`.
#[derive(Debug)]
pub struct Cut {
    /// The limit that is dropping the attempt, in nanoseconds. `0`: no limit.
    limit: AtomicU64,
    /// How long the inner circuits will reject calls, in nanoseconds. `0`: they will not. The maximum: unknown.
    rejected_for: AtomicU64,
}

const NONE: u64 = 0;

impl Cut {
    /// No attempt is being dropped.
    #[inline]
    #[must_use]
    #[expect(clippy::new_without_default, reason = "for expansions only")]
    pub const fn new() -> Self {
        Self { limit: AtomicU64::new(NONE), rejected_for: AtomicU64::new(NONE) }
    }

    /// Records that the attempt is about to be dropped, because it took longer than `limit`.
    #[cfg(any(feature = "tokio", test))]
    #[cold]
    pub(super) fn mark(&self, limit: Nanos) {
        self.limit.store(limit.get(), Ordering::Relaxed);
    }

    /// The limit that is dropping the attempt. `None` if its caller drops it.
    pub(crate) fn limit(&self) -> Option<Duration> {
        let limit = self.limit.load(Ordering::Relaxed);
        (limit != NONE).then(|| Nanos::new(limit).to_duration())
    }

    /// The hint of inner circuits for the attempt that is being dropped.
    pub(crate) fn told(&self) -> RejectionHint {
        let rejected_for = self.rejected_for.load(Ordering::Relaxed);
        (rejected_for != NONE).then(|| (Nanos::new(rejected_for).limit(), true))
    }

    /// Replaces the hint.
    pub(crate) fn tell(&self, told: RejectionHint) {
        let rejected_for = told.map_or(NONE, |(left, _)| left.map_or(Nanos::NEVER, Nanos::of).get());
        self.rejected_for.store(rejected_for, Ordering::Relaxed);
    }

    /// Resets the channel for the next attempt, after one was dropped.
    #[cold]
    pub fn clear(&self) {
        self.limit.store(NONE, Ordering::Relaxed);
        self.rejected_for.store(NONE, Ordering::Relaxed);
    }

    /// Returns the hint after an attempt was dropped, and resets the channel for the next attempt.
    #[cold]
    #[inline(never)]
    pub fn take(&self) -> RejectionHint {
        let told = self.told();
        self.clear();
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_carries_the_limit_down_and_the_time_left_up_and_is_as_new_afterwards() {
        let cut = Cut::new();
        assert_eq!((cut.limit(), cut.take()), (None, None));
        for left in [None, Some(Duration::from_secs(2))] {
            cut.mark(Nanos::of(Duration::from_secs(1)));
            assert_eq!(cut.limit(), Some(Duration::from_secs(1)));
            cut.tell(Some((left, true)));
            assert_eq!(cut.take(), Some((left, true)));
            assert_eq!((cut.limit(), cut.told()), (None, None));
        }
    }
}
