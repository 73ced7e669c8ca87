//! All clock reads of the library: tokio's clock, a monotonic one, or a manual clock in tests.

use std::sync::OnceLock;

#[cfg(feature = "testing")]
use crate::test_scope;
use crate::time::{Instant, Nanos};

/// Tokio's clock follows a paused runtime. Otherwise it is the system's monotonic clock.
#[inline]
pub(crate) fn now() -> Instant {
    #[cfg(feature = "testing")]
    if let Some(now) = by_hand::now() {
        return now;
    }
    #[cfg(feature = "testing")]
    if test_scope::is_any_open() {
        return ahead(Instant::now());
    }
    Instant::now()
}

/// The time of the current test scope, which is ahead by the waits that it skipped.
#[cfg(feature = "testing")]
fn ahead(now: Instant) -> Instant {
    now.checked_add(test_scope::skipped().to_duration()).unwrap_or(now)
}

/// Whether skipped waits have led past this time of the library's clock, which tokio's timers do not notice.
#[cfg(all(feature = "testing", feature = "tokio"))]
pub(crate) fn has_skipped(time: Instant) -> bool {
    test_scope::is_any_open() && now() >= time
}

/// The time of tokio's clock at this time of the library's clock.
#[cfg(feature = "tokio")]
#[inline]
pub(crate) fn on_timer(time: Instant) -> Instant {
    #[cfg(feature = "testing")]
    if test_scope::is_any_open() {
        return time.checked_sub(test_scope::skipped().to_duration()).unwrap_or(time);
    }
    time
}

/// The current time in nanoseconds, on one scale for the whole process.
#[inline]
pub(crate) fn moment() -> Nanos {
    since_start(now())
}

/// The first time that is read, in nanoseconds. It is in the middle of the range, because a paused clock may show
/// earlier times.
const STARTED_AT: u64 = 1 << 62;

/// A time, in nanoseconds on one scale for the whole process.
#[inline]
pub(crate) fn since_start(time: Instant) -> Nanos {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = *START.get_or_init(|| time);
    let after = time.saturating_duration_since(start);
    // The common case, without overflow checks: up to 136 years from the start.
    if after.as_secs() < 1 << 32 && (!after.is_zero() || time >= start) {
        let nanos = after.as_secs() * 1_000_000_000 + u64::from(after.subsec_nanos());
        return Nanos::new(STARTED_AT + nanos);
    }
    far_from_start(time, start)
}

#[cold]
#[inline(never)]
fn far_from_start(time: Instant, start: Instant) -> Nanos {
    match time.checked_duration_since(start) {
        Some(after) => Nanos::new(STARTED_AT).plus(Nanos::of(after)),
        None => Nanos::new(STARTED_AT).minus(Nanos::of(start.saturating_duration_since(time))),
    }
}

/// The current time as a type of the standard library.
pub(crate) fn std_now() -> std::time::Instant {
    #[cfg(feature = "tokio")]
    return now().into_std();
    #[cfg(not(feature = "tokio"))]
    now()
}

/// The current time of the system's monotonic clock. A parked thread sleeps in real time, even if tokio's clock is
/// paused.
#[cfg(feature = "tokio")]
pub(crate) fn real_now() -> std::time::Instant {
    std::time::Instant::now()
}

/// The current time of tokio's clock, also on a thread with a manual clock: tokio's timers follow no other.
#[cfg(feature = "tokio")]
pub(crate) fn runtime_now() -> Instant {
    Instant::now()
}

/// The time of tokio's clock after this wait, unless it is never.
#[cfg(feature = "tokio")]
pub(crate) fn runtime_moment(wait: Nanos) -> Option<Instant> {
    let wait = wait.limit()?;
    runtime_now().checked_add(wait)
}

/// The time since a call began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    start: Instant,
    /// The time that has passed even if the clock stands still: the sum of the waits. Without it, a synchronous wait
    /// under tokio's paused clock would never reach the end.
    waited: Nanos,
    /// The number of consecutive readings at which the clock had advanced by no more than the waits.
    still: u32,
}

/// After this number of readings, the clock is known to stand still: on a real clock, two calls of a function take
/// time.
const STANDS_STILL: u32 = 1_000;

impl Stopwatch {
    #[inline]
    pub(crate) fn start() -> Self {
        Self { start: now(), waited: Nanos::ZERO, still: 0 }
    }

    pub(crate) fn elapsed(&self) -> Nanos {
        Nanos::of(now().saturating_duration_since(self.start)).max(self.waited)
    }

    /// The time that the clock shows, without the part of a wait that has not passed.
    #[cfg(feature = "tokio")]
    pub(crate) fn shown(&self) -> Nanos {
        Nanos::of(now().saturating_duration_since(self.start))
    }

