use std::fmt;
use std::sync::Arc;

use super::settings::Settings;
use super::shared::Shared;
use super::submissions::{Submission, SubmissionKind};
use super::{PollHandle, PollMetrics};

/// Starts jobs on a server, polls all of them with one function, and returns a future for each.
///
/// A job begins with a submission: a future, or a blocking closure, that starts a job and returns its id, a `J`. From then on, the
/// poll function gets it together with all others, until it resolves it with a `T` or an `E`. One request per interval can
/// watch thousands of jobs.
///
/// It is modelled on `PollExecutor` of the Python library `more-executors`. Clones share one executor, which is shut down when the
/// last of them is dropped.
///
/// ```
/// use resilience::{Batch, PollExecutor, PollNext};
/// use std::time::Duration;
///
/// # #[derive(Debug)] enum ApiError {}
/// async fn publish(object: u64) -> Result<u64, ApiError> { Ok(object + 100) } // a task's number
/// async fn search(_tasks: Vec<u64>) -> Result<Vec<u64>, ApiError> { Ok(vec![110, 120]) } // those that have finished
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let executor = PollExecutor::builder()
///     .max_in_flight(4)
///     .default_interval(Duration::from_secs(5))
///     .start(|batch: Batch<u64, &'static str, ApiError>| async move {
///         let finished = search(batch.iter().map(|task| *task.result()).collect()).await?;
///         for task in batch {
///             if finished.contains(task.result()) {
///                 task.yield_result("published");
///             }
///         }
///         Ok(PollNext::Default)
///     });
/// let (first, second) = (executor.submit(publish(10)), executor.submit(publish(20)));
/// assert_eq!((first.await.unwrap(), second.await.unwrap()), ("published", "published"));
/// # }
/// ```
pub struct PollExecutor<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    owner: Arc<Owner<J, T, E>>,
}

/// Owned by all clones: dropped with the last of them.
struct Owner<J, T, E>(Arc<Shared<J, T, E>>);

impl<J, T, E> Drop for Owner<J, T, E> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<J, T, E> PollExecutor<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    pub(super) fn new(shared: Arc<Shared<J, T, E>>) -> Self {
        Self { owner: Arc::new(Owner(shared)) }
    }

    /// An executor that is shut down.
    pub(super) fn closed() -> Self {
        Self::new(Arc::new(Shared::new(Settings::new(), None, None)))
    }

    pub(super) fn shared(&self) -> &Arc<Shared<J, T, E>> {
        &self.owner.0
    }

    /// Submits a job: `submission` runs on the runtime as soon as fewer than
    /// [`max_in_flight`](crate::batch::PollExecutorBuilder::max_in_flight) run. A panic in it is
    /// [`PollFailure::Panicked`](crate::PollFailure::Panicked).
    ///
    /// After a shutdown, the handle is ready with [`PollFailure::ShutDown`](crate::PollFailure::ShutDown).
    pub fn submit<F>(&self, submission: F) -> PollHandle<T, E>
    where
        F: Future<Output = Result<J, E>> + Send + 'static,
    {
        self.submit_as(Box::pin(submission), SubmissionKind::Future)
    }

    /// As [`submit`](Self::submit), for a closure that blocks. It runs on the runtime's pool of blocking threads.
    pub fn submit_blocking<F>(&self, submission: F) -> PollHandle<T, E>
    where
        F: FnOnce() -> Result<J, E> + Send + 'static,
    {
        self.submit_as(Box::pin(async { submission() }), SubmissionKind::Closure)
    }

    fn submit_as(&self, submission: Submission<J, E>, kind: SubmissionKind) -> PollHandle<T, E> {
        let (id, _) = self.shared().submit(submission, kind, None);
        PollHandle::new(Arc::clone(self.shared()) as _, id)
    }

    /// Polls now, without waiting for the interval.
    pub fn notify(&self) {
        self.shared().with(|state, later| (state.polls.notified, later.polls) = (true, true));
    }

    /// Shuts the executor down: every handle returns [`PollFailure::ShutDown`](crate::PollFailure::ShutDown), and running polls and
    /// submissions are dropped. Returns when all tasks have ended, except running closures.
    ///
    /// Awaited on another runtime than the executor's, if that is a current-thread runtime, it may return before: such a runtime may
    /// not be running, and its tasks end when it does.
    pub async fn shutdown(&self) {
        self.shared().close();
        self.shared().ended().await;
    }

    /// As [`shutdown`](Self::shutdown), without waiting for the end.
    pub fn shutdown_now(&self) {
        self.shared().close();
    }

    /// The number of jobs that are not done: queued, being submitted, or polled.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared().with(|state, _| state.jobs.outstanding())
    }

    /// Whether all jobs are done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies of the values of all polled jobs, for a program that saves them to resume after a restart: a later program submits
    /// each as `async { Ok(job) }`. Jobs that are queued or being submitted have no value yet. In no particular order.
    ///
    /// ```
    /// use resilience::{Batch, PollExecutor, PollNext};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
    /// let executor = PollExecutor::builder()
    ///     .start(|_: Batch<u32, u32, std::io::Error>| async { Ok(PollNext::Default) });
    /// let _handle = executor.submit(async { Ok(7) });
    /// # while executor.polling() == 0 { tokio::task::yield_now().await }
    /// assert_eq!(executor.outstanding(), [7]);
    /// # }
    /// ```
    #[must_use]
    pub fn outstanding(&self) -> Vec<J>
    where
        J: Clone,
    {
        self.shared().outstanding()
    }

    /// How many jobs the poll function is shown.
    #[must_use]
    pub fn polling(&self) -> usize {
        self.shared().with(|state, _| state.polls.len())
    }

    /// What it has done so far, and what is under way.
    #[must_use]
    pub fn metrics(&self) -> PollMetrics {
        self.shared().with(|state, _| state.metrics())
    }
}

impl<J, T, E> Clone for PollExecutor<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    fn clone(&self) -> Self {
        Self { owner: Arc::clone(&self.owner) }
    }
}

impl<J, T, E> fmt::Debug for PollExecutor<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollExecutor")
            .field("name", &self.shared().settings.name)
            .field("len", &self.len())
            .field("polling", &self.polling())
            .finish_non_exhaustive()
    }
}
