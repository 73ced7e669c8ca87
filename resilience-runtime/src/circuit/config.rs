mod debug;
mod replaced;
mod settings;

mod validate;

use std::time::Duration;

pub use self::validate::SetAt;
use crate::ratio::Ratio;
use crate::time::Nanos;

/// The configuration of a circuit: when it opens, how long it stays open, and how it recovers.
///
/// A `const` builder: the values may be set in any order. [`validate`](Self::validate) finds contradictions, and
/// [`CircuitBreaker::new`](crate::CircuitBreaker::new) calls it. A circuit that is a `static` with an invalid
/// configuration does not compile.
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
/// assert!(PAYMENTS.is_closed());
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
    pub(crate) failure_threshold: Option<u32>,
    pub(crate) within: Option<Nanos>,
    pub(crate) failure_rate: Option<Ratio>,
    pub(crate) window_calls: Option<u32>,
    pub(crate) window_time: Option<Nanos>,
    pub(crate) min_calls: Option<u32>,
    pub(crate) slow_call: Option<Nanos>,
    pub(crate) slow_rate: Option<Ratio>,
    pub(crate) recovery_timeout: Nanos,
    pub(crate) max_recovery_timeout: Option<Nanos>,
    pub(crate) half_open_calls: u32,
    pub(crate) success_threshold: u32,
    pub(crate) probe_timeout: Option<Nanos>,
}

impl CircuitConfig {
    /// Five, the default of the `circuitbreaker` library for Python. A single failure may be an accident; five in a
    /// row are not.
    pub const DEFAULT_FAILURE_THRESHOLD: u32 = 5;

    /// Thirty seconds, the default of the `circuitbreaker` library for Python: about what a process takes to restart.
    pub const DEFAULT_RECOVERY_TIMEOUT: Duration = Duration::from_secs(30);

    /// Twenty: with fewer calls, a rate of one half is likely to be chance.
    pub const DEFAULT_MIN_CALLS: u32 = 20;

    /// One: only one call tests a service that may be recovering.
    pub const DEFAULT_HALF_OPEN_CALLS: u32 = 1;

    /// One, as in the `circuitbreaker` library for Python: the probe is a real call, so its success is conclusive.
    pub const DEFAULT_SUCCESS_THRESHOLD: u32 = 1;

    /// Thirty seconds: a probe may be slow because the service is warming up. With a recovery timeout of one second, a
    /// successful probe that takes two seconds must not count as a failure.
    pub const LEAST_DEFAULT_PROBE_TIMEOUT: Duration = Duration::from_secs(30);

    /// The largest window of calls, and the largest threshold `within` a time. At this size, a record takes up to one
    /// megabyte for a window of calls and up to eight for a threshold `within` a time.
    pub const MAX_REMEMBERED: u32 = 1 << 20;

    /// Opens after five consecutive failures, for thirty seconds. Then one probe decides.
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

    /// Doubles the recovery timeout after each failed recovery, up to this time.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// # use std::time::Duration;
    /// // Open for 10 s, then 20 s, 40 s, 60 s, 60 s ..
    /// const DOUBLING: CircuitConfig = CircuitConfig::new()
    ///     .recovery_timeout(Duration::from_secs(10))
    ///     .max_recovery_timeout(Duration::from_secs(60));
    /// ```
    pub const fn max_recovery_timeout(mut self, time: Duration) -> Self {
        self.max_recovery_timeout = Some(Nanos::of(time));
        self
    }
}

impl Default for CircuitConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// Resolved values for the rules.
impl CircuitConfig {
    pub(super) const fn threshold(&self) -> u32 {
        match self.failure_threshold {
            Some(failures) => failures,
            None => Self::DEFAULT_FAILURE_THRESHOLD,
        }
    }

    pub(super) const fn least_calls(&self) -> u32 {
        match (self.min_calls, self.window_calls) {
            (Some(calls), _) => calls,
            (None, Some(window)) if window < Self::DEFAULT_MIN_CALLS => window,
            (None, _) => Self::DEFAULT_MIN_CALLS,
        }
    }

    /// With the defaults of the rule that opens it.
    #[cfg(feature = "serde")]
    pub(crate) const fn resolved(mut self) -> Self {
        if self.failure_rate.is_some() || self.slow_rate.is_some() {
            self.min_calls = Some(self.least_calls());
        } else {
            self.failure_threshold = Some(self.threshold());
        }
        self
    }

    pub(crate) const fn probe_time(&self) -> Nanos {
        match self.probe_timeout {
            Some(time) => time,
            None => self.recovery_timeout.max(Nanos::of(Self::LEAST_DEFAULT_PROBE_TIMEOUT)),
        }
    }

    /// The recovery timeout itself, if it does not grow.
    pub(super) const fn max_recovery_nanos(&self) -> Nanos {
        match self.max_recovery_timeout {
            Some(time) => time,
            None => self.recovery_timeout,
        }
    }
}

/// `window = CONST` of an attribute. The type of the constant selects calls or time.
#[derive(Clone, Copy, Debug)]
pub struct WindowOf<W>(pub W);

impl WindowOf<u32> {
    /// A window of this number of calls.
    #[track_caller]
    pub const fn set(self, config: CircuitConfig) -> CircuitConfig {
        config.window_calls(self.0)
    }
}

impl WindowOf<Duration> {
    /// A window of this time.
    #[track_caller]
    pub const fn set(self, config: CircuitConfig) -> CircuitConfig {
        config.window_time(self.0)
    }
}

#[cfg(test)]
mod tests;
