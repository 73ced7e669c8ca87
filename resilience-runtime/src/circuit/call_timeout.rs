use std::time::Duration;

use crate::clock;
use crate::error::{ConfigError, Limit, TimedOut, Value, or_panic};
use crate::site::PolicySite;
use crate::sleep::{Cut, Limited, Telling};
use crate::time::{Instant, Nanos};

/// The time limit of a call: `#[circuit(call_timeout = ..)]`.
#[derive(Clone, Copy, Debug)]
pub struct CallTimeout(Nanos);

impl CallTimeout {
    /// # Panics
    /// If the time is zero. In a constant, this is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn new(timeout: Duration) -> Self {
        or_panic!(Self::try_new(timeout))
    }

    const fn try_new(timeout: Duration) -> Result<Self, ConfigError> {
        if timeout.is_zero() {
            return Err(ConfigError::new(
                "call_timeout",
                "`call_timeout` is zero: no call could finish in time",
                Value::Time(Nanos::ZERO),
            ));
        }
        Ok(Self(Nanos::of(timeout)))
    }
}

/// A running call with a time limit.
#[derive(Clone, Copy, Debug)]
pub struct TimedCall<'s> {
    site: &'s PolicySite<CallTimeout>,
    began: Instant,
}

impl<'s> TimedCall<'s> {
    /// Starts the time.
    #[inline]
    #[must_use]
    pub fn start(site: &'s PolicySite<CallTimeout>) -> Self {
        Self { site, began: clock::now() }
    }

    /// Applies the limit to the call.
    #[inline]
    pub fn limit<F>(&self, call: F) -> Limited<F> {
        let ends = self.site.policy.0.limit().and_then(|limit| self.began.checked_add(limit));
        Limited::new(call, ends)
    }

    /// Like [`limit`](Self::limit), and informs inner circuits that the limit was reached.
    #[inline]
    pub fn limit_telling<'c, F>(&self, call: F, cut: &'c Cut) -> Telling<'c, F> {
        self.limit(call).telling(cut, self.site.policy.0)
    }

    /// The limit, which was reached.
    #[must_use]
    pub const fn limit_reached(&self) -> Duration {
        self.site.policy.0.to_duration()
    }

    /// The error for a call that was dropped because its time was up.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn timed_out(&self) -> TimedOut {
        let elapsed = clock::now().saturating_duration_since(self.began);
        TimedOut::new(self.site.name.get(), Limit::CallTimeout(self.limit_reached()), 1, elapsed)
    }
}
