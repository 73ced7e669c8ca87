use std::num::NonZeroU32;
use std::time::Duration;

use super::settings::{checked_attempt_timeout, checked_times, shared_settings};
use crate::backoff::{Backoff, Jitter};
use crate::error::{ConfigError, Value, or_panic};
use crate::time::Nanos;

/// The settings of a poll: how often and for how long.
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
    timeout: Option<Nanos>,
    pub(super) initial_delay: Nanos,
    pub(super) backoff: Backoff,
    pub(super) times: Option<NonZeroU32>,
    pub(super) hold_for: Nanos,
    pub(super) max_ignored: Option<NonZeroU32>,
    pub(super) attempt_timeout: Nanos,
    /// The name that calls are counted under.
    pub(super) stats: Option<&'static str>,
}

impl PollPolicy {
    /// Fifteen seconds, as in the `poll` library for Python: about as long as a person waits.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);

    /// One second, as in the `poll` library for Python: frequent enough for a person, rare enough for a server.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(1);

    /// Every second, for fifteen seconds.
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

    /// The time limit for everything. The default is [`DEFAULT_TIMEOUT`](Self::DEFAULT_TIMEOUT), or the initial delay plus the longer
    /// of `hold_for` and the attempt timeout, if that is more.
    ///
    /// The last delay is clipped, and one attempt is made at the deadline. An async attempt that is running then is dropped. The one at
    /// the deadline may take the attempt timeout, or else one interval. A sync attempt cannot be interrupted. Zero: one attempt.
    ///
    /// # Panics
    /// If it is shorter than the initial delay, `hold_for` or the attempt timeout: in a `const`, a compile error.
    #[track_caller]
    pub const fn timeout(self, timeout: Duration) -> Self {
        or_panic!(self.try_timeout(timeout))
    }

    /// As [`timeout`](Self::timeout), for a value known only at run time.
    ///
    /// # Errors
    /// Where `timeout` panics.
    pub const fn try_timeout(mut self, timeout: Duration) -> Result<Self, ConfigError> {
        self.timeout = Some(Nanos::of(timeout));
        self.consistent()
    }

    /// No timeout: the condition ends the poll, or an error.
    pub const fn forever(mut self) -> Self {
        self.timeout = Some(Nanos::NEVER);
        self
    }

    /// A delay before the first attempt, inside the timeout. Zero: none.
    ///
    /// # Panics
    /// If it is longer than a timeout that was set: in a `const`, a compile error.
    #[track_caller]
    pub const fn initial_delay(self, initial_delay: Duration) -> Self {
        or_panic!(self.try_initial_delay(initial_delay))
    }

    /// As [`initial_delay`](Self::initial_delay), for a value known only at run time.
    ///
    /// # Errors
    /// Where `initial_delay` panics.
    pub const fn try_initial_delay(mut self, initial_delay: Duration) -> Result<Self, ConfigError> {
        self.initial_delay = Nanos::of(initial_delay);
        self.consistent()
    }

    /// How long the condition must hold, checked once per interval and at the end of this time.
    ///
    /// # Panics
    /// If it is longer than a timeout that was set: in a `const`, a compile error.
    #[track_caller]
    pub const fn hold_for(self, hold_for: Duration) -> Self {
        or_panic!(self.try_hold_for(hold_for))
    }

    /// As [`hold_for`](Self::hold_for), for a value known only at run time.
    ///
    /// # Errors
    /// Where `hold_for` panics.
    pub const fn try_hold_for(mut self, hold_for: Duration) -> Result<Self, ConfigError> {
        self.hold_for = Nanos::of(hold_for);
        self.consistent()
    }

    /// The number of consecutive ignored errors that ends the poll, with the last of them.
    ///
    /// # Panics
    /// On 0: in a `const`, a compile error.
    #[track_caller]
    pub const fn max_ignored(self, max_ignored: u32) -> Self {
        or_panic!(self.try_max_ignored(max_ignored))
    }

    /// As [`max_ignored`](Self::max_ignored), for a value known only at run time.
    ///
    /// # Errors
    /// On 0.
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

