mod debug;
mod ratio;
mod replaced;

mod validate;

use std::time::Duration;

pub(super) use self::ratio::Ratio;
pub use self::validate::SetAt;
use crate::error::{ConfigError, Value, or_panic};
use crate::time::Nanos;

/// When a circuit opens, how long it stays open, and how it recovers.
///
/// A `const` builder: the values may be set in any order, and one that contradicts another is found by
/// [`validate`](Self::validate), which [`CircuitBreaker::new`](crate::CircuitBreaker::new) calls. A circuit that is a
/// `static` with a configuration that makes no sense does not compile.
///
/// ```
/// use resilience::{CircuitBreaker, CircuitConfig};
/// use std::time::Duration;
///
/// const CAUTIOUS: CircuitConfig = CircuitConfig::new()
///     .failure_rate(0.5)
///     .window_calls(100)
///     .recovery_timeout(Duration::from_secs(10))
///     .max_recovery_timeout(Duration::from_secs(300));
/// static PAYMENTS: CircuitBreaker = CircuitBreaker::new("payments", CAUTIOUS);
/// assert!(PAYMENTS.closed());
///
/// let error = CircuitConfig::new().failure_rate(0.5).validate().unwrap_err();
/// assert_eq!(error.option(), "failure_rate");
/// ```
///
/// | setting | default |
/// |---|---|
/// | [`failure_threshold`](Self::failure_threshold) | [`DEFAULT_FAILURE_THRESHOLD`](Self::DEFAULT_FAILURE_THRESHOLD) = 5, in a row |
/// | [`within`](Self::within) | none: failures in a row |
/// | [`failure_rate`](Self::failure_rate) | none |
/// | [`window_calls`](Self::window_calls), [`window_time`](Self::window_time) | none; a rate needs one |
/// | [`min_calls`](Self::min_calls) | [`DEFAULT_MIN_CALLS`](Self::DEFAULT_MIN_CALLS) = 20, or the window if that is smaller |
/// | [`slow_call`](Self::slow_call), [`slow_rate`](Self::slow_rate) | none: no call is slow |
/// | [`recovery_timeout`](Self::recovery_timeout) | [`DEFAULT_RECOVERY_TIMEOUT`](Self::DEFAULT_RECOVERY_TIMEOUT) = 30 s |
/// | [`max_recovery_timeout`](Self::max_recovery_timeout) | none: every recovery takes the same time |
/// | [`half_open_calls`](Self::half_open_calls) | [`DEFAULT_HALF_OPEN_CALLS`](Self::DEFAULT_HALF_OPEN_CALLS) = 1 |
/// | [`success_threshold`](Self::success_threshold) | [`DEFAULT_SUCCESS_THRESHOLD`](Self::DEFAULT_SUCCESS_THRESHOLD) = 1 |
/// | [`probe_timeout`](Self::probe_timeout) | the recovery timeout, at least [`LEAST_DEFAULT_PROBE_TIMEOUT`](Self::LEAST_DEFAULT_PROBE_TIMEOUT) = 30 s |
#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct CircuitConfig {
    failure_threshold: Option<u32>,
    within: Option<Nanos>,
    failure_rate: Option<Ratio>,
    window_calls: Option<u32>,
    window_time: Option<Nanos>,
    min_calls: Option<u32>,
    slow_call: Option<Nanos>,
    slow_rate: Option<Ratio>,
    recovery_timeout: Nanos,
    max_recovery_timeout: Option<Nanos>,
    half_open_calls: u32,
    success_threshold: u32,
    probe_timeout: Option<Nanos>,
}

impl CircuitConfig {
    /// Five, the default of the `circuitbreaker` library for Python: one bad answer is an accident, five in a row are
    /// not.
    pub const DEFAULT_FAILURE_THRESHOLD: u32 = 5;

    /// Thirty seconds, the default of the `circuitbreaker` library for Python: about what a process takes to restart.
    pub const DEFAULT_RECOVERY_TIMEOUT: Duration = Duration::from_secs(30);

    /// Twenty: with fewer calls a rate of one half may well be chance.
    pub const DEFAULT_MIN_CALLS: u32 = 20;

    /// One: whoever is recovering is asked by one caller, not by all.
    pub const DEFAULT_HALF_OPEN_CALLS: u32 = 1;

