//! The connection between a call and its observers.

use std::fmt::Display;
use std::time::Duration;

use super::calls::{Call, CallNumber};
use super::event::{AttemptEvent, CallEvent};
use super::exchange::Exchanged;
use super::nesting::{self, RunningCall};
use super::site::watch;
use super::trace::CallSpan;
#[cfg(feature = "tokio")]
use super::under_way::UnderWay;
use super::{
    CallOrigin, CallOutcome, Event, GiveUpReason, LISTENERS, METERS, Measure, Site, SiteEntry, sites, trace,
};
use crate::attempts::Policy;
use crate::clock;
use crate::listeners::is_telling;
use crate::site::PolicySite;

/// The observation state of a call, in one word: the number of its record, or 0 if it is not observed, and two
/// flags.
///
/// Every call begins and ends an observation. Without observers, each of these is a single test.
#[derive(Debug)]
pub(crate) struct Observation(u32);

/// An attempt has failed with an error that is not a time limit.
const REAL_ERROR: u32 = 1 << 31;
/// The call waits for its next attempt.
const WAITING: u32 = 1 << 30;
const NUMBER: u32 = !(REAL_ERROR | WAITING);

/// The result of an attempt that did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Brought {
    /// A value that a poll does not accept yet.
    NotYet,
    Error,
    /// No result: its time was up.
    Cut,
}

/// The failure of an attempt.
#[derive(Clone, Copy)]
pub(crate) struct Failed<'a> {
    pub(crate) brought: Brought,
    /// An inner circuit will reject the next attempt.
    pub(crate) is_open: bool,
    pub(crate) error: Option<&'a dyn Display>,
}

impl Observation {
    /// Not observed.
    pub(crate) const NONE: Self = Self(0);

    /// Begins the observation of a call that is watched and was created with [`NONE`](Self::NONE). A call that
    /// `is_blocking` stays on this thread until it ends.
    pub(crate) fn begin<P: Policy>(
        &mut self,
        entry: &'static SiteEntry,
        site: &PolicySite<P>,
        is_blocking: bool,
    ) {
        if entry.watches(watch::UNLISTED) {
            sites::enter(entry);
        }
        // Calls made by a listener have no events. Statistics count them.
        let is_heard = entry.watches(watch::HEARD) && !is_telling();
        let counts = site.policy.stats_name();
        let has_span = entry.watches(watch::SPAN) && !is_telling();
        let is_observed = is_heard || has_span || counts.is_some() || entry.stats().is_some();
        let exchanged = Exchanged::at(entry);
        #[cfg(feature = "testing")]
        let exchanged = exchanged.within_scope(&site.policy);
        if !is_observed && exchanged.is_none() {
            return;
        }
        let began = is_observed.then(clock::now);
        let attempts = exchanged.get().unwrap_or(&site.policy).most_attempts();
        let stats = entry.stats().or_else(|| counts.map(|name| entry.counters_of(name)));
        let span = if has_span { CallSpan::begin(site.origin()) } else { CallSpan::none() };
        let call = Call { entry, began, is_heard, exchanged, stats, span, attempts, told: 0, ends: None };
        let Some(number) = CallNumber::enter(call) else { return };
        self.0 = number.get();
        if is_heard {
            nesting::begins(RunningCall::new(number, entry, attempts), is_blocking);
        }
    }

