use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use super::later::Action;
use super::slots::{JobOutcome, StreamPosition};
use super::submissions::{Submission, SubmissionKind};
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
    stream: u32,
    /// The position of the next submission.
    next: usize,
    /// The number of jobs whose results have not been returned.
    open: usize,
    /// The slots of these jobs, and of some before.
    slots: Vec<u32>,
    /// Results that were taken together, with their positions modulo 2³².
    ready: VecDeque<(u32, JobOutcome<T, E>)>,
    /// Results since the stream was last pending.
    in_a_row: usize,
}

/// As many results, and submissions, are taken in a row before the stream is pending.
const BACKLOG: usize = 64;

/// The next step of the stream.
enum StreamStep {
    Give,
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
    /// After a shutdown, the jobs that were taken fail with [`PollFailure::ShutDown`]. Those that were not are reported once, at the
    /// position of the first of them, and the stream ends: their number is not known.
    ///
    /// [`of_job`](PollFailure::of_job) puts the position into the message of a failure.
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
        let stream = executor.shared().with(|state, _| state.jobs.open_stream());
        Self {
            executor,
            submissions: Some(submissions),
            stream,
            next: 0,
            open: 0,
            slots: Vec::new(),
            ready: VecDeque::new(),
            in_a_row: 0,
        }
    }

    /// Pending once, so that other tasks run.
    fn pause<R>(&mut self, cx: &Context<'_>) -> Poll<R> {
        self.in_a_row = 0;
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// `taken`: the submissions taken in this poll of the stream. `waker`: registered if there is nothing to do.
    fn step(&mut self, taken: usize, waker: Option<Waker>) -> StreamStep {
        let more = self.submissions.is_some();
        self.executor.shared().with(|state, later| {
            let begins = more && state.open && state.submissions.is_free();
            // Before results are returned, so that no place stays free.
            if begins && taken < BACKLOG {
                return StreamStep::Take;
            }
            let most = if more { 1 } else { BACKLOG };
            let results = std::iter::from_fn(|| state.jobs.take_streamed(self.stream)).take(most);
            self.ready.extend(results);
            if !self.ready.is_empty() {
                StreamStep::Give
            } else if begins {
                StreamStep::Yield
            } else if more && !state.open {
                StreamStep::Take
            } else if !more && self.open == 0 {
                StreamStep::End
            } else {
                if let Some(waker) = waker {
                    let known = state.jobs.await_stream(self.stream, waker);
                    later.extend(known.map(Action::DropWaker));
                }
                StreamStep::Wait
            }
        })
    }

    /// The next result that has been taken.
    fn give(&mut self) -> Option<(usize, Result<T, PollFailure<E>>)> {
        let (position, outcome) = self.ready.pop_front()?;
        self.open -= 1;
        self.in_a_row += 1;
        // Fewer than 2³² jobs are open, so the distance from the next one is exact.
        let newest = u32::try_from(self.next % (1 << 32)).unwrap_or(0);
        let before = newest.wrapping_sub(position);
        Some((self.next - before as usize, outcome.map_err(|failure| *failure)))
    }

    /// Adds a job. Returns whether there is room for another. `None`: the executor is shut down.
    fn submit(&mut self, submission: Submission<J, E>) -> Option<bool> {
        let position = u32::try_from(self.next % (1 << 32)).unwrap_or(0);
        let position = StreamPosition { stream: self.stream, position };
        let (id, has_room) =
            self.executor.shared().submit(submission, SubmissionKind::Future, Some(position));
        let id = id?;
        self.next += 1;
        self.open += 1;
        self.slots.push(id.index);
        if self.slots.len() > BACKLOG + 2 * self.open {
            let (slots, stream) = (&mut self.slots, self.stream);
            self.executor
                .shared()
                .with(|state, _| slots.retain(|slot| state.jobs.streamed(*slot, stream).is_some()));
            // A slot that is used again is there once for each use.
            slots.sort_unstable();
            slots.dedup();
        }
        Some(has_room)
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
        if let Some(result) = this.give() {
            return Poll::Ready(Some(result));
        }
        let (mut taken, mut waker) = (0, None);
        loop {
            let registered = waker.is_some();
            match this.step(taken, waker.take()) {
                StreamStep::Give => return Poll::Ready(this.give()),
                StreamStep::Wait if registered => {
                    this.in_a_row = 0;
                    return Poll::Pending;
                }
                // Something may have happened before it is registered.
                StreamStep::Wait => waker = Some(cx.waker().clone()),
                // An endless iterator would never end otherwise.
                StreamStep::Yield => return this.pause(cx),
                StreamStep::End => return Poll::Ready(None),
                StreamStep::Take => loop {
                    let Some(submission) = this.submissions.as_mut().and_then(Iterator::next) else {
                        this.submissions = None;
                        break;
                    };
                    let Some(has_room) = this.submit(Box::pin(submission)) else {
                        // Once for all submissions that have not been taken.
                        this.submissions = None;
                        return Poll::Ready(Some((this.next, Err(PollFailure::ShutDown))));
                    };
                    taken += 1;
                    if !has_room || taken >= BACKLOG {
                        break;
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
        self.executor.shared().with(|state, later| {
            for slot in &self.slots {
                if let Some(id) = state.jobs.streamed(*slot, self.stream) {
                    state.cancel(id, later);
                }
            }
            let (outcomes, waker) = state.jobs.close_stream(self.stream);
            later.extend(outcomes.into_iter().map(Action::DropOutcome));
            later.extend(waker.map(Action::DropWaker));
        });
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Batch, PollNext};

    #[tokio::test(start_paused = true)]
    async fn a_long_stream_remembers_no_more_slots_than_it_has_jobs() {
        let executor = PollExecutor::builder()
            .max_in_flight(1)
            .default_interval(Duration::from_millis(5))
            .start(|batch: Batch<u32, u32, ()>| async move {
                tokio::time::sleep(Duration::from_millis(2)).await;
                batch.iter().for_each(|job| job.yield_result(*job.result()));
                Ok(PollNext::Default)
            });
        let mut results = executor.submit_all((0..).map(|job| async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            Ok(job)
        }));
        for _ in 0..1000 {
            assert!(results.next().await.is_some());
            let (slots, open) = (results.slots.len(), results.open);
            assert!(slots <= 2 * BACKLOG + 3 * open, "{slots} slots for {open} jobs");
        }
    }
}
