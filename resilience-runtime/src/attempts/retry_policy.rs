use std::num::NonZeroU32;
use std::time::Duration;

use super::settings::{checked_attempt_timeout, checked_times, shared_settings};
use crate::backoff::{Backoff, Jitter};
use crate::budget::RetryBudget;
use crate::error::{ConfigError, Value, or_panic};
use crate::time::Nanos;

/// The settings of a retry: the number of attempts, the delays between them, and the limits.
///
/// A `const` value, for `#[retry(policy = ..)]`, [`Retry::policy`](crate::functions::Retry::policy) and
/// [`execute`](Self::execute) / [`execute_async`]. An invalid constant does not compile:
///
/// ```compile_fail
/// # use resilience::RetryPolicy;
/// const WRONG: RetryPolicy = RetryPolicy::new().times(0); // `times` must be at least 1
/// # let _ = WRONG;
/// ```
///
/// ```
/// use resilience::{Backoff, Jitter, RetryPolicy};
/// use std::time::Duration;
///
/// const DB: RetryPolicy = RetryPolicy::new()
///     .times(4)
///     .backoff(Backoff::exponential(Duration::from_millis(1)).max(Duration::from_secs(1)).jitter(Jitter::Full))
///     .deadline(Duration::from_secs(5));
///
/// let mut calls = 0;
/// let row = DB.execute(|| {
///     calls += 1;
///     if calls < 3 { Err("busy") } else { Ok("row") }
/// });
/// assert_eq!((row, calls), (Ok("row"), 3));
/// ```
///
/// | setting | default |
/// |---|---|
/// | [`times`](Self::times) | [`DEFAULT_TIMES`](Self::DEFAULT_TIMES) = 3 |
/// | [`interval`](Self::interval) | [`DEFAULT_INTERVAL`](Self::DEFAULT_INTERVAL) = 1 s |
/// | [`deadline`](Self::deadline) | none |
/// | [`attempt_timeout`](Self::attempt_timeout) | none |
/// | [`budget`](Self::budget) | none |
///
#[cfg_attr(feature = "tokio", doc = "[`execute_async`]: RetryPolicy::execute_async")]
// Without the feature there is no such method: the link leads to the features.
#[cfg_attr(not(feature = "tokio"), doc = "[`execute_async`]: crate")]
#[derive(Clone, Copy, PartialEq)]
#[must_use]
pub struct RetryPolicy {
    /// `None`: no bound.
    pub(super) times: Option<NonZeroU32>,
    pub(super) backoff: Backoff,
    pub(super) deadline: Nanos,
    /// Also to no limit. An override does not introduce a deadline that the code does not mention.
    pub(super) deadline_is_set: bool,
    pub(super) attempt_timeout: Nanos,
    pub(crate) budget: Option<&'static RetryBudget>,
    /// The name of the statistics for its calls.
    pub(super) stats: Option<&'static str>,
}

impl RetryPolicy {
    /// Three attempts: the second covers a single accident, the third its repetition. It is the default of the
    /// `poll` library for Python, and a load that a failing server can bear.
    pub const DEFAULT_TIMES: u32 = 3;

    /// One second: long enough for a restart or a failover to be noticed, short enough for a waiting user. The
    /// default of the `poll` library for Python.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(1);

    /// Three attempts, one second apart.
    pub const fn new() -> Self {
        Self {
            times: NonZeroU32::new(Self::DEFAULT_TIMES),
            backoff: Backoff::constant(Self::DEFAULT_INTERVAL),
            deadline: Nanos::NEVER,
            deadline_is_set: false,
            attempt_timeout: Nanos::NEVER,
            budget: None,
            stats: None,
        }
    }

    /// Removes the bound on attempts: only a success, an error that is not retried, or the deadline ends the call.
    pub const fn forever(mut self) -> Self {
        self.times = None;
        self
    }

