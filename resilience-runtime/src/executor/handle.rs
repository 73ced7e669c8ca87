use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;

use super::PollFailure;
use super::catch::{Caught, caught};
use super::jobs::{Afterwards, Chunk, Jobs, Running};
use super::slots::{JobId, Phase};
use crate::clock::Stopwatch;
use crate::time::Nanos;

/// A job that was submitted: a future of its result.
///
/// Dropping it leaves the job running: it is polled until it is done, and its result is dropped. With
/// [`abandon_dropped`](crate::PollExecutorBuilder::abandon_dropped), it is not polled any more.
#[must_use = "its result is lost if it is dropped; the job runs all the same"]
pub struct PollHandle<T, E> {
    job: Stage<T, E>,
}

enum Stage<T, E> {
    Under(Job<T, E>),
    /// The executor did not take it.
    Refused,
    /// The result was given out; whether it was that of a cancellation.
    Over {
        cancelled: bool,
    },
}

struct Job<T, E> {
    of: Arc<dyn Held<T, E>>,
    index: u32,
}

/// What a handle does, whatever a job is.
pub(super) trait Held<T, E>: Send + Sync {
    fn poll(&self, index: u32, cx: &mut Context<'_>) -> Poll<Result<T, PollFailure<E>>>;
    fn is_polling(&self, index: u32) -> bool;
    fn cancel(self: Arc<Self>, index: u32) -> Pin<Box<dyn Future<Output = bool> + Send>>;
    fn drop_handle(&self, index: u32);
    fn block_on(&self, future: Pin<Box<dyn Future<Output = bool> + Send>>) -> bool;
}

impl<T, E> PollHandle<T, E> {
    pub(super) fn new(of: Arc<dyn Held<T, E>>, id: Option<JobId>) -> Self {
        Self { job: id.map_or(Stage::Refused, |id| Stage::Under(Job { of, index: id.index })) }
    }

    const fn job(&self) -> Option<&Job<T, E>> {
        match &self.job {
            Stage::Under(job) => Some(job),
            Stage::Refused | Stage::Over { .. } => None,
        }
    }

    /// Whether the poll function is being shown the job. Not before what was submitted has ended, and not once the job is done.
    #[must_use]
    pub fn is_polling(&self) -> bool {
        self.job().is_some_and(|job| job.of.is_polling(job.index))
    }

    /// Asks for an end of the job. `true`: it was cancelled, is not shown to the poll function again, and the handle's result is
    /// [`PollFailure::Cancelled`].
    ///
    /// - A job that has not been started is dropped, and nobody is asked. A closure of
    ///   [`submit_blocking`](crate::PollExecutor::submit_blocking) that is running cannot be ended: `false`.
    /// - A job that is polled is one at the other side, which is asked by the executor's
    ///   [`cancel_with`](crate::PollExecutorBuilder::cancel_with). Its `false`, and its panic, is a veto: `false`. Without one,
    ///   there is no veto.
    /// - A job that is done is not cancelled any more: `false`; one that was cancelled has been: `true`.
    ///
    /// Two that ask at once get the same answer, and the other side is asked once. Dropping this future does not cancel; a
    /// question under way goes on, and nobody hears its answer.
    pub async fn cancel(&self) -> bool {
        match &self.job {
            Stage::Under(job) => Arc::clone(&job.of).cancel(job.index).await,
            Stage::Refused => false,
            Stage::Over { cancelled } => *cancelled,
        }
    }

    /// As [`cancel`](Self::cancel), for a thread that can wait. Not to be called in async code, nor in the poll function: there
    /// it cancels nothing, and says so.
    #[must_use]
    pub fn cancel_blocking(&self) -> bool {
        match &self.job {
            Stage::Under(job) => job.of.block_on(Arc::clone(&job.of).cancel(job.index)),
            Stage::Refused => false,
            Stage::Over { cancelled } => *cancelled,
        }
    }

