//! The methods with which every running call reports to its observers.

/// For a type with a field `attempts`, which has a `number()` of failed attempts, and a field `observation`. `$site`
/// is the type of its site.
macro_rules! observed {
    ($run:ident, $site:ty) => {
        impl $run {
            /// Begins the call. Separate from the constructor, so that the value is constructed in its final place.
            #[inline]
            pub fn begin(&mut self, entry: &'static $crate::telemetry::SiteEntry, site: &$site) {
                if entry.is_watched() || site.policy.has_stats() {
                    self.observe(entry, site, false);
                }
            }

            /// Like [`begin`](Self::begin), for a call that stays on this thread until it ends.
            #[inline]
            pub fn begin_blocking(&mut self, entry: &'static $crate::telemetry::SiteEntry, site: &$site) {
                if entry.is_watched() || site.policy.has_stats() {
                    self.observe(entry, site, true);
                }
            }

            #[cold]
            #[inline(never)]
            fn observe(
                &mut self,
                entry: &'static $crate::telemetry::SiteEntry,
                site: &$site,
                is_blocking: bool,
            ) {
                self.observation.begin(entry, site, is_blocking);
            }

            /// The span of the call.
            #[cfg(feature = "tracing")]
            #[must_use]
            pub fn span(&self) -> $crate::telemetry::trace::CallSpan {
                self.observation.span()
            }

            /// Wraps an attempt, so that the thread knows when it is polled.
            #[cfg(feature = "tokio")]
            #[inline]
            pub fn under_way<F>(&self, attempt: F) -> $crate::telemetry::UnderWay<F> {
                self.observation.under_way(attempt)
            }

            /// An attempt succeeded, which ends the call.
            #[inline]
            pub fn succeeded(&mut self) {
                if self.observation.is_on() {
                    self.tell_success();
                }
                // A known value, so that the compiler removes the test where the value is dropped.
                self.observation = $crate::telemetry::Observation::NONE;
            }

            /// The call ends with the error of an attempt before the last.
            #[cold]
            #[inline(never)]
            pub fn returns(&mut self, site: &$site, error: Option<&dyn std::fmt::Display>) {
                self.observation.returns(site.origin(), self.attempts.number(), error);
            }

            /// An attempt returned the error of an inner loop that its `cancel` signal has ended. This ends the call.
            #[cold]
            #[inline(never)]
            pub fn cancelled_below(&mut self, site: &$site, error: Option<&dyn std::fmt::Display>) {
                let (outcome, number) = ($crate::telemetry::CallOutcome::Cancelled, self.attempts.number());
                self.observation.end(site.origin(), outcome, number.saturating_add(1), error);
            }

            /// The wait is over, and the next attempt begins.
            #[inline]
            pub fn goes_on(&mut self) {
                self.observation.goes_on();
            }

            /// Like [`goes_on`](Self::goes_on), for a call that stays on this thread until it ends.
            #[inline]
            pub fn goes_on_blocking(&mut self) {
                if self.observation.is_on() {
                    self.resume_blocking();
                }
            }

            // These functions cannot unwind, so that callers need no cleanup code.
            #[cold]
            extern "C" fn tell_success(&mut self) {
                self.observation.succeeded(self.attempts.number());
            }

            #[cold]
            extern "C" fn resume_blocking(&mut self) {
                self.observation.goes_on_blocking();
            }

            #[cold]
            extern "C" fn tell_abandoned(&mut self) {
                self.observation.abandoned(self.attempts.number());
            }
        }

        impl Default for $run {
            fn default() -> Self {
                Self::new()
            }
        }

        /// The future was dropped, or an attempt panicked.
        impl Drop for $run {
            #[inline]
            fn drop(&mut self) {
                if self.observation.is_on() {
                    self.tell_abandoned();
                }
            }
        }
    };
}

pub(crate) use observed;
