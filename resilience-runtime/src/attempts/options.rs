//! Policies as lists of options, for overrides and files.

use std::num::NonZeroU32;
use std::time::Duration;

use super::{PollPolicy, RetryPolicy};
use crate::backoff::{Backoff, Jitter};
use crate::error::ConfigError;
use crate::option_value::OptionValue;
use crate::time::Nanos;

/// An option of a policy, with the name in `#[retry]` or `#[poll]`.
pub(crate) type PolicyOption = (&'static str, OptionValue);

/// A policy that can be read and changed option by option.
pub(crate) trait PolicyOptions: Sized + Copy {
    /// All options that differ from their absence.
    fn options(&self) -> Vec<PolicyOption>;

    /// Sets an option. The value is checked, but not whether it agrees with other options.
    fn with_option(self, key: &str, value: OptionValue) -> Result<Self, ConfigError>;

    /// Checks whether the options agree.
    #[cfg(feature = "serde")]
    fn validate(&self) -> Result<(), ConfigError>;
}

fn count(count: Option<NonZeroU32>) -> OptionValue {
    count.map_or(OptionValue::Unbounded, |count| OptionValue::Count(count.get()))
}

/// `interval` or `backoff`, and `jitter`.
fn waits(backoff: Backoff) -> impl Iterator<Item = PolicyOption> {
    let (plain, jitter) = (backoff.jitter(Jitter::None), backoff.own_jitter());
    let wait = match plain.interval() {
        Some(interval) => ("interval", OptionValue::Time(interval)),
        None => ("backoff", OptionValue::Backoff(plain)),
    };
    [Some(wait), (jitter != Jitter::None).then_some(("jitter", OptionValue::Jitter(jitter)))]
        .into_iter()
        .flatten()
}

/// The options of the waits. A jitter stays until it is replaced.
fn with_wait(backoff: Backoff, key: &str, value: OptionValue) -> Result<Backoff, ConfigError> {
    let jitter = backoff.own_jitter();
    match (key, value) {
        ("interval", OptionValue::Time(interval)) => {
            Ok(Backoff::constant(interval.to_duration()).jitter(jitter))
        }
        ("backoff", OptionValue::Backoff(backoff)) => {
            backoff.validate()?;
            Ok(if backoff.own_jitter() == Jitter::None { backoff.jitter(jitter) } else { backoff })
        }
        ("jitter", OptionValue::Jitter(jitter)) => {
            // An exponential backoff takes every valid jitter.
            let valid = Backoff::exponential(Duration::ZERO).try_jitter(jitter)?;
            Ok(backoff.jitter(valid.own_jitter()))
        }
        _ => Ok(backoff),
    }
}

fn limit(key: &'static str, limit: Nanos, absent: Nanos) -> Option<PolicyOption> {
    (limit != absent).then_some((key, OptionValue::Time(limit)))
}

impl PolicyOptions for RetryPolicy {
    fn options(&self) -> Vec<PolicyOption> {
        let (attempt_timeout, deadline) = self.limits();
        let limits = [
            self.deadline_is_set.then_some(("deadline", OptionValue::Time(deadline))),
            limit("attempt_timeout", attempt_timeout, Nanos::NEVER),
        ];
        let times = ("times", count(self.times));
        std::iter::once(times).chain(waits(self.backoff)).chain(limits.into_iter().flatten()).collect()
    }

    fn with_option(mut self, key: &str, value: OptionValue) -> Result<Self, ConfigError> {
        match (key, value) {
            ("times", OptionValue::Count(times)) => return self.try_times(times),
            ("times", OptionValue::Unbounded) => return Ok(self.forever()),
            ("deadline", OptionValue::Time(deadline)) => {
                self.deadline = Self::new().try_deadline(deadline.to_duration())?.deadline;
                self.deadline_is_set = true;
            }
            ("attempt_timeout", OptionValue::Time(timeout)) => {
                self.attempt_timeout =
                    Self::new().try_attempt_timeout(timeout.to_duration())?.attempt_timeout;
            }
            _ => self.backoff = with_wait(self.backoff, key, value)?,
        }
        Ok(self)
    }

    #[cfg(feature = "serde")]
    fn validate(&self) -> Result<(), ConfigError> {
        self.backoff.validate()?;
        self.consistent().map(drop)
    }
}

impl PolicyOptions for PollPolicy {
    fn options(&self) -> Vec<PolicyOption> {
        let timeout = self.timeout.map(|timeout| ("timeout", OptionValue::Time(timeout)));
        let others = [
            self.times.map(|_| ("times", count(self.times))),
            limit("hold_for", self.hold_for, Nanos::ZERO),
            self.max_ignored.map(|_| ("max_ignored", count(self.max_ignored))),
            limit("attempt_timeout", self.attempt_timeout, Nanos::NEVER),
        ];
        let initial_delay = limit("initial_delay", self.initial_delay, Nanos::ZERO);
        let first = timeout.into_iter().chain(initial_delay);
        first.chain(waits(self.backoff)).chain(others.into_iter().flatten()).collect()
    }

    fn with_option(mut self, key: &str, value: OptionValue) -> Result<Self, ConfigError> {
        match (key, value) {
            ("times", OptionValue::Count(times)) => return self.try_times(times),
            ("times", OptionValue::Unbounded) => self.times = None,
            ("max_ignored", OptionValue::Count(errors)) => return self.try_max_ignored(errors),
            ("max_ignored", OptionValue::Unbounded) => self.max_ignored = None,
            ("timeout", OptionValue::Time(timeout)) => self.timeout = Some(timeout),
            ("initial_delay", OptionValue::Time(delay)) => self.initial_delay = delay,
            ("hold_for", OptionValue::Time(time)) => self.hold_for = time,
            ("attempt_timeout", OptionValue::Time(timeout)) => {
                self.attempt_timeout =
                    Self::new().try_attempt_timeout(timeout.to_duration())?.attempt_timeout;
            }
            _ => self.backoff = with_wait(self.backoff, key, value)?,
        }
        Ok(self)
    }

    #[cfg(feature = "serde")]
    fn validate(&self) -> Result<(), ConfigError> {
        self.backoff.validate()?;
        self.consistent().map(drop)
    }
}
