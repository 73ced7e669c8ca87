use super::{Seen, Tally};
use crate::time::Nanos;

/// Sixteen: what the window forgets at once is a sixteenth of it, and a dead circuit's whole memory is cleared by
/// sixteen writes.
const BUCKETS: usize = 16;

/// The calls of the last while, in buckets of a sixteenth of it.
#[derive(Clone, Debug)]
pub(in crate::circuit) struct Buckets {
    /// The time of one bucket.
    width: u64,
    ring: [Tally; BUCKETS],
    sum: Tally,
    /// Which bucket of all time is being filled.
    epoch: u64,
    /// When it is full.
    until: u64,
}

impl Buckets {
    pub(super) const fn new(time: Nanos) -> Self {
        Self {
            width: time.get().div_ceil(BUCKETS as u64),
            ring: [Tally { calls: 0, failed: 0, slow: 0 }; BUCKETS],
            sum: Tally { calls: 0, failed: 0, slow: 0 },
            epoch: 0,
            until: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.ring = [Tally::default(); BUCKETS];
        self.sum = Tally::default();
    }

    /// All it remembers, and what it should have forgotten.
    pub(super) const fn sum(&self) -> Tally {
        self.sum
    }

    /// Records a good call, if it falls into the bucket that is being filled.
    pub(super) fn record_good(&mut self, now: Nanos) -> bool {
        if self.passed(now) != 0 {
            return false;
        }
        let bucket = &mut self.ring[slot(self.epoch)];
        bucket.calls = bucket.calls.saturating_add(1);
        self.sum.calls = self.sum.calls.saturating_add(1);
        true
    }

    pub(super) fn record(&mut self, seen: Seen, now: Nanos) -> Tally {
        self.turn(now);
        self.ring[slot(self.epoch)].add(seen);
        self.sum.add(seen);
        self.sum
    }

    /// What it would say at this moment, without turning.
    pub(super) fn tally(&self, now: Nanos) -> Tally {
        let mut turned = self.sum;
        for gone in 1..=self.passed(now) {
            turned.remove(self.ring[slot(self.epoch.wrapping_add(gone))]);
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
            let bucket = &mut self.ring[slot(self.epoch.wrapping_add(gone))];
            self.sum.remove(*bucket);
            *bucket = Tally::default();
        }
        self.epoch = now.get() / self.width;
    }

    /// How many buckets are to be emptied. A moment that lies behind counts as this one, as that of the slower of two
    /// threads; unless it lies behind by a whole window. Then the clock was set back, and nobody knows how old anything is.
    fn passed(&self, now: Nanos) -> u64 {
        // Nearly always, and without a division.
        if now.get() < self.until {
            let back = self.until - now.get() > self.width.saturating_mul(BUCKETS as u64 + 1);
            return if back { BUCKETS as u64 } else { 0 };
        }
        (now.get() / self.width).saturating_sub(self.epoch).min(BUCKETS as u64)
    }
}

fn slot(epoch: u64) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "below 16")]
    let slot = (epoch % BUCKETS as u64) as usize;
    slot
}
