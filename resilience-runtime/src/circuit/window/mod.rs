//! The record of the calls that a circuit counts. Recording a call takes constant time.

mod calls;
mod time;
mod within;

use self::calls::LastCalls;
use self::time::Slots;
use self::within::Failures;
use super::rules::{Rates, Span, Trip};
use crate::time::Nanos;

/// The record, by the rule that needs it.
// The tag is separate instead of a niche in a field: this saves six instructions per outcome.
#[derive(Clone, Debug)]
#[repr(u8)]
pub(super) enum Window {
    /// The number of consecutive failures.
    InARow(u32),
    /// The times of the last failures.
    Within(Failures),
    /// The outcomes of the last calls.
    Calls(LastCalls),
    /// The outcomes of the calls in the last time, by slots of time.
    Time(Slots),
}

/// The outcome of a call for a window. A call can be both failed and slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) failed: bool,
    pub(super) slow: bool,
}

/// The outcomes of the calls in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) calls: u32,
    pub(super) failed: u32,
    pub(super) slow: u32,
}

/// The effects of a recorded call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recorded {
    /// Whether the rule trips.
    pub(super) trips: bool,
    /// Whether a success would change the record.
    pub(super) counts_successes: bool,
}

/// The time during which a success only changes a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) from: Nanos,
    pub(super) until: Nanos,
    /// The number of successes after which the circuit has to record them.
    pub(super) most: u32,
}

impl Slot {
    /// A slot without times, for a window of calls. After `most` successes, the size of the window, it contains
    /// nothing else, and the circuit has to record them.
    pub(super) const fn of_calls(most: u32) -> Self {
        Self { from: Nanos::ZERO, until: Nanos::NEVER, most }
    }
}

impl Window {
    pub(super) const fn new(trip: &Trip) -> Self {
        match *trip {
            Trip::InARow(_) => Self::InARow(0),
            Trip::Within { failures, time } => Self::Within(Failures::new(failures, time)),
            Trip::Rate(Rates { window: Span::Calls(calls), .. }) => Self::Calls(LastCalls::new(calls)),
            Trip::Rate(Rates { window: Span::Time(time), .. }) => Self::Time(Slots::new(time)),
        }
    }

    /// Whether a success would change the record.
    pub(super) const fn counts_successes(&self) -> bool {
        match self {
            Self::InARow(failures) => *failures > 0,
            Self::Within(_) => false,
            Self::Calls(calls) => !calls.are_full_and_good(),
            Self::Time(_) => true,
        }
    }

    /// Records a call. `now` is only called if the time is needed.
    #[inline]
    pub(super) fn record(&mut self, seen: Seen, trip: &Trip, now: impl FnOnce() -> Nanos) -> Recorded {
        let (trips, counts_successes) = match (self, trip) {
            (Self::InARow(failures), Trip::InARow(threshold)) => {
                *failures = if seen.failed { failures.saturating_add(1) } else { 0 };
                (*failures >= *threshold, *failures > 0)
            }
            (Self::Within(failures), _) => (seen.failed && failures.record(now()), false),
            (Self::Calls(calls), Trip::Rate(rates)) => {
                (calls.record(seen).reaches(rates), !calls.are_full_and_good())
            }
            (Self::Time(slots), Trip::Rate(rates)) => (slots.record(seen, now()).reaches(rates), true),
            // A window and its rule are always replaced together.
            _ => (false, false),
        };
        Recorded { trips, counts_successes }
    }

    /// Records successes that were counted elsewhere, in the slot that [`open_slot`](Self::open_slot) returned.
    pub(super) fn add_successes(&mut self, successes: u32) {
        match self {
            Self::Calls(calls) => calls.add_successes(successes),
            Self::Time(slots) => slots.add_successes(successes),
            Self::InARow(_) | Self::Within(_) => {}
        }
    }

    /// The slot in which successes can be counted elsewhere, because they cannot trip the rule.
    #[inline]
    pub(super) fn open_slot(&self, trip: &Trip) -> Option<Slot> {
        let Trip::Rate(rates) = trip else { return None };
        match self {
            Self::Calls(calls) if !calls.are_full_and_good() && calls.tally().only_falls(rates) => {
                Some(Slot::of_calls(calls.size()))
            }
            Self::Time(slots) if slots.sum().only_falls(rates) => slots.slot(),
            _ => None,
        }
    }

    /// The number of recorded failures.
    pub(super) fn failures(&self, now: Nanos) -> u32 {
        match self {
            Self::InARow(failures) => *failures,
            Self::Within(failures) => failures.count(now),
            Self::Calls(calls) => calls.tally().failed,
            Self::Time(slots) => slots.tally(now).failed,
        }
    }

    /// The calls of a rate. `None` if only failures are counted.
    pub(super) fn tally(&self, now: Nanos) -> Option<Tally> {
        match self {
            Self::InARow(_) | Self::Within(_) => None,
            Self::Calls(calls) => Some(calls.tally()),
            Self::Time(slots) => Some(slots.tally(now)),
        }
    }

    /// The number of calls that a window of calls has recorded, with those that it has forgotten. Zero for others.
    pub(super) fn recorded(&self) -> u64 {
        if let Self::Calls(calls) = self { calls.recorded() } else { 0 }
    }

    /// Whether it contains no failed or slow call.
    pub(super) fn is_good(&self, now: Nanos) -> bool {
        self.failures(now) == 0 && self.tally(now).is_none_or(Tally::is_good)
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

    /// Whether the failure rate is reached, regardless of the number of calls.
    pub(super) fn is_failing(self, rates: &Rates) -> bool {
        self.failed > 0 && rates.failures.is_some_and(|rate| rate.is_reached_by(self.failed, self.calls))
    }

    /// Whether a rate is reached, by at least the minimum number of calls.
    #[inline]
    fn reaches(self, rates: &Rates) -> bool {
        if self.is_good() || self.calls < rates.min_calls {
            return false;
        }
        self.is_failing(rates)
            || self.slow > 0 && rates.slow.is_some_and(|rate| rate.is_reached_by(self.slow, self.calls))
    }

    /// Whether another success can only lower the rates: they are zero, or there are enough calls and no rate is
    /// reached. A rate may be reached after a reconfiguration.
    fn only_falls(self, rates: &Rates) -> bool {
        self.is_good() || self.calls >= rates.min_calls && !self.reaches(rates)
    }
}

#[cfg(test)]
mod tests;
