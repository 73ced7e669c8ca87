//! The settings of a circuit, each with a checked form.

use std::time::Duration;

use super::CircuitConfig;
use crate::error::{ConfigError, Value, or_panic};
use crate::ratio::Ratio;
use crate::time::Nanos;

/// Generates two methods for each setting. The value is stored in the field of the same name.
///
/// ```text
/// /// What it is.
/// setting, checked_form(value: Type) = what is kept;
///     "What is refused" if the value is wrong, the value as an error quotes it
///         => "option": "the error's message";
/// ```
macro_rules! settings {
    ($(
        $(#[$doc:meta])*
        $setting:ident, $checked:ident($value:ident: $type:ty) = $kept:expr;
        $refused:literal if $wrong:expr, $found:expr => $option:literal: $message:literal;
    )+) => {
        impl CircuitConfig {$(
            $(#[$doc])*
            ///
            /// # Panics
            #[doc = concat!($refused, ": in a `const`, a compile error.")]
            #[track_caller]
            pub const fn $setting(self, $value: $type) -> Self {
                or_panic!(self.$checked($value))
            }

            #[doc = concat!(
                "As [`", stringify!($setting), "`](Self::", stringify!($setting), "), for a value known only at run time."
            )]
            ///
            /// # Errors
            #[doc = concat!($refused, ".")]
            pub const fn $checked(mut self, $value: $type) -> Result<Self, ConfigError> {
                if $wrong {
                    return Err(ConfigError::new($option, $message, $found));
                }
                self.$setting = $kept;
                Ok(self)
            }
        )+}
    };
}

