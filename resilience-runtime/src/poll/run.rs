//! One polled call under way: the machine, with a clock and with chance.

use std::mem;
use std::time::Duration;

use crate::attempt::Attempt;
use crate::attempts::{PollAttempts, PollEnd, PollPolicy, PollStep, Seen};
use crate::clock::Stopwatch;
use crate::error::{Alarm, Causes, Limit, TimedOut};
use crate::rng::Chance;
use crate::site::Site;
use crate::sleep::Wait;
use crate::text::FirstLine;
use crate::time::Nanos;

/// A call under way.
#[derive(Debug)]
pub struct PollRun {
    attempts: PollAttempts,
    watch: Stopwatch,
    causes: Causes,
}

/// What is to be done after an attempt.
#[derive(Clone, Debug)]
#[must_use]
pub enum PollNext {
    /// Return what the attempt returned.
    Return,
    /// Wait, then try again; the attempt had ended so long after the start.
    Wait(Wait, Duration),
    /// Return this.
    TimedOut(TimedOut),
}

impl PollNext {
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
    pub fn start() -> Self {
        Self { attempts: PollAttempts::new(), watch: Stopwatch::start(), causes: Causes::default() }
    }

    /// An attempt brought a value that rings no alarm.
    #[inline]
    pub fn saw(&mut self, site: &Site<PollPolicy>, good: bool) -> PollNext {
        // The common end: no clock is read for it.
        if good && site.policy.needs_no_hold() {
            return PollNext::Return;
        }
        self.next(site, if good { Seen::Good } else { Seen::NotYet })
    }

    /// As [`saw`](Self::saw), with what writes the value's text, which is kept unless the value ends the poll.
    #[inline]
    pub fn saw_value(
        &mut self,
        site: &Site<PollPolicy>,
        good: bool,
        write: impl FnOnce(&mut FirstLine),
    ) -> PollNext {
        if !good || !site.policy.needs_no_hold() {
            self.causes.keep_value(write);
        }
        self.saw(site, good)
    }

    /// An error is ignored. Its text is kept, not the error: the error may not be `Send`, and would take room in the future.
    pub fn ignored(&mut self, write: impl FnOnce(&mut FirstLine)) {
        self.causes.keep_error(write);
    }

    /// An attempt failed.
    pub fn failed(&mut self, site: &Site<PollPolicy>, ignored: bool) -> PollNext {
        if ignored {
            return self.next(site, Seen::Ignored);
        }
        self.attempts.ended();
        PollNext::Return
    }

    /// As [`saw`](Self::saw), where the other side has asked for a wait: a lower bound. One that does not fit into the timeout
    /// leads nowhere.
    #[cfg(feature = "http")]
    pub(crate) fn saw_asked(
        &mut self,
        site: &Site<PollPolicy>,
        good: bool,
        asked: Option<Duration>,
    ) -> PollNext {
        let next = self.saw(site, good);
        self.asked(site, next, asked)
    }

    /// As [`failed`](Self::failed), ignored, where the other side has asked for a wait all the same.
    #[cfg(feature = "http")]
    pub(crate) fn failed_asked(&mut self, site: &Site<PollPolicy>, asked: Option<Duration>) -> PollNext {
        let next = self.failed(site, true);
        self.asked(site, next, asked)
    }

    #[cfg(feature = "http")]
    fn asked(&mut self, site: &Site<PollPolicy>, next: PollNext, asked: Option<Duration>) -> PollNext {
        let (PollNext::Wait(Wait(wait), elapsed), Some(asked)) = (&next, asked.map(Nanos::of)) else {
            return next;
        };
        let at = Nanos::of(*elapsed);
        if at.plus(asked) > site.policy.limit() {
            return PollNext::Return;
        }
        PollNext::Wait(Wait(self.watch.paced(asked.max(*wait), at)), *elapsed)
    }

    /// As [`failed`](Self::failed), where a circuit below may be `open` by now, with its time left: there is no use in
    /// coming back before.
    pub fn failed_below(
        &mut self,
        site: &Site<PollPolicy>,
        ignored: bool,
        open: Option<Option<Duration>>,
    ) -> PollNext {
        let next = self.failed(site, ignored);
        let (PollNext::Wait(Wait(wait), elapsed), Some(time_left)) = (&next, open) else { return next };
        let at = Nanos::of(*elapsed);
        match time_left.and_then(|left| self.attempts.refused(&site.policy, at, Nanos::of(left))) {
            Some(least) => PollNext::Wait(Wait(self.watch.paced(least.max(*wait), at)), *elapsed),
            None => PollNext::Return,
        }
    }

