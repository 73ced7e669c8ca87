//! The successes of a window, counted without the circuit's lock.
//!
//! Where a success can trip nothing, it only adds to a count. The circuit opens the counter for one generation, of a window of
//! time for one slot, and empties it whenever it looks at its window: before a failure is recorded, so that calls are
//! recorded in the order in which they ended.
//!
//! # Synchronization
//! The counter and its generation are one word, changed by compare-and-swap: a success is counted in its own generation or
//! not at all, and one that is counted is seen by the swap that empties the counter. Everything is `Relaxed`, because the
//! word publishes nothing but itself. The slot's times may be those of the slot before or after: then a success counts in the
//! slot next to its own, or goes to the circuit.

use super::window::Slot;
use crate::sync::{AtomicU64, Ordering};
use crate::time::Nanos;

/// Whoever finds the count full takes the lock and records it. 8 bits: of 255 successes, one does.
const COUNT_BITS: u32 = 8;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;

/// No generation: nothing is counted here.
const SHUT: u64 = u64::MAX;

/// A count of successes, with the generation and the slot that they belong to.
pub(super) struct Successes {
    /// ```text
    /// ┌──────────────────────────┬────────────────┐
    /// │ generation, its low bits │ count (8 bits) │
    /// └──────────────────────────┴────────────────┘
    /// ```
    count: AtomicU64,
    from: AtomicU64,
    until: AtomicU64,
}

impl Successes {
    pub(super) const fn new() -> Self {
        Self { count: AtomicU64::new(SHUT), from: AtomicU64::new(0), until: AtomicU64::new(0) }
    }

    /// Counts successes of this generation from now on, as long as the slot lasts. Called under the circuit's lock.
    pub(super) fn open(&self, generation: u64, slot: Slot) {
        // Relaxed, as everything here: see the module's text.
        self.from.store(slot.from.get(), Ordering::Relaxed);
        self.until.store(slot.until.get(), Ordering::Relaxed);
        self.count.store(generation << COUNT_BITS, Ordering::Relaxed);
    }

    /// Whether nothing is counted. It stays so as long as the circuit's lock is held.
    #[inline]
    pub(super) fn is_shut(&self) -> bool {
        self.count.load(Ordering::Relaxed) == SHUT
    }

    /// What has been counted; nothing is counted any more. Called under the circuit's lock, unless it is shut already.
    pub(super) fn shut(&self) -> u32 {
        (self.count.swap(SHUT, Ordering::Relaxed) & COUNT_MASK) as u32
    }

    /// Counts one success of this generation, if that is all there is to do. `now` is only called for a window of time.
    #[inline]
    pub(super) fn count(&self, generation: u64, now: impl FnOnce() -> Nanos) -> bool {
        let mut seen = self.count.load(Ordering::Relaxed);
        if !is_of(seen, generation) {
            return false;
        }
        let until = Nanos::new(self.until.load(Ordering::Relaxed));
        if !until.is_never() {
            let now = now();
            if now >= until || now.get() < self.from.load(Ordering::Relaxed) {
                return false;
            }
        }
        loop {
            if !is_of(seen, generation) || seen & COUNT_MASK == COUNT_MASK {
                return false;
            }
            match self.count.compare_exchange_weak(seen, seen + 1, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) => seen = other,
            }
        }
    }
}

/// The generations that one word tells apart are 2⁵⁶: a call would have to last that many transitions, to the one, to be
/// counted in a younger one.
#[inline]
const fn is_of(count: u64, generation: u64) -> bool {
    count != SHUT && (count ^ generation << COUNT_BITS) >> COUNT_BITS == 0
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use super::*;

    const SLOT: Slot = Slot { from: Nanos::new(10), until: Nanos::new(20) };

    #[test]
    fn only_successes_of_the_slot_and_the_generation_are_counted() {
        let successes = Successes::new();
        assert!(!successes.count(0, || Nanos::new(15)));
        successes.open(7, SLOT);
        let counted = [(7, 9), (7, 10), (7, 19), (7, 20), (8, 15), (6, 15)]
            .map(|(generation, now)| successes.count(generation, || Nanos::new(now)));
        assert_eq!(counted, [false, true, true, false, false, false]);
        assert_eq!((successes.is_shut(), successes.shut(), successes.is_shut()), (false, 2, true));
        assert!(!successes.count(7, || Nanos::new(15)));
    }

    #[test]
    fn a_full_count_takes_no_more() {
        let successes = Successes::new();
        successes.open(0, Slot::ANY_TIME);
        let without_a_clock = || unreachable!("the slot has no times");
        assert_eq!((0..1000).filter(|_| successes.count(0, without_a_clock)).count(), 255);
        assert_eq!(successes.shut(), 255);
    }
}
