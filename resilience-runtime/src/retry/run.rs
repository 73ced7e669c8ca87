//! A running call of a retry: the machine with a clock and random numbers.

use std::fmt::Display;
use std::time::Duration;

use crate::attempt::Attempt;
use crate::attempts::{RetryAttempts, RetryPolicy};
use crate::budget::RetryBudget;
use crate::clock::{self, Stopwatch};
use crate::current_attempt::CurrentAttempt;
#[cfg(feature = "tokio")]
use crate::error::Cancelled;
use crate::error::{Limit, TimedOut};
use crate::rng::Chance;
use crate::site::PolicySite;
use crate::sleep::Wait;
#[cfg(feature = "tokio")]
use crate::sleep::{Cancellation, Cut, Limited, Telling};
#[cfg(feature = "tokio")]
use crate::telemetry::UnderWay;
use crate::telemetry::{Brought, CallOutcome, Failed, GiveUpReason, Observation, SiteEntry, observed};
use crate::time::{Instant, Nanos};

/// A call whose time is not needed: no clock is read.
#[derive(Debug)]
pub struct RetryRun {
    attempts: RetryAttempts,
    observation: Observation,
}

impl RetryRun {
    /// Creates the state before the first attempt.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self { attempts: RetryAttempts::new(), observation: Observation::NONE }
    }

    /// An attempt failed. `again`: its error is retryable. `hint`: the wait that the server requested.
    #[cold]
    #[inline(never)]
    pub fn failed(
        &mut self,
        site: &PolicySite<RetryPolicy>,
        again: bool,
        hint: Option<Duration>,
        error: Option<&dyn Display>,
    ) -> Option<Wait> {
        self.failed_below(site, again, hint, None, error)
    }

    /// Like [`failed`](Self::failed), if an inner circuit may be `open` by now, with its remaining time. Without a
    /// deadline, that ends the call.
    #[cold]
    #[inline(never)]
    pub fn failed_below(
        &mut self,
        site: &PolicySite<RetryPolicy>,
        again: bool,
        hint: Option<Duration>,
        open: Option<Option<Duration>>,
        error: Option<&dyn Display>,
    ) -> Option<Wait> {
        let (hint, is_open) = (hint.map_or(Nanos::ZERO, Nanos::of), open.is_some());
        let next = self.attempts.failed(
            self.observation.policy(site),
            again && !is_open,
            Nanos::ZERO,
            hint,
            Chance::draw(),
        );
        let next = within_budget(self.observation.policy(site), next);
        let is_open = again && is_open && next != Err(GiveUpReason::Budget);
        let failed = Failed { brought: Brought::Error, is_open, error };
        self.observation.failed(site.origin(), self.attempts.number(), next.map(Nanos::to_duration), failed);
        next.ok().map(Wait)
    }

    /// An inner circuit rejected the call. Without a deadline, that ends the call.
    #[must_use]
    pub fn refused(&mut self, _: &PolicySite<RetryPolicy>, _: Option<Duration>) -> Option<Wait> {
        self.observation.ends(CallOutcome::Refused);
        None
    }
}

/// A call that is timed, because it has time limits or reports its failures.
#[derive(Debug)]
pub struct TimedRetryRun {
    attempts: RetryAttempts,
    observation: Observation,
    watch: Stopwatch,
}

observed!(RetryRun, PolicySite<RetryPolicy>);
observed!(TimedRetryRun, PolicySite<RetryPolicy>);

