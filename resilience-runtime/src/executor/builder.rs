use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};

use super::cancel::{CancelFunction, cancel_call};
use super::drive::{Driver, drive};
use super::settings::Settings;
use super::shared::{CancelCall, Shared};
use super::{Batch, PollExecutor, PollNext};
use crate::time::Nanos;

/// A builder of a [`PollExecutor`]: ends with [`start`](Self::start).
/// ```
/// use resilience::{Batch, PollExecutor, PollNext};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// let executor = PollExecutor::builder()
///     .max_in_flight(4)
///     .submit_timeout(Duration::from_secs(10))
///     .poll_timeout(Duration::from_secs(30))
///     .start(|_: Batch<u32, u32, std::io::Error>| async { Ok(PollNext::Default) });
/// assert!(executor.is_empty());
/// # }
/// ```
#[must_use = "nothing runs until `start` is called"]
pub struct PollExecutorBuilder<J, T, E> {
    settings: Settings,
    cancel: Option<CancelCall<J>>,
    results: PhantomData<fn() -> (T, E)>,
}

impl<J, T, E> PollExecutor<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    /// A builder with the default settings.
    pub fn builder() -> PollExecutorBuilder<J, T, E> {
        PollExecutorBuilder::new()
    }
}

impl<J, T, E> PollExecutorBuilder<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    pub(super) fn new() -> Self {
        Self { settings: Settings::new(), cancel: None, results: PhantomData }
    }

    /// The number of submissions that run at once; others wait in a queue. No bound by default. Zero counts as one.
    pub fn max_in_flight(mut self, most: usize) -> Self {
        self.settings.max_in_flight = Some(NonZeroUsize::new(most).unwrap_or(NonZeroUsize::MIN));
        self
    }

    /// The time from the end of a poll to the next, unless the poll function returns another: 5 s by default.
    pub fn default_interval(mut self, interval: Duration) -> Self {
        self.settings.default_interval = Nanos::of(interval);
        self
    }

    /// The name, shown in `Debug` and in events.
    pub fn name(mut self, name: &'static str) -> Self {
        self.settings.name = name;
        self
    }

    /// How long new jobs may gather before the poll that the first of them causes. Zero by default.
    pub fn batch_window(mut self, window: Duration) -> Self {
        self.settings.batch_window = Nanos::of(window);
        self
    }

    /// Whether the poll function is called with an empty batch, as in `more-executors`. `false` by default.
    pub fn poll_empty(mut self, poll_empty: bool) -> Self {
        self.settings.poll_empty = poll_empty;
        self
    }

    /// A poll that takes longer is dropped, and its jobs are polled again after the interval. No bound by default. A poll
    /// function that blocks its thread is not interrupted.
    pub fn poll_timeout(mut self, timeout: Duration) -> Self {
        self.settings.poll_timeout = Nanos::of(timeout);
        self
    }

    /// A submission that takes longer is dropped, and its job fails with
    /// [`PollFailure::SubmitTimedOut`](crate::PollFailure::SubmitTimedOut). The time in
    /// the queue of [`max_in_flight`](Self::max_in_flight) does not count. No bound by default.
    ///
    /// A closure of [`submit_blocking`](PollExecutor::submit_blocking) that is running cannot be interrupted. Its job fails in
    /// time, the closure keeps its place until it returns, and its result is dropped. A future that blocks its thread is not
    /// interrupted either: if it is ready then, its result counts.
    pub fn submit_timeout(mut self, timeout: Duration) -> Self {
        self.settings.submit_timeout = Nanos::of(timeout);
        self
    }

    /// Whether a job whose handle is dropped is abandoned: a running submission is dropped, and the job is not polled again. The
    /// cancel function is not called. `false` by default: the job goes on.
    pub fn abandon_dropped(mut self, abandon: bool) -> Self {
        self.settings.abandon_dropped = abandon;
        self
    }

    /// The cancel function, which asks the service to cancel a polled job. It gets the value of the submission. `false` and a panic
    /// veto the cancellation. Without a cancel function there is no veto.
    ///
    /// It runs as a task on the executor's runtime, one for each cancelled job. Its future must be `Send` and own its values: clone
    /// captured ones, as here. An async closure that uses captured values does not compile.
    ///
    /// ```
    /// # use resilience::PollExecutor;
    /// # #[derive(Clone)] struct Client;
    /// # impl Client { async fn delete(&self, _task: u32) -> Result<(), ()> { Ok(()) } }
    /// # fn example(client: Client) {
    /// let builder = PollExecutor::<u32, String, std::io::Error>::builder().cancel_with(move |task| {
    ///     let client = client.clone();
    ///     async move { client.delete(task).await.is_ok() }
    /// });
    /// # drop(builder);
    /// # }
    /// ```
    pub fn cancel_with<C>(mut self, cancel: C) -> Self
    where
        C: CancelFunction<J, Answer: Future<Output = bool> + Send + 'static> + Send + Sync + 'static,
        J: Clone,
    {
        self.cancel = Some(cancel_call(cancel));
        self
    }

    /// Starts the executor with its poll function. The function gets all outstanding jobs, resolves some of them, and returns when
    /// to be called again.
    ///
    /// The runtime needs its timers (`enable_time`): without them, the executor shuts down when it waits for the first time.
    ///
    /// # Panics
    /// Outside of a tokio runtime, as `tokio::spawn` does.
    pub fn start<F, Fut>(self, poll: F) -> PollExecutor<J, T, E>
    where
        F: FnMut(Batch<J, T, E>) -> Fut + Send + 'static,
        Fut: Future<Output = Result<PollNext, E>> + Send + 'static,
    {
        let runtime = Handle::current();
        let shared = self.shared(runtime.clone());
        // It ends with the executor.
        drop(runtime.spawn(drive(Driver::new(&shared), poll)));
        PollExecutor::new(shared)
    }

    /// As [`start`](Self::start), for programs without async code: the poll function blocks, on a thread that ends with the
    /// executor.
    ///
    /// Closures of [`submit_blocking`](PollExecutor::submit_blocking) run on a pool of threads, futures on the executor's thread
    /// between polls. Wait with [`PollHandle::wait`](crate::PollHandle::wait).
    ///
    /// If no thread can be started, the executor is shut down from the beginning.
    pub fn start_blocking<F>(mut self, mut poll: F) -> PollExecutor<J, T, E>
    where
        F: FnMut(Batch<J, T, E>) -> Result<PollNext, E> + Send + 'static,
    {
        self.settings.own_thread = true;
        let (told, made) = std::sync::mpsc::sync_channel(1);
        let thread =
            std::thread::Builder::new().name(self.settings.name.replace('\0', "")).spawn(move || {
                let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
                let shared = self.shared(runtime.handle().clone());
                if told.send(Arc::clone(&shared)).is_ok() {
                    runtime.block_on(async {
                        drive(Driver::new(&shared), move |batch| std::future::ready(poll(batch))).await;
                        shared.closing.closed().await;
                    });
                }
                // Does not wait for running closures.
                runtime.shutdown_background();
            });
        drop(thread);
        match made.recv() {
            Ok(shared) => PollExecutor::new(shared),
            Err(_) => PollExecutor::closed(),
        }
    }

    fn shared(self, runtime: Handle) -> Arc<Shared<J, T, E>> {
        Arc::new(Shared::new(self.settings, Some(runtime), self.cancel))
    }
}

impl<J, T, E> fmt::Debug for PollExecutorBuilder<J, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollExecutorBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}
