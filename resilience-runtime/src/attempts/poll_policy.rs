use std::num::NonZeroU32;
use std::time::Duration;

use super::settings::{checked_attempt_timeout, checked_times, shared_settings};
use crate::backoff::{Backoff, Jitter};
use crate::error::{ConfigError, Value, or_panic};
use crate::time::Nanos;

/// The settings of a poll: the delays between attempts, and the limits.
///
/// A `const` value, for `#[poll(policy = ..)]` and [`Poll::policy`](crate::functions::Poll::policy).
///
/// ```
/// use resilience::{PollPolicy, poll};
/// use std::time::Duration;
///
/// const QUICK: PollPolicy =
///     PollPolicy::new().timeout(Duration::from_secs(2)).interval(Duration::from_millis(1));
///
/// let mut n = 0;
/// let found = poll(|| { n += 1; Ok::<_, ()>(n) }).until(|n| *n == 4).policy(QUICK).call();
/// assert_eq!(found, Ok(4));
/// ```
///
/// | setting | default |
/// |---|---|
/// | [`timeout`](Self::timeout) | [`DEFAULT_TIMEOUT`](Self::DEFAULT_TIMEOUT) = 15 s; the initial delay and `hold_for` or the attempt timeout, if they are longer |
/// | [`initial_delay`](Self::initial_delay) | none |
/// | [`interval`](Self::interval) | [`DEFAULT_INTERVAL`](Self::DEFAULT_INTERVAL) = 1 s |
/// | [`times`](Self::times) | no bound |
/// | [`hold_for`](Self::hold_for) | none: the first good value ends the poll |
/// | [`max_ignored`](Self::max_ignored) | no bound |
/// | [`attempt_timeout`](Self::attempt_timeout) | the time left; at the deadline, one interval |
#[derive(Clone, Copy, PartialEq)]
#[must_use]
pub struct PollPolicy {
    /// `None`: the default.
    pub(super) timeout: Option<Nanos>,
    pub(super) initial_delay: Nanos,
    pub(super) backoff: Backoff,
    pub(super) times: Option<NonZeroU32>,
    pub(super) hold_for: Nanos,
    pub(super) max_ignored: Option<NonZeroU32>,
    pub(super) attempt_timeout: Nanos,
    /// The name of the statistics for its calls.
    pub(super) stats: Option<&'static str>,
}

impl PollPolicy {
    /// Fifteen seconds, as in the `poll` library for Python: about as long as a person waits.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);

    /// One second, as in the `poll` library for Python: frequent enough for a person, and a low load for a server.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(1);

    /// Polls every second, for fifteen seconds.
    pub const fn new() -> Self {
        Self {
            timeout: None,
            initial_delay: Nanos::ZERO,
            backoff: Backoff::constant(Self::DEFAULT_INTERVAL),
            times: None,
            hold_for: Nanos::ZERO,
            max_ignored: None,
            attempt_timeout: Nanos::NEVER,
            stats: None,
        }
    }

    /// Sets the time limit for everything. The default is [`DEFAULT_TIMEOUT`](Self::DEFAULT_TIMEOUT), or the initial
    /// delay plus the longer of `hold_for` and the attempt timeout, if that is more.
    ///
    /// The last delay is clipped, and one attempt is made at the deadline. An async attempt that is running at the
    /// deadline is dropped. The attempt made at the deadline may take the attempt timeout, or one interval without an
    /// attempt timeout. A sync attempt cannot be interrupted. Zero: one attempt.
    ///
    /// # Panics
    /// If it is shorter than the initial delay, `hold_for` or the attempt timeout. In a `const`, this is a compile
    /// error.
    #[track_caller]
    pub const fn timeout(self, timeout: Duration) -> Self {
        or_panic!(self.try_timeout(timeout))
    }

    /// Like [`timeout`](Self::timeout), for a value that is only known at run time.
    ///
    /// # Errors
    /// If `timeout` would panic.
    pub const fn try_timeout(mut self, timeout: Duration) -> Result<Self, ConfigError> {
        self.timeout = Some(Nanos::of(timeout));
        self.consistent()
    }