    /// One, as in the `circuitbreaker` library for Python: the trial is a real call, and its success is an answer.
    pub const DEFAULT_SUCCESS_THRESHOLD: u32 = 1;

    /// Thirty seconds: a trial may be slow because the service is warming up. With a recovery timeout of a second, a good
    /// trial of two seconds must not count as a failure.
    pub const LEAST_DEFAULT_PROBE_TIMEOUT: Duration = Duration::from_secs(30);

    /// The longest window of calls, and the largest threshold `within` a time: what is remembered for each call adds
    /// up to a megabyte or eight.
    pub const MAX_REMEMBERED: u32 = 1 << 20;

    /// Opens after five failures in a row, for thirty seconds; then one trial decides.
    pub const fn new() -> Self {
        Self {
            failure_threshold: None,
            within: None,
            failure_rate: None,
            window_calls: None,
            window_time: None,
            min_calls: None,
            slow_call: None,
            slow_rate: None,
            recovery_timeout: Nanos::of(Self::DEFAULT_RECOVERY_TIMEOUT),
            max_recovery_timeout: None,
            half_open_calls: Self::DEFAULT_HALF_OPEN_CALLS,
            success_threshold: Self::DEFAULT_SUCCESS_THRESHOLD,
            probe_timeout: None,
        }
    }

    /// How many failures open it: in a row, or [`within`](Self::within) a time.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// const STRICT: CircuitConfig = CircuitConfig::new().failure_threshold(1);
    /// ```
    ///
    /// # Panics
    /// On 0: in a `const`, a compile error.
    #[track_caller]
    pub const fn failure_threshold(self, failures: u32) -> Self {
        or_panic!(self.try_failure_threshold(failures))
    }

    /// As [`failure_threshold`](Self::failure_threshold), for a value known only at run time.
    ///
    /// # Errors
    /// On 0.
    pub const fn try_failure_threshold(mut self, failures: u32) -> Result<Self, ConfigError> {
        if failures == 0 {
            return Err(ConfigError::new(
                "failure_threshold",
                "`failure_threshold` must be at least 1: to keep a circuit open, use `force_open()`",
                Value::Count(failures),
            ));
        }
        self.failure_threshold = Some(failures);
        Ok(self)
    }

    /// Counts the failures of the last so much time, in place of failures in a row: successes in between do not clear
    /// them.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// # use std::time::Duration;
    /// const LEAKY: CircuitConfig = CircuitConfig::new().failure_threshold(3).within(Duration::from_secs(60));
    /// ```
    ///
    /// # Panics
    /// On zero: in a `const`, a compile error.
    #[track_caller]
    pub const fn within(self, time: Duration) -> Self {
        or_panic!(self.try_within(time))
    }

    /// As [`within`](Self::within), for a value known only at run time.
    ///
    /// # Errors
    /// On zero.
    pub const fn try_within(mut self, time: Duration) -> Result<Self, ConfigError> {
        if time.is_zero() {
            return Err(ConfigError::new(
                "within",
                "`within` no time at all, nothing can be counted",
                Value::Time(Nanos::ZERO),
            ));
        }
        self.within = Some(Nanos::of(time));
        Ok(self)
    }

    /// The share of failures that opens it, between 0 and 1, over [`window_calls`](Self::window_calls) or
    /// [`window_time`](Self::window_time).
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// // Half of the last hundred calls.
    /// const HALF: CircuitConfig = CircuitConfig::new().failure_rate(0.5).window_calls(100);
    /// ```
    ///
    /// # Panics
    /// Outside `0.0 < rate <= 1.0`: in a `const`, a compile error.
    #[track_caller]
    pub const fn failure_rate(self, rate: f64) -> Self {
        or_panic!(self.try_failure_rate(rate))
    }

    /// As [`failure_rate`](Self::failure_rate), for a value known only at run time.
    ///
    /// # Errors
    /// Outside `0.0 < rate <= 1.0`.
    pub const fn try_failure_rate(mut self, rate: f64) -> Result<Self, ConfigError> {
        self.failure_rate = Ratio::of(rate);
        if self.failure_rate.is_none() {
            return Err(ConfigError::new(
                "failure_rate",
                "`failure_rate` must be above 0 and at most 1 (100%)",
                Value::number(rate),
            ));
        }
        Ok(self)
    }

