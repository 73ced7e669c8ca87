//! Getting jobs started: as many at once as the settings say.

use std::sync::Arc;

use super::PollFailure;
use super::catch::{Caught, caught};
use super::jobs::{Afterwards, Entry, Jobs, Life, Running, State, Submission};
use super::slots::{JobId, Phase};

impl<J, T, E> Jobs<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    /// A new job, started if there is room for it. `None`: the executor is shut down.
    pub(super) fn submit(
        self: &Arc<Self>,
        submission: Submission<J, E>,
        group: Option<u32>,
    ) -> Option<JobId> {
        let (id, begin) = {
            let mut state = self.state();
            if state.life != Life::Open {
                return None;
            }
            // Also if a place has just become free: it is that of the first in the queue.
            let begins = state.queued.is_empty() && self.has_room(state.running.len());
            let phase = if begins { Phase::Submitting } else { Phase::Queued };
            let id = state.slots.insert(phase, group)?;
            state.metrics.submitted += 1;
            let begin = if begins {
                state.running.insert(id, Running::of(&submission));
                Some(submission)
            } else {
                state.queue.push_back(id);
                state.queued.insert(id, submission);
                None
            };
            (id, begin)
        };
        if let Some(submission) = begin {
            self.begin(id, submission);
        }
        Some(id)
    }

    fn has_room(&self, running: usize) -> bool {
        self.settings.max_in_flight.is_none_or(|most| running < most.get())
    }

    /// Whether a submission would begin at once, or be refused.
    pub(super) fn is_free(&self, state: &State<J, T, E>) -> bool {
        state.life != Life::Open || state.queued.is_empty() && self.has_room(state.running.len())
    }

    fn begin(self: &Arc<Self>, id: JobId, submission: Submission<J, E>) {
        let Some(runtime) = &self.runtime else { return };
        let place = Place { jobs: Arc::clone(self), id };
        let task = match submission {
            Submission::Future(future) => runtime.spawn(async move {
                let outcome = Caught::new(future).await;
                place.submitted(outcome);
            }),
            Submission::Blocking(function) => {
                // It is not waited for: it tells of itself.
                drop(runtime.spawn_blocking(move || place.submitted(caught(function))));
                return;
            }
        };
        let task = task.abort_handle();
        let is_over = {
            let mut state = self.state();
            // It may have come to its end by now.
            if let Some(place) = state.running.get_mut(&id) {
                *place = Running::Task(task.clone());
            }
            state.slots.phase(id).is_none()
        };
        // It was cancelled, or everything was, while it was being spawned.
        if is_over {
            task.abort();
        }
    }

    /// A submission has ended, in whatever way: the next one takes its place.
    fn left(self: &Arc<Self>, id: JobId) {
        let mut afterwards = Afterwards::nothing();
        let serves = {
            let mut state = self.state();
            state.running.remove(&id);
            // Its task was dropped before it could say anything.
            if state.slots.phase(id) == Some(Phase::Submitting) {
                state.finish(id, Err(Box::new(unsaid())), &mut afterwards);
            }
            // A runtime that is shutting down drops what it is given at once, so that this is reached again from within
            // itself: whoever is at it goes on.
            !std::mem::replace(&mut state.serving, true)
        };
        if serves {
            self.serve(&mut afterwards);
        }
        afterwards.done();
        self.ended.notify_waiters();
    }

    /// Free places go to the queue, until there are none, or nobody waits.
    fn serve(self: &Arc<Self>, afterwards: &mut Afterwards<J, T, E>) {
        loop {
            let (id, submission) = {
                let mut state = self.state();
                let Some(next) = self.next(&mut state) else {
                    state.serving = false;
                    if state.queued.is_empty() {
                        state.made_room(afterwards);
                        state.forget_the_burst();
                    }
                    return;
                };
                next
            };
            self.begin(id, submission);
        }
    }

    /// The first of the queue, if there is room for it.
    fn next(&self, state: &mut State<J, T, E>) -> Option<(JobId, Submission<J, E>)> {
        while self.has_room(state.running.len()) {
            let id = state.queue.pop_front()?;
            // Those that were cancelled have left only their number.
            if let Some(submission) = state.queued.remove(&id) {
                state.slots.advance(id, Phase::Submitting);
                state.running.insert(id, Running::of(&submission));
                return Some((id, submission));
            }
        }
        None
    }
}

/// Why a task was dropped that has said nothing: it panicked where nobody catches that, or its runtime ends.
fn unsaid<E>() -> PollFailure<E> {
    if std::thread::panicking() {
        PollFailure::Panicked("what was submitted panicked when it was dropped".to_owned())
    } else {
        PollFailure::ShutDown
    }
}

/// The place of a submission under way: given back also where the task is dropped.
struct Place<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    jobs: Arc<Jobs<J, T, E>>,
    id: JobId,
}

impl<J, T, E> Place<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    fn submitted(self, outcome: Result<Result<J, E>, String>) {
        let failure = match outcome {
            Ok(Ok(job)) => {
                let mut job = Some(job);
                {
                    let mut state = self.jobs.state();
                    // Cancelled, or shut down: then it is dropped behind the lock.
                    if state.slots.advance(self.id, Phase::Polling) {
                        if let Some(job) = job.take() {
                            state.fresh.push(Entry { id: self.id, job });
                            state.arrived = true;
                        }
                    }
                }
                self.jobs.wake.notify_one();
                return;
            }
            Ok(Err(error)) => PollFailure::Submit(error),
            Err(message) => PollFailure::Panicked(message),
        };
        self.jobs.finish(self.id, Err(failure));
    }
}

impl<J, T, E> Drop for Place<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    fn drop(&mut self) {
        self.jobs.left(self.id);
    }
}