    /// Removes the timeout: only the condition or an error ends the poll.
    pub const fn forever(mut self) -> Self {
        self.timeout = Some(Nanos::NEVER);
        self
    }

    /// Sets a delay before the first attempt, which is part of the timeout. Zero: no delay.
    ///
    /// # Panics
    /// If it is longer than a timeout that was set. In a `const`, this is a compile error.
    #[track_caller]
    pub const fn initial_delay(self, initial_delay: Duration) -> Self {
        or_panic!(self.try_initial_delay(initial_delay))
    }

    /// Like [`initial_delay`](Self::initial_delay), for a value that is only known at run time.
    ///
    /// # Errors
    /// If `initial_delay` would panic.
    pub const fn try_initial_delay(mut self, initial_delay: Duration) -> Result<Self, ConfigError> {
        self.initial_delay = Nanos::of(initial_delay);
        self.consistent()
    }

    /// Sets how long the condition must hold. It is checked once per interval and at the end of this time.
    ///
    /// # Panics
    /// If it is longer than a timeout that was set. In a `const`, this is a compile error.
    #[track_caller]
    pub const fn hold_for(self, hold_for: Duration) -> Self {
        or_panic!(self.try_hold_for(hold_for))
    }

    /// Like [`hold_for`](Self::hold_for), for a value that is only known at run time.
    ///
    /// # Errors
    /// If `hold_for` would panic.
    pub const fn try_hold_for(mut self, hold_for: Duration) -> Result<Self, ConfigError> {
        self.hold_for = Nanos::of(hold_for);
        self.consistent()
    }

    /// Sets the number of consecutive ignored errors after which the poll fails with the last of them.
    ///
    /// # Panics
    /// If it is 0. In a `const`, this is a compile error.
    #[track_caller]
    pub const fn max_ignored(self, max_ignored: u32) -> Self {
        or_panic!(self.try_max_ignored(max_ignored))
    }

    /// Like [`max_ignored`](Self::max_ignored), for a value that is only known at run time.
    ///
    /// # Errors
    /// If it is 0.
    pub const fn try_max_ignored(mut self, max_ignored: u32) -> Result<Self, ConfigError> {
        self.max_ignored = NonZeroU32::new(max_ignored);
        if self.max_ignored.is_none() {
            return Err(ConfigError::new(
                "max_ignored",
                "`max_ignored` must be at least 1: to ignore no error at all, leave `ignore` out",
                Value::Count(max_ignored),
            ));
        }
        Ok(self)
    }

    /// Sets the time limit of one async attempt. An attempt that takes longer is dropped and means "not yet". Sync
    /// calls ignore it.
    ///
    /// # Panics
    /// If it is zero, or longer than a timeout that was set. In a `const`, this is a compile error.
    #[track_caller]
    pub const fn attempt_timeout(self, attempt_timeout: Duration) -> Self {
        or_panic!(self.try_attempt_timeout(attempt_timeout))
    }

