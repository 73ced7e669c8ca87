//! The order in which the circuits of a full set are evicted. It knows slots by their number, and asks for the rest.
//!
//! Sets of up to [`EXACT`] keys evict the least recently used idle circuit, and if there is none, the least recently used
//! one that counts. Larger sets give every circuit a *second chance*: a hand goes around the slots, passes over those
//! that were used since it came by, and looks at a bounded number of the others.
//!
//! # Synchronization
//! Uses are recorded under a lock that is shared, evictions under the same one held alone, which orders the two. So
//! all accesses are `Relaxed`: of two uses at the same time, either may count as the later one.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::circuit::standing::Claim;

/// The largest set whose order of use is exact.
///
/// 64: an eviction looks at all of them, in about a microsecond, and records one number per use.
pub(super) const EXACT: usize = 64;

/// Circuits that a new key looks at in a full set.
///
/// 64: as many as an exact set has. A flood of keys must not hold the lock for as long as it takes to look at thousands of
/// open circuits each time. The next new key goes on where this one has stopped.
pub(super) const LOOKS: usize = 64;

/// When each slot was used.
#[derive(Debug)]
pub(super) struct Recency {
    /// In an exact set, the number of the last use. In a larger one, 1 if it was used since the hand came by.
    uses: Vec<AtomicU64>,
    /// The number of the last use of all.
    latest: AtomicU64,
    /// The slot that the hand comes to next.
    hand: usize,
    exact: bool,
}

impl Recency {
    /// For a set of at most `max_slots` slots, none of which are there yet.
    pub(super) const fn new(max_slots: usize) -> Self {
        Self { uses: Vec::new(), latest: AtomicU64::new(0), hand: 0, exact: max_slots <= EXACT }
    }

    /// Another slot, with the next number.
    pub(super) fn add(&mut self) {
        self.uses.push(AtomicU64::new(0));
        self.replaced(self.uses.len() - 1);
    }

    /// The slot has another circuit. In a large set it has not been used: the hand has just passed it, and keys that come
    /// once do not push out those that come again.
    pub(super) fn replaced(&mut self, slot: usize) {
        if self.exact {
            self.used(slot);
        } else {
            *self.uses[slot].get_mut() = 0;
        }
    }

    /// A slot is used. Nothing is written for a slot that was the last one used, or in a large set is marked already.
    pub(super) fn used(&self, slot: usize) {
        let use_of_slot = &self.uses[slot];
        // Relaxed: see the module's text.
        let seen = use_of_slot.load(Ordering::Relaxed);
        if !self.exact {
            if seen == 0 {
                use_of_slot.store(1, Ordering::Relaxed);
            }
        } else if seen == 0 || seen != self.latest.load(Ordering::Relaxed) {
            use_of_slot.store(self.latest.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
    }

    /// The slot whose circuit is to be evicted, if one may be.
    pub(super) fn victim(&mut self, claim: impl FnMut(usize) -> Claim) -> Option<usize> {
        if self.exact { self.least_recently_used(claim) } else { self.without_second_chance(claim) }
    }

    fn least_recently_used(&mut self, mut claim: impl FnMut(usize) -> Claim) -> Option<usize> {
        let (mut idle, mut counting) = (None, None);
        for (slot, use_of_slot) in self.uses.iter_mut().enumerate() {
            let candidate = Some((*use_of_slot.get_mut(), slot));
            let best = match claim(slot) {
                Claim::Idle => &mut idle,
                Claim::Counting => &mut counting,
                Claim::Kept => continue,
            };
            if best.is_none() || candidate < *best {
                *best = candidate;
            }
        }
        idle.or(counting).map(|(_, slot)| slot)
    }

    /// Passing over a used slot is cheap and is paid for by its use. Twice around, no slot is marked any more.
    fn without_second_chance(&mut self, mut claim: impl FnMut(usize) -> Claim) -> Option<usize> {
        let mut counting = None;
        let mut looks = 0;
        for _ in 0..2 * self.uses.len() {
            if looks == LOOKS {
                break;
            }
            let slot = self.hand;
            self.hand = if slot + 1 == self.uses.len() { 0 } else { slot + 1 };
            if std::mem::take(self.uses[slot].get_mut()) != 0 {
                continue;
            }
            looks += 1;
            match claim(slot) {
                Claim::Idle => return Some(slot),
                Claim::Counting => _ = counting.get_or_insert(slot),
                Claim::Kept => {}
            }
        }
        counting
    }
}

#[cfg(test)]
mod tests;