    /// The time limit of one async attempt. An attempt that takes longer is dropped and means "not yet". Sync calls ignore it.
    ///
    /// # Panics
    /// On zero, and if it is longer than a timeout that was set: in a `const`, a compile error.
    #[track_caller]
    pub const fn attempt_timeout(self, attempt_timeout: Duration) -> Self {
        or_panic!(self.try_attempt_timeout(attempt_timeout))
    }

    /// Counts the calls under this name, for [`telemetry::stats`](crate::telemetry::stats()). Where an attribute has `stats` as
    /// well, its name counts.
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

    /// Whether its calls are counted. The compiler knows it of the settings of an attribute.
    #[inline]
    pub(crate) const fn has_stats(&self) -> bool {
        self.stats.is_some()
    }

    const fn consistent(self) -> Result<Self, ConfigError> {
        // The default timeout gives way: see `limit`. So the settings may come in any order.
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
        // A timeout of "never" is none, and cannot be too long.
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

    /// For a builder, which cannot return an error, and whose calls come in any order: see [`hold`](Self::hold).
    pub(crate) fn unchecked_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(Nanos::of(timeout));
        self
    }

    /// As [`unchecked_timeout`](Self::unchecked_timeout); see [`delay`](Self::delay).
    pub(crate) fn unchecked_initial_delay(mut self, initial_delay: Duration) -> Self {
        self.initial_delay = Nanos::of(initial_delay);
        self
    }

    /// The delay before the first attempt. A longer one of a builder is cut to the timeout.
    pub(super) fn delay(&self) -> Nanos {
        self.initial_delay.min(self.limit())
    }

    /// As [`unchecked_timeout`](Self::unchecked_timeout).
    pub(crate) fn unchecked_hold_for(mut self, hold_for: Duration) -> Self {
        self.hold_for = Nanos::of(hold_for);
        self
    }

    /// How long the condition must hold. A longer time of a builder is cut to the timeout here, because the timeout may change
    /// after it is set.
    pub(super) fn hold(&self) -> Nanos {
        self.hold_for.min(self.limit())
    }

    pub(crate) const fn needs_no_delay(&self) -> bool {
        self.initial_delay.is_zero()
    }

    pub(crate) const fn needs_no_hold(&self) -> bool {
        self.hold_for.is_zero()
    }

    /// No bound on the attempts.
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

    /// When an async attempt is dropped that begins at `began`. `planned` is the wait before it, as it was before it was
    /// clipped to the timeout.
    pub(super) const fn attempt_ends(&self, began: Nanos, planned: Nanos) -> Nanos {
        let timeout = self.limit();
        let limited = began.plus(self.attempt_timeout);
        // A timeout of zero still grants its one attempt; it has nothing to be measured by.
        if timeout.is_zero() {
            return limited;
        }
        if began.get() < timeout.get() {
            return limited.min(timeout);
        }
        // The one at the very end has its own time: it would be made in vain otherwise.
        if self.attempt_timeout.is_never() { began.plus(planned.min(timeout)) } else { limited }
    }
}

impl PollPolicy {
    /// The attempt timeout, if it is that which drops an attempt that begins at `began`; zero, if the timeout does, also
    /// where both fall on the same moment.
    #[cfg(any(feature = "tokio", test))]
    pub(crate) const fn own_limit(&self, began: Nanos) -> Nanos {
        let timeout = self.limit();
        let limited = began.plus(self.attempt_timeout);
        // One that begins at the very end, or is the only one, has its own time.
        let alone = timeout.is_zero() || began.get() >= timeout.get();
        let is_own = alone || limited.get() < timeout.get();
        if is_own && !self.attempt_timeout.is_never() { self.attempt_timeout } else { Nanos::ZERO }
    }

    /// How long one async attempt may take.
    #[cfg(feature = "tokio")]
    pub(crate) const fn attempt_limit(&self) -> Nanos {
        self.attempt_timeout
    }
}

shared_settings!(PollPolicy);