    /// Counts the calls under this name, for [`telemetry::stats`](crate::telemetry::stats()). An attribute's `stats`
    /// takes precedence.
    ///
    /// ```
    /// use resilience::{PollPolicy, telemetry};
    ///
    /// const JOBS: PollPolicy = PollPolicy::new().stats("jobs");
    ///
    /// let done = resilience::poll(|| Ok::<_, ()>(true)).until(|done| *done).policy(JOBS).call();
    /// assert_eq!(done, Ok(true));
    /// assert_eq!(telemetry::stats("jobs").unwrap().calls(), 1);
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
        // The default timeout is extended if necessary (see `limit`), so that the settings may come in any order.
        let Some(timeout) = self.timeout else { return Ok(self) };
        if self.initial_delay.get() > timeout.get() {
            return Err(ConfigError::new(
                "initial_delay",
                "`initial_delay` is longer than `timeout`, so no attempt could be made in time",
                Value::Time(self.initial_delay),
            )
            .beside("timeout", Value::Time(timeout)));
        }
        if self.hold_for.get() > timeout.get() {
            return Err(ConfigError::new(
                "hold_for",
                "`hold_for` is longer than `timeout`, so it could never be met",
                Value::Time(self.hold_for),
            )
            .beside("timeout", Value::Time(timeout)));
        }
        // A timeout of "never" is no timeout, and cannot be too long.
        if !self.attempt_timeout.is_never() && self.attempt_timeout.get() > timeout.get() {
            return Err(ConfigError::new(
                "attempt_timeout",
                "`attempt_timeout` is longer than `timeout`, so it would never be reached",
                Value::Time(self.attempt_timeout),
            )
            .beside("timeout", Value::Time(timeout)));
        }
        Ok(self)
    }

    /// For a builder, which cannot return an error, and whose settings come in any order: see [`hold`](Self::hold).
    pub(crate) fn unchecked_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(Nanos::of(timeout));
        self
    }

    /// Like [`unchecked_timeout`](Self::unchecked_timeout); see [`delay`](Self::delay).
    pub(crate) fn unchecked_initial_delay(mut self, initial_delay: Duration) -> Self {
        self.initial_delay = Nanos::of(initial_delay);
        self
    }

    /// The delay before the first attempt. A longer one set by a builder is clipped to the timeout.
    pub(super) fn delay(&self) -> Nanos {
        self.initial_delay.min(self.limit())
    }

    /// Like [`unchecked_timeout`](Self::unchecked_timeout).
    pub(crate) fn unchecked_hold_for(mut self, hold_for: Duration) -> Self {
        self.hold_for = Nanos::of(hold_for);
        self
    }

    /// How long the condition must hold. A longer time set by a builder is clipped to the timeout here, because the
    /// timeout may still change after it is set.
    pub(super) fn hold(&self) -> Nanos {
        self.hold_for.min(self.limit())
    }

    pub(crate) const fn needs_no_delay(&self) -> bool {
        self.initial_delay.is_zero()
    }

    pub(crate) const fn needs_no_hold(&self) -> bool {
        self.hold_for.is_zero()
    }

    /// Removes the bound on the number of attempts.
    #[cfg(feature = "http")]
    pub(crate) const fn without_times(mut self) -> Self {
        self.times = None;
        self
    }

    /// The timeout, by default at least the initial delay plus `hold_for` or the attempt timeout.
    pub(crate) const fn limit(&self) -> Nanos {
        if let Some(timeout) = self.timeout {
            return timeout;
        }
        let attempt = if self.attempt_timeout.is_never() { Nanos::ZERO } else { self.attempt_timeout };
        Nanos::of(Self::DEFAULT_TIMEOUT).max(self.initial_delay.plus(self.hold_for.max(attempt)))
    }

    /// The time at which an async attempt that begins at `began` is dropped. `planned` is the wait before the
    /// attempt, before it was clipped to the timeout.
    pub(super) const fn attempt_ends(&self, began: Nanos, planned: Nanos) -> Nanos {
        let timeout = self.limit();
        let limited = began.plus(self.attempt_timeout);
        // A timeout of zero still allows one attempt, without a limit from the timeout.
        if timeout.is_zero() {
            return limited;
        }
        if began.get() < timeout.get() {
            return limited.min(timeout);
        }
        // The attempt at the deadline gets additional time: otherwise it would be pointless.
        if self.attempt_timeout.is_never() { began.plus(planned.min(timeout)) } else { limited }
    }
}

impl PollPolicy {
    /// The attempt timeout, if it is what drops an attempt that begins at `began`. Zero if the timeout drops it, or
    /// if both fall on the same time.
    #[cfg(any(feature = "tokio", test))]
    pub(crate) const fn own_limit(&self, began: Nanos) -> Nanos {
        let timeout = self.limit();
        let limited = began.plus(self.attempt_timeout);
        // An attempt at the deadline, or the only one, is not limited by the timeout.
        let alone = timeout.is_zero() || began.get() >= timeout.get();
        let is_own = alone || limited.get() < timeout.get();
        if is_own && !self.attempt_timeout.is_never() { self.attempt_timeout } else { Nanos::ZERO }
    }

    /// The time limit of one async attempt.
    #[cfg(feature = "tokio")]
    pub(crate) const fn attempt_limit(&self) -> Nanos {
        self.attempt_timeout
    }
}

shared_settings!(PollPolicy);