    /// Whether there was a wait, even for a rejected attempt that does not count.
    #[inline]
    pub(crate) const fn has_waited(&self) -> bool {
        !self.waited.is_zero()
    }

    /// The wait to be made at `elapsed`. A paused or manual clock only advances during waits, so attempts without
    /// waits would never reach their deadline. After [`STANDS_STILL`] such attempts, they get a short wait.
    pub(crate) fn paced(&mut self, wait: Nanos, elapsed: Nanos) -> Nanos {
        self.still = if elapsed <= self.waited { self.still.saturating_add(1) } else { 0 };
        let wait = if wait.is_zero() && self.still >= STANDS_STILL { Nanos::new(1_000_000) } else { wait };
        self.will_have_waited(elapsed.plus(wait));
        wait
    }

    /// Records a wait that will end `until` after the start.
    fn will_have_waited(&mut self, until: Nanos) {
        self.waited = self.waited.max(until);
    }

    pub(crate) const fn started(&self) -> Instant {
        self.start
    }

    /// The time this long after the start, unless it is never.
    pub(crate) fn moment(&self, after_start: Nanos) -> Option<Instant> {
        self.start.checked_add(after_start.limit()?)
    }
}

/// Manual clocks of a thread. They stand still until they are advanced. The one installed last is read.
#[cfg(feature = "testing")]
pub(crate) mod by_hand {
    use std::cell::RefCell;
    use std::time::Duration;

    use super::Instant;
    use crate::time::Nanos;

    /// The id of a clock within its thread.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Id(u64);

    struct Hand {
        id: Id,
        start: Instant,
        moved: Nanos,
    }

    thread_local! {
        static HANDS: RefCell<Vec<Hand>> = const { RefCell::new(Vec::new()) };
    }

    pub(crate) fn install() -> Id {
        HANDS.with_borrow_mut(|hands| {
            let id = Id(hands.last().map_or(0, |last| last.id.0 + 1));
            hands.push(Hand { id, start: Instant::now(), moved: Nanos::ZERO });
            id
        })
    }

    pub(crate) fn remove(id: Id) {
        HANDS.with_borrow_mut(|hands| hands.retain(|hand| hand.id != id));
    }

    pub(crate) fn moved(id: Id) -> Option<Nanos> {
        HANDS.with_borrow(|hands| Some(hands.iter().find(|hand| hand.id == id)?.moved))
    }

    /// Advances a clock.
    pub(crate) fn advance(id: Id, by: Nanos) {
        HANDS.with_borrow_mut(|hands| {
            if let Some(hand) = hands.iter_mut().find(|hand| hand.id == id) {
                hand.moved = hand.moved.plus(by);
            }
        });
    }

    /// Sets the clock that is read back, as a paused clock is between two runtimes.
    #[cfg(test)]
    pub(crate) fn set_back(by: Nanos) {
        HANDS.with_borrow_mut(|hands| {
            if let Some(hand) = hands.last_mut() {
                hand.moved = hand.moved.minus(by);
            }
        });
    }

    /// Advances the clock that is read, if this thread has one.
    pub(crate) fn wait(by: Nanos) -> bool {
        HANDS.with_borrow_mut(|hands| match hands.last_mut() {
            Some(hand) => {
                hand.moved = hand.moved.plus(by);
                true
            }
            None => false,
        })
    }

    pub(super) fn now() -> Option<Instant> {
        // A thread that is ending may have no clocks.
        let look = |hands: &RefCell<Vec<Hand>>| {
            let hands = hands.borrow();
            let Hand { start, moved, .. } = hands.last()?;
            // `moved` saturates at 584 years. A time that `Instant` cannot represent is shown as the start.
            start.checked_add(Duration::from_nanos(moved.get())).or(Some(*start))
        };
        HANDS.try_with(look).ok().flatten()
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn moments_are_as_far_apart_as_the_clock_was_moved() {
        let hand = by_hand::install();
        let mut last = moment();
        for seconds in [0, 1, 2, 1 << 31, 1 << 32, 1 << 32] {
            let step = Duration::new(seconds, 999_999_999);
            by_hand::advance(hand, Nanos::of(step));
            let now = moment();
            assert_eq!(now.minus(last), Nanos::of(step), "{step:?}");
            last = now;
        }
        by_hand::remove(hand);
    }

    #[test]
    fn a_thread_that_is_ending_has_no_clocks_of_its_own_any_more() {
        struct Last;
        impl Drop for Last {
            fn drop(&mut self) {
                assert_eq!(by_hand::now(), None);
            }
        }
        thread_local! {
            static LAST: Last = const { Last };
        }
        let ending = std::thread::spawn(|| {
            LAST.with(|_| ());
            by_hand::remove(by_hand::install());
        });
        assert!(ending.join().is_ok());
    }
}