    /// Rates are taken over the last so many calls: the window slides by one with every call.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// const LAST_TEN: CircuitConfig = CircuitConfig::new().failure_rate(0.3).window_calls(10);
    /// ```
    ///
    /// # Panics
    /// On 0 and above [`MAX_REMEMBERED`](Self::MAX_REMEMBERED): in a `const`, a compile error.
    #[track_caller]
    pub const fn window_calls(self, calls: u32) -> Self {
        or_panic!(self.try_window_calls(calls))
    }

    /// As [`window_calls`](Self::window_calls), for a value known only at run time.
    ///
    /// # Errors
    /// On 0 and above [`MAX_REMEMBERED`](Self::MAX_REMEMBERED).
    pub const fn try_window_calls(mut self, calls: u32) -> Result<Self, ConfigError> {
        if calls == 0 || calls > Self::MAX_REMEMBERED {
            return Err(ConfigError::new(
                "window",
                "a `window` of calls must hold at least 1 call and at most 1048576",
                Value::Count(calls),
            ));
        }
        self.window_calls = Some(calls);
        Ok(self)
    }

    /// Rates are taken over the calls that ended in the last so much time, give or take a sixteenth of it.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// # use std::time::Duration;
    /// const LAST_MINUTE: CircuitConfig =
    ///     CircuitConfig::new().failure_rate(0.3).window_time(Duration::from_secs(60));
    /// ```
    ///
    /// # Panics
    /// On zero: in a `const`, a compile error.
    #[track_caller]
    pub const fn window_time(self, time: Duration) -> Self {
        or_panic!(self.try_window_time(time))
    }

    /// As [`window_time`](Self::window_time), for a value known only at run time.
    ///
    /// # Errors
    /// On zero.
    pub const fn try_window_time(mut self, time: Duration) -> Result<Self, ConfigError> {
        if time.is_zero() {
            return Err(ConfigError::new(
                "window",
                "a `window` of no time never holds a call",
                Value::Time(Nanos::ZERO),
            ));
        }
        self.window_time = Some(Nanos::of(time));
        Ok(self)
    }

    /// A rate means nothing before the window holds so many calls.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// // The first call never opens it, the tenth may.
    /// const PATIENT: CircuitConfig = CircuitConfig::new().failure_rate(0.5).window_calls(100).min_calls(10);
    /// ```
    ///
    /// # Panics
    /// On 0: in a `const`, a compile error.
    #[track_caller]
    pub const fn min_calls(self, calls: u32) -> Self {
        or_panic!(self.try_min_calls(calls))
    }

    /// As [`min_calls`](Self::min_calls), for a value known only at run time.
    ///
    /// # Errors
    /// On 0.
    pub const fn try_min_calls(mut self, calls: u32) -> Result<Self, ConfigError> {
        if calls == 0 {
            return Err(ConfigError::new(
                "min_calls",
                "`min_calls` must be at least 1: a rate of no calls means nothing",
                Value::Count(calls),
            ));
        }
        self.min_calls = Some(calls);
        Ok(self)
    }

    /// A call that takes so long is slow. Without a [`slow_rate`](Self::slow_rate) it is a failure, whatever it brings.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// # use std::time::Duration;
    /// // Five slow calls or errors in a row open it ..
    /// const IMPATIENT: CircuitConfig = CircuitConfig::new().slow_call(Duration::from_secs(2));
    /// // .. or 80 % of the last hundred being slow.
    /// const RATED: CircuitConfig = IMPATIENT.slow_rate(0.8).window_calls(100);
    /// ```
    ///
    /// # Panics
    /// On zero: in a `const`, a compile error.
    #[track_caller]
    pub const fn slow_call(self, time: Duration) -> Self {
        or_panic!(self.try_slow_call(time))
    }

    /// As [`slow_call`](Self::slow_call), for a value known only at run time.
    ///
    /// # Errors
    /// On zero.
    pub const fn try_slow_call(mut self, time: Duration) -> Result<Self, ConfigError> {
        if time.is_zero() {
            return Err(ConfigError::new(
                "slow_call",
                "with a `slow_call` of zero every call is slow",
                Value::Time(Nanos::ZERO),
            ));
        }
        self.slow_call = Some(Nanos::of(time));
        Ok(self)
    }

