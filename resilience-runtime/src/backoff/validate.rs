use super::{Backoff, Growth, Jitter};
use crate::error::{ConfigError, Value, or_panic};

impl Backoff {
    /// Checks the settings, each by itself and together.
    ///
    /// ```
    /// use resilience::Backoff;
    /// use std::time::Duration;
    ///
    /// let shrinking = Backoff::exponential(Duration::from_secs(1)).factor(0.5);
    /// assert_eq!(shrinking.validate().unwrap_err().option(), "factor");
    /// // The nearest valid factor is 1.
    /// assert!(shrinking.delays().take(9).all(|wait| wait == Duration::from_secs(1)));
    /// ```
    ///
    /// # Errors
    /// - A factor below 1, infinite or not a number, or a factor for a growth that is not exponential.
    /// - A cap below the base.
    /// - A [`Jitter::Ratio`] outside 0 to 1, [`Jitter::Decorrelated`] with anything but an exponential backoff of
    ///   factor 2, and any jitter for the [`decorrelated`](Self::decorrelated) growth, which is random itself.
    pub const fn validate(&self) -> Result<(), ConfigError> {
        if let Some(factor) = self.factor {
            if let Err(error) = self.validate_factor(factor) {
                return Err(error);
            }
        }
        if self.cap.get() < self.base.get() {
            return Err(ConfigError::new(
                "max",
                "`max` is below the first wait, so the backoff would never grow",
                Value::Time(self.cap),
            )
            .beside("base", Value::Time(self.base)));
        }
        self.validate_jitter()
    }

    const fn validate_factor(&self, factor: f64) -> Result<(), ConfigError> {
        let found = Value::number(factor);
        if !matches!(self.growth, Growth::Exponential) {
            return Err(ConfigError::new("factor", "`factor` belongs to an exponential backoff", found));
        }
        if !(factor >= 1.0 && factor.is_finite()) {
            return Err(ConfigError::new(
                "factor",
                "`factor` must be a number of at least 1: waits do not shrink",
                found,
            ));
        }
        if matches!(self.jitter, Jitter::Decorrelated) && factor.to_bits() != Self::DEFAULT_FACTOR.to_bits() {
            return Err(ConfigError::new(
                "factor",
                "decorrelated jitter is defined for doubling: leave `factor` at 2",
                found,
            ));
        }
        Ok(())
    }

    const fn validate_jitter(&self) -> Result<(), ConfigError> {
        let message = match (self.growth, self.jitter) {
            (_, Jitter::Ratio(ratio)) if !(ratio >= 0.0 && ratio <= 1.0) => {
                "a jitter ratio must be between 0 and 1 (0 % and 100 %)"
            }
            (Growth::Exponential, _) | (_, Jitter::None) => return Ok(()),
            (Growth::Decorrelated, _) => "a decorrelated backoff is random already: leave `jitter` out",
            (_, Jitter::Decorrelated) => "decorrelated jitter needs an exponential backoff",
            _ => return Ok(()),
        };
        let found = match self.jitter {
            Jitter::Ratio(ratio) => Value::number(ratio),
            jitter => Value::Word(jitter.name()),
        };
        Err(ConfigError::new("jitter", message, found))
    }

    pub(super) const fn checked(self) -> Result<Self, ConfigError> {
        match self.validate() {
            Ok(()) => Ok(self),
            Err(error) => Err(error),
        }
    }

    /// For an attribute, which reports the compile error at the factor.
    #[doc(hidden)]
    #[track_caller]
    pub const fn __factor(self, factor: f64) -> Self {
        or_panic!(self.try_factor(factor))
    }

    /// For an attribute, which reports the compile error at the cap.
    #[doc(hidden)]
    #[track_caller]
    pub const fn __max(self, cap: std::time::Duration) -> Self {
        or_panic!(self.try_max(cap))
    }
}