    /// Waits on this thread, no longer than this. `None`: it is not done yet. Not to be called in async code.
    ///
    /// A result is given out once: afterwards, there is none.
    pub fn wait(&mut self, timeout: Duration) -> Option<Result<T, PollFailure<E>>> {
        if matches!(self.job, Stage::Over { .. }) {
            return None;
        }
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let (mut cx, watch, timeout) = (Context::from_waker(&waker), Stopwatch::start(), Nanos::of(timeout));
        loop {
            if let Poll::Ready(outcome) = Pin::new(&mut *self).poll(&mut cx) {
                return Some(outcome);
            }
            let left = timeout.minus(watch.elapsed());
            if left.is_zero() {
                return None;
            }
            thread::park_timeout(left.to_duration());
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Its result. Polled again after that, it is pending for ever.
impl<T, E> Future for PollHandle<T, E> {
    type Output = Result<T, PollFailure<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = match &self.job {
            Stage::Under(job) => std::task::ready!(job.of.poll(job.index, cx)),
            Stage::Refused => Err(PollFailure::ShutDown),
            Stage::Over { .. } => return Poll::Pending,
        };
        // Nothing is left of it that could be dropped.
        self.job = Stage::Over { cancelled: matches!(outcome, Err(PollFailure::Cancelled)) };
        Poll::Ready(outcome)
    }
}

impl<T, E> Drop for PollHandle<T, E> {
    fn drop(&mut self) {
        if let Some(job) = self.job() {
            job.of.drop_handle(job.index);
        }
    }
}

impl<T, E> fmt::Debug for PollHandle<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollHandle").field("polling", &self.is_polling()).finish_non_exhaustive()
    }
}

impl<J, T, E> Held<T, E> for Jobs<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    fn poll(&self, index: u32, cx: &mut Context<'_>) -> Poll<Result<T, PollFailure<E>>> {
        if let Some(outcome) = self.state().slots.take(index) {
            return Poll::Ready(outcome.map_err(|failure| *failure));
        }
        let waker = cx.waker().clone();
        let (known, outcome) = {
            let mut state = self.state();
            // It may have come to its end in between.
            match state.slots.take(index) {
                Some(outcome) => (Some(waker), Some(outcome)),
                None => (state.slots.await_by(index, waker), None),
            }
        };
        drop(known);
        outcome.map_or(Poll::Pending, |outcome| Poll::Ready(outcome.map_err(|failure| *failure)))
    }

    fn is_polling(&self, index: u32) -> bool {
        self.state().slots.held(index).is_some_and(|(_, phase)| phase == Phase::Polling)
    }

    fn cancel(self: Arc<Self>, index: u32) -> Pin<Box<dyn Future<Output = bool> + Send>> {
        Box::pin(cancel(self, index))
    }

    fn drop_handle(&self, index: u32) {
        let mut afterwards = Afterwards::nothing();
        let dropped = {
            let mut state = self.state();
            let held = state.slots.held(index);
            let dropped = state.slots.detach(index);
            if let (Some((id, _)), true) = (held, self.settings.abandon_dropped) {
                state.finish(id, Err(Box::new(PollFailure::Cancelled)), &mut afterwards);
                state.unqueue(id, &mut afterwards);
                let task = state.running.get(&id).and_then(Running::abort_handle);
                (dropped, task)
            } else {
                (dropped, None)
            }
        };
        if let (_, Some(task)) = &dropped {
            task.abort();
        }
        afterwards.done();
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = bool> + Send>>) -> bool {
        // A thread that drives a runtime cannot wait for it: tokio says so by a panic.
        let answer = |runtime: &Handle| caught(|| runtime.block_on(future)).unwrap_or(false);
        self.runtime.as_ref().is_some_and(answer)
    }
}

/// What a request to cancel comes to at first.
enum Request<J> {
    Answered(bool),
    /// The other side has to be asked.
    Ask {
        id: JobId,
        chunk: Chunk<J>,
        place: usize,
        tell: watch::Sender<Option<bool>>,
    },
    /// It is being asked.
    Asked(watch::Receiver<Option<bool>>),
}

