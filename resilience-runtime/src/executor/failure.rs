use std::sync::Arc;

use thiserror::Error;

/// Why a job has no result.
///
/// ```
/// use resilience::PollFailure;
///
/// let failure: PollFailure<&str> = PollFailure::Submit("no such object");
/// assert_eq!(failure.to_string(), "the submission failed: no such object");
/// ```
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PollFailure<E> {
    /// The submission returned this error.
    #[error("the submission failed: {0}")]
    Submit(E),
    /// The submission took longer than [`submit_timeout`](crate::batch::PollExecutorBuilder::submit_timeout), and was dropped.
    #[error("the submission exceeded its timeout")]
    SubmitTimedOut,
    /// The poll function resolved the job with an error: [`PollDescriptor::yield_error`](crate::batch::PollDescriptor::yield_error).
    #[error("the job failed: {0}")]
    Yielded(E),
    /// The poll function returned this error, which fails every job of its batch.
    #[error("the poll failed: {0}")]
    Poll(Arc<E>),
    /// The job was cancelled.
    #[error("the job was cancelled")]
    Cancelled,
    /// The executor was shut down or dropped before the job was done.
    #[error("the executor was shut down before the job was done")]
    ShutDown,
    /// The submission or the poll function panicked, with this message.
    #[error("panicked: {0}")]
    Panicked(String),
}

/// A [`PollFailure`] with the number of its job, for messages. Made by [`PollFailure::of_job`].
///
/// ```
/// use resilience::PollFailure;
///
/// let failure = PollFailure::Submit("no such object").of_job(7);
/// assert_eq!(failure.to_string(), "job 7: the submission failed: no such object");
/// ```
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("job {job}: {failure}")]
#[non_exhaustive]
pub struct JobFailure<E> {
    /// The position of the job among those of its stream.
    pub job: usize,
    /// Why it has no result.
    pub failure: PollFailure<E>,
}

impl<E> PollFailure<E> {
    /// The failure of this job, whose message begins with its number: for results of
    /// [`submit_all`](crate::PollExecutor::submit_all).
    ///
    /// ```
    /// # use resilience::PollFailure;
    /// # let (number, result) = (3, Err::<(), _>(PollFailure::<&str>::Cancelled));
    /// let failure = result.map_err(|failure| failure.of_job(number)).unwrap_err();
    /// assert_eq!((failure.job, failure.to_string().as_str()), (3, "job 3: the job was cancelled"));
    /// ```
    pub fn of_job(self, job: usize) -> JobFailure<E> {
        JobFailure { job, failure: self }
    }
}
