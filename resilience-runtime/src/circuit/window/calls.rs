use super::{Seen, Tally};

/// The last calls, exactly: a new call replaces the oldest one.
#[derive(Clone, Debug)]
pub(in crate::circuit) struct LastCalls {
    size: u32,
    /// The index of the next call.
    next: u32,
    /// How often the index has begun anew.
    rounds: u64,
    tally: Tally,
    /// One bit per call, as a ring. Empty until the first failed or slow call.
    failed: Vec<u64>,
    slow: Vec<u64>,
}

impl LastCalls {
    pub(super) const fn new(size: u32) -> Self {
        Self {
            size,
            next: 0,
            rounds: 0,
            tally: Tally { calls: 0, failed: 0, slow: 0 },
            failed: Vec::new(),
            slow: Vec::new(),
        }
    }

    pub(super) const fn size(&self) -> u32 {
        self.size
    }

    pub(super) const fn tally(&self) -> Tally {
        self.tally
    }

    pub(super) const fn recorded(&self) -> u64 {
        self.rounds.saturating_mul(self.size as u64).saturating_add(self.next as u64)
    }

    pub(super) const fn are_full_and_good(&self) -> bool {
        self.tally.calls == self.size && self.tally.is_good()
    }

    pub(super) fn add_successes(&mut self, successes: u32) {
        if successes >= self.size {
            // The successes replace all other calls.
            self.failed.fill(0);
            self.slow.fill(0);
            self.tally = Tally { calls: self.size, ..Tally::default() };
            let next = u64::from(self.next) + u64::from(successes);
            self.rounds += next / u64::from(self.size);
            self.next = u32::try_from(next % u64::from(self.size)).unwrap_or_default();
            return;
        }
        // While the window is not full, the unused bits are already those of successes.
        let new = successes.min(self.size - self.tally.calls);
        self.tally.calls += new;
        self.go_to(self.next + new);
        for _ in new..successes {
            self.record(Seen { failed: false, slow: false });
        }
    }

    #[inline]
    const fn go_to(&mut self, next: u32) {
        if next == self.size {
            self.next = 0;
            self.rounds += 1;
        } else {
            self.next = next;
        }
    }

    #[inline(never)]
    pub(super) fn record(&mut self, seen: Seen) -> Tally {
        let index = self.next;
        self.go_to(index + 1);
        if self.tally.calls == self.size {
            let oldest = Seen { failed: get(&self.failed, index), slow: get(&self.slow, index) };
            let mut leaving = Tally::default();
            leaving.add(oldest);
            self.tally.remove(leaving);
        }
        set(&mut self.failed, index, seen.failed, self.size);
        set(&mut self.slow, index, seen.slow, self.size);
        self.tally.add(seen);
        self.tally
    }
}

/// A bit that was never written is that of a success.
fn get(bits: &[u64], index: u32) -> bool {
    bits.get(index as usize / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
}

#[inline]
fn set(bits: &mut Vec<u64>, index: u32, value: bool, size: u32) {
    if bits.is_empty() {
        if !value {
            return;
        }
        make_room(bits, size);
    }
    if let Some(word) = bits.get_mut(index as usize / 64) {
        *word = *word & !(1 << (index % 64)) | u64::from(value) << (index % 64);
    }
}

#[cold]
#[inline(never)]
fn make_room(bits: &mut Vec<u64>, size: u32) {
    bits.resize(size.div_ceil(64) as usize, 0);
}