impl TimedRetryRun {
    /// Creates the state before the first attempt.
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        let (attempts, observation) = (RetryAttempts::new(), Observation::NONE);
        Self { attempts, observation, watch: Stopwatch::start() }
    }

    /// Like [`RetryRun::failed`]. The attempt's record contains the wait, if any. `cut`: its time was up.
    #[cold]
    #[inline(never)]
    pub fn failed(
        &mut self,
        site: &PolicySite<RetryPolicy>,
        again: bool,
        hint: Option<Duration>,
        cut: bool,
        error: Option<&dyn Display>,
    ) -> Attempt {
        self.failed_below(site, again, hint, None, cut, error)
    }

    /// Like [`failed`](Self::failed), if an inner circuit may be `open` by now, with its remaining time: an earlier
    /// attempt would be useless.
    #[cold]
    #[inline(never)]
    pub fn failed_below(
        &mut self,
        site: &PolicySite<RetryPolicy>,
        again: bool,
        hint: Option<Duration>,
        open: Option<Option<Duration>>,
        cut: bool,
        error: Option<&dyn Display>,
    ) -> Attempt {
        let elapsed = self.watch.elapsed();
        let least = match open {
            None => Some(Nanos::ZERO),
            Some(left) => left.and_then(|left| {
                RetryAttempts::refused(self.observation.policy(site), elapsed, Nanos::of(left))
            }),
        };
        let waits = again && least.is_some();
        let least = least.unwrap_or(Nanos::ZERO).max(hint.map_or(Nanos::ZERO, Nanos::of));
        let next = self.attempts.failed(self.observation.policy(site), waits, elapsed, least, Chance::draw());
        let next = within_budget(self.observation.policy(site), next);
        let next = next.map(|wait| self.watch.paced(wait, elapsed).to_duration());
        let number = self.attempts.number();
        let brought = if cut { Brought::Cut } else { Brought::Error };
        let is_open = again && open.is_some() && next != Err(GiveUpReason::Budget);
        self.observation.failed(site.origin(), number, next, Failed { brought, is_open, error });
        Attempt { number, elapsed: elapsed.to_duration(), wait: next.ok(), site: site.name }
    }

    /// An inner circuit rejected the call, which is not an attempt. Returns the wait until it admits a probe, if
    /// there is enough time.
    #[cold]
    #[inline(never)]
    pub fn refused(&mut self, site: &PolicySite<RetryPolicy>, time_left: Option<Duration>) -> Option<Wait> {
        let elapsed = self.watch.elapsed();
        let wait = time_left
            .and_then(|left| RetryAttempts::refused(self.observation.policy(site), elapsed, Nanos::of(left)));
        let Some(wait) = wait else {
            self.observation.ends(CallOutcome::Refused);
            return None;
        };
        let wait = self.watch.paced(wait, elapsed);
        self.observation.waits_for_circuit(wait.to_duration());
        Some(Wait(wait))
    }

    /// Applies the limits to an attempt.
    #[cfg(feature = "tokio")]
    #[inline]
    pub fn limit<F>(&self, site: &PolicySite<RetryPolicy>, attempt: F) -> Limited<UnderWay<F>> {
        Limited::new(self.under_way(attempt), self.until(self.observation.policy(site)).0)
    }

    /// Like [`limit`](Self::limit), and informs inner circuits if the attempt timeout drops the attempt.
    #[cfg(feature = "tokio")]
    #[inline]
    pub fn limit_telling<'c, F>(
        &self,
        site: &PolicySite<RetryPolicy>,
        attempt: F,
        cut: &'c Cut,
    ) -> Telling<'c, UnderWay<F>> {
        let (until, told) = self.until(self.observation.policy(site));
        Limited::new(self.under_way(attempt), until).telling(cut, told)
    }

    /// The attempt that begins now. The attempt timeout does not apply to a synchronous attempt.
    #[must_use]
    pub fn current(&self, site: &PolicySite<RetryPolicy>, is_async: bool) -> CurrentAttempt {
        let deadline = self.observation.policy(site).limits().1;
        CurrentAttempt {
            number: self.attempts.number().saturating_add(1),
            call_began: self.watch.started(),
            ends: if is_async {
                self.until(self.observation.policy(site)).0
            } else {
                self.watch.moment(deadline)
            },
        }
    }

    /// The end of the attempt that begins now, and the limit for inner circuits: zero if the deadline comes first.
    #[cfg(feature = "tower")]
    pub(crate) fn attempt_ends(&self, site: &PolicySite<RetryPolicy>) -> (Option<Instant>, Nanos) {
        self.until(self.observation.policy(site))
    }

    /// The time at which the attempt that begins now is dropped, and the limit for inner circuits. If the deadline
    /// falls on the same time, it takes precedence, and the limit is zero.
    fn until(&self, policy: &RetryPolicy) -> (Option<Instant>, Nanos) {
        let (attempt_timeout, deadline) = policy.limits();
        let is_first = self.attempts.number() == 0 && !self.watch.has_waited();
        let ends = (if is_first { Nanos::ZERO } else { self.watch.elapsed() }).plus(attempt_timeout);
        let told = if ends < deadline { attempt_timeout } else { Nanos::ZERO };
        (self.watch.moment(ends.min(deadline)), told)
    }

    /// The running attempt was dropped because its time was up.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn timed_out(&self, site: &PolicySite<RetryPolicy>) -> TimedOut {
        let (attempt_timeout, deadline) = self.observation.policy(site).limits();
        let elapsed = self.watch.elapsed();
        let limit = if attempt_timeout.is_never() || elapsed >= deadline {
            Limit::Deadline(deadline.to_duration())
        } else {
            Limit::AttemptTimeout(attempt_timeout.to_duration())
        };
        TimedOut::new(site.name.get(), limit, self.attempts.number().saturating_add(1), elapsed.to_duration())
    }

    /// The signal of `cancel` has ended the call.
    #[cfg(feature = "tokio")]
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn cancelled(&mut self, site: &PolicySite<RetryPolicy>, cancellation: Cancellation) -> Cancelled {
        let (name, ended) = (site.name.get(), self.attempts.number());
        let cancelled = cancellation.into_error(name, ended, self.watch.shown());
        let attempts = cancelled.attempts();
        self.observation.end(site.origin(), CallOutcome::Cancelled, attempts, Some(&cancelled));
        cancelled
    }
}