settings! {
    /// Sets the number of failures that opens it: in a row, or [`within`](Self::within) a time.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// const STRICT: CircuitConfig = CircuitConfig::new().failure_threshold(1);
    /// ```
    failure_threshold, try_failure_threshold(failures: u32) = Some(failures);
        "On 0" if failures == 0, Value::Count(failures)
            => "failure_threshold": "`failure_threshold` must be at least 1: to keep a circuit open, use `force_open()`";

    /// Counts the failures within this time, instead of consecutive failures. Successes in between do not clear
    /// them.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// # use std::time::Duration;
    /// const LEAKY: CircuitConfig = CircuitConfig::new().failure_threshold(3).within(Duration::from_secs(60));
    /// ```
    within, try_within(time: Duration) = Some(Nanos::of(time));
        "On zero" if time.is_zero(), Value::Time(Nanos::ZERO)
            => "within": "`within` no time at all, nothing can be counted";

    /// Sets the failure rate that opens it, between 0 and 1, over [`window_calls`](Self::window_calls) or
    /// [`window_time`](Self::window_time).
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// // Half of the last hundred calls.
    /// const HALF: CircuitConfig = CircuitConfig::new().failure_rate(0.5).window_calls(100);
    /// ```
    failure_rate, try_failure_rate(rate: f64) = Ratio::of(rate);
        "Outside `0.0 < rate <= 1.0`" if Ratio::of(rate).is_none(), Value::number(rate)
            => "failure_rate": "`failure_rate` must be above 0 and at most 1 (100%)";

    /// Takes rates over this number of last calls. The window slides by one with every call.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// const LAST_TEN: CircuitConfig = CircuitConfig::new().failure_rate(0.3).window_calls(10);
    /// ```
    window_calls, try_window_calls(calls: u32) = Some(calls);
        "On 0 and above [`MAX_REMEMBERED`](Self::MAX_REMEMBERED)" if calls == 0 || calls > Self::MAX_REMEMBERED, Value::Count(calls)
            => "window": "a `window` of calls must hold at least 1 call and at most 1048576";

    /// Takes rates over the calls that ended within this time, to a sixteenth of it.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// # use std::time::Duration;
    /// const LAST_MINUTE: CircuitConfig =
    ///     CircuitConfig::new().failure_rate(0.3).window_time(Duration::from_secs(60));
    /// ```
    window_time, try_window_time(time: Duration) = Some(Nanos::of(time));
        "On zero" if time.is_zero(), Value::Time(Nanos::ZERO)
            => "window": "a `window` of no time never holds a call";

    /// Sets the number of calls that the window must contain before a rate can open the circuit.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// // The first call never opens it, the tenth may.
    /// const PATIENT: CircuitConfig = CircuitConfig::new().failure_rate(0.5).window_calls(100).min_calls(10);
    /// ```
    min_calls, try_min_calls(calls: u32) = Some(calls);
        "On 0" if calls == 0, Value::Count(calls)
            => "min_calls": "`min_calls` must be at least 1: a rate of no calls means nothing";

    /// Sets the duration from which a call is slow. Without a [`slow_rate`](Self::slow_rate), a slow call is a
    /// failure, whatever its result.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// # use std::time::Duration;
    /// // Five slow calls or errors in a row open it ..
    /// const IMPATIENT: CircuitConfig = CircuitConfig::new().slow_call(Duration::from_secs(2));
    /// // .. or 80 % of the last hundred being slow.
    /// const RATED: CircuitConfig = IMPATIENT.slow_rate(0.8).window_calls(100);
    /// ```
    slow_call, try_slow_call(time: Duration) = Some(Nanos::of(time));
        "On zero" if time.is_zero(), Value::Time(Nanos::ZERO)
            => "slow_call": "with a `slow_call` of zero every call is slow";

    /// Sets the rate of slow calls that opens it, between 0 and 1. It uses the same window as the failures, but is
    /// counted separately.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// # use std::time::Duration;
    /// const SLUGGISH: CircuitConfig =
    ///     CircuitConfig::new().slow_call(Duration::from_secs(2)).slow_rate(0.8).window_calls(50);
    /// ```
    slow_rate, try_slow_rate(rate: f64) = Ratio::of(rate);
        "Outside `0.0 < rate <= 1.0`" if Ratio::of(rate).is_none(), Value::number(rate)
            => "slow_rate": "`slow_rate` must be above 0 and at most 1 (100%)";

    /// Sets how long it stays open before a probe. [`Duration::MAX`]: until it is reset.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// # use std::time::Duration;
    /// const LONG: CircuitConfig = CircuitConfig::new().recovery_timeout(Duration::from_secs(300));
    /// ```
    recovery_timeout, try_recovery_timeout(time: Duration) = Nanos::of(time);
        "On zero" if time.is_zero(), Value::Time(Nanos::ZERO)
            => "recovery_timeout": "with a `recovery_timeout` of zero an open circuit would never refuse a call";

    /// Sets the number of probes that may run at once while half-open.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// const THREE_AT_ONCE: CircuitConfig = CircuitConfig::new().half_open_calls(3);
    /// ```
    half_open_calls, try_half_open_calls(calls: u32) = calls;
        "On 0" if calls == 0, Value::Count(calls)
            => "half_open_calls": "`half_open_calls` must be at least 1: without a trial the circuit could never close";

    /// Sets the number of probes that must succeed, without a failure, to close it.
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// const SURE: CircuitConfig = CircuitConfig::new().half_open_calls(3).success_threshold(3);
    /// ```
    success_threshold, try_success_threshold(successes: u32) = successes;
        "On 0" if successes == 0, Value::Count(successes)
            => "success_threshold": "`success_threshold` must be at least 1: no trial ends with no success";

    /// Sets the time limit for the report of a probe. After that the probe counts as failed, and the circuit opens
    /// again. The default is the recovery timeout, at least
    /// [`LEAST_DEFAULT_PROBE_TIMEOUT`](Self::LEAST_DEFAULT_PROBE_TIMEOUT).
    ///
    /// ```
    /// # use resilience::CircuitConfig;
    /// # use std::time::Duration;
    /// const QUICK: CircuitConfig = CircuitConfig::new().probe_timeout(Duration::from_secs(5));
    /// ```
    probe_timeout, try_probe_timeout(time: Duration) = Some(Nanos::of(time));
        "On zero" if time.is_zero(), Value::Time(Nanos::ZERO)
            => "probe_timeout": "with a `probe_timeout` of zero every trial would have failed before it began";
}
