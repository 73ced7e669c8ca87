//! The event of a batch poll.

use std::time::Duration;

/// A `PollExecutor` has polled its jobs: [`Event::Batch`](super::Event::Batch).
///
/// The event is delivered after the poll, even if the poll failed, panicked or was cut off at `poll_timeout`. A poll
/// that a shutdown ends has no event.
#[derive(Clone, Copy, Debug)]
pub struct BatchEvent {
    pub(crate) executor: &'static str,
    pub(crate) jobs: usize,
    pub(crate) resolved: u64,
    pub(crate) left: usize,
    pub(crate) elapsed: Duration,
}

impl BatchEvent {
    /// The executor's name.
    #[must_use]
    pub const fn executor(&self) -> &'static str {
        self.executor
    }

    /// The number of jobs that were passed to the poll function.
    #[must_use]
    pub const fn jobs(&self) -> usize {
        self.jobs
    }

    /// The number of jobs that got a result since the previous poll ended.
    #[must_use]
    pub const fn resolved(&self) -> u64 {
        self.resolved
    }

    /// The number of jobs that still had no result when the poll ended.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.left
    }

    /// The duration of the poll.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }
}
