//! One retried call under way: the machine, with a clock and with chance.

use std::time::Duration;

use crate::attempt::Attempt;
use crate::attempts::{RetryAttempts, RetryPolicy};
use crate::clock::Stopwatch;
use crate::error::{Limit, TimedOut};
use crate::rng::Chance;
use crate::site::Site;
use crate::sleep::Wait;
#[cfg(feature = "tokio")]
use crate::sleep::{Cut, Limited, Telling};
use crate::time::Nanos;

/// A call whose time nobody asks for: no clock is read.
#[derive(Clone, Copy, Debug)]
pub struct RetryRun(RetryAttempts);

impl Default for RetryRun {
    fn default() -> Self {
        Self::new()
    }
}

impl RetryRun {
    /// Before the first attempt.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self(RetryAttempts::new())
    }

    /// An attempt failed. `again`: its error is one to try again on; `hint`: the wait the other side asked for.
    #[cold]
    #[inline(never)]
    pub fn failed(&mut self, site: &Site<RetryPolicy>, again: bool, hint: Option<Duration>) -> Option<Wait> {
        let hint = hint.map_or(Nanos::ZERO, Nanos::of);
        self.0.failed(&site.policy, again, Nanos::ZERO, hint, Chance::draw()).map(Wait)
    }
}

impl RetryRun {
    /// As [`failed`](Self::failed), where a circuit below may be `open` by now, with its time left: without a deadline,
    /// that is the end.
    #[cold]
    pub fn failed_below(
        &mut self,
        site: &Site<RetryPolicy>,
        again: bool,
        hint: Option<Duration>,
        open: Option<Option<Duration>>,
    ) -> Option<Wait> {
        self.failed(site, again && open.is_none(), hint)
    }

    /// A circuit below refused the call: without a deadline, that is the end.
    #[must_use]
    pub const fn refused(&self, _: &Site<RetryPolicy>, _: Option<Duration>) -> Option<Wait> {
        None
    }
}

/// A call that is measured: it has time limits, or somebody who is told of its failures.
#[derive(Clone, Copy, Debug)]
pub struct TimedRetryRun {
    attempts: RetryAttempts,
    watch: Stopwatch,
}

impl TimedRetryRun {
    /// Before the first attempt.
    #[inline]
    #[must_use]
    pub fn start() -> Self {
        Self { attempts: RetryAttempts::new(), watch: Stopwatch::start() }
    }

    /// As [`RetryRun::failed`]; the attempt's record says whether and how long to wait.
    #[cold]
    #[inline(never)]
    pub fn failed(&mut self, site: &Site<RetryPolicy>, again: bool, hint: Option<Duration>) -> Attempt {
        let elapsed = self.watch.elapsed();
        let hint = hint.map_or(Nanos::ZERO, Nanos::of);
        let wait = self.attempts.failed(&site.policy, again, elapsed, hint, Chance::draw());
        let wait = wait.map(|wait| self.watch.paced(wait, elapsed));
        Attempt {
            number: self.attempts.number(),
            elapsed: elapsed.to_duration(),
            wait: wait.map(Nanos::to_duration),
        }
    }

    /// As [`failed`](Self::failed), where a circuit below may be `open` by now, with its time left: there is no use in
    /// coming back before.
    #[cold]
    #[inline(never)]
    pub fn failed_below(
        &mut self,
        site: &Site<RetryPolicy>,
        again: bool,
        hint: Option<Duration>,
        open: Option<Option<Duration>>,
    ) -> Attempt {
        let Some(time_left) = open else { return self.failed(site, again, hint) };
        let elapsed = self.watch.elapsed();
        let least = time_left.and_then(|left| RetryAttempts::refused(&site.policy, elapsed, Nanos::of(left)));
        self.failed(site, again && least.is_some(), hint.max(least.map(Nanos::to_duration)))
    }

    /// A circuit below refused the call, which is not an attempt: the wait until it will let a trial in, if there is time
    /// for that.
    #[cold]
    #[inline(never)]
    pub fn refused(&mut self, site: &Site<RetryPolicy>, time_left: Option<Duration>) -> Option<Wait> {
        let elapsed = self.watch.elapsed();
        let wait = RetryAttempts::refused(&site.policy, elapsed, Nanos::of(time_left?))?;
        Some(Wait(self.watch.paced(wait, elapsed)))
    }

    /// Puts an attempt under its limits.
    #[cfg(feature = "tokio")]
    #[inline]
    pub fn limit<F>(&self, site: &Site<RetryPolicy>, attempt: F) -> Limited<F> {
        Limited::new(attempt, self.until(&site.policy).0)
    }

    /// As [`limit`](Self::limit), where circuits below are told of the attempt timeout.
    #[cfg(feature = "tokio")]
    #[inline]
    pub fn limit_telling<'c, F>(&self, site: &Site<RetryPolicy>, attempt: F, cut: &'c Cut) -> Telling<'c, F> {
        let (until, told) = self.until(&site.policy);
        Limited::new(attempt, until).telling(cut, told)
    }

    /// When the attempt that begins now is dropped, and the limit that circuits are told of: if the deadline falls on the same
    /// moment, that is what counts, and it is not told.
    #[cfg(feature = "tokio")]
    fn until(&self, policy: &RetryPolicy) -> (Option<tokio::time::Instant>, Nanos) {
        let (attempt_timeout, deadline) = policy.limits();
        let is_first = self.attempts.number() == 0 && !self.watch.has_waited();
        let ends = (if is_first { Nanos::ZERO } else { self.watch.elapsed() }).plus(attempt_timeout);
        let told = if ends < deadline { attempt_timeout } else { Nanos::ZERO };
        (self.watch.moment(ends.min(deadline)), told)
    }

    /// The attempt under way was dropped because its time was up.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn timed_out(&self, site: &Site<RetryPolicy>) -> TimedOut {
        let (attempt_timeout, deadline) = site.policy.limits();
        let elapsed = self.watch.elapsed();
        let limit = if attempt_timeout.is_never() || elapsed >= deadline {
            Limit::Deadline(deadline.to_duration())
        } else {
            Limit::AttemptTimeout(attempt_timeout.to_duration())
        };
        TimedOut::new(site.name, limit, self.attempts.number().saturating_add(1), elapsed.to_duration())
    }
}

impl Attempt {
    /// The wait this attempt leads to; `None`: it was the last.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub fn into_wait(self) -> Option<Wait> {
        self.wait.map(|wait| Wait(Nanos::of(wait)))
    }
}