    /// Sets the time limit for everything. If the next attempt could not start in time, the call ends without a wait.
    /// An *async* attempt that is still running at the deadline is dropped. [`Duration::MAX`] is no limit, but
    /// overrides may set one.
    ///
    /// # Panics
    /// If it is zero, or shorter than the attempt timeout. In a `const`, this is a compile error.
    #[track_caller]
    pub const fn deadline(self, deadline: Duration) -> Self {
        or_panic!(self.try_deadline(deadline))
    }

    /// Like [`deadline`](Self::deadline), for a value that is only known at run time.
    ///
    /// # Errors
    /// If `deadline` would panic.
    pub const fn try_deadline(mut self, deadline: Duration) -> Result<Self, ConfigError> {
        self.deadline = Nanos::of(deadline);
        self.deadline_is_set = true;
        if self.deadline.is_zero() {
            return Err(ConfigError::new(
                "deadline",
                "`deadline` is zero, which leaves no time for an attempt",
                Value::Time(self.deadline),
            ));
        }
        self.consistent()
    }

    /// Sets the time limit of one async attempt. An attempt that takes longer is dropped and counts as a retryable
    /// failure. Synchronous calls ignore it, because they cannot be interrupted.
    ///
    /// # Panics
    /// If it is zero, or longer than the deadline. In a `const`, this is a compile error.
    #[track_caller]
    pub const fn attempt_timeout(self, attempt_timeout: Duration) -> Self {
        or_panic!(self.try_attempt_timeout(attempt_timeout))
    }

    /// Counts the calls under this name, for [`telemetry::stats`](crate::telemetry::stats()). An attribute's `stats`
    /// takes precedence.
    ///
    /// ```
    /// use resilience::{RetryPolicy, telemetry};
    ///
    /// const DISK: RetryPolicy = RetryPolicy::new().times(2).stats("disk");
    ///
    /// DISK.execute(|| std::fs::read("Cargo.toml"))?;
    /// assert_eq!(telemetry::stats("disk").unwrap().calls(), 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub const fn stats(mut self, name: &'static str) -> Self {
        self.stats = Some(name);
        self
    }

    /// Whether its calls are counted. A compile-time constant for the settings of an attribute.
    #[inline]
    pub(crate) const fn has_stats(&self) -> bool {
        self.stats.is_some()
    }

    pub(super) const fn consistent(self) -> Result<Self, ConfigError> {
        // A timeout of "never" is no timeout, and cannot be too long.
        if !self.attempt_timeout.is_never() && self.attempt_timeout.get() > self.deadline.get() {
            return Err(ConfigError::new(
                "attempt_timeout",
                "`attempt_timeout` is longer than `deadline`, so it would never be reached",
                Value::Time(self.attempt_timeout),
            )
            .beside("deadline", Value::Time(self.deadline)));
        }
        Ok(self)
    }

    /// For a builder, which cannot return an error: zero counts as a nanosecond.
    pub(crate) fn clamped_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Nanos::of(deadline).max(Nanos::new(1));
        self.deadline_is_set = true;
        self
    }

    /// Takes each retry out of this budget before its wait. If the budget is empty, a failing call returns its error
    /// at once.
    ///
    /// A policy with a budget is a `static`, not a `const`.
    ///
    /// ```
    /// use resilience::{RetryBudget, RetryPolicy};
    ///
    /// static BUDGET: RetryBudget = RetryBudget::new();
    /// static DB: RetryPolicy = RetryPolicy::new().times(5).budget(&BUDGET);
    ///
    /// assert_eq!(DB.execute(|| Ok::<_, &str>("row")), Ok("row"));
    /// ```
    pub const fn budget(mut self, budget: &'static RetryBudget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// The limits of an async attempt: for the attempt itself, and for everything together.
    pub(crate) const fn limits(&self) -> (Nanos, Nanos) {
        (self.attempt_timeout, self.deadline)
    }
}

shared_settings!(RetryPolicy);
