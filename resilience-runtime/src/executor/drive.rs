//! The task that polls.

use std::sync::Arc;

use super::batch::Batch;
use super::catch::{Caught, caught};
use super::jobs::{ExecutorState, Jobs, Life, Shown};
use super::slots::Phase;
use super::{PollFailure, PollNext};
use crate::clock::Stopwatch;
use crate::sleep::Limited;
use crate::telemetry::{BatchEvent, BatchOutcome, Event, LISTENERS};
use crate::time::Nanos;

/// Polls until the executor is shut down.
pub(super) async fn drive<J, T, E, F, Fut>(jobs: Arc<Jobs<J, T, E>>, poll: F)
where
    F: FnMut(Batch<J, T, E>) -> Fut,
    Fut: Future<Output = Result<PollNext, E>>,
{
    let _stopped = Stopped(&jobs);
    // Dropped before the end is announced.
    let mut poll = poll;
    // No poll yet: the first is due with the first job.
    let (mut since, mut pause) = (Stopwatch::start(), Nanos::ZERO);
    // The jobs resolved by then.
    let mut resolved = 0;
    while jobs.due(since, pause).await {
        let Some(shown) = jobs.gather() else { return };
        let batch = Batch { jobs: Arc::clone(&jobs), shown: shown.clone() };
        let watch = Stopwatch::start();
        let polled = jobs.run(|| poll(batch)).await;
        let Some(polled) = polled else { return };
        let elapsed = watch.elapsed();
        let before = std::mem::replace(&mut resolved, jobs.count(&polled, elapsed));
        let outcome = polled.outcome();
        pause = jobs.judge(polled, &shown);
        jobs.measure();
        if LISTENERS.any() {
            let left = jobs.state().slots.count(Phase::Polling);
            tell(BatchEvent {
                executor: jobs.settings.name,
                jobs: shown.len(),
                resolved: resolved - before,
                left,
                elapsed: elapsed.to_duration(),
                outcome,
            });
        }
        since = Stopwatch::start();
        drop(shown);
        // Immediate polls that are always ready would starve other tasks.
        requeue().await;
    }
}

/// Reports a poll, without the lock.
fn tell(batch: BatchEvent) {
    LISTENERS.tell(|listener| listener(&Event::Batch(batch)));
}

/// Goes to the end of the queue, from which any worker takes it. `tokio::task::yield_now` waits until its own worker has nothing to
/// run, and a submission may block that worker.
async fn requeue() {
    let mut queued = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut queued, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

/// How a poll ended.
enum Polled<E> {
    Next(PollNext),
    Failed(E),
    Panicked(String),
    /// It exceeded `poll_timeout` and was dropped.
    Cut,
}

impl<E> Polled<E> {
    const fn outcome(&self) -> BatchOutcome {
        match self {
            Self::Next(_) => BatchOutcome::Polled,
            Self::Failed(_) => BatchOutcome::Failed,
            Self::Panicked(_) => BatchOutcome::Panicked,
            Self::Cut => BatchOutcome::TimedOut,
        }
    }
}

impl<J, T, E> Jobs<J, T, E> {
    /// Waits for the next poll. `false`: the executor is shut down.
    async fn due(&self, since: Stopwatch, pause: Nanos) -> bool {
        // The start of a burst, and whether jobs were outstanding before it; without any, no interval is running.
        let (mut burst, mut idle) = (None, !self.polls(&self.state()));
        loop {
            let (polls, arrived) = {
                let mut state = self.state();
                if state.life != Life::Open {
                    return false;
                }
                let polls = self.polls(&state);
                if polls && state.notified {
                    return true;
                }
                // Without jobs, no poll is due.
                state.notified &= polls;
                (polls, state.arrived)
            };
            if !polls {
                (burst, idle) = (None, true);
            } else if arrived && burst.is_none() {
                burst = Some(Stopwatch::start());
            }
            // The end of the burst, or of the interval, whichever comes first.
            let window = burst.map(|burst| (burst, self.settings.batch_window));
            let interval = (!idle || burst.is_none()).then_some((since, pause));
            let waits = window.into_iter().chain(interval);
            if polls && waits.clone().any(|(from, wait)| from.elapsed() >= wait) {
                return true;
            }
            // Never due: no timer.
            let due = waits.filter(|_| polls).filter_map(|(from, wait)| from.moment(wait)).min();
            let _ = Limited::new(self.wake.notified(), due).await;
        }
    }

    fn polls(&self, state: &ExecutorState<J, T, E>) -> bool {
        self.settings.poll_empty || state.slots.count(Phase::Polling) > 0
    }

    /// Calls the poll function. `None`: the executor was shut down meanwhile.
    async fn run<Fut>(&self, poll: impl FnOnce() -> Fut) -> Option<Polled<E>>
    where
        Fut: Future<Output = Result<PollNext, E>>,
    {
        let future = match caught(poll) {
            Ok(future) => Caught::new(future),
            Err(message) => return Some(Polled::Panicked(message)),
        };
        let until = Stopwatch::start().moment(self.settings.poll_timeout);
        let ended = async {
            while self.state().life == Life::Open {
                self.wake.notified().await;
            }
        };
        let mut future = Box::pin(Limited::new(future, until));
        let polled = either(future.as_mut(), ended).await;
        // The destructor of the user's future may panic.
        let _ = caught(move || drop(future));
        match polled? {
            Some(Ok(Ok(next))) => Some(Polled::Next(next)),
            Some(Ok(Err(error))) => Some(Polled::Failed(error)),
            Some(Err(message)) => Some(Polled::Panicked(message)),
            None => Some(Polled::Cut),
        }
    }

    /// Counts a poll. Returns the number of jobs resolved so far.
    fn count(&self, polled: &Polled<E>, took: Nanos) -> u64 {
        let metrics = &mut self.state().metrics;
        metrics.polls += 1;
        metrics.poll_failures += u64::from(!matches!(polled, Polled::Next(_)));
        metrics.poll_time = metrics.poll_time.saturating_add(took.to_duration());
        metrics.resolved
    }

    /// The time to the next poll.
    fn judge(&self, polled: Polled<E>, shown: &Shown<J>) -> Nanos {
        match polled {
            Polled::Next(PollNext::After(delay)) => return Nanos::of(delay),
            Polled::Next(PollNext::Default) | Polled::Cut => {}
            Polled::Failed(error) => {
                let error = Arc::new(error);
                self.fail_all(shown, || PollFailure::Poll(Arc::clone(&error)));
                let _ = caught(move || drop(error));
            }
            Polled::Panicked(message) => {
                self.fail_all(shown, || PollFailure::Panicked(message.clone()));
            }
        }
        self.settings.default_interval
    }
}

/// The output of the first future; `None` if the second is ready before.
pub(super) async fn either<A: Future>(first: A, second: impl Future<Output = ()>) -> Option<A::Output> {
    let (mut first, mut second) = (std::pin::pin!(first), std::pin::pin!(second));
    std::future::poll_fn(|cx| {
        // The shutdown comes first: a poll function that is always ready must not hide it.
        if second.as_mut().poll(cx).is_ready() {
            return std::task::Poll::Ready(None);
        }
        first.as_mut().poll(cx).map(Some)
    })
    .await
}

/// Announces the end, also if the runtime drops the task.
struct Stopped<'a, J, T, E>(&'a Jobs<J, T, E>);

impl<J, T, E> Drop for Stopped<'_, J, T, E> {
    fn drop(&mut self) {
        // No job would be polled any more.
        self.0.close();
        self.0.state().life = Life::Stopped;
        self.0.ended.notify_waiters();
    }
}
