//! A clock moved by hand, for tests of sync code (feature `testing`).
//!
//! Async code follows tokio's clock, which `#[tokio::test(start_paused = true)]` pauses.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use crate::clock::by_hand;
use crate::time::Nanos;

/// A clock for the thread that installs it, until it is dropped. It stands still. Every sync delay moves it on at once, and so
/// does [`advance`](Self::advance).
///
/// ```
/// use resilience::{retry, testing::ManualClock};
/// use std::time::Duration;
///
/// let clock = ManualClock::install();
/// let result = retry(|| Err::<(), _>("down")).times(3).interval(Duration::from_secs(60)).call();
/// assert_eq!(result, Err("down"));
/// assert_eq!(clock.elapsed(), Duration::from_secs(120));
/// ```
#[must_use = "the clock is removed when this is dropped"]
pub struct ManualClock {
    id: by_hand::Id,
    /// The clock is the thread's.
    not_send: PhantomData<*const ()>,
}

impl ManualClock {
    /// Installs a clock for this thread, at zero. An earlier one applies again when this one is dropped.
    pub fn install() -> Self {
        Self { id: by_hand::install(), not_send: PhantomData }
    }

    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        by_hand::advance(self.id, Nanos::of(by));
    }

    /// The time since the clock was installed.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        by_hand::moved(self.id).map_or(Duration::ZERO, Nanos::to_duration)
    }
}

impl Drop for ManualClock {
    fn drop(&mut self) {
        by_hand::remove(self.id);
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualClock").field("elapsed", &self.elapsed()).finish()
    }
}

/// What tests of this library reach of the seam between a call and what changes it.
#[doc(hidden)]
pub mod seam {
    use crate::attempts::{AnyPolicy, PollPolicy, RetryPolicy};
    use crate::telemetry::Site;

    pub use crate::telemetry::{Fault, Injected};

    /// Calls of this thread that go through the site meet the fault before their body.
    pub fn inject(site: Site, fault: Fault) -> Injected {
        site.0.inject(fault)
    }

    /// Calls of this site that begin from now on follow this policy. Returns whether the site can have another one.
    #[must_use]
    pub fn exchange(site: Site, policy: RetryPolicy) -> bool {
        site.0.exchange(AnyPolicy::Retry(policy))
    }

    /// As [`exchange`], of a poll.
    #[must_use]
    pub fn exchange_poll(site: Site, policy: PollPolicy) -> bool {
        site.0.exchange(AnyPolicy::Poll(policy))
    }

    /// Calls that begin from now on follow the policy in the code.
    pub fn revert(site: Site) {
        site.0.revert();
    }
}
