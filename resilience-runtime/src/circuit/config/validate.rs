use super::CircuitConfig;
use crate::error::{ConfigError, or_panic};

impl CircuitConfig {
    /// Whether the settings agree with each other. Each by itself has been looked at when it was set.
    ///
    /// # Errors
    /// A setting that contradicts another one, or that means nothing without one that is missing.
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
                ));
            }
        }
        Ok(())
    }

    /// Failures in a row, failures within a time, or a share of them.
    const fn counted_one_way(&self) -> Result<(), ConfigError> {
        let rated = self.failure_rate.is_some() || self.slow_rate.is_some();
        if rated && self.within.is_some() {
            return Err(ConfigError::new(
                "within",
                "`within` counts failures, a rate weighs them: leave one of them out",
            ));
        }
        if rated && self.failure_threshold.is_some() {
            return Err(ConfigError::new(
                "failure_threshold",
                "`failure_threshold` counts failures, a rate weighs them: leave one of them out",
            ));
        }
        if self.within.is_some() && self.threshold() > Self::MAX_REMEMBERED {
            return Err(ConfigError::new(
                "failure_threshold",
                "`failure_threshold` must be at most 1048576 together with `within`: each failure is remembered",
            ));
        }
        Ok(())
    }

    const fn window_and_rate(&self) -> Result<(), ConfigError> {
        if self.slow_rate.is_some() && self.slow_call.is_none() {
            return Err(ConfigError::new(
                "slow_rate",
                "`slow_rate` needs `slow_call`, which says when a call is slow",
            ));
        }
        if self.window_calls.is_some() && self.window_time.is_some() {
            return Err(ConfigError::new("window", "a `window` holds either calls or time, not both"));
        }
        let windowed = self.window_calls.is_some() || self.window_time.is_some();
        if !windowed && self.failure_rate.is_some() {
            return Err(ConfigError::new(
                "failure_rate",
                "`failure_rate` needs a `window`, over which it is taken",
            ));
        }
        if !windowed && self.slow_rate.is_some() {
            return Err(ConfigError::new(
                "slow_rate",
                "`slow_rate` needs a `window`, over which it is taken",
            ));
        }
        let rated = self.failure_rate.is_some() || self.slow_rate.is_some();
        if windowed && !rated {
            return Err(ConfigError::new(
                "window",
                "a `window` needs a `failure_rate` or a `slow_rate`; to count failures in a time, use `within`",
            ));
        }
        if self.min_calls.is_some() && !rated {
            return Err(ConfigError::new("min_calls", "`min_calls` needs a `failure_rate` or a `slow_rate`"));
        }
        if let (Some(least), Some(window)) = (self.min_calls, self.window_calls) {
            if least > window {
                return Err(ConfigError::new(
                    "min_calls",
                    "`min_calls` is larger than the `window`, so the rate could never be taken",
                ));
            }
        }
        Ok(())
    }
}

/// An option of an attribute, where it is written: what contradicts another one is said there.
#[derive(Clone, Copy, Debug)]
pub struct SetAt<'a>(pub &'a str);

impl SetAt<'_> {
    /// The configuration, unless it is this option that is wrong with it; all that is left is `config`'s fault.
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

/// `==`, which is none for strings in a `const fn`.
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
