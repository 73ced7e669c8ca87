use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::jobs::{Afterwards, BACKLOG, Life, RunningSubmission, Submission};
use super::slots::StreamPosition;
use super::{PollExecutor, PollFailure};

/// A stream of the results of many jobs, in order of completion, each with the position of its submission. Made by
/// [`PollExecutor::submit_all`].
#[must_use = "streams do nothing unless they are polled"]
pub struct SubmitAll<I, J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    executor: PollExecutor<J, T, E>,
    /// `None` after the last one.
    submissions: Option<I>,
    group: u32,
    /// The position of the next submission.
    next: usize,
    /// The number of jobs whose results have not been returned.
    open: usize,
    /// Results since the stream was last pending.
    in_a_row: usize,
}

/// The next step of the stream.
enum StreamStep<T, E> {
    Give(usize, Result<T, PollFailure<E>>),
    /// There is room for another submission.
    Take,
    /// There is room, but other tasks must run first.
    Yield,
    Wait,
    End,
}

impl<J, T, E> PollExecutor<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    /// Submits a job for each of these and returns a stream of their results, in order of completion. Each result comes
    /// with the position of its submission in the iterator, from 0.
    ///
    /// Submissions are taken from the iterator one after the other, when there is room.
    /// Without a bound of [`max_in_flight`](crate::batch::PollExecutorBuilder::max_in_flight), all are taken when the
    /// stream is polled, with results and other tasks in between. An endless iterator then makes jobs without end. Dropping the
    /// stream abandons its jobs: they are not polled again.
    ///
    /// The stream is pending at least once in 64 results, so that a timeout around its consumer, or an abort, takes effect.
    pub fn submit_all<I>(&self, submissions: I) -> SubmitAll<I::IntoIter, J, T, E>
    where
        I: IntoIterator,
        I::Item: Future<Output = Result<J, E>> + Send + 'static,
    {
        SubmitAll::new(self.clone(), submissions.into_iter())
    }
}

impl<I, J, T, E> SubmitAll<I, J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    fn new(executor: PollExecutor<J, T, E>, submissions: I) -> Self {
        let group = executor.jobs().state().groups.open();
        Self { executor, submissions: Some(submissions), group, next: 0, open: 0, in_a_row: 0 }
    }

    /// Pending once, so that other tasks run.
    fn pause<R>(&mut self, cx: &Context<'_>) -> Poll<R> {
        self.in_a_row = 0;
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// `taken`: the submissions taken in this poll of the stream.
    fn step(&mut self, cx: &Context<'_>, taken: usize) -> StreamStep<T, E> {
        let waker = cx.waker().clone();
        let jobs = self.executor.jobs();
        let mut replaced = None;
        let step = {
            let mut state = jobs.state();
            let free = self.submissions.is_some() && jobs.is_free(&state);
            let begins = free && state.life == Life::Open;
            let enough = begins && taken >= BACKLOG;
            match state.groups.get(self.group) {
                // Before results are returned, so that no place stays free.
                Some(_) if begins && !enough => Err(StreamStep::Take),
                Some(group) => match group.done.pop_front() {
                    Some((position, index)) => Ok(state.slots.take(index).map(|outcome| (position, outcome))),
                    None if enough => Err(StreamStep::Yield),
                    None if free => Err(StreamStep::Take),
                    None if self.open == 0 && self.submissions.is_none() => Err(StreamStep::End),
                    None => {
                        replaced = group.waker.replace(waker);
                        Err(StreamStep::Wait)
                    }
                },
                None => Err(StreamStep::End),
            }
        };
        drop(replaced);
        match step {
            Ok(Some((position, outcome))) => {
                self.open -= 1;
                StreamStep::Give(position, outcome.map_err(|failure| *failure))
            }
            Ok(None) => StreamStep::End,
            Err(step) => step,
        }
    }
}

impl<I, J, T, E> SubmitAll<I, J, T, E>
where
    I: Iterator,
    I::Item: Future<Output = Result<J, E>> + Send + 'static,
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    /// The next result, or `None` after the last one: `next` of `futures::StreamExt`, without that crate.
    pub async fn next(&mut self) -> Option<(usize, Result<T, PollFailure<E>>)> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<I, J, T, E> Stream for SubmitAll<I, J, T, E>
where
    I: Iterator,
    I::Item: Future<Output = Result<J, E>> + Send + 'static,
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    type Item = (usize, Result<T, PollFailure<E>>);

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        // A consumer that is never pending cannot be aborted or timed out.
        if this.in_a_row >= BACKLOG {
            return this.pause(cx);
        }
        let mut taken = 0;
        loop {
            match this.step(cx, taken) {
                StreamStep::Give(position, outcome) => {
                    this.in_a_row += 1;
                    return Poll::Ready(Some((position, outcome)));
                }
                StreamStep::Wait => {
                    this.in_a_row = 0;
                    return Poll::Pending;
                }
                // An endless iterator would never end otherwise.
                StreamStep::Yield => return this.pause(cx),
                StreamStep::End => return Poll::Ready(None),
                StreamStep::Take => match this.submissions.as_mut().and_then(Iterator::next) {
                    None => this.submissions = None,
                    Some(submission) => {
                        let submission = Submission::Future(Box::pin(submission));
                        let position = StreamPosition { group: this.group, position: this.next };
                        if this.executor.jobs().submit(submission, Some(position)).is_none() {
                            // Once for all submissions that have not been taken.
                            this.submissions = None;
                            return Poll::Ready(Some((this.next, Err(PollFailure::ShutDown))));
                        }
                        this.next += 1;
                        this.open += 1;
                        taken += 1;
                    }
                },
            }
        }
    }
}

impl<I, J, T, E> Unpin for SubmitAll<I, J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
}

impl<I, J, T, E> Drop for SubmitAll<I, J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    fn drop(&mut self) {
        let jobs = self.executor.jobs();
        let mut afterwards = Afterwards::nothing();
        let (group, outcomes, tasks) = {
            let mut state = jobs.state();
            let (mut outcomes, mut tasks) = (Vec::new(), Vec::new());
            for id in state.slots.of_group(self.group) {
                state.finish(id, Err(Box::new(PollFailure::Cancelled)), &mut afterwards);
                state.unqueue(id, &mut afterwards);
                tasks.extend(state.running.get(&id).and_then(RunningSubmission::abort_handle));
            }
            let group = state.groups.close(self.group);
            for (_, index) in group.iter().flat_map(|group| &group.done) {
                outcomes.extend(state.slots.take(*index));
            }
            (group, outcomes, tasks)
        };
        for task in tasks {
            task.abort();
        }
        jobs.measure();
        drop((group, outcomes));
        afterwards.done();
    }
}

impl<I, J, T, E> fmt::Debug for SubmitAll<I, J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubmitAll").field("open", &self.open).finish_non_exhaustive()
    }
}
