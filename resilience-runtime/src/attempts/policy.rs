//! The common interface of retry and poll policies.

use std::num::NonZeroU32;

use super::{PollPolicy, RetryPolicy};

/// A policy of either kind.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(not(feature = "testing"), allow(dead_code, reason = "only the feature exchanges policies"))]
pub(crate) enum AnyPolicy {
    Retry(RetryPolicy),
    Poll(PollPolicy),
}

/// A kind of policy.
pub(crate) trait Policy: Sized + 'static {
    /// The maximum number of attempts, if bounded.
    fn most_attempts(&self) -> Option<u32>;

    /// The name of the statistics for its calls.
    fn stats_name(&self) -> Option<&'static str>;

    /// The same with at most this number of attempts.
    #[cfg(feature = "testing")]
    fn limited_to(&self, most: u32) -> AnyPolicy;

    /// `None` for the other kind.
    fn of(policy: &'static AnyPolicy) -> Option<&'static Self>;
}

impl Policy for RetryPolicy {
    fn most_attempts(&self) -> Option<u32> {
        self.times.map(NonZeroU32::get)
    }

    fn stats_name(&self) -> Option<&'static str> {
        self.stats
    }

    #[cfg(feature = "testing")]
    fn limited_to(&self, most: u32) -> AnyPolicy {
        AnyPolicy::Retry(self.times(self.most_attempts().unwrap_or(u32::MAX).min(most)))
    }

    fn of(policy: &'static AnyPolicy) -> Option<&'static Self> {
        match policy {
            AnyPolicy::Retry(policy) => Some(policy),
            AnyPolicy::Poll(_) => None,
        }
    }
}

impl Policy for PollPolicy {
    fn most_attempts(&self) -> Option<u32> {
        self.times.map(NonZeroU32::get)
    }

    fn stats_name(&self) -> Option<&'static str> {
        self.stats
    }

    #[cfg(feature = "testing")]
    fn limited_to(&self, most: u32) -> AnyPolicy {
        AnyPolicy::Poll(self.times(self.most_attempts().unwrap_or(u32::MAX).min(most)))
    }

    fn of(policy: &'static AnyPolicy) -> Option<&'static Self> {
        match policy {
            AnyPolicy::Poll(policy) => Some(policy),
            AnyPolicy::Retry(_) => None,
        }
    }
}
