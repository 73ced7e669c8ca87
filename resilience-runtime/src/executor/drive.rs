//! The task that polls.

use std::sync::Arc;

use tokio::sync::watch;

use super::batch::Batch;
use super::catch::{Caught, caught};
use super::polls::{Polled, PolledChunk};
use super::shared::Shared;
use super::state::ExecutorState;
use super::{PollFailure, PollNext};
use crate::clock::{runtime_moment, runtime_now};
use crate::telemetry::{BatchEvent, BatchOutcome, Event, LISTENERS};
use crate::time::{Instant, Nanos};

/// Polls until the executor is shut down.
pub(super) async fn drive<J, T, E, F, Fut>(driver: Driver<J, T, E>, mut poll: F)
where
    F: FnMut(Batch<J, T, E>) -> Fut,
    Fut: Future<Output = Result<PollNext, E>>,
{
    let shared = &driver.shared;
    // The first poll is due with the first job.
    let mut due = Some(runtime_now());
    // The jobs resolved by the last poll.
    let mut resolved = 0;
    while shared.due(due).await {
        let Some(batch) = Batch::gather(shared) else { return };
        let polled = batch.polled();
        let jobs = batch.len();
        let start = runtime_now();
        let Some(ended) = shared.run(|| poll(batch)).await else { return };
        let elapsed = runtime_now().saturating_duration_since(start);
        let outcome = ended.outcome();
        let before = shared.with(|state, _| {
            state.metrics.polls += 1;
            state.metrics.poll_failures += u64::from(!outcome.is_success());
            state.metrics.poll_time = state.metrics.poll_time.saturating_add(elapsed);
            std::mem::replace(&mut resolved, state.metrics.resolved)
        });
        let pause = shared.judge(ended, &polled);
        drop(polled);
        let left = shared.with(|state, later| {
            state.polls.settle(later.released());
            state.polls.len()
        });
        if LISTENERS.any() {
            let (executor, resolved) = (shared.settings.name, resolved - before);
            let event = BatchEvent { executor, jobs, resolved, left, elapsed, outcome };
            LISTENERS.tell(|listener| listener(&Event::Batch(event)));
        }
        due = runtime_moment(pause);
        // Immediate polls that are always ready would starve other tasks.
        requeue().await;
    }
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
enum Ended<E> {
    Next(PollNext),
    Failed(E),
    Panicked(String),
    TimedOut,
}

impl<E> Ended<E> {
    const fn outcome(&self) -> BatchOutcome {
        match self {
            Self::Next(_) => BatchOutcome::Polled,
            Self::Failed(_) => BatchOutcome::Failed,
            Self::Panicked(_) => BatchOutcome::Panicked,
            Self::TimedOut => BatchOutcome::TimedOut,
        }
    }
}

impl<J, T, E> Shared<J, T, E> {
    /// Waits for the next poll: at the end of the interval, or of a burst of new jobs. `false`: the executor is shut down.
    ///
    /// All times are those of tokio's clock, which also wakes this task.
    async fn due(&self, interval: Option<Instant>) -> bool {
        // The end of the burst, and whether jobs were outstanding before it: without any, no interval is running.
        let (mut burst, mut idle) = (None, !self.with(|state, _| self.polls(state)));
        loop {
            let (polls, arrived) = match self.with(|state, _| self.wakes(state)) {
                Waking::Closed => return false,
                Waking::Notified => return true,
                Waking::Waits { polls, arrived } => (polls, arrived),
            };
            if !polls {
                (burst, idle) = (None, true);
            } else if arrived && burst.is_none() {
                burst = Some(runtime_moment(self.settings.batch_window));
            }
            let interval = if idle && burst.is_some() { None } else { interval };
            // `None`: never, and without a timer.
            let due = interval.into_iter().chain(burst.flatten()).min().filter(|_| polls);
            if due.is_some_and(|due| due <= runtime_now()) {
                return true;
            }
            let _ = within(due, self.wake.notified()).await;
        }
    }

    fn polls(&self, state: &ExecutorState<J, T, E>) -> bool {
        self.settings.poll_empty || state.polls.len() > 0
    }

    fn wakes(&self, state: &mut ExecutorState<J, T, E>) -> Waking {
        let polls = self.polls(state);
        match state.open {
            false => Waking::Closed,
            true if polls && state.polls.notified => Waking::Notified,
            true => {
                // Without jobs, no poll is due.
                state.polls.notified = false;
                Waking::Waits { polls, arrived: state.polls.arrived }
            }
        }
    }

    /// Calls the poll function. `None`: the executor was shut down meanwhile.
    async fn run<Fut>(&self, poll: impl FnOnce() -> Fut) -> Option<Ended<E>>
    where
        Fut: Future<Output = Result<PollNext, E>>,
    {
        let mut future = match caught(poll) {
            Ok(future) => Box::pin(Caught::new(future)),
            Err(message) => return Some(Ended::Panicked(message)),
        };
        let closed = async {
            while self.is_open() {
                self.wake.notified().await;
            }
        };
        let limited = within(runtime_moment(self.settings.poll_timeout), future.as_mut());
        let ended = either(limited, closed).await;
        // The destructor of the user's future may panic.
        let _ = caught(move || drop(future));
        Some(match ended? {
            Some(Ok(Ok(next))) => Ended::Next(next),
            Some(Ok(Err(error))) => Ended::Failed(error),
            Some(Err(message)) => Ended::Panicked(message),
            None => Ended::TimedOut,
        })
    }

    /// The time to the next poll.
    fn judge(&self, ended: Ended<E>, polled: &Polled<J>) -> Nanos {
        match ended {
            Ended::Next(PollNext::After(delay)) => return Nanos::of(delay),
            Ended::Next(PollNext::Default) | Ended::TimedOut => {}
            Ended::Failed(error) => {
                let error = Arc::new(error);
                self.fail_all(polled, || PollFailure::Poll(Arc::clone(&error)));
                let _ = caught(move || drop(error));
            }
            Ended::Panicked(message) => self.fail_all(polled, || PollFailure::Panicked(message.clone())),
        }
        self.settings.default_interval
    }

    /// Fails all jobs of a poll.
    fn fail_all(&self, polled: &Polled<J>, failure: impl Fn() -> PollFailure<E>) {
        self.with(|state, later| {
            for job in polled.iter().flat_map(PolledChunk::iter) {
                state.finish(job.id, Err(Box::new(failure())), later);
            }
        });
    }
}

/// Why the polling task is awake.
enum Waking {
    Closed,
    Notified,
    Waits { polls: bool, arrived: bool },
}

/// The output of the future, unless it is pending at this time of tokio's clock.
pub(super) async fn within<F: Future>(until: Option<Instant>, future: F) -> Option<F::Output> {
    match until {
        Some(until) => tokio::time::timeout_at(until, future).await.ok(),
        None => Some(future.await),
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

/// The polling task. The executor closes with it, also if it never runs: no job would be polled any more.
pub(super) struct Driver<J, T, E> {
    shared: Arc<Shared<J, T, E>>,
    /// A shutdown waits for it.
    _running: watch::Receiver<bool>,
}

impl<J, T, E> Driver<J, T, E> {
    pub(super) fn new(shared: &Arc<Shared<J, T, E>>) -> Self {
        Self { shared: Arc::clone(shared), _running: shared.closing.subscribe() }
    }
}

impl<J, T, E> Drop for Driver<J, T, E> {
    fn drop(&mut self) {
        self.shared.close();
    }
}
