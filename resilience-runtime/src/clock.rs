//! The only place that reads a clock: a monotonic one, tokio's where there is tokio, or one moved by hand.

use std::sync::OnceLock;
use std::time::Duration;

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

/// About the moment at which this process first asked for one: in the middle of what a word holds, because a paused clock may
/// show moments before it.
const ANCHORED_AT: u64 = 1 << 62;

/// Now, in nanoseconds on one scale for the whole process.
#[inline(never)]
pub(crate) fn moment() -> Nanos {
    let Some(anchor) = ANCHOR.get() else { return any_moment() };
    let after = now().saturating_duration_since(*anchor);
    // So many nanoseconds after the anchor there is no overflow to look for.
    if after.as_secs().wrapping_sub(1) < u64::from(u32::MAX) {
        return Nanos::new(ANCHORED_AT + after.as_secs() * 1_000_000_000 + u64::from(after.subsec_nanos()));
    }
    any_moment()
}

static ANCHOR: OnceLock<Instant> = OnceLock::new();

/// Any moment at all: the first one, those before it, and those beyond a century. It looks at the clock again, so that
/// the common way need not keep what it saw.
#[cold]
#[inline(never)]
fn any_moment() -> Nanos {
    let now = now();
    // A second ago, if the clock has been running for so long: the common way begins there.
    let anchor = *ANCHOR.get_or_init(|| now.checked_sub(Duration::from_secs(1)).unwrap_or(now));
    match now.checked_duration_since(anchor) {
        Some(after) => Nanos::new(ANCHORED_AT).plus(Nanos::of(after)),
        None => Nanos::new(ANCHORED_AT).minus(Nanos::of(anchor.saturating_duration_since(now))),
    }
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

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::testing::ManualClock;

    #[test]
    fn moments_are_as_far_apart_as_the_clock_was_moved() {
        let clock = ManualClock::install();
        let mut last = moment();
        for seconds in [0, 1, 2, 1 << 31, 1 << 32, 1 << 32] {
            let step = Duration::new(seconds, 999_999_999);
            clock.advance(step);
            let now = moment();
            assert_eq!(now.minus(last), Nanos::of(step), "{step:?}");
            last = now;
        }
    }
}
