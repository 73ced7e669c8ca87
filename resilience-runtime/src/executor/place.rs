//! Running submissions: futures as tasks, closures on threads. Each holds a place.

use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::PollFailure;
use super::catch::{Caught, caught};
use super::drive::either;
use super::later::{Action, Later};
use super::shared::Shared;
use super::slots::{JobId, Phase, StreamPosition};
use super::state::{Begin, ExecutorState};
use super::submissions::{BlockingSubmission, BoxedSubmission, Submission};
use crate::sleep::Limited;

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
    outcome: Option<Result<J, PollFailure<E>>>,
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

    /// Ends the submission.
    pub(super) fn end(mut self, outcome: Result<J, PollFailure<E>>) {
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
        let begin = self.shared.with(|state, later| {
            // Only a runtime that ends drops the task of a job that is not done.
            if outcome.is_none() && state.jobs.phase(id).is_some() {
                state.submissions.leave(id);
                return None;
            }
            Some(state.leave(id, outcome, later))
        });
        match begin {
            Some(begin) => self.shared.begin(begin),
            None => self.shared.close(),
        }
    }
}

impl<J, T, E> Shared<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    /// Adds a job and starts it if there is room. `None`: the executor is shut down.
    pub(super) fn submit(
        self: &Arc<Self>,
        submission: Submission<J, E>,
        position: Option<StreamPosition>,
    ) -> Option<JobId> {
        let (id, begin) = self.with(|state, later| state.submit(submission, position, later))?;
        if begin.starter || !begin.closures.is_empty() {
            self.begin(begin);
        }
        Some(id)
    }

    /// Spawns what begins.
    pub(super) fn begin(self: &Arc<Self>, begin: Begin<J, E>) {
        if begin.starter {
            self.spawn_starter();
        }
        for (id, closure) in begin.closures {
            self.spawn_blocking(SubmissionPlace::new(Arc::clone(self), id), closure);
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
        future: BoxedSubmission<J, E>,
        until: Option<Instant>,
    ) {
        let Some(runtime) = &self.runtime else { return };
        let (id, running) = (place.id, self.closing.subscribe());
        let task = runtime.spawn(async move {
            // Dropped in the opposite order: a shutdown waits for the future.
            let (_running, place, mut future) = (running, place, future);
            let outcome = match Limited::new(Caught::new(future.as_mut()), until).await {
                Some(outcome) => submitted(outcome),
                None => Err(PollFailure::SubmitTimedOut),
            };
            place.end(dropped(future, outcome));
        });
        self.with(|state, later| state.runs(id, task.abort_handle(), later));
    }

    fn spawn_blocking(self: &Arc<Self>, place: SubmissionPlace<J, T, E>, closure: BlockingSubmission<J, E>) {
        let Some(runtime) = &self.runtime else { return };
        let id = place.id;
        let closure = runtime.spawn_blocking(move || place.end(submitted(caught(closure))));
        if let Some(until) = self.submit_limit() {
            drop(runtime.spawn(watch(Arc::clone(self), id, closure, until)));
        }
    }
}

impl<J, T, E> ExecutorState<J, T, E> {
    /// A submission has become a task. It may have ended, been cancelled or shut down meanwhile.
    fn runs(&mut self, id: JobId, task: tokio::task::AbortHandle, later: &mut Later<J, T, E>) {
        if self.jobs.phase(id) == Some(Phase::Submitting) {
            self.submissions.runs(id, task);
        } else {
            later.extend([Action::Abort(task)]);
        }
    }
}

/// The outcome of a submission, from that of the user's code or its panic.
pub(super) fn submitted<J, E>(outcome: Result<Result<J, E>, String>) -> Result<J, PollFailure<E>> {
    outcome.map_err(PollFailure::Panicked)?.map_err(PollFailure::Submit)
}

/// Drops a submission that has ended. Its destructor may panic.
pub(super) fn dropped<J, E>(
    future: BoxedSubmission<J, E>,
    outcome: Result<J, PollFailure<E>>,
) -> Result<J, PollFailure<E>> {
    match caught(|| drop(future)) {
        Ok(()) => outcome,
        Err(message) => {
            let _ = caught(|| drop(outcome));
            Err(PollFailure::Panicked(message))
        }
    }
}

/// Fails the job of a closure that exceeds its timeout. The closure goes on, unless it still waits for a thread.
async fn watch<J, T, E>(
    shared: Arc<Shared<J, T, E>>,
    id: JobId,
    mut closure: JoinHandle<()>,
    until: Instant,
) {
    let mut closing = shared.closing.subscribe();
    let closed = async { drop(closing.wait_for(|closing| *closing).await) };
    if let Some(None) = either(Limited::new(&mut closure, Some(until)), closed).await {
        shared.finish(id, Err(PollFailure::SubmitTimedOut));
        closure.abort();
    }
}
