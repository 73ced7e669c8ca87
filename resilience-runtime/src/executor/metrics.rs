use std::time::Duration;

use super::PollFailure;
use super::slots::JobOutcome;

/// Counters of an executor, and its present numbers of jobs.
/// ```
/// use resilience::{Batch, PollExecutor, PollNext};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// let executor = PollExecutor::builder().start(|batch: Batch<u32, u32, std::io::Error>| async move {
///     batch.into_iter().for_each(|job| job.yield_result(1));
///     Ok(PollNext::Default)
/// });
/// executor.submit(async { Ok(7) }).await.unwrap();
/// assert_eq!((executor.metrics().submitted, executor.metrics().resolved), (1, 1));
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PollMetrics {
    /// Polls that have ended.
    pub polls: u64,
    /// Polls that failed, panicked or exceeded `poll_timeout`.
    pub poll_failures: u64,
    /// The total duration of all polls.
    pub poll_time: Duration,
    /// Submitted jobs.
    pub submitted: u64,
    /// Jobs with a result.
    pub resolved: u64,
    /// Jobs that failed, without the cancelled ones.
    pub failed: u64,
    /// Cancelled jobs.
    pub cancelled: u64,
    /// Cancellations that the cancel function vetoed, by `false` or a panic.
    pub vetoes: u64,
    /// Jobs that wait for a place to be submitted.
    pub queued: usize,
    /// Jobs that are being submitted.
    pub in_flight: usize,
    /// Jobs that are being polled.
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

/// The kind of an outcome, for the counters.
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
