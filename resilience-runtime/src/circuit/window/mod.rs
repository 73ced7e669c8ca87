//! What a closed circuit remembers of its calls, where counting failures in a row is not enough.
//!
//! Whatever it remembers, recording a call costs the same.

mod calls;
mod time;
mod within;

use self::calls::LastCalls;
use self::time::Buckets;
use self::within::Failures;
use super::config::CircuitConfig;
use crate::time::Nanos;

/// One way to remember.
#[derive(Clone, Debug)]
pub(super) enum Window {
    /// Nothing beyond the count in the circuit's word: failures in a row.
    InARow,
    /// The moments of the last failures.
    Within(Failures),
    /// How each of the last calls ended.
    Calls(LastCalls),
    /// How many calls ended in the last while, and how.
    Time(Buckets),
}

/// How a call ended, as a window sees it. A call can be both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) failed: bool,
    pub(super) slow: bool,
}

/// How the calls in a window ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) calls: u32,
    pub(super) failed: u32,
    pub(super) slow: u32,
}

impl Seen {
    const fn is_good(self) -> bool {
        !self.failed && !self.slow
    }
}

impl Window {
    pub(super) const fn new(config: &CircuitConfig) -> Self {
        if let Some(calls) = config.calls_in_window() {
            return Self::Calls(LastCalls::new(calls));
        }
        if let Some(time) = config.time_of_window() {
            return Self::Time(Buckets::new(time));
        }
        match config.within_nanos() {
            Some(within) => Self::Within(Failures::new(config.threshold(), within)),
            None => Self::InARow,
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            Self::InARow => {}
            Self::Within(failures) => failures.clear(),
            Self::Calls(calls) => calls.clear(),
            Self::Time(buckets) => buckets.clear(),
        }
    }

    /// Whether another success would change nothing, so that nobody needs to report it.
    pub(super) fn ignores_success(&self) -> bool {
        match self {
            Self::InARow | Self::Within(_) => true,
            Self::Calls(calls) => calls.are_full_and_good(),
            Self::Time(_) => false,
        }
    }

    /// Records a call; whether that is one too many.
    pub(super) fn record(&mut self, seen: Seen, now: Nanos, config: &CircuitConfig) -> bool {
        match self {
            Self::InARow => false,
            Self::Within(failures) => seen.failed && failures.record(now),
            Self::Calls(calls) => calls.record(seen).reaches(config),
            Self::Time(buckets) => buckets.record(seen, now).reaches(config),
        }
    }

    /// Records a good call, if nothing else can come of it: that is how nearly all of them are recorded.
    pub(super) fn record_harmless(&mut self, now: Nanos, config: &CircuitConfig) -> bool {
        match self {
            Self::InARow | Self::Within(_) => true,
            Self::Calls(calls) => calls.tally().only_falls(config) && calls.record_good(),
            Self::Time(buckets) => buckets.sum().only_falls(config) && buckets.record_good(now),
        }
    }

    /// Whether recording this could be one too many. It may err on the side of yes.
    pub(super) fn could_open(&self, seen: Seen, now: Nanos, config: &CircuitConfig) -> bool {
        match self {
            Self::InARow => false,
            Self::Within(failures) => seen.failed && failures.could_open(now),
            Self::Calls(calls) => calls.tally().could_reach(seen, config),
            // Without a look at the time: nothing bad so far, and nothing bad now.
            Self::Time(buckets) if seen.is_good() && buckets.sum().is_good() => false,
            Self::Time(buckets) => buckets.tally(now).could_reach(seen, config),
        }
    }

    /// How many failures it remembers.
    pub(super) fn failures(&self, now: Nanos) -> u32 {
        match self {
            Self::InARow => 0,
            Self::Within(failures) => failures.count(now),
            Self::Calls(calls) => calls.tally().failed,
            Self::Time(buckets) => buckets.tally(now).failed,
        }
    }

    /// Its calls, if their rate of failures is reached.
    pub(super) fn failing(&self, now: Nanos, config: &CircuitConfig) -> Option<Tally> {
        let tally = match self {
            Self::InARow | Self::Within(_) => return None,
            Self::Calls(calls) => calls.tally(),
            Self::Time(buckets) => buckets.tally(now),
        };
        config.rate_of_failures()?.is_reached_by(tally.failed, tally.calls).then_some(tally)
    }

    /// Whether it remembers anything that is not good.
    pub(super) fn is_clean(&self, now: Nanos) -> bool {
        match self {
            Self::InARow => true,
            Self::Within(failures) => failures.count(now) == 0,
            Self::Calls(calls) => calls.tally().is_good(),
            Self::Time(buckets) => buckets.tally(now).is_good(),
        }
    }
}

impl Tally {
    const fn is_good(self) -> bool {
        self.failed == 0 && self.slow == 0
    }

    fn add(&mut self, seen: Seen) {
        self.calls = self.calls.saturating_add(1);
        self.failed = self.failed.saturating_add(u32::from(seen.failed));
        self.slow = self.slow.saturating_add(u32::from(seen.slow));
    }

    fn remove(&mut self, other: Self) {
        self.calls = self.calls.saturating_sub(other.calls);
        self.failed = self.failed.saturating_sub(other.failed);
        self.slow = self.slow.saturating_sub(other.slow);
    }

    /// Whether a rate is reached, and by enough calls to mean something.
    #[inline]
    fn reaches(self, config: &CircuitConfig) -> bool {
        // A rate is above nothing, so that nothing never reaches it.
        if self.is_good() {
            return false;
        }
        let failing =
            config.rate_of_failures().is_some_and(|rate| rate.is_reached_by(self.failed, self.calls));
        let slow = config.rate_of_slow_calls().is_some_and(|rate| rate.is_reached_by(self.slow, self.calls));
        self.calls >= config.least_calls() && (failing || slow)
    }

    /// Whether a good call brings every rate down, or leaves it at nothing: there are enough calls for a rate already, and
    /// it was not reached.
    #[inline]
    fn only_falls(self, config: &CircuitConfig) -> bool {
        self.is_good() || self.calls >= config.least_calls()
    }

    /// The worst that recording this could come to: it adds to the bad and not to the whole, as when it replaces a
    /// good call.
    fn could_reach(mut self, seen: Seen, config: &CircuitConfig) -> bool {
        let calls = self.calls;
        self.add(seen);
        if self.reaches(config) {
            return true;
        }
        self.calls = calls.max(config.least_calls());
        self.reaches(config)
    }
}

#[cfg(test)]
mod tests;
