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
    pub(crate) outcome: BatchOutcome,
}

/// How a poll of a `PollExecutor` ended.
///
/// ```
/// use resilience::telemetry::{self, BatchOutcome, Event};
///
/// let id = telemetry::listen(|event| {
///     if let Event::Batch(batch) = event {
///         if batch.outcome() == BatchOutcome::TimedOut {
///             eprintln!("{} jobs of {} are polled again", batch.jobs(), batch.executor());
///         }
///     }
/// });
/// telemetry::unlisten(id);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchOutcome {
    /// The poll function returned `Ok`.
    Polled,
    /// The poll function returned an error, which failed all jobs of the batch.
    Failed,
    /// The poll function panicked, which failed all jobs of the batch.
    Panicked,
    /// The poll exceeded `poll_timeout`. Its jobs are polled again.
    TimedOut,
}

impl BatchOutcome {
    /// Whether the poll function returned `Ok`.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Polled)
    }
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

    /// How the poll ended.
    #[must_use]
    pub const fn outcome(&self) -> BatchOutcome {
        self.outcome
    }

    /// The duration of the poll.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }
}
