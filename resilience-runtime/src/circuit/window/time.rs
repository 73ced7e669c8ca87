use super::{Seen, Slot, Tally};
use crate::time::Nanos;

/// The window forgets one sixteenth of its time at once.
const SLOTS: usize = 16;

/// The calls of the last time, in sixteen slots.
#[derive(Clone, Debug)]
pub(in crate::circuit) struct Slots {
    /// The time of one slot.
    width: u64,
    /// Empty until the first call: most circuits have no window of time and need no memory for it.
    ring: Vec<Tally>,
    sum: Tally,
    /// The number of the current slot, counted from time zero.
    epoch: u64,
    /// The end of the current slot. Zero before the first call.
    until: u64,
}

impl Slots {
    pub(super) const fn new(time: Nanos) -> Self {
        Self {
            width: time.get().div_ceil(SLOTS as u64),
            ring: Vec::new(),
            sum: Tally { calls: 0, failed: 0, slow: 0 },
            epoch: 0,
            until: 0,
        }
    }

    /// The sum of all slots, including those that have expired since the last call.
    pub(super) const fn sum(&self) -> Tally {
        self.sum
    }

    /// The current slot, extended to the earlier times that belong to it after the clock was set back a little.
    pub(super) const fn slot(&self) -> Option<Slot> {
        if self.until == 0 {
            return None;
        }
        let from = Nanos::new(self.until.saturating_sub(self.span()));
        Some(Slot { from, until: Nanos::new(self.until), most: u32::MAX })
    }

    pub(super) fn add_successes(&mut self, successes: u32) {
        let Some(slot) = self.ring.get_mut(index(self.epoch)) else { return };
        slot.calls = slot.calls.saturating_add(successes);
        self.sum.calls = self.sum.calls.saturating_add(successes);
    }

    #[inline(never)]
    pub(super) fn record(&mut self, seen: Seen, now: Nanos) -> Tally {
        if self.ring.is_empty() {
            self.ring.resize(SLOTS, Tally::default());
        }
        self.turn(now);
        self.ring[index(self.epoch)].add(seen);
        self.sum.add(seen);
        self.sum
    }

    /// The sum of the slots that have not expired at this time.
    pub(super) fn tally(&self, now: Nanos) -> Tally {
        let mut turned = self.sum;
        if !self.ring.is_empty() {
            for gone in 1..=self.passed(now) {
                turned.remove(self.ring[index(self.epoch.wrapping_add(gone))]);
            }
        }
        turned
    }

    fn turn(&mut self, now: Nanos) {
        let passed = self.passed(now);
        if passed == 0 {
            return;
        }
        self.until = (now.get() / self.width).saturating_add(1).saturating_mul(self.width);
        for gone in 1..=passed {
            let slot = &mut self.ring[index(self.epoch.wrapping_add(gone))];
            self.sum.remove(*slot);
            *slot = Tally::default();
        }
        self.epoch = now.get() / self.width;
    }

    /// The number of slots that have expired.
    ///
    /// An earlier time counts as the current one: of two threads, the slower one reports later. If it is earlier by
    /// more than the window, the clock was set back. The age of all slots is then unknown, and all have expired.
    fn passed(&self, now: Nanos) -> u64 {
        // The common case, without a division.
        if now.get() < self.until {
            let back = self.until - now.get() > self.span();
            return if back { SLOTS as u64 } else { 0 };
        }
        (now.get() / self.width).saturating_sub(self.epoch).min(SLOTS as u64)
    }

    /// The window plus one slot.
    const fn span(&self) -> u64 {
        self.width.saturating_mul(SLOTS as u64 + 1)
    }
}

fn index(epoch: u64) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "below 16")]
    let index = (epoch % SLOTS as u64) as usize;
    index
}
