use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::runtime::Handle;

use super::PollFailure;
use super::cancel::cancel;
use super::catch::caught;
use super::context::is_async;
use super::later::Action;
use super::shared::Shared;
use super::slots::{JobId, Phase};
use crate::clock::real_now;

/// A submitted job: a future of its result.
///
/// Dropping it leaves the job running: it is polled until it is done, and its result is dropped. With
/// [`abandon_dropped`](crate::batch::PollExecutorBuilder::abandon_dropped), it is not polled any more.
/// ```
/// use resilience::{Batch, PollExecutor, PollFailure, PollNext};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// let executor = PollExecutor::builder()
///     .start(|_: Batch<u32, u32, std::io::Error>| async { Ok(PollNext::Default) }); // no job is ever done
/// let handle = executor.submit(async { Ok(7) });
/// assert!(handle.cancel().await);
/// assert!(matches!(handle.await, Err(PollFailure::Cancelled)));
/// # }
/// ```
#[must_use = "dropping it loses the result; the job goes on"]
pub struct PollHandle<T, E> {
    /// `None`: the executor was shut down before, or the result was returned.
    job: Option<Arc<dyn Held<T, E>>>,
    index: u32,
    returned: Returned,
}

/// What a handle has returned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Returned {
    Nothing,
    Cancelled,
    Other,
}

/// A handle, without the type of the job.
pub(super) trait Held<T, E>: Send + Sync {
    fn poll(&self, index: u32, cx: &mut Context<'_>) -> Poll<Result<T, PollFailure<E>>>;
    fn is_polling(&self, index: u32) -> bool;
    fn cancel(self: Arc<Self>, index: u32) -> Pin<Box<dyn Future<Output = bool> + Send>>;
    fn drop_handle(&self, index: u32);
    fn block_on(&self, future: Pin<Box<dyn Future<Output = bool> + Send>>) -> bool;
}

impl<T, E> PollHandle<T, E> {
    pub(super) fn new(of: Arc<dyn Held<T, E>>, id: Option<JobId>) -> Self {
        Self { index: id.map_or(0, |id| id.index), job: id.map(|_| of), returned: Returned::Nothing }
    }

    /// Whether the job is being polled: after its submission has ended, and before it is done.
    #[must_use]
    pub fn is_polling(&self) -> bool {
        self.job.as_ref().is_some_and(|job| job.is_polling(self.index))
    }

    /// Cancels the job. `true`: it is cancelled and not polled again, and the handle returns [`PollFailure::Cancelled`].
    ///
    /// - A job that is not polled yet is dropped, without the cancel function. A closure of
    ///   [`submit_blocking`](crate::PollExecutor::submit_blocking) that is running cannot be ended: `false`.
    /// - For a polled job, the cancel function of [`cancel_with`](crate::batch::PollExecutorBuilder::cancel_with) is called. Its `false`
    ///   and its panic are vetoes: `false`. Without one, there is no veto. A shutdown meanwhile: `false`.
    /// - A job that is done: `false`, also if it is done before the cancel function answers. A job that was cancelled before: `true`.
    ///
    /// Concurrent cancellations share one call of the cancel function and its answer. Dropping this future does not withdraw the
    /// call: if the answer is `true`, the job is cancelled.
    pub async fn cancel(&self) -> bool {
        match &self.job {
            Some(job) => Arc::clone(job).cancel(self.index).await,
            None => self.returned == Returned::Cancelled,
        }
    }

    /// As [`cancel`](Self::cancel), but blocks this thread.
    ///
    /// In async code on a tokio runtime, and in the poll function, blocking could wait forever. There it cancels nothing and returns
    /// `false`: use [`cancel`](Self::cancel). Threads of `spawn_blocking` can block. The executor's runtime must be running.
    #[must_use]
    pub fn cancel_blocking(&self) -> bool {
        match &self.job {
            Some(job) => job.block_on(Arc::clone(job).cancel(self.index)),
            None => self.returned == Returned::Cancelled,
        }
    }

    /// Blocks this thread until the job is done, for at most `timeout`. `None`: it is not done yet. The timeout is real time, also
    /// under tokio's paused clock. Do not call it in async code.
    ///
    /// A result is returned once. Afterwards, the method returns `None`.
    pub fn wait(&mut self, timeout: Duration) -> Option<Result<T, PollFailure<E>>> {
        if self.returned != Returned::Nothing {
            return None;
        }
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let (mut cx, start) = (Context::from_waker(&waker), real_now());
        loop {
            if let Poll::Ready(outcome) = Pin::new(&mut *self).poll(&mut cx) {
                return Some(outcome);
            }
            let left = timeout.saturating_sub(real_now().saturating_duration_since(start));
            if left.is_zero() {
                return None;
            }
            thread::park_timeout(left);
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The result. Polled again afterwards, the future is pending forever.
impl<T, E> Future for PollHandle<T, E> {
    type Output = Result<T, PollFailure<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = match &self.job {
            Some(job) => std::task::ready!(job.poll(self.index, cx)),
            None if self.returned == Returned::Nothing => Err(PollFailure::ShutDown),
            None => return Poll::Pending,
        };
        // Nothing is left to drop.
        self.job = None;
        self.returned = if matches!(outcome, Err(PollFailure::Cancelled)) {
            Returned::Cancelled
        } else {
            Returned::Other
        };
        Poll::Ready(outcome)
    }
}

impl<T, E> Drop for PollHandle<T, E> {
    fn drop(&mut self) {
        if let Some(job) = &self.job {
            job.drop_handle(self.index);
        }
    }
}

impl<T, E> fmt::Debug for PollHandle<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollHandle").field("polling", &self.is_polling()).finish_non_exhaustive()
    }
}

impl<J, T, E> Held<T, E> for Shared<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    fn poll(&self, index: u32, cx: &mut Context<'_>) -> Poll<Result<T, PollFailure<E>>> {
        if let Some(outcome) = self.with(|state, _| state.jobs.take(index)) {
            return Poll::Ready(outcome.map_err(|failure| *failure));
        }
        let waker = cx.waker().clone();
        // The job may be done meanwhile.
        let outcome = self.with(|state, later| {
            let outcome = state.jobs.take(index);
            let known = if outcome.is_some() { Some(waker) } else { state.jobs.await_by(index, waker) };
            later.extend(known.map(Action::DropWaker));
            outcome
        });
        outcome.map_or(Poll::Pending, |outcome| Poll::Ready(outcome.map_err(|failure| *failure)))
    }

    fn is_polling(&self, index: u32) -> bool {
        self.with(|state, _| state.jobs.held(index).is_some_and(|(_, phase, _)| phase == Phase::Polling))
    }

    fn cancel(self: Arc<Self>, index: u32) -> Pin<Box<dyn Future<Output = bool> + Send>> {
        Box::pin(cancel(self, index))
    }

    fn drop_handle(&self, index: u32) {
        self.with(|state, later| {
            let held = state.jobs.held(index);
            let (outcome, waker) = state.jobs.detach(index);
            later.extend(outcome.map(Action::DropOutcome));
            later.extend(waker.map(Action::DropWaker));
            if let (true, Some((id, ..))) = (self.settings.abandon_dropped, held) {
                state.cancel(id, later);
            }
        });
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = bool> + Send>>) -> bool {
        if is_async() {
            return false;
        }
        // Tokio panics where `is_async` is wrong.
        let answer = |runtime: &Handle| caught(|| runtime.block_on(future)).unwrap_or(false);
        self.runtime.as_ref().is_some_and(answer)
    }
}
