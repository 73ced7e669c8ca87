//! A running call of a poll: the machine with a clock and random numbers.

use std::fmt::Display;
use std::mem;
use std::time::Duration;

use crate::attempt::Attempt;
use crate::attempts::{PollAttempts, PollEnd, PollPolicy, PollStep, PollVerdict};
use crate::clock::Stopwatch;
use crate::current_attempt::CurrentAttempt;
#[cfg(feature = "tokio")]
use crate::error::Cancelled;
use crate::error::{Alarm, Causes, Limit, TimedOut};
use crate::rng::Chance;
use crate::site::PolicySite;
use crate::sleep::Wait;
#[cfg(feature = "tokio")]
use crate::sleep::{Cancellation, Cut, Limited, Telling};
#[cfg(feature = "tokio")]
use crate::telemetry::UnderWay;
use crate::telemetry::{Brought, CallOutcome, GiveUpReason, Observation, observed};
use crate::text::FirstLine;
use crate::time::Nanos;

/// A running call.
#[derive(Debug)]
pub struct PollRun {
    attempts: PollAttempts,
    observation: Observation,
    watch: Stopwatch,
    causes: Causes,
}

observed!(PollRun, PolicySite<PollPolicy>);

/// The action after an attempt.
#[derive(Clone, Debug)]
#[must_use]
pub enum PollAction {
    /// Return the result of the attempt.
    Return,
    /// Wait, then try again. The duration is the time from the start to the end of the attempt.
    Wait(Wait, Duration),
    /// Return this timeout.
    TimedOut(TimedOut),
}

impl PollAction {
    /// `None`: return the result of the attempt.
    pub(super) fn go_on(self) -> Option<Result<Wait, TimedOut>> {
        match self {
            Self::Return => None,
            Self::Wait(wait, _) => Some(Ok(wait)),
            Self::TimedOut(timed_out) => Some(Err(timed_out)),
        }
    }
}

