//! What every call under way says to those who observe it.

/// For a type with the fields `attempts`, which has a `number()` of those that failed, and `observation`. `$site` is the type
/// of its site.
macro_rules! observed {
    ($run:ident, $site:ty) => {
        impl $run {
            /// The call begins. Apart from the constructor, so that the run is made where it stays.
            #[inline]
            pub fn begin(&mut self, entry: &'static $crate::telemetry::SiteEntry, site: &$site) {
                if entry.is_watched() || site.policy.has_stats() {
                    self.observe(entry, site, false);
                }
            }

            /// As [`begin`](Self::begin), for a call that stays on this thread until it ends.
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

            /// What the call runs in.
            #[cfg(feature = "tracing")]
            #[must_use]
            pub fn span(&self) -> $crate::telemetry::trace::CallSpan {
                self.observation.span()
            }

            /// An attempt, which says when it is polled.
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
                // Known here, so that the compiler leaves the test out where the run is dropped.
                self.observation = $crate::telemetry::Observation::NONE;
            }

            /// The call ends with the error of an attempt before the last.
            #[cold]
            #[inline(never)]
            pub fn returns(&mut self, site: &$site, error: Option<&dyn std::fmt::Display>) {
                self.observation.returns(site.origin(), self.attempts.number(), error);
            }

            /// The wait is over, and the next attempt begins.
            #[inline]
            pub fn goes_on(&mut self) {
                self.observation.goes_on();
            }

            /// As [`goes_on`](Self::goes_on), for a call that stays on this thread until it ends.
            #[inline]
            pub fn goes_on_blocking(&mut self) {
                if self.observation.is_on() {
                    self.resume_blocking();
                }
            }

            // These cannot unwind, so that a caller has no code for that.
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
