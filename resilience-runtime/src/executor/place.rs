//! Running submissions: futures as tasks, closures on threads. Each holds a place.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::PollFailure;
use super::catch::{Caught, caught};
use super::drive::{either, within};
use super::later::{Action, Later};
use super::shared::Shared;
use super::slots::{JobId, Phase, StreamPosition};
use super::state::{ExecutorState, Submitted};
use super::submissions::{Begun, Submission, SubmissionKind};

/// The place of a submission. Dropping it ends the submission, however that comes about.
pub(super) struct SubmissionPlace<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    shared: Arc<Shared<J, T, E>>,
    id: JobId,
    /// `None` at the end: cancelled, or dropped with the runtime.
    outcome: Option<Submitted<J, E>>,
}

impl<J, T, E> SubmissionPlace<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    pub(super) const fn new(shared: Arc<Shared<J, T, E>>, id: JobId) -> Self {
        Self { shared, id, outcome: None }
    }

    /// Calls a closure, unless its job has ended while it waited for the thread.
    fn call(self, closure: Submission<J, E>) {
        if self.shared.with(|state, _| state.jobs.advance(self.id, Phase::Blocking, 0)) {
            self.end(called(closure));
        } else {
            let _ = caught(|| drop(closure));
        }
    }

    /// Ends the submission.
    fn end(mut self, outcome: Submitted<J, E>) {
        self.outcome = Some(outcome);
    }
}

impl<J, T, E> Drop for SubmissionPlace<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    fn drop(&mut self) {
        let (id, outcome) = (self.id, self.outcome.take());
        let (ends, begins) = self.shared.with(|state, later| {
            // Only a runtime that ends drops the task of a job that is not done.
            if outcome.is_none() && state.jobs.phase(id).is_some() {
                state.submissions.leave(id);
                return (true, false);
            }
            state.end_submission(id, outcome, later);
            (false, state.submissions.has_begun())
        });
        if ends {
            self.shared.close();
        } else if begins {
            self.shared.spawn_begun();
        }
    }
}

impl<J, T, E> Shared<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    /// Adds a job and starts it if there is room. Also returns whether there is room for another. `None`: the executor is shut
    /// down.
    pub(super) fn submit(
        self: &Arc<Self>,
        submission: Submission<J, E>,
        kind: SubmissionKind,
        position: Option<StreamPosition>,
    ) -> (Option<JobId>, bool) {
        let (id, begins, has_room) = self.with(|state, later| {
            let id = state.submit(submission, kind, position, later);
            (id, state.submissions.has_begun(), state.submissions.is_free())
        });
        if begins {
            self.spawn_begun();
        }
        (id, has_room)
    }

    /// Spawns what has begun.
    #[inline(never)]
    pub(super) fn spawn_begun(self: &Arc<Self>) {
        let Begun { closures, starter } = self.with(|state, _| state.submissions.begun());
        if starter {
            self.spawn_starter();
        }
        self.spawn_closures(closures);
    }

    /// Runs closures on threads.
    fn spawn_closures(self: &Arc<Self>, closures: Vec<(JobId, Submission<J, E>)>) {
        let Some(runtime) = &self.runtime else { return };
        for (id, closure) in closures {
            // The timeout begins before the closure.
            let until = self.submit_limit();
            let place = SubmissionPlace::new(Arc::clone(self), id);
            let task = runtime.spawn_blocking(move || place.call(closure));
            self.with(|state, later| state.runs(id, task.abort_handle(), later));
            if let Some(until) = until {
                drop(runtime.spawn(time_out(Arc::clone(self), id, task, until)));
            }
        }
    }

    /// The deadline of a submission that begins now.
    pub(super) fn submit_limit(&self) -> Option<Instant> {
        crate::clock::runtime_moment(self.settings.submit_timeout)
    }

    /// Makes a task of a submission that was pending at its first poll.
    pub(super) fn spawn(
        self: &Arc<Self>,
        place: SubmissionPlace<J, T, E>,
        future: Submission<J, E>,
        until: Option<Instant>,
    ) {
        let Some(runtime) = &self.runtime else { return };
        let (id, running) = (place.id, self.closing.subscribe());
        let task = SubmissionTask { future, place, running };
        let task = runtime.spawn(async move {
            let mut task = task;
            let outcome = match within(until, Caught::new(task.future.as_mut())).await {
                Some(outcome) => submitted(outcome),
                None => Err(Box::new(PollFailure::SubmitTimedOut)),
            };
            let SubmissionTask { future, place, running: _running } = task;
            place.end(dropped(future, outcome));
        });
        self.with(|state, later| state.runs(id, task.abort_handle(), later));
    }
}

/// A submission that is a task. The fields are dropped in this order: a shutdown waits for the future.
struct SubmissionTask<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    future: Submission<J, E>,
    place: SubmissionPlace<J, T, E>,
    running: watch::Receiver<bool>,
}

impl<J, T, E> ExecutorState<J, T, E> {
    /// A submission has been spawned. It may have ended, been cancelled or shut down meanwhile.
    fn runs(&mut self, id: JobId, task: tokio::task::AbortHandle, later: &mut Later<J, T, E>) {
        if self.jobs.phase(id) == Some(Phase::Submitting) {
            self.submissions.runs(id, task);
        } else {
            later.push(Action::Abort(task));
        }
    }
}

/// The outcome of a submission, from that of the user's code or its panic.
pub(super) fn submitted<J, E>(outcome: Result<Result<J, E>, String>) -> Submitted<J, E> {
    match outcome {
        Ok(Ok(job)) => Ok(job),
        Ok(Err(error)) => Err(Box::new(PollFailure::Submit(error))),
        Err(message) => Err(Box::new(PollFailure::Panicked(message))),
    }
}

/// Drops a submission that has ended. Its destructor may panic.
#[inline]
pub(super) fn dropped<J, E>(future: Submission<J, E>, outcome: Submitted<J, E>) -> Submitted<J, E> {
    let Err(message) = caught(|| drop(future)) else { return outcome };
    let _ = caught(|| drop(outcome));
    Err(Box::new(PollFailure::Panicked(message)))
}

/// Calls a closure.
fn called<J, E>(mut closure: Submission<J, E>) -> Submitted<J, E> {
    let outcome = match caught(|| closure.as_mut().poll(&mut Context::from_waker(Waker::noop()))) {
        Ok(Poll::Ready(outcome)) => submitted(Ok(outcome)),
        Ok(Poll::Pending) => submitted(Err("a closure is ready at its first poll".to_owned())),
        Err(message) => submitted(Err(message)),
    };
    dropped(closure, outcome)
}

/// Fails the job of a closure that exceeds its timeout. The closure goes on, unless it still waits for a thread.
async fn time_out<J, T, E>(
    shared: Arc<Shared<J, T, E>>,
    id: JobId,
    mut closure: JoinHandle<()>,
    until: Instant,
) {
    let mut closing = shared.closing.subscribe();
    let closed = async { drop(closing.wait_for(|closing| *closing).await) };
    if let Some(None) = either(within(Some(until), &mut closure), closed).await {
        shared.finish(id, Err(PollFailure::SubmitTimedOut));
        closure.abort();
    }
}
