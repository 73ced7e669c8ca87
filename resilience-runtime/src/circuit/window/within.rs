use crate::time::Nanos;

/// The times of the last failures, up to the threshold: the circuit opens if the oldest of them is within the time.
#[derive(Clone, Debug)]
pub(in crate::circuit) struct Failures {
    threshold: u32,
    within: Nanos,
    /// A ring. Empty until the first failure.
    times: Vec<Nanos>,
    /// The index of the next failure. Once the ring is full, also that of the oldest one.
    next: usize,
}

impl Failures {
    pub(super) const fn new(threshold: u32, within: Nanos) -> Self {
        Self { threshold, within, times: Vec::new(), next: 0 }
    }

    #[inline(never)]
    pub(super) fn record(&mut self, now: Nanos) -> bool {
        if self.times.len() < self.threshold as usize {
            self.times.push(now);
        } else if let Some(oldest) = self.times.get_mut(self.next) {
            *oldest = now;
            self.next = if self.next + 1 == self.times.len() { 0 } else { self.next + 1 };
        }
        self.times.len() == self.threshold as usize && self.is_young(self.times[self.next], now)
    }

    /// Checks each failure. Used by readers of the count, not by calls.
    pub(super) fn count(&self, now: Nanos) -> u32 {
        let young = self.times.iter().filter(|time| self.is_young(**time, now)).count();
        u32::try_from(young).unwrap_or(u32::MAX)
    }

    /// A failure that is further in the future than the time of the rule is from before the clock was set back. Its
    /// age is unknown.
    fn is_young(&self, time: Nanos, now: Nanos) -> bool {
        now.minus(time) <= self.within && time.minus(now) <= self.within
    }
}
