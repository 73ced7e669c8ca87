//! The settings that both policies have.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::error::{ConfigError, Value};
use crate::time::Nanos;

/// For a policy with the fields `times`, `backoff` and `attempt_timeout`, and the method `consistent`.
macro_rules! shared_settings {
    ($policy:ident) => {
        impl $policy {
            /// How many attempts in total, the first call included.
            ///
            /// # Panics
            /// On 0: in a `const`, a compile error.
            #[track_caller]
            pub const fn times(self, times: u32) -> Self {
                or_panic!(self.try_times(times))
            }

            /// As [`times`](Self::times), for a value known only at run time.
            ///
            /// # Errors
            /// On 0.
            pub const fn try_times(mut self, times: u32) -> Result<Self, ConfigError> {
                self.times = match checked_times(times) {
                    Ok(times) => Some(times),
                    Err(error) => return Err(error),
                };
                Ok(self)
            }

            /// The same wait before every attempt but the first (zero uses no timer, and yields once to the scheduler in
            /// async code), in place of any backoff and jitter set before.
            pub const fn interval(mut self, interval: Duration) -> Self {
                self.backoff = Backoff::constant(interval);
                self
            }

            /// The waits between attempts with their jitter, in place of any set before.
            ///
            /// # Panics
            /// On a backoff that [`Backoff::validate`] rejects: in a `const`, a compile error.
            #[track_caller]
            pub const fn backoff(self, backoff: Backoff) -> Self {
                or_panic!(self.try_backoff(backoff))
            }

            /// As [`backoff`](Self::backoff), for a value known only at run time.
            ///
            /// # Errors
            /// Where [`Backoff::validate`] has one.
            pub const fn try_backoff(self, backoff: Backoff) -> Result<Self, ConfigError> {
                if let Err(error) = backoff.validate() {
                    return Err(error);
                }
                Ok(self.unchecked_backoff(backoff))
            }

            /// For a builder, which has nobody to complain to: the backoff takes the nearest values that make sense.
            pub(crate) const fn unchecked_backoff(mut self, backoff: Backoff) -> Self {
                self.backoff = backoff;
                self
            }

            /// How the waits are spread out; see [`Backoff::jitter`].
            ///
            /// # Panics
            /// On a jitter that does not fit the backoff: in a `const`, a compile error.
            #[track_caller]
            pub const fn jitter(self, jitter: Jitter) -> Self {
                or_panic!(self.try_jitter(jitter))
            }

            /// As [`jitter`](Self::jitter), for a value known only at run time.
            ///
            /// # Errors
            /// Where [`Backoff::try_jitter`] has one.
            pub const fn try_jitter(mut self, jitter: Jitter) -> Result<Self, ConfigError> {
                self.backoff = match self.backoff.try_jitter(jitter) {
                    Ok(backoff) => backoff,
                    Err(error) => return Err(error),
                };
                Ok(self)
            }

            /// As [`attempt_timeout`](Self::attempt_timeout), for a value known only at run time.
            ///
            /// # Errors
            /// Where `attempt_timeout` panics.
            pub const fn try_attempt_timeout(
                mut self,
                attempt_timeout: Duration,
            ) -> Result<Self, ConfigError> {
                self.attempt_timeout = match checked_attempt_timeout(attempt_timeout) {
                    Ok(attempt_timeout) => attempt_timeout,
                    Err(error) => return Err(error),
                };
                self.consistent()
            }

            /// For a builder, which has nobody to complain to: zero counts as a nanosecond.
            #[cfg(feature = "tokio")]
            pub(crate) fn clamped_attempt_timeout(mut self, attempt_timeout: Duration) -> Self {
                self.attempt_timeout = Nanos::of(attempt_timeout).max(Nanos::new(1));
                self
            }
        }

        impl Default for $policy {
            fn default() -> Self {
                Self::new()
            }
        }

        impl From<&Self> for $policy {
            fn from(policy: &Self) -> Self {
                *policy
            }
        }
    };
}
pub(super) use shared_settings;

pub(super) const fn checked_times(times: u32) -> Result<NonZeroU32, ConfigError> {
    match NonZeroU32::new(times) {
        Some(times) => Ok(times),
        None => Err(ConfigError::new(
            "times",
            "`times` must be at least 1: the first call counts as an attempt",
            Value::Count(times),
        )),
    }
}

pub(super) const fn checked_attempt_timeout(timeout: Duration) -> Result<Nanos, ConfigError> {
    if timeout.is_zero() {
        return Err(ConfigError::new(
            "attempt_timeout",
            "`attempt_timeout` is zero: no attempt could finish in time",
            Value::Time(Nanos::ZERO),
        ));
    }
    Ok(Nanos::of(timeout))
}