    #[cold]
    #[inline(never)]
    fn next(&mut self, site: &Site<PollPolicy>, seen: Seen) -> PollNext {
        let elapsed = self.watch.elapsed();
        match self.attempts.next(&site.policy, seen, elapsed, Chance::draw()) {
            PollStep::Return => PollNext::Return,
            PollStep::GoOn(step) => match self.settle(site, step, elapsed) {
                Ok(wait) => PollNext::Wait(wait, elapsed.to_duration()),
                Err(timed_out) => PollNext::TimedOut(timed_out),
            },
        }
    }

    /// An attempt was dropped because its time was up.
    ///
    /// # Errors
    /// If it was the last.
    #[cfg(feature = "tokio")]
    #[cold]
    #[inline(never)]
    pub fn cut(&mut self, site: &Site<PollPolicy>) -> Result<Wait, TimedOut> {
        let elapsed = self.watch.elapsed();
        let step = self.attempts.cut(&site.policy, elapsed, Chance::draw());
        self.settle(site, step, elapsed)
    }

    fn settle(
        &mut self,
        site: &Site<PollPolicy>,
        step: Result<Nanos, PollEnd>,
        elapsed: Nanos,
    ) -> Result<Wait, TimedOut> {
        let number = self.attempts.number();
        match step {
            Ok(wait) => Ok(Wait(self.watch.paced(wait, elapsed))),
            Err(end) => {
                let limit = match end {
                    PollEnd::TimedOut => Limit::Timeout(site.policy.limit().to_duration()),
                    PollEnd::Exhausted => Limit::Times(number),
                };
                let timed_out = TimedOut::new(site.name.get(), limit, number, elapsed.to_duration());
                Err(timed_out.because(mem::take(&mut self.causes)))
            }
        }
    }

    /// A circuit below refused the call, which is not an attempt: the wait until it will let a trial in, if there is time
    /// for that.
    #[cold]
    #[inline(never)]
    pub fn refused(&mut self, site: &Site<PollPolicy>, time_left: Option<Duration>) -> Option<Wait> {
        let elapsed = self.watch.elapsed();
        let wait = self.attempts.refused(&site.policy, elapsed, Nanos::of(time_left?))?;
        Some(Wait(self.watch.paced(wait, elapsed)))
    }

    /// The record of the attempt that failed last, which leads to `next`.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn attempt(&self, site: &Site<PollPolicy>, next: &PollNext) -> Attempt {
        // Where a wait has been decided on, the watch counts it already.
        let (elapsed, wait) = match next {
            PollNext::Wait(Wait(wait), elapsed) => (*elapsed, Some(wait.to_duration())),
            PollNext::TimedOut(timed_out) => (timed_out.elapsed(), None),
            PollNext::Return => (self.watch.elapsed().to_duration(), None),
        };
        Attempt { number: self.attempts.number(), elapsed, wait, site: site.name }
    }

    /// A condition on the value of the attempt just made is invalid: no further attempt can meet it.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn invalid(&mut self, site: &Site<PollPolicy>) -> TimedOut {
        let (number, elapsed) = (self.attempts.number().saturating_add(1), self.watch.elapsed());
        TimedOut::new(site.name.get(), Limit::InvalidCondition, number, elapsed.to_duration())
            .because(mem::take(&mut self.causes))
    }

    /// The value of the attempt just made rings the alarm.
    pub fn alarm<T>(&self, site: &Site<PollPolicy>, value: T) -> Alarm<T> {
        Alarm::new(site.name.get(), self.attempts.number().saturating_add(1), value)
    }

    /// Puts an attempt under its limit.
    #[cfg(feature = "tokio")]
    #[inline]
    pub fn limit<F>(&self, site: &Site<PollPolicy>, attempt: F) -> crate::sleep::Limited<F> {
        crate::sleep::Limited::new(attempt, self.attempt_ends(site))
    }

    /// When the attempt that begins now is dropped.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn attempt_ends(&self, site: &Site<PollPolicy>) -> Option<tokio::time::Instant> {
        let began = if self.attempts.number() == 0 { Nanos::ZERO } else { self.watch.elapsed() };
        self.watch.moment(self.attempts.ends(&site.policy, began))
    }
}
