use crate::time::Nanos;

/// The moments of the last failures, as many as open the circuit.
///
/// That is all one needs: it opens when the oldest of them is young enough.
#[derive(Clone, Debug)]
pub(in crate::circuit) struct Failures {
    threshold: u32,
    within: Nanos,
    /// A ring. Empty until the first failure.
    moments: Vec<Nanos>,
    /// Where the next failure goes: where the oldest is, once the ring is full.
    next: usize,
}

impl Failures {
    pub(super) const fn new(threshold: u32, within: Nanos) -> Self {
        Self { threshold, within, moments: Vec::new(), next: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.moments.clear();
        self.next = 0;
    }

    pub(super) fn record(&mut self, now: Nanos) -> bool {
        if self.moments.len() < self.threshold as usize {
            self.moments.push(now);
        } else if let Some(oldest) = self.moments.get_mut(self.next) {
            *oldest = now;
            self.next = if self.next + 1 == self.moments.len() { 0 } else { self.next + 1 };
        }
        self.moments.len() == self.threshold as usize && self.is_young(self.moments[self.next], now)
    }

    /// Whether one more failure would open the circuit.
    pub(super) fn could_open(&self, now: Nanos) -> bool {
        let threshold = self.threshold as usize;
        if self.moments.len() + 1 < threshold {
            return false;
        }
        if threshold == 1 {
            return true;
        }
        // The oldest of those that would be left.
        let oldest = if self.moments.len() < threshold { 0 } else { (self.next + 1) % threshold };
        self.is_young(self.moments[oldest], now)
    }

    /// For the reader of a count, not for a call: it looks at each of them.
    pub(super) fn count(&self, now: Nanos) -> u32 {
        let young = self.moments.iter().filter(|moment| self.is_young(**moment, now)).count();
        u32::try_from(young).unwrap_or(u32::MAX)
    }

    /// Neither too long ago, nor further ahead than that: then the clock was set back, and nobody knows how old it is.
    fn is_young(&self, moment: Nanos, now: Nanos) -> bool {
        now.minus(moment) <= self.within && moment.minus(now) <= self.within
    }
}
