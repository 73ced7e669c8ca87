//! The order in which the circuits of a full set are evicted. It knows slots by their number, and asks for the rest.
//!
//! Sets of up to [`EXACT`] keys evict the least recently used idle circuit, and if there is none, the least recently used
//! one that counts. Larger sets give every circuit a *second chance*: a hand goes around the slots, passes over those
//! that were used since it came by, and looks at a bounded number of the others.
//!
//! # Synchronization
//! A use is recorded under the lock of one shard, shared; evictions hold all of them alone, which orders the two. So all
//! accesses are `Relaxed`: of two uses at the same time, either may count as the later one.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::circuit::eviction::EvictionClass;

/// The largest set whose order of use is exact.
///
/// 64: an eviction looks at all of them, in about a microsecond, and records one number per use.
pub(super) const EXACT: usize = 64;

/// Circuits that a new key looks at in a full set.
///
/// 64: as many as an exact set has. A flood of keys must not hold the lock for as long as it takes to look at thousands of
/// open circuits each time. The next new key goes on where this one has stopped.
pub(super) const LOOKS: usize = 64;

/// When a slot was last used. In an exact set, the number of the use. In a larger one, 1 if it was used since the hand came
/// by.
#[derive(Debug)]
pub(super) struct LastUse(AtomicU64);

/// In what order slots were used.
#[derive(Debug)]
pub(super) struct Recency {
    exact: bool,
    /// The number of the last use of all.
    latest: AtomicU64,
}

impl Recency {
    /// For a set of at most `max_slots` slots.
    pub(super) const fn new(max_slots: usize) -> Self {
        Self { exact: max_slots <= EXACT, latest: AtomicU64::new(0) }
    }

    /// A slot gets a circuit. In a large set it has not been used: the hand has just passed it, and keys that come once do
    /// not push out those that come again.
    pub(super) fn added(&self) -> LastUse {
        let last_use = LastUse(AtomicU64::new(0));
        if self.exact {
            self.used(&last_use);
        }
        last_use
    }

    /// A slot is used. Nothing is written for a slot that was the last one used, or in a large set is marked already.
    #[inline]
    pub(super) fn used(&self, LastUse(last_use): &LastUse) {
        // Relaxed: see the module's text.
        let seen = last_use.load(Ordering::Relaxed);
        if !self.exact {
            if seen == 0 {
                last_use.store(1, Ordering::Relaxed);
            }
        } else if seen == 0 || seen != self.latest.load(Ordering::Relaxed) {
            last_use.store(self.latest.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
    }

    /// The slot whose circuit is to be evicted, if one may be. `hand` is the slot that a large set comes to next.
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

/// Passing over a used slot is cheap and is paid for by its use. Twice around, no slot is marked any more.
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
