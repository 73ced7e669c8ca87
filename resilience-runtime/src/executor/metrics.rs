use std::time::Duration;

use super::PollFailure;
use super::slots::JobOutcome;

/// What an executor has done so far: numbers that only grow, and what is under way at this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PollMetrics {
    /// Calls of the poll function that came to their end.
    pub polls: u64,
    /// Those of them that failed, panicked or were cut off at `poll_timeout`.
    pub poll_failures: u64,
    /// How long they took, all together.
    pub poll_time: Duration,
    /// Jobs that were submitted.
    pub submitted: u64,
    /// Jobs that brought a result.
    pub resolved: u64,
    /// Jobs that failed, in whatever way but by being cancelled.
    pub failed: u64,
    /// Jobs that were cancelled.
    pub cancelled: u64,
    /// Cancellations that were refused, or whose question panicked.
    pub vetoes: u64,
    /// Jobs that wait for a place to be submitted.
    pub queued: usize,
    /// Jobs that are being submitted.
    pub in_flight: usize,
    /// Jobs that are shown to the poll function.
    pub polling: usize,
}

impl PollMetrics {
    pub(super) fn count(&mut self, kind: JobEnd) {
        match kind {
            JobEnd::Resolved => self.resolved += 1,
            JobEnd::Failed => self.failed += 1,
            JobEnd::Cancelled => self.cancelled += 1,
        }
    }
}

/// What an outcome counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JobEnd {
    Resolved,
    Failed,
    Cancelled,
}

impl JobEnd {
    pub(super) fn of<T, E>(outcome: &JobOutcome<T, E>) -> Self {
        match outcome {
            Ok(_) => Self::Resolved,
            Err(failure) if matches!(**failure, PollFailure::Cancelled) => Self::Cancelled,
            Err(_) => Self::Failed,
        }
    }
}
