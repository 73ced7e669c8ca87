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
#[cfg(feature = "tokio")]
use crate::sleep::{Cut, Limited, Telling};
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

    /// The wait before the first attempt, if there is one.
    #[inline]
    pub fn initial_delay(&mut self, site: &Site<PollPolicy>) -> Option<Wait> {
        if site.policy.needs_no_delay() {
            return None;
        }
        let delay = self.attempts.delay(&site.policy);
        Some(Wait(self.watch.paced(delay, Nanos::ZERO)))
    }

    /// An attempt brought a value that rings no alarm.
    #[inline]
    pub fn saw(&mut self, site: &Site<PollPolicy>, good: bool) -> PollNext {
        // The common end: no clock is read for it.
        if good && site.policy.needs_no_hold() {
            return PollNext::Return;
        }
        self.next(site, if good { Seen::Good } else { Seen::NotYet }, None)
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
        self.failed_below(site, ignored, None)
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
        if ignored {
            return self.next(site, Seen::Ignored, time_left(open));
        }
        self.attempts.ended();
        PollNext::Return
    }

    #[cold]
    #[inline(never)]
    fn next(&mut self, site: &Site<PollPolicy>, seen: Seen, open: Option<Nanos>) -> PollNext {
        let elapsed = self.watch.elapsed();
        match self.attempts.next(&site.policy, seen, elapsed, Chance::draw()) {
            PollStep::Return => PollNext::Return,
            PollStep::GoOn(Err(end)) => PollNext::TimedOut(self.timed_out(site, end, elapsed)),
            PollStep::GoOn(Ok(wait)) => match self.wait(site, wait, elapsed, open) {
                Some(wait) => PollNext::Wait(wait, elapsed.to_duration()),
                None => PollNext::Return,
            },
        }
    }

    /// An attempt was dropped because its time was up.
    ///
    /// # Errors
    /// If it was the last.
    #[cfg(feature = "tokio")]
    pub fn cut(&mut self, site: &Site<PollPolicy>) -> Result<Wait, TimedOut> {
        self.cut_below(site, None).map_err(|(timed_out, _)| timed_out)
    }

    /// As [`cut`](Self::cut), where a circuit below may be `open` by now, with its time left: there is no use in coming back
    /// before.
    ///
    /// # Errors
    /// If it was the last, and whether it was so because of the circuit.
    #[cfg(feature = "tokio")]
    #[cold]
    #[inline(never)]
    pub fn cut_below(
        &mut self,
        site: &Site<PollPolicy>,
        open: Option<Option<Duration>>,
    ) -> Result<Wait, (TimedOut, bool)> {
        let elapsed = self.watch.elapsed();
        let wait = self.attempts.cut(&site.policy, elapsed, Chance::draw());
        let wait = wait.map_err(|end| (self.timed_out(site, end, elapsed), false))?;
        self.wait(site, wait, elapsed, time_left(open)).ok_or_else(|| {
            let limit = Limit::AttemptTimeout(site.policy.attempt_limit().to_duration());
            let timed_out =
                TimedOut::new(site.name.get(), limit, self.attempts.number(), elapsed.to_duration());
            (self.because(timed_out), true)
        })
    }

    /// The wait to be made: no shorter than a circuit that is `open` stays so. `None`: the timeout leaves no time for that.
    fn wait(
        &mut self,
        site: &Site<PollPolicy>,
        wait: Nanos,
        elapsed: Nanos,
        open: Option<Nanos>,
    ) -> Option<Wait> {
        let least = match open {
            None => Nanos::ZERO,
            Some(time_left) => self.attempts.refused(&site.policy, elapsed, time_left)?,
        };
        Some(Wait(self.watch.paced(wait.max(least), elapsed)))
    }

    fn timed_out(&mut self, site: &Site<PollPolicy>, end: PollEnd, elapsed: Nanos) -> TimedOut {
        let number = self.attempts.number();
        let limit = match end {
            PollEnd::TimedOut => Limit::Timeout(site.policy.limit().to_duration()),
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
    pub fn limit<F>(&self, site: &Site<PollPolicy>, attempt: F) -> Limited<F> {
        Limited::new(attempt, self.attempt_ends(site))
    }

    /// As [`limit`](Self::limit), where circuits below are told of the attempt timeout.
    #[cfg(feature = "tokio")]
    #[inline]
    pub fn limit_telling<'c, F>(&self, site: &Site<PollPolicy>, attempt: F, cut: &'c Cut) -> Telling<'c, F> {
        let began = self.began();
        let ends = self.watch.moment(self.attempts.ends(&site.policy, began));
        Limited::new(attempt, ends).telling(cut, site.policy.own_limit(began))
    }

    /// When the attempt that begins now is dropped.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn attempt_ends(&self, site: &Site<PollPolicy>) -> Option<tokio::time::Instant> {
        self.watch.moment(self.attempts.ends(&site.policy, self.began()))
    }

    #[cfg(feature = "tokio")]
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
