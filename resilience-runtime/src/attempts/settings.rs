//! The settings that retry and poll policies share.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::error::{ConfigError, Value};
use crate::time::Nanos;

/// For a policy with the fields `times`, `backoff` and `attempt_timeout`, and the method `consistent`.
macro_rules! shared_settings {
    ($policy:ident) => {
        impl $policy {
            /// Sets the number of attempts in total, including the first call.
            ///
            /// # Panics
            /// If `times` is 0. In a `const`, this is a compile error.
            #[track_caller]
            pub const fn times(self, times: u32) -> Self {
                or_panic!(self.try_times(times))
            }

            /// Like [`times`](Self::times), for a value that is only known at run time.
            ///
            /// # Errors
            /// If `times` is 0.
            pub const fn try_times(mut self, times: u32) -> Result<Self, ConfigError> {
                self.times = match checked_times(times) {
                    Ok(times) => Some(times),
                    Err(error) => return Err(error),
                };
                Ok(self)
            }

            /// Sets a constant wait before every attempt but the first. Replaces any earlier backoff and jitter. With
            /// zero, sync code does not wait, and async code yields once to the scheduler without a timer.
            pub const fn interval(mut self, interval: Duration) -> Self {
                self.backoff = Backoff::constant(interval);
                self
            }

            /// Sets the waits between attempts, including their jitter. Replaces any earlier waits.
            ///
            /// # Panics
            /// If [`Backoff::validate`] returns an error. In a `const`, this is a compile error.
            #[track_caller]
            pub const fn backoff(self, backoff: Backoff) -> Self {
                or_panic!(self.try_backoff(backoff))
            }

            /// Like [`backoff`](Self::backoff), for a value that is only known at run time.
            ///
            /// # Errors
            /// If [`Backoff::validate`] returns an error.
            pub const fn try_backoff(self, backoff: Backoff) -> Result<Self, ConfigError> {
                if let Err(error) = backoff.validate() {
                    return Err(error);
                }
                Ok(self.unchecked_backoff(backoff))
            }

            /// For a builder, which cannot return an error: invalid settings of the backoff become the nearest valid
            /// ones.
            pub(crate) const fn unchecked_backoff(mut self, backoff: Backoff) -> Self {
                self.backoff = backoff;
                self
            }

            /// Sets the jitter of the waits; see [`Backoff::jitter`].
            ///
            /// # Panics
            /// If the jitter does not fit the backoff. In a `const`, this is a compile error.
            #[track_caller]
            pub const fn jitter(self, jitter: Jitter) -> Self {
                or_panic!(self.try_jitter(jitter))
            }

            /// Like [`jitter`](Self::jitter), for a value that is only known at run time.
            ///
            /// # Errors
            /// If [`Backoff::try_jitter`] returns an error.
            pub const fn try_jitter(mut self, jitter: Jitter) -> Result<Self, ConfigError> {
                self.backoff = match self.backoff.try_jitter(jitter) {
                    Ok(backoff) => backoff,
                    Err(error) => return Err(error),
                };
                Ok(self)
            }

            /// Like [`attempt_timeout`](Self::attempt_timeout), for a value that is only known at run time.
            ///
            /// # Errors
            /// If `attempt_timeout` would panic.
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

            /// For a builder, which cannot return an error: zero counts as a nanosecond.
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
