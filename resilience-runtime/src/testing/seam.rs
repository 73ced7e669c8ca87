//! Access to internal hooks, for tests of this library.

use crate::attempts::{AnyPolicy, PollPolicy, RetryPolicy};
use crate::telemetry::Site;

/// Calls of this site that begin from now on use this policy. Returns whether the policy was replaced.
#[must_use]
pub fn exchange(site: Site, policy: RetryPolicy) -> bool {
    site.0.exchange(AnyPolicy::Retry(policy))
}

/// Like [`exchange`], for a poll.
#[must_use]
pub fn exchange_poll(site: Site, policy: PollPolicy) -> bool {
    site.0.exchange(AnyPolicy::Poll(policy))
}

/// Calls that begin from now on use the policy in the code.
pub fn revert(site: Site) {
    site.0.revert();
}
