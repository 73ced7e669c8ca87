//! One polled call under way: the machine, with a clock and with chance.

use crate::attempt::Attempt;
use crate::attempts::{PollAttempts, PollPolicy, PollStep, Seen};
use crate::clock::Stopwatch;
use crate::error::{Alarm, Limit, TimedOut};
use crate::rng::Chance;
use crate::site::Site;
use crate::sleep::Wait;

/// A call under way.
#[derive(Clone, Copy, Debug)]
pub struct PollRun {
    attempts: PollAttempts,
    watch: Stopwatch,
}

/// What is to be done after an attempt.
#[derive(Clone, Debug)]
#[must_use]
pub enum PollNext {
    /// Return what the attempt returned.
    Return,
    /// Wait, then try again.
    Wait(Wait),
    /// Return this.
    TimedOut(TimedOut),
}

impl PollRun {
    /// Before the first attempt.
    #[inline]
    pub fn start() -> Self {
        Self { attempts: PollAttempts::new(), watch: Stopwatch::start() }
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

    /// An attempt failed.
    pub fn failed(&mut self, site: &Site<PollPolicy>, ignored: bool) -> PollNext {
        if ignored {
            return self.next(site, Seen::Ignored);
        }
        self.attempts.ended();
        PollNext::Return
    }

    /// An attempt was dropped because its time was up.
    pub fn cut(&mut self, site: &Site<PollPolicy>) -> PollNext {
        self.next(site, Seen::TimedOut)
    }

    #[cold]
    #[inline(never)]
    fn next(&mut self, site: &Site<PollPolicy>, seen: Seen) -> PollNext {
        let elapsed = self.watch.elapsed();
        let limit = match self.attempts.next(&site.policy, seen, elapsed, Chance::draw()) {
            PollStep::Done | PollStep::Failed => return PollNext::Return,
            PollStep::Wait(wait) => {
                self.watch.will_have_waited(elapsed.plus(wait));
                return PollNext::Wait(Wait(wait));
            }
            PollStep::TimedOut => Limit::Timeout(site.policy.timeout_nanos().to_duration()),
            PollStep::Exhausted => Limit::Times(self.attempts.number()),
        };
        PollNext::TimedOut(TimedOut::new(site.name, limit, self.attempts.number(), elapsed.to_duration()))
    }

    /// The record of the attempt that failed last, which leads to `next`.
    #[cold]
    #[inline(never)]
    pub fn attempt(&self, next: &PollNext) -> Attempt {
        Attempt {
            number: self.attempts.number(),
            elapsed: self.watch.elapsed().to_duration(),
            wait: match next {
                PollNext::Wait(Wait(wait)) => Some(wait.to_duration()),
                PollNext::Return | PollNext::TimedOut(_) => None,
            },
        }
    }

    /// The value of the attempt just made rings the alarm.
    pub fn alarm<T>(&self, site: &Site<PollPolicy>, value: T) -> Alarm<T> {
        Alarm::new(site.name, self.attempts.number().saturating_add(1), value)
    }

    /// Puts an attempt under its limit.
    #[cfg(feature = "tokio")]
    #[inline]
    pub fn limit<F>(&self, site: &Site<PollPolicy>, attempt: F) -> crate::sleep::Limited<F> {
        let began = if self.attempts.number() == 0 { crate::time::Nanos::ZERO } else { self.watch.elapsed() };
        crate::sleep::Limited::new(attempt, self.watch.moment(began.plus(site.policy.attempt_limit())))
    }
}
