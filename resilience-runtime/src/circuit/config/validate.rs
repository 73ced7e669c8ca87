use super::CircuitConfig;
use crate::error::{ConfigError, Value, or_panic};

impl CircuitConfig {
    /// Checks whether the settings are consistent. Each single value was checked when it was set.
    ///
    /// # Errors
    /// If a setting contradicts another one, or needs another one that is missing.
    pub const fn validate(&self) -> Result<(), ConfigError> {
        if let Err(error) = self.counted_one_way() {
            return Err(error);
        }
        if let Err(error) = self.window_and_rate() {
            return Err(error);
        }
        if let Some(most) = self.max_recovery_timeout {
            if most.get() < self.recovery_timeout.get() {
                return Err(ConfigError::new(
                    "max_recovery_timeout",
                    "`max_recovery_timeout` is shorter than `recovery_timeout`, which it is to bound",
                    Value::Time(most),
                )
                .beside("recovery_timeout", Value::Time(self.recovery_timeout)));
            }
        }
        Ok(())
    }

    /// Exactly one of: failures in a row, failures within a time, or a rate.
    const fn counted_one_way(&self) -> Result<(), ConfigError> {
        if let Some((rate, share)) = self.rate() {
            if let Some(within) = self.within {
                return Err(ConfigError::new(
                    "within",
                    "`within` counts failures, a rate weighs them: leave one of them out",
                    Value::Time(within),
                )
                .beside(rate, share));
            }
            if let Some(failures) = self.failure_threshold {
                return Err(ConfigError::new(
                    "failure_threshold",
                    "`failure_threshold` counts failures, a rate weighs them: leave one of them out",
                    Value::Count(failures),
                )
                .beside(rate, share));
            }
        }
        if let Some(within) = self.within {
            if self.threshold() > Self::MAX_REMEMBERED {
                return Err(ConfigError::new(
                    "failure_threshold",
                    "`failure_threshold` must be at most 1048576 together with `within`: each failure is remembered",
                    Value::Count(self.threshold()),
                )
                .beside("within", Value::Time(within)));
            }
        }
        Ok(())
    }

    const fn window_and_rate(&self) -> Result<(), ConfigError> {
        if let (Some(rate), None) = (self.slow_rate, self.slow_call) {
            return Err(ConfigError::new(
                "slow_rate",
                "`slow_rate` needs `slow_call`, which says when a call is slow",
                rate.value(),
            ));
        }
        let window = match (self.window_calls, self.window_time) {
            (Some(calls), Some(time)) => {
                return Err(ConfigError::new(
                    "window",
                    "a `window` holds either calls or time, not both",
                    Value::Count(calls),
                )
                .beside("window", Value::Time(time)));
            }
            (Some(calls), None) => Some(Value::Count(calls)),
            (None, Some(time)) => Some(Value::Time(time)),
            (None, None) => None,
        };
        if let (Some(rate), None) = (self.failure_rate, window) {
            return Err(ConfigError::new(
                "failure_rate",
                "`failure_rate` needs a `window`, over which it is taken",
                rate.value(),
            ));
        }
        if let (Some(rate), None) = (self.slow_rate, window) {
            return Err(ConfigError::new(
                "slow_rate",
                "`slow_rate` needs a `window`, over which it is taken",
                rate.value(),
            ));
        }
        if let (Some(window), None) = (window, self.rate()) {
            return Err(ConfigError::new(
                "window",
                "a `window` needs a `failure_rate` or a `slow_rate`; to count failures in a time, use `within`",
                window,
            ));
        }
        if let (Some(least), None) = (self.min_calls, self.rate()) {
            return Err(ConfigError::new(
                "min_calls",
                "`min_calls` needs a `failure_rate` or a `slow_rate`",
                Value::Count(least),
            ));
        }
        if let (Some(least), Some(window)) = (self.min_calls, self.window_calls) {
            if least > window {
                return Err(ConfigError::new(
                    "min_calls",
                    "`min_calls` is larger than the `window`, so the rate could never be taken",
                    Value::Count(least),
                )
                .beside("window", Value::Count(window)));
            }
        }
        Ok(())
    }

    /// The configured rate, with its name.
    const fn rate(&self) -> Option<(&'static str, Value)> {
        match (self.failure_rate, self.slow_rate) {
            (Some(rate), _) => Some(("failure_rate", rate.value())),
            (None, Some(rate)) => Some(("slow_rate", rate.value())),
            (None, None) => None,
        }
    }
}

/// An option of an attribute, which reports contradictions at its position in the source.
#[derive(Clone, Copy, Debug)]
pub struct SetAt<'a>(pub &'a str);

impl SetAt<'_> {
    /// The configuration. Panics if the error is about this option; `config` reports all remaining errors.
    #[track_caller]
    pub const fn agrees(self, config: CircuitConfig) -> CircuitConfig {
        if let Err(error) = config.validate() {
            if same(self.0, error.option()) || same(self.0, "config") {
                or_panic!(Err::<(), _>(error));
            }
        }
        config
    }
}

/// `==` for strings, which is not available in a `const fn`.
const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}
