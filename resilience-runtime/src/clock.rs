//! The only place that reads a clock: a monotonic one, tokio's where there is tokio, or one moved by hand.

use std::sync::OnceLock;

use crate::time::Nanos;

#[cfg(not(feature = "tokio"))]
use std::time::Instant;
#[cfg(feature = "tokio")]
use tokio::time::Instant;

/// Tokio's clock follows a paused runtime, and is the system's monotonic clock everywhere else.
#[inline]
pub(crate) fn now() -> Instant {
    #[cfg(feature = "testing")]
    if let Some(now) = by_hand::now() {
        return now;
    }
    Instant::now()
}

/// The moment at which this process first asked for one: in the middle of what a word holds, because a paused clock may
/// show moments before it.
const ANCHORED_AT: u64 = 1 << 62;

/// Now, in nanoseconds on one scale for the whole process.
#[inline(never)]
pub(crate) fn moment() -> Nanos {
    static ANCHOR: OnceLock<Instant> = OnceLock::new();
    let now = now();
    let anchor = match ANCHOR.get() {
        Some(anchor) => *anchor,
        None => *ANCHOR.get_or_init(|| now),
    };
    let after = now.saturating_duration_since(anchor);
    if after.is_zero() {
        return before(now, anchor);
    }
    Nanos::new(ANCHORED_AT).plus(Nanos::of(after))
}

/// A moment that is not after the anchor.
#[cold]
#[inline(never)]
fn before(now: Instant, anchor: Instant) -> Nanos {
    Nanos::new(ANCHORED_AT).minus(Nanos::of(anchor.saturating_duration_since(now)))
}

/// Now, as the standard library writes it.
pub(crate) fn std_now() -> std::time::Instant {
    #[cfg(feature = "tokio")]
    return now().into_std();
    #[cfg(not(feature = "tokio"))]
    now()
}

/// The time since a call began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    start: Instant,
    /// What has passed even if the clock stands still: the waits that were made. Without it, a synchronous wait under
    /// tokio's paused clock would never bring the end any closer.
    waited: Nanos,
}

impl Stopwatch {
    #[inline]
    pub(crate) fn start() -> Self {
        Self { start: now(), waited: Nanos::ZERO }
    }

    pub(crate) fn elapsed(&self) -> Nanos {
        Nanos::of(now().saturating_duration_since(self.start)).max(self.waited)
    }

    /// A wait that ends `until` after the start is about to be made.
    pub(crate) fn will_have_waited(&mut self, until: Nanos) {
        self.waited = self.waited.max(until);
    }

    /// The moment so long after the start, unless it is never.
    #[cfg(feature = "tokio")]
    pub(crate) fn moment(&self, after_start: Nanos) -> Option<Instant> {
        self.start.checked_add(after_start.limit()?)
    }
}

/// A clock for one thread that stands still until it is moved.
#[cfg(feature = "testing")]
pub(crate) mod by_hand {
    use std::cell::Cell;

    use super::Instant;
    use crate::time::Nanos;

    thread_local! {
        static HAND: Cell<Option<(Instant, Nanos)>> = const { Cell::new(None) };
    }

    pub(crate) fn install() {
        HAND.set(Some((Instant::now(), Nanos::ZERO)));
    }

    pub(crate) fn remove() {
        HAND.set(None);
    }

    pub(crate) fn moved() -> Option<Nanos> {
        Some(HAND.get()?.1)
    }

    /// Moves the clock, if this thread has one.
    pub(crate) fn advance(by: Nanos) -> bool {
        let Some((start, moved)) = HAND.get() else { return false };
        HAND.set(Some((start, moved.plus(by))));
        true
    }

    pub(super) fn now() -> Option<Instant> {
        let (start, moved) = HAND.get()?;
        // A clock moved past the end of time shows the last moment it can.
        start.checked_add(moved.to_duration()).or(Some(start))
    }
}
