use std::sync::Arc;

use thiserror::Error;

/// Why a job has no result.
///
/// ```
/// use resilience::PollFailure;
///
/// let failure: PollFailure<&str> = PollFailure::Submit("no such object");
/// assert_eq!(failure.to_string(), "the job could not be started: no such object");
/// ```
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PollFailure<E> {
    /// What was submitted failed, and there was nothing to be polled.
    #[error("the job could not be started: {0}")]
    Submit(E),
    /// The submission took longer than [`submit_timeout`](crate::batch::PollExecutorBuilder::submit_timeout), and was dropped.
    #[error("the submission exceeded its timeout")]
    SubmitTimedOut,
    /// The poll function said that the job failed: [`PollDescriptor::yield_error`](crate::batch::PollDescriptor::yield_error).
    #[error("the job failed: {0}")]
    Yielded(E),
    /// The poll function failed as a whole, with every job that it was shown.
    #[error("the jobs could not be polled: {0}")]
    Poll(Arc<E>),
    /// It was cancelled.
    #[error("the job was cancelled")]
    Cancelled,
    /// The executor was shut down, or dropped, before the job had finished.
    #[error("the executor was shut down before the job had finished")]
    ShutDown,
    /// What was submitted panicked, or the poll function did, with this message.
    #[error("a panic ended it: {0}")]
    Panicked(String),
}

/// Why a task was dropped that has said nothing: it panicked where nobody catches that, or its runtime ends.
pub(super) fn unsaid<E>() -> PollFailure<E> {
    if std::thread::panicking() {
        PollFailure::Panicked("what was submitted panicked when it was dropped".to_owned())
    } else {
        PollFailure::ShutDown
    }
}
