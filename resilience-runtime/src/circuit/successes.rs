//! Counts the successes of a window without the circuit's lock.
//!
//! A success that cannot trip the rule only adds to a count. The circuit opens the counter for one generation and, in a
//! window of time, for one slot. It empties the counter whenever it reads its window, and before it records a failure,
//! so that calls are recorded in the order in which they ended.
//!
//! Threads use different counts, so that they do not compete for cache lines.
//!
//! # Synchronization
//! A count and its generation share one word, changed by compare-and-swap. A success is counted in its generation or
//! not at all, and the swap that empties the count sees every counted success. All accesses are `Relaxed`, because
//! each word publishes only itself. The slot's times may be those of the previous or the next slot. The success is
//! then counted in an adjacent slot, or passed to the circuit.

use std::sync::OnceLock;

use super::window::Slot;
use crate::sync::{AtomicU64, Ordering, thread_number};
use crate::time::Nanos;

/// The number of threads that count without shared writes.
const COUNTS: usize = if cfg!(resilience_loom) { 2 } else { 4 };

/// A thread that finds the count full takes the lock and records it. With 16 bits, this is one success in 65 535.
const COUNT_BITS: u32 = 16;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;

/// The word of a closed counter, which belongs to no generation.
const SHUT: u64 = u64::MAX;

/// Counts of successes, with their generation and their slot.
pub(super) struct Successes {
    /// Allocated when the counter is first opened: most circuits have no window.
    counts: OnceLock<Box<[Count; COUNTS]>>,
    from: AtomicU64,
    /// Zero while the counter is closed.
    until: AtomicU64,
    /// The start value of the counts, chosen so that a count is full after the slot's `most` successes.
    first: AtomicU64,
}

/// ```text
/// ┌──────────────────────────┬────────────────┐
/// │ generation, its low bits │ count (16 bits)│
/// └──────────────────────────┴────────────────┘
/// ```
/// Aligned so that no two counts are adjacent: processors fetch two lines of 64 bytes at once.
#[repr(align(128))]
struct Count(AtomicU64);

impl Successes {
    pub(super) const fn new() -> Self {
        Self {
            counts: OnceLock::new(),
            from: AtomicU64::new(0),
            until: AtomicU64::new(0),
            first: AtomicU64::new(0),
        }
    }

    /// Opens the counter for this generation and slot. Must be called under the circuit's lock.
    pub(super) fn open(&self, generation: u64, slot: Slot) {
        // Relaxed, as everything here: see the module's documentation.
        self.from.store(slot.from.get(), Ordering::Relaxed);
        self.until.store(slot.until.get(), Ordering::Relaxed);
        let first = COUNT_MASK.saturating_sub(slot.most.into());
        self.first.store(first, Ordering::Relaxed);
        for Count(count) in
            &**self.counts.get_or_init(|| Box::new([const { Count(AtomicU64::new(SHUT)) }; COUNTS]))
        {
            count.store(generation << COUNT_BITS | first, Ordering::Relaxed);
        }
    }

    /// Whether the counter is closed. The value does not change while the circuit's lock is held.
    #[inline]
    pub(super) fn is_shut(&self) -> bool {
        self.until.load(Ordering::Relaxed) == 0
    }

    /// Closes the counter and returns the number of counted successes. Must be called under the circuit's lock.
    pub(super) fn shut(&self) -> u32 {
        self.until.store(0, Ordering::Relaxed);
        let counts = self.counts.get().into_iter().flat_map(|counts| &**counts);
        let first = self.first.load(Ordering::Relaxed);
        counts.map(|Count(count)| count_in(count.swap(SHUT, Ordering::Relaxed), first)).sum()
    }

    /// Counts a success of this generation in a slot without times. Returns `false` if the circuit has to record it.
    #[inline]
    pub(super) fn count_untimed(&self, generation: u64) -> bool {
        Nanos::new(self.until.load(Ordering::Relaxed)).is_never() && self.add(generation)
    }

    /// Counts a success of this generation. Returns `false` if the circuit has to record it. `now` is only called for a
    /// window of time.
    #[inline]
    pub(super) fn count(&self, generation: u64, now: impl FnOnce() -> Nanos) -> bool {
        let until = Nanos::new(self.until.load(Ordering::Relaxed));
        if until.is_zero() {
            return false;
        }
        if !until.is_never() {
            let now = now();
            if now >= until || now.get() < self.from.load(Ordering::Relaxed) {
                return false;
            }
        }
        self.add(generation)
    }

    #[inline]
    fn add(&self, generation: u64) -> bool {
        let Some(counts) = self.counts.get() else { return false };
        let Count(count) = &counts[thread_number() % COUNTS];
        let mut seen = count.load(Ordering::Relaxed);
        loop {
            if !is_of(seen, generation) || seen & COUNT_MASK == COUNT_MASK {
                return false;
            }
            match count.compare_exchange_weak(seen, seen + 1, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) => seen = other,
            }
        }
    }
}

/// The number of successes in a word. A word that was closed all the time holds none.
fn count_in(word: u64, first: u64) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "at most 16 bits")]
    let count = ((word & COUNT_MASK) - first) as u32;
    if word == SHUT { 0 } else { count }
}

/// A word distinguishes 2⁴⁸ generations. A call is only counted in the wrong generation if it spans exactly that many
/// transitions.
#[inline]
const fn is_of(count: u64, generation: u64) -> bool {
    count != SHUT && (count ^ generation << COUNT_BITS) >> COUNT_BITS == 0
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use super::*;

    const SLOT: Slot = Slot { from: Nanos::new(10), until: Nanos::new(20), most: u32::MAX };

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
        successes.open(0, Slot::of_calls(u32::MAX));
        let without_a_clock = || unreachable!("the slot has no times");
        assert_eq!((0..70_000).filter(|_| successes.count(0, without_a_clock)).count(), 65_535);
        assert_eq!(successes.shut(), 65_535);
        successes.open(0, Slot::of_calls(100));
        assert_eq!((0..1000).filter(|_| successes.count(0, without_a_clock)).count(), 100);
        assert_eq!(successes.shut(), 100);
    }
}
