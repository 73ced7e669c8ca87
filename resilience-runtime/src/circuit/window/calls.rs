use super::{Seen, Tally};

/// The last so many calls, exactly: every call that comes in pushes the oldest one out.
#[derive(Clone, Debug)]
pub(in crate::circuit) struct LastCalls {
    size: u32,
    /// Where the next call goes.
    next: u32,
    tally: Tally,
    /// A bit per call, in a ring. Empty until the first bad one: good calls are all alike.
    failed: Vec<u64>,
    slow: Vec<u64>,
}

impl LastCalls {
    pub(super) const fn new(size: u32) -> Self {
        Self {
            size,
            next: 0,
            tally: Tally { calls: 0, failed: 0, slow: 0 },
            failed: Vec::new(),
            slow: Vec::new(),
        }
    }

    pub(super) fn clear(&mut self) {
        self.next = 0;
        self.tally = Tally::default();
        self.failed.fill(0);
        self.slow.fill(0);
    }

    pub(super) const fn tally(&self) -> Tally {
        self.tally
    }

    pub(super) const fn are_full_and_good(&self) -> bool {
        self.tally.calls == self.size && self.tally.is_good()
    }

    /// Records a good call, if it is neither the one that fills the ring nor one that pushes out a bad one.
    pub(super) fn record_good(&mut self) -> bool {
        let place = self.next;
        if self.tally.calls == self.size {
            if self.tally.is_good() {
                return true;
            }
            if get(&self.failed, place) || get(&self.slow, place) {
                return false;
            }
        } else if self.tally.calls + 1 == self.size {
            return false;
        } else {
            self.tally.calls += 1;
        }
        self.next = if place + 1 == self.size { 0 } else { place + 1 };
        true
    }

    pub(super) fn record(&mut self, seen: Seen) -> Tally {
        let place = self.next;
        self.next = if place + 1 == self.size { 0 } else { place + 1 };
        if self.tally.calls == self.size {
            let oldest = Seen { failed: get(&self.failed, place), slow: get(&self.slow, place) };
            let mut leaving = Tally::default();
            leaving.add(oldest);
            self.tally.remove(leaving);
        }
        set(&mut self.failed, place, seen.failed, self.size);
        set(&mut self.slow, place, seen.slow, self.size);
        self.tally.add(seen);
        self.tally
    }
}

/// What was never written is good.
fn get(bits: &[u64], place: u32) -> bool {
    bits.get(place as usize / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
}

fn set(bits: &mut Vec<u64>, place: u32, value: bool, size: u32) {
    if bits.is_empty() {
        if !value {
            return;
        }
        bits.resize(size.div_ceil(64) as usize, 0);
    }
    if let Some(word) = bits.get_mut(place as usize / 64) {
        *word = *word & !(1 << (place % 64)) | u64::from(value) << (place % 64);
    }
}
