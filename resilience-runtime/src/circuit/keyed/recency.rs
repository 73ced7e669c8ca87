//! The eviction order of a full set. Slots are identified by number; other properties are passed as closures.
//!
//! Sets of up to [`EXACT`] keys evict the least recently used idle circuit, or else the least recently used counting
//! one. Larger sets give every circuit a *second chance*, as in the clock algorithm: a hand goes around the slots,
//! skips those that were used since its last visit, and examines a bounded number of the others.
//!
//! # Synchronization
//! A use is recorded under the shared lock of one shard. Evictions hold all shards exclusively, which orders the two.
//! All accesses are therefore `Relaxed`: of two concurrent uses, either may count as the later one.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::circuit::eviction::EvictionClass;

/// The size of the largest set with an exact order.
///
/// 64: an eviction examines all circuits, in about a microsecond, and records one number per use.
pub(super) const EXACT: usize = 64;

/// The number of circuits that a new key examines in a full set.
///
/// 64, as in an exact set. With many new keys, the lock must not be held for as long as it takes to examine thousands
/// of open circuits each time. The next new key continues after the last examined circuit.
pub(super) const LOOKS: usize = 64;

/// The last use of a slot. In an exact set, the number of the use. In a larger set, 1 if it was used since the hand's
/// last visit.
#[derive(Debug)]
pub(super) struct LastUse(AtomicU64);

/// The order of uses.
#[derive(Debug)]
pub(super) struct Recency {
    exact: bool,
    /// The number of the latest use of any slot.
    latest: AtomicU64,
}

impl Recency {
    /// Creates the order for at most `max_slots` slots.
    pub(super) const fn new(max_slots: usize) -> Self {
        Self { exact: max_slots <= EXACT, latest: AtomicU64::new(0) }
    }

    /// A slot for a new circuit. In a large set it starts as unused: the hand has just passed it, and keys with a
    /// single call must not evict keys with repeated calls.
    pub(super) fn added(&self) -> LastUse {
        let last_use = LastUse(AtomicU64::new(0));
        if self.exact {
            self.used(&last_use);
        }
        last_use
    }

    /// Records a use. Writes nothing if the slot was the last one used, or in a large set, if it is already marked.
    #[inline]
    pub(super) fn used(&self, LastUse(last_use): &LastUse) {
        // Relaxed: see the module's documentation.
        let seen = last_use.load(Ordering::Relaxed);
        if !self.exact {
            if seen == 0 {
                last_use.store(1, Ordering::Relaxed);
            }
        } else if seen == 0 || seen != self.latest.load(Ordering::Relaxed) {
            last_use.store(self.latest.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
    }

    /// The slot whose circuit is evicted, if any. `hand` is the next slot that a large set visits.
    pub(super) fn victim<S>(
        &self,
        hand: &mut usize,
        slots: &[S],
        last_use: impl Fn(&S) -> &LastUse,
        mut class: impl FnMut(usize) -> EvictionClass,
    ) -> Option<usize> {
        if !self.exact {
            return without_second_chance(hand, slots, last_use, class);
        }
        let (mut idle, mut counting) = (None, None);
        for (slot, content) in slots.iter().enumerate() {
            let candidate = Some((last_use(content).0.load(Ordering::Relaxed), slot));
            let best = match class(slot) {
                EvictionClass::Idle => &mut idle,
                EvictionClass::Counting => &mut counting,
                EvictionClass::Protected => continue,
            };
            if best.is_none() || candidate < *best {
                *best = candidate;
            }
        }
        idle.or(counting).map(|(_, slot)| slot)
    }
}

/// Skipping a used slot is cheap, and paid for by its use. After two rounds, no slot is marked.
fn without_second_chance<S>(
    hand: &mut usize,
    slots: &[S],
    last_use: impl Fn(&S) -> &LastUse,
    mut class: impl FnMut(usize) -> EvictionClass,
) -> Option<usize> {
    let mut counting = None;
    let mut looks = 0;
    for _ in 0..2 * slots.len() {
        if looks == LOOKS {
            break;
        }
        let slot = *hand;
        *hand = if slot + 1 == slots.len() { 0 } else { slot + 1 };
        if last_use(&slots[slot]).0.swap(0, Ordering::Relaxed) != 0 {
            continue;
        }
        looks += 1;
        match class(slot) {
            EvictionClass::Idle => return Some(slot),
            EvictionClass::Counting => _ = counting.get_or_insert(slot),
            EvictionClass::Protected => {}
        }
    }
    counting
}

#[cfg(test)]
mod tests;
