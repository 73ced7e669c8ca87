//! The successes of a window of time, counted without the circuit's lock.
//!
//! In a slot in which a success can trip nothing, it only adds to a count. The circuit opens the counter for one slot of one
//! generation, and empties it whenever it looks at its window.
//!
//! # Synchronization
//! The counter and its generation are one word, changed by compare-and-swap: a success is counted in its own generation or
//! not at all, and one that is counted is seen by the swap that empties the counter. Everything is `Relaxed`, because the
//! word publishes nothing but itself. The slot's times may be those of the slot before or after: then a success counts in the
//! slot next to its own, or goes to the circuit.

use super::window::Slot;
use crate::sync::{AtomicU64, Ordering};
use crate::time::Nanos;

const COUNT_BITS: u32 = 24;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;

/// No generation: nothing is counted here.
const SHUT: u64 = u64::MAX;

/// A count of successes, with the generation and the slot that they belong to.
pub(super) struct Successes {
    /// ```text
    /// ┌──────────────────────────┬─────────────────┐
    /// │ generation, its low bits │ count (24 bits) │
    /// └──────────────────────────┴─────────────────┘
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

    /// What has been counted; nothing is counted any more. Called under the circuit's lock.
    #[inline]
    pub(super) fn shut(&self) -> u32 {
        // Most circuits have no window of time, and never open it.
        if self.count.load(Ordering::Relaxed) == SHUT {
            return 0;
        }
        match self.count.swap(SHUT, Ordering::Relaxed) {
            SHUT => 0,
            counted => (counted & COUNT_MASK) as u32,
        }
    }

    /// Whether successes of this generation are counted here.
    #[inline]
    pub(super) fn is_open(&self, generation: u64) -> bool {
        is_of(self.count.load(Ordering::Relaxed), generation)
    }

    /// Counts one success of this generation, if that is all there is to do.
    #[inline]
    pub(super) fn count(&self, generation: u64, now: Nanos) -> bool {
        let (from, until) = (self.from.load(Ordering::Relaxed), self.until.load(Ordering::Relaxed));
        if now.get() < from || now.get() >= until {
            return false;
        }
        let mut seen = self.count.load(Ordering::Relaxed);
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

/// The generations that one word tells apart are 2⁴⁰: a call would have to last that many transitions, to the one, to be
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
        assert!(!successes.is_open(0) && !successes.count(0, Nanos::new(15)));
        successes.open(7, SLOT);
        assert!(successes.is_open(7) && !successes.is_open(8));
        let counted = [(7, 9), (7, 10), (7, 19), (7, 20), (8, 15), (6, 15)]
            .map(|(generation, now)| successes.count(generation, Nanos::new(now)));
        assert_eq!(counted, [false, true, true, false, false, false]);
        assert_eq!((successes.shut(), successes.shut()), (2, 0));
        assert!(!successes.count(7, Nanos::new(15)));
    }

    #[test]
    fn a_full_count_takes_no_more() {
        let successes = Successes::new();
        successes.open(0, SLOT);
        successes.count.store(COUNT_MASK, Ordering::Relaxed);
        assert!(!successes.count(0, Nanos::new(15)));
        assert_eq!(u64::from(successes.shut()), COUNT_MASK);
    }
}
