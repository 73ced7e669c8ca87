//! The seam between a call and what observes it.

use std::fmt::Display;
use std::time::Duration;

use super::calls::{Call, CallNumber};
use super::event::{AttemptEvent, CallEvent};
use super::site::watch;
use super::{CallOutcome, Event, GiveUpReason, LISTENERS, Site, SiteEntry, sites};
use crate::clock;
use crate::listeners::is_telling;

/// What a call holds of its own observation: the number of its record, 0 if nobody observes it, and whether an attempt has
/// failed with an error of its own.
///
/// Every call begins one and ends it. Both are one test while nobody observes.
#[derive(Debug)]
pub(crate) struct Observation(u32);

/// The bit of an error that is not a time limit.
const REAL_ERROR: u32 = 1 << 31;

impl Observation {
    /// Of a call that nobody observes.
    pub(crate) const NONE: Self = Self(0);

    /// At the start of a call, which is made with [`NONE`](Self::NONE).
    #[inline]
    pub(crate) fn begin(&mut self, entry: &'static SiteEntry) {
        if entry.is_watched() {
            self.observe(entry);
        }
    }

    #[cold]
    #[inline(never)]
    fn observe(&mut self, entry: &'static SiteEntry) {
        if entry.watches(watch::UNLISTED) {
            sites::enter(entry);
        }
        // What a listener calls is not told to listeners.
        if entry.is_watched() && !is_telling() {
            let call = Call { entry, began: clock::now() };
            self.0 = CallNumber::enter(call).map_or(0, CallNumber::get);
        }
    }

    #[inline]
    pub(crate) const fn is_on(&self) -> bool {
        self.0 & !REAL_ERROR != 0
    }

    const fn number(&self) -> Option<CallNumber> {
        CallNumber::of(self.0 & !REAL_ERROR)
    }

    /// An attempt failed, with an error of its own or because its time was up (`cut`): the wait before the next one, or why
    /// it was the last.
    pub(crate) fn failed(
        &mut self,
        number: u32,
        next: Result<Duration, GiveUpReason>,
        cut: bool,
        error: Option<&dyn Display>,
    ) {
        if !cut {
            self.0 |= REAL_ERROR;
        }
        let Some(Call { entry, began }) = self.number().and_then(CallNumber::get_call) else { return };
        let elapsed = clock::now().saturating_duration_since(began);
        let wait = next.ok();
        LISTENERS.tell(|listener| {
            listener(&Event::Attempt(AttemptEvent { site: Site(entry), number, elapsed, wait, error }));
        });
        if let Err(reason) = next {
            let timed_out = cut && self.0 & REAL_ERROR == 0;
            self.end(if timed_out { CallOutcome::TimedOut } else { CallOutcome::GaveUp(reason) }, number, error);
        }
    }

    /// An attempt succeeded, after this many that failed.
    pub(crate) fn succeeded(&mut self, failed: u32) {
        let outcome = if failed == 0 { CallOutcome::FirstTry } else { CallOutcome::AfterRetry };
        self.end(outcome, failed.saturating_add(1), None);
    }

    /// The call has ended.
    pub(crate) fn end(&mut self, outcome: CallOutcome, attempts: u32, error: Option<&dyn Display>) {
        let number = self.number();
        self.0 = 0;
        let Some(Call { entry, began }) = number.and_then(CallNumber::leave) else { return };
        let elapsed = clock::now().saturating_duration_since(began);
        LISTENERS.tell(|listener| {
            listener(&Event::Call(CallEvent { site: Site(entry), outcome, attempts, elapsed, error }));
        });
    }

    /// The call was dropped before it ended.
    pub(crate) fn abandoned(&mut self, attempts: u32) {
        let panicked = std::thread::panicking();
        self.end(if panicked { CallOutcome::Panicked } else { CallOutcome::Cancelled }, attempts, None);
    }
}