    /// The share of slow calls that opens it, between 0 and 1, over the same window as the failures and counted apart
    /// from them.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// # use std::time::Duration;
    /// const SLUGGISH: CircuitConfig =
    ///     CircuitConfig::new().slow_call(Duration::from_secs(2)).slow_rate(0.8).window_calls(50);
    /// ```
    ///
    /// # Panics
    /// Outside `0.0 < rate <= 1.0`: in a `const`, a compile error.
    #[track_caller]
    pub const fn slow_rate(self, rate: f64) -> Self {
        or_panic!(self.try_slow_rate(rate))
    }

    /// As [`slow_rate`](Self::slow_rate), for a value known only at run time.
    ///
    /// # Errors
    /// Outside `0.0 < rate <= 1.0`.
    pub const fn try_slow_rate(mut self, rate: f64) -> Result<Self, ConfigError> {
        self.slow_rate = Ratio::of(rate);
        if self.slow_rate.is_none() {
            return Err(ConfigError::new(
                "slow_rate",
                "`slow_rate` must be above 0 and at most 1 (100%)",
                Value::number(rate),
            ));
        }
        Ok(self)
    }

    /// How long it stays open before a trial. [`Duration::MAX`]: until somebody resets it.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// # use std::time::Duration;
    /// const LONG: CircuitConfig = CircuitConfig::new().recovery_timeout(Duration::from_secs(300));
    /// ```
    ///
    /// # Panics
    /// On zero: in a `const`, a compile error.
    #[track_caller]
    pub const fn recovery_timeout(self, time: Duration) -> Self {
        or_panic!(self.try_recovery_timeout(time))
    }

    /// As [`recovery_timeout`](Self::recovery_timeout), for a value known only at run time.
    ///
    /// # Errors
    /// On zero.
    pub const fn try_recovery_timeout(mut self, time: Duration) -> Result<Self, ConfigError> {
        if time.is_zero() {
            return Err(ConfigError::new(
                "recovery_timeout",
                "with a `recovery_timeout` of zero an open circuit would never refuse a call",
                Value::Time(Nanos::ZERO),
            ));
        }
        self.recovery_timeout = Nanos::of(time);
        Ok(self)
    }

    /// Doubles the recovery timeout with every recovery that fails, up to this.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// # use std::time::Duration;
    /// // Open for 10 s, then 20 s, 40 s, 60 s, 60 s ..
    /// const DOUBLING: CircuitConfig = CircuitConfig::new()
    ///     .recovery_timeout(Duration::from_secs(10))
    ///     .max_recovery_timeout(Duration::from_secs(60));
    /// ```
    #[track_caller]
    pub const fn max_recovery_timeout(mut self, time: Duration) -> Self {
        self.max_recovery_timeout = Some(Nanos::of(time));
        self
    }

    /// How many trials may run at once while half-open.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// const THREE_AT_ONCE: CircuitConfig = CircuitConfig::new().half_open_calls(3);
    /// ```
    ///
    /// # Panics
    /// On 0: in a `const`, a compile error.
    #[track_caller]
    pub const fn half_open_calls(self, calls: u32) -> Self {
        or_panic!(self.try_half_open_calls(calls))
    }

    /// As [`half_open_calls`](Self::half_open_calls), for a value known only at run time.
    ///
    /// # Errors
    /// On 0.
    pub const fn try_half_open_calls(mut self, calls: u32) -> Result<Self, ConfigError> {
        if calls == 0 {
            return Err(ConfigError::new(
                "half_open_calls",
                "`half_open_calls` must be at least 1: without a trial the circuit could never close",
                Value::Count(calls),
            ));
        }
        self.half_open_calls = calls;
        Ok(self)
    }

    /// How many trials must succeed, without one that fails, to close it.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// const SURE: CircuitConfig = CircuitConfig::new().half_open_calls(3).success_threshold(3);
    /// ```
    ///
    /// # Panics
    /// On 0: in a `const`, a compile error.
    #[track_caller]
    pub const fn success_threshold(self, successes: u32) -> Self {
        or_panic!(self.try_success_threshold(successes))
    }

