use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::call_timeout::{CallTimeout, NamedCallTimeout};
use crate::clock;
use crate::error::{Limit, TimedOut};
use crate::site::PolicySite;
use crate::site_name::SiteName;
use crate::sleep::{Cut, Limited, Telling};
use crate::time::{Instant, Nanos};

/// A running call with a time limit.
#[derive(Clone, Copy, Debug)]
pub struct TimedCall<'s> {
    name: &'s SiteName,
    timeout: Nanos,
    began: Instant,
}

impl<'s> TimedCall<'s> {
    /// Starts the time.
    #[inline]
    #[must_use]
    pub fn start(site: &'s PolicySite<CallTimeout>) -> Self {
        Self { name: &site.name, timeout: site.policy.0, began: clock::now() }
    }

    /// Starts the time. An override applies to calls that begin later.
    #[inline]
    #[must_use]
    pub fn start_named(limit: &'s NamedCallTimeout) -> Self {
        let call = Self::start(&limit.site);
        match limit.overriding.load(Relaxed) {
            0 => call,
            nanos => Self { timeout: Nanos::new(nanos), ..call },
        }
    }

    /// Applies the limit to the call.
    #[inline]
    pub fn limit<F>(&self, call: F) -> Limited<F> {
        let ends = self.timeout.limit().and_then(|limit| self.began.checked_add(limit));
        Limited::new(call, ends)
    }

    /// Like [`limit`](Self::limit), and informs inner circuits that the limit was reached.
    #[inline]
    pub fn limit_telling<'c, F>(&self, call: F, cut: &'c Cut) -> Telling<'c, F> {
        self.limit(call).telling(cut, self.timeout)
    }

    /// The limit, which was reached.
    #[must_use]
    pub const fn limit_reached(&self) -> Duration {
        self.timeout.to_duration()
    }

    /// The error for a call that was dropped because its time was up.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn timed_out(&self) -> TimedOut {
        let elapsed = clock::now().saturating_duration_since(self.began);
        TimedOut::new(self.name.get(), Limit::CallTimeout(self.limit_reached()), 1, elapsed)
    }
}
