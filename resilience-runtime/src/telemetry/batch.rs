//! A poll of a batch, as it is told.

use std::time::Duration;

/// A `PollExecutor` has polled its jobs: [`Event::Batch`](super::Event::Batch).
///
/// It is told after the poll, also if the poll failed, panicked or was cut at `poll_timeout`. A poll that a shutdown ends is
/// not told.
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

    /// The number of jobs that the poll function was shown.
    #[must_use]
    pub const fn jobs(&self) -> usize {
        self.jobs
    }

    /// The number of jobs that brought a result since the poll before this one ended.
    #[must_use]
    pub const fn resolved(&self) -> u64 {
        self.resolved
    }

    /// The number of jobs that still wait for a result when the poll has ended.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.left
    }

    /// How long the poll took.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }
}