    /// The policy of the call: the one in the code, or its replacement from before the call began. Only a named site
    /// can have a replacement.
    #[inline]
    pub(crate) fn policy<'s, P: Policy>(&self, site: &'s PolicySite<P>) -> &'s P {
        // A test scope also limits unnamed sites.
        if (site.has_name() || cfg!(feature = "testing")) && self.is_on() {
            return self.exchanged().unwrap_or(&site.policy);
        }
        &site.policy
    }

    #[cold]
    #[inline(never)]
    fn exchanged<P: Policy>(&self) -> Option<&'static P> {
        self.number()?.call()?.exchanged.get()
    }

    /// The span of the call.
    #[cfg(feature = "tracing")]
    pub(crate) fn span(&self) -> CallSpan {
        self.number().and_then(CallNumber::call).map_or_else(CallSpan::none, |call| call.span)
    }

    /// Wraps an attempt of the call.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn under_way<F>(&self, attempt: F) -> UnderWay<F> {
        UnderWay::new(attempt, self.number())
    }

    #[inline]
    pub(crate) const fn is_on(&self) -> bool {
        self.0 & NUMBER != 0
    }

    const fn number(&self) -> Option<CallNumber> {
        CallNumber::of(self.0 & NUMBER)
    }

    /// Attempt `number` failed: the wait before the next attempt, or the reason why there is none.
    pub(crate) fn failed(
        &mut self,
        origin: CallOrigin,
        number: u32,
        next: Result<Duration, GiveUpReason>,
        failed: Failed<'_>,
    ) {
        let Failed { brought, is_open, error } = failed;
        let cut = brought == Brought::Cut;
        self.0 |= if cut { 0 } else { REAL_ERROR };
        self.0 |= if next.is_ok() { WAITING } else { 0 };
        self.tell_attempt(origin, number, next.ok(), brought, error);
        if let Err(reason) = next {
            let has_error = self.0 & REAL_ERROR != 0;
            let outcome = match cut && !has_error {
                _ if is_open => CallOutcome::Refused,
                true => CallOutcome::TimedOut,
                false => CallOutcome::GaveUp(reason),
            };
            if cut && has_error {
                // The call returns the error of an earlier attempt.
                self.ends(outcome);
            } else {
                self.end(origin, outcome, number, error);
            }
        }
    }

    /// Sets the outcome of the call. The returned error is reported next.
    pub(crate) fn ends(&mut self, outcome: CallOutcome) {
        match self.number() {
            Some(call) => call.end(outcome),
            // There is no observer that needs the error.
            None if !trace::tells(outcome) => self.0 = 0,
            None => {}
        }
    }

    /// The call returns the error of an attempt before the last.
    pub(crate) fn returns(&mut self, origin: CallOrigin, attempts: u32, error: Option<&dyn Display>) {
        // Otherwise the call has already ended.
        if self.0 != 0 {
            self.end(origin, CallOutcome::GaveUp(GiveUpReason::Attempts), attempts, error);
        }
    }

    /// Attempt `number` failed, or returned a value that is not accepted yet: there is no error then.
    pub(crate) fn tell_attempt(
        &self,
        origin: CallOrigin,
        number: u32,
        wait: Option<Duration>,
        brought: Brought,
        error: Option<&dyn Display>,
    ) {
        trace::attempt(origin, number, wait, error);
        let Some(call_number) = self.number() else { return };
        let Some(Call { entry, began: Some(began), is_heard, stats, .. }) = call_number.tell() else {
            return;
        };
        if let Some(stats) = stats {
            stats.count_attempt(brought);
        }
        if !is_heard {
            return;
        }
        if wait.is_some() {
            nesting::pauses(call_number);
        }
        let elapsed = clock::now().saturating_duration_since(began);
        LISTENERS.tell(|listener| {
            listener(&Event::Attempt(AttemptEvent { site: Site(entry), number, elapsed, wait, error }));
        });
    }

    /// The call waits for its next attempt.
    pub(crate) fn waits(&mut self) {
        self.0 |= WAITING;
    }

    /// The call waits this long until an inner open circuit admits a probe.
    pub(crate) fn waits_for_circuit(&mut self, wait: Duration) {
        self.waits();
        if !METERS.any() {
            return;
        }
        if let Some(Call { entry, is_heard: true, .. }) = self.number().and_then(CallNumber::call) {
            METERS.tell(|meter| meter(&Measure::Wait { site: Site(entry), wait }));
        }
    }

    /// The wait is over.
    #[inline]
    pub(crate) fn goes_on(&mut self) {
        self.0 &= !WAITING;
    }

    /// The wait of a blocking call is over.
    pub(crate) fn goes_on_blocking(&mut self) {
        self.goes_on();
        if let Some(number) = self.number() {
            nesting::resumes(number);
        }
    }

    /// An attempt succeeded, after this number of failed ones.
    pub(crate) fn succeeded(&mut self, failed: u32) {
        let outcome = if failed == 0 { CallOutcome::FirstTry } else { CallOutcome::AfterRetry };
        self.leave(outcome, failed.saturating_add(1), None);
    }

    /// The call has failed after this number of attempts.
    pub(crate) fn end(
        &mut self,
        origin: CallOrigin,
        outcome: CallOutcome,
        attempts: u32,
        error: Option<&dyn Display>,
    ) {
        let outcome = self.leave(outcome, attempts, error);
        trace::call(origin, outcome, attempts, error);
    }

    /// The call has ended after this number of attempts. Returns the outcome, which may have been set before.
    pub(crate) fn leave(
        &mut self,
        outcome: CallOutcome,
        attempts: u32,
        error: Option<&dyn Display>,
    ) -> CallOutcome {
        let number = self.number();
        self.0 = 0;
        let Some(number) = number else { return outcome };
        nesting::leaves(number);
        let Some(Call { entry, began, is_heard, stats, span, told, ends, .. }) = number.leave() else {
            return outcome;
        };
        let outcome = ends.unwrap_or(outcome);
        let Some(began) = began else { return outcome };
        span.end(outcome, attempts, error);
        let elapsed = clock::now().saturating_duration_since(began);
        if let Some(stats) = stats {
            stats.count_call(outcome, attempts.saturating_sub(told), elapsed);
        }
        if is_heard {
            LISTENERS.tell(|listener| {
                listener(&Event::Call(CallEvent {
                    site: Site(entry),
                    outcome,
                    attempts,
                    elapsed,
                    error,
                    #[cfg(feature = "testing")]
                    told,
                }));
            });
        }
        outcome
    }

    /// The call was dropped before it finished, after this number of failed attempts.
    pub(crate) fn abandoned(&mut self, failed: u32) {
        let waits = self.0 & WAITING != 0;
        let panicked = std::thread::panicking();
        let outcome = if panicked { CallOutcome::Panicked } else { CallOutcome::Cancelled };
        self.leave(outcome, failed.saturating_add(u32::from(!waits)), None);
    }
}