impl PollRun {
    /// Creates the state before the first attempt.
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        let (attempts, observation) = (PollAttempts::new(), Observation::NONE);
        Self { attempts, observation, watch: Stopwatch::start(), causes: Causes::default() }
    }

    /// The wait before the first attempt, if there is one.
    #[inline]
    pub fn initial_delay(&mut self, site: &PolicySite<PollPolicy>) -> Option<Wait> {
        if self.observation.policy(site).needs_no_delay() {
            return None;
        }
        let delay = self.attempts.delay(self.observation.policy(site));
        self.observation.waits();
        Some(Wait(self.watch.paced(delay, Nanos::ZERO)))
    }

    /// An attempt returned a value that the alarm does not match.
    #[inline]
    pub fn saw(&mut self, site: &PolicySite<PollPolicy>, good: bool) -> PollAction {
        // The common end, without reading the clock.
        if good && self.needs_no_hold(site) {
            self.succeeded();
            return PollAction::Return;
        }
        self.next(site, if good { PollVerdict::Good } else { PollVerdict::NotYet }, None, None, None)
    }

    /// Like [`saw`](Self::saw), with a function that writes the value's text, which is kept unless the value ends the
    /// poll.
    #[inline]
    pub fn saw_value(
        &mut self,
        site: &PolicySite<PollPolicy>,
        good: bool,
        write: impl FnOnce(&mut FirstLine),
    ) -> PollAction {
        if !good || !self.needs_no_hold(site) {
            self.causes.keep_value(write);
        }
        self.saw(site, good)
    }

    #[inline]
    fn needs_no_hold(&self, site: &PolicySite<PollPolicy>) -> bool {
        // Two branches, so that the compiler can use the policy in the code as a constant.
        if site.has_name() && self.observation.is_on() {
            return self.observation.policy(site).needs_no_hold();
        }
        site.policy.needs_no_hold()
    }

    /// An error is ignored. Only its text is kept: the error may not be `Send`, and would enlarge the future.
    pub fn ignored(&mut self, write: impl FnOnce(&mut FirstLine)) {
        self.causes.keep_error(write);
    }

    /// An attempt failed.
    pub fn failed(
        &mut self,
        site: &PolicySite<PollPolicy>,
        ignored: bool,
        error: Option<&dyn Display>,
    ) -> PollAction {
        self.failed_below(site, ignored, None, error)
    }

    /// Like [`saw`](Self::saw), if the server has requested a wait: a lower bound. If the wait exceeds the timeout,
    /// or is unlimited, the call ends: [`returns`](Self::returns) must then be called with the returned error.
    #[cfg(feature = "http")]
    pub(crate) fn saw_with_delay(
        &mut self,
        site: &PolicySite<PollPolicy>,
        requested: Option<Duration>,
    ) -> PollAction {
        self.next(site, PollVerdict::NotYet, requested, None, None)
    }

    /// Like [`failed`](Self::failed) for an ignored error, if the server has requested a wait.
    #[cfg(feature = "http")]
    pub(crate) fn failed_with_delay(
        &mut self,
        site: &PolicySite<PollPolicy>,
        requested: Option<Duration>,
        error: &dyn Display,
    ) -> PollAction {
        self.next(site, PollVerdict::Ignored, requested, None, Some(error))
    }

    /// The value of the last attempt matches the alarm.
    ///
    /// Listeners get neither the value nor the function's error, which may contain it: it may be a secret.
    pub(crate) fn rang(&mut self) {
        let number = self.attempts.number().saturating_add(1);
        self.observation.leave(
            CallOutcome::Alarm,
            number,
            Some(&format_args!("the alarm rang at attempt {number}")),
        );
    }

    /// Like [`failed`](Self::failed), if an inner circuit may be `open` by now, with its remaining time: an earlier
    /// attempt would be useless.
    pub fn failed_below(
        &mut self,
        site: &PolicySite<PollPolicy>,
        ignored: bool,
        open: Option<Option<Duration>>,
        error: Option<&dyn Display>,
    ) -> PollAction {
        if ignored {
            return self.next(site, PollVerdict::Ignored, None, time_left(open), error);
        }
        self.attempts.ended();
        self.ends(site, CallOutcome::GaveUp(GiveUpReason::NotRetryable), Brought::Error, error);
        PollAction::Return
    }

    #[cold]
    #[inline(never)]
    fn next(
        &mut self,
        site: &PolicySite<PollPolicy>,
        seen: PollVerdict,
        requested: Option<Duration>,
        open: Option<Nanos>,
        error: Option<&dyn Display>,
    ) -> PollAction {
        let elapsed = self.watch.elapsed();
        let brought = if seen == PollVerdict::Ignored { Brought::Error } else { Brought::NotYet };
        match self.attempts.next(self.observation.policy(site), seen, elapsed, Chance::draw()) {
            PollStep::Return => {
                match seen {
                    // The number includes this attempt.
                    PollVerdict::Good => self.observation.succeeded(self.attempts.number() - 1),
                    // The maximum of consecutive ignored errors is reached.
                    _ => self.ends(site, CallOutcome::GaveUp(GiveUpReason::Attempts), brought, error),
                }
                PollAction::Return
            }
            PollStep::GoOn(Err(end)) => {
                let timed_out = self.timed_out(site, end, elapsed);
                self.tells(site, None, brought, error);
                self.time_is_up(site, end, &timed_out);
                PollAction::TimedOut(timed_out)
            }
            PollStep::GoOn(Ok(wait)) => {
                let requested = requested.map_or(Nanos::ZERO, Nanos::of);
                if requested.is_never() || elapsed.plus(requested) > self.observation.policy(site).limit() {
                    self.tells(site, None, brought, error);
                    self.observation.ends(CallOutcome::GaveUp(GiveUpReason::RetryAfter));
                    return PollAction::Return;
                }
                let Some(wait) = self.wait(site, wait.max(requested), elapsed, open) else {
                    self.ends(site, CallOutcome::Refused, brought, error);
                    return PollAction::Return;
                };
                self.tells(site, Some(&wait), brought, error);
                PollAction::Wait(wait, elapsed.to_duration())
            }
        }
    }

    /// Reports an attempt that failed, or returned a value that is not accepted yet, and did not end the call.
    fn tells(
        &mut self,
        site: &PolicySite<PollPolicy>,
        wait: Option<&Wait>,
        brought: Brought,
        error: Option<&dyn Display>,
    ) {
        let wait = wait.map(|wait| wait.0.to_duration());
        self.observation.tell_attempt(site.origin(), self.attempts.number(), wait, brought, error);
        self.observation.waits();
    }

    /// Reports an attempt that failed with an error that ends the call.
    fn ends(
        &mut self,
        site: &PolicySite<PollPolicy>,
        outcome: CallOutcome,
        brought: Brought,
        error: Option<&dyn Display>,
    ) {
        let (origin, number) = (site.origin(), self.attempts.number());
        self.observation.tell_attempt(origin, number, None, brought, error);
        self.observation.end(origin, outcome, number, error);
    }

    fn time_is_up(&mut self, site: &PolicySite<PollPolicy>, end: PollEnd, timed_out: &TimedOut) {
        let outcome = match end {
            PollEnd::TimedOut => CallOutcome::TimedOut,
            PollEnd::Exhausted => CallOutcome::GaveUp(GiveUpReason::Attempts),
        };
        self.observation.end(site.origin(), outcome, self.attempts.number(), Some(timed_out));
    }

    /// An attempt was dropped because its time was up.
    ///
    /// # Errors
    /// If it was the last attempt.
    #[cfg(feature = "tokio")]
    pub fn cut(&mut self, site: &PolicySite<PollPolicy>) -> Result<Wait, TimedOut> {
        self.cut_below(site, None).map_err(|(timed_out, _)| timed_out)
    }

    /// Like [`cut`](Self::cut), if an inner circuit may be `open` by now, with its remaining time: an earlier attempt
    /// would be useless.
    ///
    /// # Errors
    /// If it was the last attempt, with a flag that is set if the circuit is the reason. In that case,
    /// [`returns`](Self::returns) must be called with the returned error.
    #[cfg(feature = "tokio")]
    #[cold]
    #[inline(never)]
    pub fn cut_below(
        &mut self,
        site: &PolicySite<PollPolicy>,
        open: Option<Option<Duration>>,
    ) -> Result<Wait, (TimedOut, bool)> {
        let elapsed = self.watch.elapsed();
        let wait = match self.attempts.cut(self.observation.policy(site), elapsed, Chance::draw()) {
            Ok(wait) => self.wait(site, wait, elapsed, time_left(open)),
            Err(end) => {
                let timed_out = self.timed_out(site, end, elapsed);
                self.tells(site, None, Brought::Cut, Some(&timed_out));
                self.time_is_up(site, end, &timed_out);
                return Err((timed_out, false));
            }
        };
        let limit = Limit::AttemptTimeout(self.observation.policy(site).attempt_limit().to_duration());
        let timed_out = TimedOut::new(site.name.get(), limit, self.attempts.number(), elapsed.to_duration());
        let Some(wait) = wait else {
            let timed_out = self.because(timed_out);
            self.tells(site, None, Brought::Cut, Some(&timed_out));
            // The call may return the error of an earlier attempt: `returns` is called with it.
            self.observation.ends(CallOutcome::Refused);
            return Err((timed_out, true));
        };
        self.tells(site, Some(&wait), Brought::Cut, Some(&timed_out));
        Ok(wait)
    }

    /// The wait to be made: at least the remaining time of a circuit that is `open`. `None`: the timeout does not
    /// leave enough time.
    fn wait(
        &mut self,
        site: &PolicySite<PollPolicy>,
        wait: Nanos,
        elapsed: Nanos,
        open: Option<Nanos>,
    ) -> Option<Wait> {
        let least = match open {
            None => Nanos::ZERO,
            Some(time_left) => self.attempts.refused(self.observation.policy(site), elapsed, time_left)?,
        };
        Some(Wait(self.watch.paced(wait.max(least), elapsed)))
    }

    fn timed_out(&mut self, site: &PolicySite<PollPolicy>, end: PollEnd, elapsed: Nanos) -> TimedOut {
        let number = self.attempts.number();
        let limit = match end {
            PollEnd::TimedOut => Limit::Timeout(self.observation.policy(site).limit().to_duration()),
            PollEnd::Exhausted => Limit::Times(number),
        };
        self.because(TimedOut::new(site.name.get(), limit, number, elapsed.to_duration()))
    }

    fn because(&mut self, timed_out: TimedOut) -> TimedOut {
        timed_out.because(mem::take(&mut self.causes))
    }

    /// An inner circuit rejected the call, which is not an attempt. Returns the wait until it admits a probe, if
    /// there is enough time.
    #[cold]
    #[inline(never)]
    pub fn refused(
        &mut self,
        site: &PolicySite<PollPolicy>,
        time_left: Option<Duration>,
        error: Option<&dyn Display>,
    ) -> Option<Wait> {
        let elapsed = self.watch.elapsed();
        let wait = time_left
            .and_then(|left| self.attempts.refused(self.observation.policy(site), elapsed, Nanos::of(left)));
        let Some(wait) = wait else {
            self.observation.end(site.origin(), CallOutcome::Refused, self.attempts.number(), error);
            return None;
        };
        let wait = self.watch.paced(wait, elapsed);
        self.observation.waits_for_circuit(wait.to_duration());
        Some(Wait(wait))
    }

    /// The record of the last failed attempt. `next` is the action after it.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn attempt(&self, site: &PolicySite<PollPolicy>, next: &PollAction) -> Attempt {
        // If a wait was decided on, the stopwatch already includes it.
        let (elapsed, wait) = match next {
            PollAction::Wait(Wait(wait), elapsed) => (*elapsed, Some(wait.to_duration())),
            PollAction::TimedOut(timed_out) => (timed_out.elapsed(), None),
            PollAction::Return => (self.watch.elapsed().to_duration(), None),
        };
        Attempt { number: self.attempts.number(), elapsed, wait, site: site.name }
    }

    /// A condition on the value of the last attempt is invalid: no further attempt can meet it.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn invalid(&mut self, site: &PolicySite<PollPolicy>) -> TimedOut {
        let (number, elapsed) = (self.attempts.number().saturating_add(1), self.watch.elapsed());
        let timed_out =
            TimedOut::new(site.name.get(), Limit::InvalidCondition, number, elapsed.to_duration());
        let timed_out = self.because(timed_out);
        self.observation.end(
            site.origin(),
            CallOutcome::GaveUp(GiveUpReason::NotRetryable),
            number,
            Some(&timed_out),
        );
        timed_out
    }

    /// The signal of `cancel` has ended the call.
    #[cfg(feature = "tokio")]
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn cancelled(&mut self, site: &PolicySite<PollPolicy>, cancellation: Cancellation) -> Cancelled {
        let cancellation = cancellation.because(mem::take(&mut self.causes));
        let (name, ended) = (site.name.get(), self.attempts.number());
        let cancelled = cancellation.into_error(name, ended, self.watch.shown());
        let attempts = cancelled.attempts();
        self.observation.end(site.origin(), CallOutcome::Cancelled, attempts, Some(&cancelled));
        cancelled
    }

    /// The value of the last attempt matches the alarm.
    pub fn alarm<T>(&mut self, site: &PolicySite<PollPolicy>, value: T) -> Alarm<T> {
        self.rang();
        Alarm::new(site.name.get(), self.attempts.number().saturating_add(1), value)
    }

    /// The attempt that begins now. The attempt timeout does not apply to a synchronous attempt.
    #[must_use]
    pub fn current(&self, site: &PolicySite<PollPolicy>, is_async: bool) -> CurrentAttempt {
        let ends = if is_async {
            self.attempts.ends(self.observation.policy(site), self.began())
        } else {
            self.observation.policy(site).limit()
        };
        CurrentAttempt {
            number: self.attempts.number().saturating_add(1),
            call_began: self.watch.started(),
            ends: self.watch.moment(ends),
        }
    }

    /// Applies the limit to an attempt.
    #[cfg(feature = "tokio")]
    #[inline]
    pub fn limit<F>(&self, site: &PolicySite<PollPolicy>, attempt: F) -> Limited<UnderWay<F>> {
        Limited::new(self.under_way(attempt), self.attempt_ends(site))
    }

    /// Like [`limit`](Self::limit), and informs inner circuits if the attempt timeout drops the attempt.
    #[cfg(feature = "tokio")]
    #[inline]
    pub fn limit_telling<'c, F>(
        &self,
        site: &PolicySite<PollPolicy>,
        attempt: F,
        cut: &'c Cut,
    ) -> Telling<'c, UnderWay<F>> {
        let began = self.began();
        let ends = self.watch.moment(self.attempts.ends(self.observation.policy(site), began));
        Limited::new(self.under_way(attempt), ends)
            .telling(cut, self.observation.policy(site).own_limit(began))
    }

    /// The time at which the attempt that begins now is dropped.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn attempt_ends(&self, site: &PolicySite<PollPolicy>) -> Option<tokio::time::Instant> {
        self.watch.moment(self.attempts.ends(self.observation.policy(site), self.began()))
    }

    #[inline]
    fn began(&self) -> Nanos {
        if self.attempts.number() == 0 && !self.watch.has_waited() {
            Nanos::ZERO
        } else {
            self.watch.elapsed()
        }
    }
}

/// The remaining time of an open circuit. [`Nanos::NEVER`] if it is unknown.
#[expect(
    clippy::option_option,
    reason = "an expansion is told of an open circuit, and then perhaps how long it stays so"
)]
fn time_left(open: Option<Option<Duration>>) -> Option<Nanos> {
    open.map(|time_left| time_left.map_or(Nanos::NEVER, Nanos::of))
}
