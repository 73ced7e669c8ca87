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
#[inline]
pub(crate) fn moment() -> Nanos {
    static ANCHOR: OnceLock<Instant> = OnceLock::new();
    let now = now();
    let anchor = *ANCHOR.get_or_init(|| now);
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
    last: Nanos,
    /// How many times in a row it showed the same.
    still: u32,
}

/// So many looks at a clock that stands still are no coincidence: at a real one, two calls of a function take time.
const STANDS_STILL: u32 = 1_000;

impl Stopwatch {
    #[inline]
    pub(crate) fn start() -> Self {
        Self { start: now(), waited: Nanos::ZERO, last: Nanos::ZERO, still: 0 }
    }

    pub(crate) fn elapsed(&self) -> Nanos {
        Nanos::of(now().saturating_duration_since(self.start)).max(self.waited)
    }

    /// The wait to be made at `elapsed`. Under a clock that moves only while everybody waits (a paused one, or one moved by
    /// hand), attempts without a wait between them would never come to their deadline: after very many of them, they are
    /// given one.
    pub(crate) fn paced(&mut self, wait: Nanos, elapsed: Nanos) -> Nanos {
        self.still = if elapsed == self.last { self.still.saturating_add(1) } else { 0 };
        self.last = elapsed;
        let wait = if wait.is_zero() && self.still >= STANDS_STILL { Nanos::new(1_000_000) } else { wait };
        self.will_have_waited(elapsed.plus(wait));
        wait
    }

    /// A wait that ends `until` after the start is about to be made.
    fn will_have_waited(&mut self, until: Nanos) {
        self.waited = self.waited.max(until);
    }

    /// The moment so long after the start, unless it is never.
    #[cfg(feature = "tokio")]
    pub(crate) fn moment(&self, after_start: Nanos) -> Option<Instant> {
        self.start.checked_add(after_start.limit()?)
    }
}

/// Clocks for one thread that stand still until they are moved; the one that came last is looked at.
#[cfg(feature = "testing")]
pub(crate) mod by_hand {
    use std::cell::RefCell;
    use std::time::Duration;

    use super::Instant;
    use crate::time::Nanos;

    /// Tells a thread's clocks apart.
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

    /// Moves one of them.
    pub(crate) fn advance(id: Id, by: Nanos) {
        HANDS.with_borrow_mut(|hands| {
            if let Some(hand) = hands.iter_mut().find(|hand| hand.id == id) {
                hand.moved = hand.moved.plus(by);
            }
        });
    }

    /// Moves the one that is looked at, if this thread has one.
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
        HANDS.with_borrow(|hands| {
            let Hand { start, moved, .. } = hands.last()?;
            // One that was moved to the end of time shows the last moment there is, 584 years on.
            start.checked_add(Duration::from_nanos(moved.get())).or(Some(*start))
        })
    }
}