impl PolicySite<RetryPolicy> {
    /// Counts a call for the budget of its retries.
    #[inline]
    pub fn counts_a_call(&self) {
        if let Some(budget) = self.policy.budget {
            budget.deposit(clock::moment);
        }
    }
}

impl RetryBudget {
    /// The number of retries that the budget holds now. Other threads may take them at any time.
    ///
    /// ```
    /// use resilience::{RetryBudget, retry};
    /// use std::time::Duration;
    ///
    /// static DB: RetryBudget = RetryBudget::new().min_per_second(1);
    ///
    /// assert_eq!(DB.remaining(), 10); // 1 a second, for 10 seconds
    /// let failed = retry(|| Err::<(), _>("busy")).times(3).interval(Duration::ZERO).budget(&DB).call();
    /// assert!(failed.is_err());
    /// assert_eq!(DB.remaining(), 8);
    /// ```
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.left(clock::moment())
    }
}

/// The same wait, if the budget allows a retry.
fn within_budget(policy: &RetryPolicy, next: Result<Nanos, GiveUpReason>) -> Result<Nanos, GiveUpReason> {
    match policy.budget {
        Some(budget) if next.is_ok() && !budget.withdraw(clock::moment()) => Err(GiveUpReason::Budget),
        _ => next,
    }
}

impl Attempt {
    /// The wait after this attempt; `None` if it was the last.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub fn into_wait(self) -> Option<Wait> {
        self.wait.map(|wait| Wait(Nanos::of(wait)))
    }
}

/// A running call of [`retry`](crate::retry()).
pub trait Run {
    /// Creates the state before the first attempt.
    fn start() -> Self;
    /// The call begins.
    fn begins(&mut self, entry: &'static SiteEntry, site: &PolicySite<RetryPolicy>, is_blocking: bool);
    /// An attempt succeeded, which ends the call.
    fn succeeds(&mut self);
    /// An attempt failed: returns the wait before the next one. `cut`: its time was up. The attempt is reported if it
    /// is timed.
    fn fails(
        &mut self,
        site: &PolicySite<RetryPolicy>,
        attempt: FailedAttempt,
        error: &dyn Display,
        report: impl FnOnce(&Attempt),
    ) -> Option<Wait>;
    /// The wait is over.
    fn waited(&mut self, is_blocking: bool);
}

/// The properties of a failed attempt.
#[derive(Clone, Copy, Debug)]
pub struct FailedAttempt {
    /// Its error is retryable.
    pub(super) again: bool,
    /// The wait that the server requested.
    pub(super) hint: Option<Duration>,
    /// Its time was up.
    pub(super) cut: bool,
}

macro_rules! run_methods {
    () => {
        #[inline]
        fn start() -> Self {
            Self::new()
        }

        #[inline]
        fn begins(&mut self, entry: &'static SiteEntry, site: &PolicySite<RetryPolicy>, is_blocking: bool) {
            site.counts_a_call();
            if is_blocking {
                self.begin_blocking(entry, site);
            } else {
                self.begin(entry, site);
            }
        }

        #[inline]
        fn succeeds(&mut self) {
            self.succeeded();
        }

        #[inline]
        fn waited(&mut self, is_blocking: bool) {
            if is_blocking {
                self.goes_on_blocking();
            } else {
                self.goes_on();
            }
        }
    };
}

impl Run for RetryRun {
    run_methods!();

    #[inline]
    fn fails(
        &mut self,
        site: &PolicySite<RetryPolicy>,
        attempt: FailedAttempt,
        error: &dyn Display,
        _: impl FnOnce(&Attempt),
    ) -> Option<Wait> {
        self.failed(site, attempt.again, attempt.hint, Some(error))
    }
}

impl Run for TimedRetryRun {
    run_methods!();

    fn fails(
        &mut self,
        site: &PolicySite<RetryPolicy>,
        FailedAttempt { again, hint, cut }: FailedAttempt,
        error: &dyn Display,
        report: impl FnOnce(&Attempt),
    ) -> Option<Wait> {
        let attempt = self.failed(site, again, hint, cut, Some(error));
        report(&attempt);
        attempt.into_wait()
    }
}
