//! The common interface of retry and poll policies.

use std::num::NonZeroU32;

use super::options::{PolicyOption, PolicyOptions};
use super::{PollPolicy, RetryPolicy};

/// A policy of either kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum AnyPolicy {
    Retry(RetryPolicy),
    Poll(PollPolicy),
}

/// A kind of policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PolicyKind {
    Retry,
    Poll,
}

/// Options that replace those of a policy. Options that are not part of it stay.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PolicyOverride {
    pub(crate) kind: PolicyKind,
    pub(crate) options: Vec<PolicyOption>,
    /// Whether a time limit that a policy does not have stays absent.
    pub(crate) keeps_absent_limits: bool,
}

/// A retry or poll policy.
pub(crate) trait Policy: PolicyOptions + 'static {
    const KIND: PolicyKind;

    /// The maximum number of attempts, if bounded.
    fn most_attempts(&self) -> Option<u32>;

    /// The name of the statistics for its calls.
    fn stats_name(&self) -> Option<&'static str>;

    /// The same with at most this number of attempts.
    #[cfg(feature = "testing")]
    fn limited_to(self, most: u32) -> Self;

    fn any(self) -> AnyPolicy;

    /// `None` for the other kind.
    fn of(policy: AnyPolicy) -> Option<Self>;
}

impl PolicyOverride {
    /// Replaces all options of a policy that have an effect.
    #[cfg(feature = "testing")]
    pub(crate) fn all_of<P: Policy>(policy: P) -> Self {
        Self { kind: P::KIND, options: policy.options(), keeps_absent_limits: false }
    }

    /// The policy with these options. `None` for a policy of the other kind.
    pub(crate) fn replace<P: Policy>(&self, policy: P) -> Option<P> {
        if self.kind != P::KIND {
            return None;
        }
        let present = if self.keeps_absent_limits { policy.options() } else { Vec::new() };
        let applies = |key: &str| {
            let is_limit = matches!(key, "deadline" | "attempt_timeout");
            !(is_limit && self.keeps_absent_limits) || present.iter().any(|(present, _)| *present == key)
        };
        let options = self.options.iter().filter(|(key, _)| applies(key));
        // Values were checked when the override was made; the machines accept all combinations of them.
        Some(options.fold(policy, |policy, (key, value)| policy.with_option(key, *value).unwrap_or(policy)))
    }
}

impl Policy for RetryPolicy {
    const KIND: PolicyKind = PolicyKind::Retry;

    fn most_attempts(&self) -> Option<u32> {
        self.times.map(NonZeroU32::get)
    }

    fn stats_name(&self) -> Option<&'static str> {
        self.stats
    }

    #[cfg(feature = "testing")]
    fn limited_to(self, most: u32) -> Self {
        self.times(self.most_attempts().unwrap_or(u32::MAX).min(most))
    }

    fn any(self) -> AnyPolicy {
        AnyPolicy::Retry(self)
    }

    fn of(policy: AnyPolicy) -> Option<Self> {
        match policy {
            AnyPolicy::Retry(policy) => Some(policy),
            AnyPolicy::Poll(_) => None,
        }
    }
}

impl Policy for PollPolicy {
    const KIND: PolicyKind = PolicyKind::Poll;

    fn most_attempts(&self) -> Option<u32> {
        self.times.map(NonZeroU32::get)
    }

    fn stats_name(&self) -> Option<&'static str> {
        self.stats
    }

    #[cfg(feature = "testing")]
    fn limited_to(self, most: u32) -> Self {
        self.times(self.most_attempts().unwrap_or(u32::MAX).min(most))
    }

    fn any(self) -> AnyPolicy {
        AnyPolicy::Poll(self)
    }

    fn of(policy: AnyPolicy) -> Option<Self> {
        match policy {
            AnyPolicy::Poll(policy) => Some(policy),
            AnyPolicy::Retry(_) => None,
        }
    }
}
