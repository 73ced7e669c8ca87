//! One polled call under way: the machine, with a clock and with chance.

use std::fmt::Display;
use std::mem;
use std::time::Duration;

use crate::attempt::Attempt;
use crate::attempts::{PollAttempts, PollEnd, PollPolicy, PollStep, PollVerdict};
use crate::clock::Stopwatch;
use crate::current_attempt::CurrentAttempt;
use crate::error::{Alarm, Causes, Limit, TimedOut};
use crate::rng::Chance;
use crate::site::PolicySite;
use crate::sleep::Wait;
#[cfg(feature = "tokio")]
use crate::sleep::{Cut, Limited, Telling};
#[cfg(feature = "tokio")]
use crate::telemetry::UnderWay;
use crate::telemetry::{Brought, CallOutcome, GiveUpReason, Observation, observed};
use crate::text::FirstLine;
use crate::time::Nanos;

/// A call under way.
#[derive(Debug)]
pub struct PollRun {
    attempts: PollAttempts,
    observation: Observation,
    watch: Stopwatch,
    causes: Causes,
}

observed!(PollRun, PolicySite<PollPolicy>);

/// What is to be done after an attempt.
#[derive(Clone, Debug)]
#[must_use]
pub enum PollAction {
    /// Return what the attempt returned.
    Return,
    /// Wait, then try again; the attempt had ended so long after the start.
    Wait(Wait, Duration),
    /// Return this.
    TimedOut(TimedOut),
}

impl PollAction {
    /// `None`: return the outcome.
    pub(super) fn go_on(self) -> Option<Result<Wait, TimedOut>> {
        match self {
            Self::Return => None,
            Self::Wait(wait, _) => Some(Ok(wait)),
            Self::TimedOut(timed_out) => Some(Err(timed_out)),
        }
    }
}

impl PollRun {
    /// Before the first attempt.
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

    /// An attempt brought a value that rings no alarm.
    #[inline]
    pub fn saw(&mut self, site: &PolicySite<PollPolicy>, good: bool) -> PollAction {
        // The common end: no clock is read for it.
        if good && self.needs_no_hold(site) {
            self.succeeded();
            return PollAction::Return;
        }
        self.next(site, if good { PollVerdict::Good } else { PollVerdict::NotYet }, None, None, None)
    }

    /// As [`saw`](Self::saw), with what writes the value's text, which is kept unless the value ends the poll.
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
        // In two branches, so that the compiler knows the policy in the code.
        if site.has_name() && self.observation.is_on() {
            return self.observation.policy(site).needs_no_hold();
        }
        site.policy.needs_no_hold()
    }

    /// An error is ignored. Its text is kept, not the error: the error may not be `Send`, and would take room in the future.
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

    /// As [`saw`](Self::saw), where the other side has asked for a wait: a lower bound. One that does not fit into the timeout,
    /// or never ends, is not made: then [`returns`](Self::returns) is to be called with the error that the call returns.
    #[cfg(feature = "http")]
    pub(crate) fn saw_with_delay(
        &mut self,
        site: &PolicySite<PollPolicy>,
        requested: Option<Duration>,
    ) -> PollAction {
        self.next(site, PollVerdict::NotYet, requested, None, None)
    }

    /// As [`failed`](Self::failed), ignored, where the other side has requested for a wait all the same.
    #[cfg(feature = "http")]
    pub(crate) fn failed_with_delay(
        &mut self,
        site: &PolicySite<PollPolicy>,
        requested: Option<Duration>,
        error: &dyn Display,
    ) -> PollAction {
        self.next(site, PollVerdict::Ignored, requested, None, Some(error))
    }

    /// The value of the attempt just made rings the alarm.
    ///
    /// Listeners are not told the value, nor the function's error, which may hold it: it may be a secret.
    pub(crate) fn rang(&mut self) {
        let number = self.attempts.number().saturating_add(1);
        self.observation.leave(
            CallOutcome::Alarm,
            number,
            Some(&format_args!("the alarm rang at attempt {number}")),
        );
    }

    /// As [`failed`](Self::failed), where a circuit below may be `open` by now, with its time left: there is no use in
    /// coming back before.
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
                    // The number counts this attempt.
                    PollVerdict::Good => self.observation.succeeded(self.attempts.number() - 1),
                    // As many ignored errors in a row as are allowed.
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

    /// The attempt failed, or brought a value that is not good yet, and that was not the end of the call.
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

    /// The attempt failed, and its error ends the call.
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
    /// If it was the last.
    #[cfg(feature = "tokio")]
    pub fn cut(&mut self, site: &PolicySite<PollPolicy>) -> Result<Wait, TimedOut> {
        self.cut_below(site, None).map_err(|(timed_out, _)| timed_out)
    }

    /// As [`cut`](Self::cut), where a circuit below may be `open` by now, with its time left: there is no use in coming back
    /// before.
    ///
    /// # Errors
    /// If it was the last, and whether it was so because of the circuit: then [`returns`](Self::returns) is to be called with
    /// the error that the call returns.
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
            // It may return the error of an attempt before: `returns` is called with it.
            self.observation.ends(CallOutcome::Refused);
            return Err((timed_out, true));
        };
        self.tells(site, Some(&wait), Brought::Cut, Some(&timed_out));
        Ok(wait)
    }

    /// The wait to be made: no shorter than a circuit that is `open` stays so. `None`: the timeout leaves no time for that.
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

    /// A circuit below refused the call, which is not an attempt: the wait until it will let a trial in, if there is time
    /// for that.
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

    /// The record of the attempt that failed last, which leads to `next`.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn attempt(&self, site: &PolicySite<PollPolicy>, next: &PollAction) -> Attempt {
        // Where a wait has been decided on, the watch counts it already.
        let (elapsed, wait) = match next {
            PollAction::Wait(Wait(wait), elapsed) => (*elapsed, Some(wait.to_duration())),
            PollAction::TimedOut(timed_out) => (timed_out.elapsed(), None),
            PollAction::Return => (self.watch.elapsed().to_duration(), None),
        };
        Attempt { number: self.attempts.number(), elapsed, wait, site: site.name }
    }

    /// A condition on the value of the attempt just made is invalid: no further attempt can meet it.
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

    /// The value of the attempt just made rings the alarm.
    pub fn alarm<T>(&mut self, site: &PolicySite<PollPolicy>, value: T) -> Alarm<T> {
        self.rang();
        Alarm::new(site.name.get(), self.attempts.number().saturating_add(1), value)
    }

    /// The attempt that begins now. A synchronous one is not limited by an attempt timeout.
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

    /// Puts an attempt under its limit.
    #[cfg(feature = "tokio")]
    #[inline]
    pub fn limit<F>(&self, site: &PolicySite<PollPolicy>, attempt: F) -> Limited<UnderWay<F>> {
        Limited::new(self.under_way(attempt), self.attempt_ends(site))
    }

    /// As [`limit`](Self::limit), where circuits below are told of the attempt timeout.
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

    /// When the attempt that begins now is dropped.
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

/// Of a circuit that is open; [`Nanos::NEVER`], where nobody knows.
#[expect(
    clippy::option_option,
    reason = "an expansion is told of an open circuit, and then perhaps how long it stays so"
)]
fn time_left(open: Option<Option<Duration>>) -> Option<Nanos> {
    open.map(|time_left| time_left.map_or(Nanos::NEVER, Nanos::of))
}