async fn cancel<J, T, E>(jobs: Arc<Jobs<J, T, E>>, index: u32) -> bool
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    let mut afterwards = Afterwards::nothing();
    let mut task = None;
    let request = {
        let mut state = jobs.state();
        match state.slots.held(index) {
            None => Request::Answered(state.slots.is_cancelled(index)),
            Some((id, Phase::Queued)) => {
                state.finish(id, Err(Box::new(PollFailure::Cancelled)), &mut afterwards);
                state.unqueue(id, &mut afterwards);
                Request::Answered(true)
            }
            Some((id, Phase::Submitting)) if matches!(state.running.get(&id), Some(Running::Thread)) => {
                Request::Answered(false)
            }
            Some((id, Phase::Submitting)) => {
                state.finish(id, Err(Box::new(PollFailure::Cancelled)), &mut afterwards);
                task = state.running.get(&id).and_then(Running::abort_handle);
                Request::Answered(true)
            }
            Some((id, Phase::Polling)) => match (&jobs.ask, state.asked.get(&id).cloned()) {
                (Some(_), Some(asked)) => Request::Asked(asked),
                (Some(_), None) => match state.find(id) {
                    Some((chunk, place)) => {
                        let (tell, asked) = watch::channel(None);
                        state.asked.insert(id, asked);
                        Request::Ask { id, chunk, place, tell }
                    }
                    None => Request::Answered(false),
                },
                (None, _) => {
                    state.finish(id, Err(Box::new(PollFailure::Cancelled)), &mut afterwards);
                    Request::Answered(true)
                }
            },
        }
    };
    if let Some(task) = task {
        task.abort();
    }
    afterwards.done();
    let mut asked = match request {
        Request::Answered(answer) => return answer,
        Request::Asked(asked) => asked,
        Request::Ask { id, chunk, place, tell } => {
            let asked = tell.subscribe();
            ask(&jobs, (id, index), (chunk, place), tell);
            asked
        }
    };
    // A question that nobody answers any more is a veto.
    match asked.wait_for(Option::is_some).await {
        Ok(answer) => answer.unwrap_or(false),
        Err(_) => false,
    }
}

/// Asks the other side, in a task of its own: whoever asked may go, and whoever else asks hears the same. A panic is a veto.
fn ask<J, T, E>(
    jobs: &Arc<Jobs<J, T, E>>,
    (id, index): (JobId, u32),
    (chunk, place): (Chunk<J>, usize),
    tell: watch::Sender<Option<bool>>,
) where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    let (Some(ask), Some(runtime)) = (&jobs.ask, &jobs.runtime) else { return };
    let question = caught(|| {
        let question = ask(&chunk[place].job);
        drop(chunk);
        question
    });
    let jobs = Arc::clone(jobs);
    drop(runtime.spawn(async move {
        let agreed = match question {
            Ok(question) => Caught::new(question).await.unwrap_or(false),
            Err(_) => false,
        };
        tell.send_replace(Some(settle(&jobs, id, index, agreed)));
    }));
}

/// What the other side's answer comes to: the job may be done by now.
fn settle<J, T, E>(jobs: &Jobs<J, T, E>, id: JobId, index: u32, agreed: bool) -> bool {
    let mut afterwards = Afterwards::nothing();
    let cancelled = {
        let mut state = jobs.state();
        // Asked anew the next time, if it was a veto.
        state.asked.remove(&id);
        state.metrics.vetoes += u64::from(!agreed);
        match (agreed, state.slots.phase(id)) {
            (true, Some(_)) => {
                state.finish(id, Err(Box::new(PollFailure::Cancelled)), &mut afterwards);
                true
            }
            (true, None) => state.slots.is_cancelled(index),
            (false, _) => false,
        }
    };
    afterwards.done();
    cancelled
}