    /// As [`success_threshold`](Self::success_threshold), for a value known only at run time.
    ///
    /// # Errors
    /// On 0.
    pub const fn try_success_threshold(mut self, successes: u32) -> Result<Self, ConfigError> {
        if successes == 0 {
            return Err(ConfigError::new(
                "success_threshold",
                "`success_threshold` must be at least 1: no trial ends with no success",
                Value::Count(successes),
            ));
        }
        self.success_threshold = successes;
        Ok(self)
    }

    /// How long a trial may take to report. Then it counts as failed, and the circuit opens again. The default is the
    /// recovery timeout, at least [`LEAST_DEFAULT_PROBE_TIMEOUT`](Self::LEAST_DEFAULT_PROBE_TIMEOUT).
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// # use std::time::Duration;
    /// const QUICK: CircuitConfig = CircuitConfig::new().probe_timeout(Duration::from_secs(5));
    /// ```
    ///
    /// # Panics
    /// On zero: in a `const`, a compile error.
    #[track_caller]
    pub const fn probe_timeout(self, time: Duration) -> Self {
        or_panic!(self.try_probe_timeout(time))
    }

    /// As [`probe_timeout`](Self::probe_timeout), for a value known only at run time.
    ///
    /// # Errors
    /// On zero.
    pub const fn try_probe_timeout(mut self, time: Duration) -> Result<Self, ConfigError> {
        if time.is_zero() {
            return Err(ConfigError::new(
                "probe_timeout",
                "with a `probe_timeout` of zero every trial would have failed before it began",
                Value::Time(Nanos::ZERO),
            ));
        }
        self.probe_timeout = Some(Nanos::of(time));
        Ok(self)
    }
}

impl Default for CircuitConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// What the rules are made of.
impl CircuitConfig {
    pub(super) const fn threshold(&self) -> u32 {
        match self.failure_threshold {
            Some(failures) => failures,
            None => Self::DEFAULT_FAILURE_THRESHOLD,
        }
    }

    pub(super) const fn within_nanos(&self) -> Option<Nanos> {
        self.within
    }

    pub(super) const fn calls_in_window(&self) -> Option<u32> {
        self.window_calls
    }

    pub(super) const fn time_of_window(&self) -> Option<Nanos> {
        self.window_time
    }

    pub(super) const fn least_calls(&self) -> u32 {
        match (self.min_calls, self.window_calls) {
            (Some(calls), _) => calls,
            (None, Some(window)) if window < Self::DEFAULT_MIN_CALLS => window,
            (None, _) => Self::DEFAULT_MIN_CALLS,
        }
    }

    pub(super) const fn slow_call_nanos(&self) -> Option<Nanos> {
        self.slow_call
    }

    pub(super) const fn rate_of_failures(&self) -> Option<Ratio> {
        self.failure_rate
    }

    pub(super) const fn rate_of_slow_calls(&self) -> Option<Ratio> {
        self.slow_rate
    }

    pub(super) const fn places(&self) -> u32 {
        self.half_open_calls
    }

    pub(super) const fn successes_to_close(&self) -> u32 {
        self.success_threshold
    }

    pub(super) const fn probe_time(&self) -> Nanos {
        match self.probe_timeout {
            Some(time) => time,
            None => self.recovery_timeout.max(Nanos::of(Self::LEAST_DEFAULT_PROBE_TIMEOUT)),
        }
    }

    pub(super) const fn recovery_nanos(&self) -> Nanos {
        self.recovery_timeout
    }

    /// The recovery timeout itself, where it does not grow.
    pub(super) const fn max_recovery_nanos(&self) -> Nanos {
        match self.max_recovery_timeout {
            Some(time) => time,
            None => self.recovery_timeout,
        }
    }
}

/// `window = CONST` of an attribute: the constant's type says whether it means calls or time.
#[derive(Clone, Copy, Debug)]
pub struct WindowOf<W>(pub W);

impl WindowOf<u32> {
    /// So many calls.
    #[track_caller]
    pub const fn set(self, config: CircuitConfig) -> CircuitConfig {
        config.window_calls(self.0)
    }
}

impl WindowOf<Duration> {
    /// The calls of so much time.
    #[track_caller]
    pub const fn set(self, config: CircuitConfig) -> CircuitConfig {
        config.window_time(self.0)
    }
}

#[cfg(test)]
mod tests;
