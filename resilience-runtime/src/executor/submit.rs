//! Starts submissions, as many at once as `max_in_flight` allows.

use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::PollFailure;
use super::catch::{Caught, caught};
use super::failure::unsaid;
use super::helper::Helper;
use super::jobs::{
    Afterwards, BACKLOG, ExecutorState, Jobs, Life, RunningSubmission, StartedJob, Submission,
};
use super::slots::{JobId, Phase, StreamPosition, make_room};
use super::start::Starter;
use crate::clock::Stopwatch;
use crate::sleep::Limited;

impl<J, T, E> Jobs<J, T, E>
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
        let (id, begin) = {
            let mut state = self.state();
            if state.life != Life::Open {
                return None;
            }
            // Also if a place has just become free: it belongs to the first of the queue.
            let begins = state.queued.is_empty() && self.has_room(state.in_flight);
            let phase = if begins { Phase::Submitting } else { Phase::Queued };
            let id = state.slots.insert(phase, position)?;
            state.metrics.submitted += 1;
            let begin = if begins {
                Self::place(&mut state, id, submission)
            } else {
                state.queue.push_back(id);
                state.queued.insert(id, submission);
                Begin::Nothing
            };
            (id, begin)
        };
        self.go_on(begin);
        Some(id)
    }

    fn has_room(&self, in_flight: usize) -> bool {
        self.settings.max_in_flight.is_none_or(|most| in_flight < most.get())
    }

    /// Whether a submission would begin at once, or be rejected.
    pub(super) fn is_free(&self, state: &ExecutorState<J, T, E>) -> bool {
        state.life != Life::Open || state.queued.is_empty() && self.has_room(state.in_flight)
    }

    /// Gives a place to a submission.
    fn place(state: &mut ExecutorState<J, T, E>, id: JobId, submission: Submission<J, E>) -> Begin<J, E> {
        state.in_flight += 1;
        match submission {
            Submission::Future(future) => {
                state.starting.push_back((id, future));
                // Running starters may block in a first poll.
                if state.standby > 0 {
                    return Begin::Nothing;
                }
                state.standby += 1;
                Begin::Starter
            }
            Submission::Blocking(_) => {
                state.threads += 1;
                state.running.insert(id, RunningSubmission::Thread(None));
                Begin::Submission(id, submission)
            }
        }
    }

    /// Returns whether a task was spawned.
    fn go_on(self: &Arc<Self>, begin: Begin<J, E>) -> bool {
        match begin {
            Begin::Nothing => return false,
            Begin::Starter => self.spawn_starter(),
            Begin::Submission(id, submission) => self.begin(id, submission, self.submit_limit()),
        }
        true
    }

    /// A starter that is counted in `standby`.
    pub(super) fn spawn_starter(self: &Arc<Self>) {
        let starter = Starter::new(Arc::clone(self));
        if let Some(runtime) = &self.runtime {
            drop(runtime.spawn(starter));
        }
    }

    /// The deadline of a submission that begins now.
    pub(super) fn submit_limit(&self) -> Option<Instant> {
        let timeout = self.settings.submit_timeout;
        if timeout.is_never() { None } else { Stopwatch::start().moment(timeout) }
    }

    pub(super) fn begin(self: &Arc<Self>, id: JobId, submission: Submission<J, E>, until: Option<Instant>) {
        let Some(runtime) = &self.runtime else { return };
        let place = SubmissionPlace {
            jobs: Arc::clone(self),
            id,
            thread: matches!(submission, Submission::Blocking(_)),
        };
        let running = match submission {
            Submission::Future(future) => {
                let task = async move {
                    let outcome = Limited::new(Caught::new(future), until).await;
                    place.submitted(outcome);
                };
                RunningSubmission::Task(runtime.spawn(task).abort_handle())
            }
            Submission::Blocking(function) => {
                let closure = runtime.spawn_blocking(move || place.submitted(Some(caught(function))));
                // Without a timeout it reports its own end.
                let Some(until) = until else { return };
                let watch = runtime.spawn(watch(Helper::of(self), id, closure, until));
                RunningSubmission::Thread(Some(watch.abort_handle()))
            }
        };
        let task = running.abort_handle();
        let is_over = {
            let mut state = self.state();
            // It may have come to its end by now.
            if let Some(known) = state.running.get_mut(&id) {
                *known = running;
            }
            state.slots.phase(id).is_none()
        };
        // It was cancelled, or the executor shut down, meanwhile.
        if let (true, Some(task)) = (is_over, task) {
            task.abort();
        }
    }

    /// Frees the place of a submission for the next one.
    fn left(self: &Arc<Self>, id: JobId, thread: bool) {
        let mut afterwards = Afterwards::nothing();
        let serves = {
            let mut state = self.state();
            state.running.remove(&id);
            state.threads -= usize::from(thread);
            // Its task was dropped without an outcome.
            if state.slots.phase(id) == Some(Phase::Submitting) {
                state.finish(id, Err(Box::new(unsaid())), &mut afterwards);
            }
            self.leave(&mut state)
        };
        afterwards.done();
        if serves {
            self.serve();
        }
        self.ended.notify_waiters();
    }

    /// Frees a place. Returns whether the queue must be served.
    pub(super) fn leave(&self, state: &mut ExecutorState<J, T, E>) -> bool {
        state.in_flight -= 1;
        // Without a bound, the queue is empty. A runtime that shuts down drops new tasks at once, which leads back here: the
        // outer call goes on.
        self.settings.max_in_flight.is_some() && !std::mem::replace(&mut state.serving, true)
    }

    /// Gives free places to the first of the queue. Returns whether a task was woken or spawned.
    pub(super) fn serve(self: &Arc<Self>) -> bool {
        let mut woke = false;
        let mut afterwards = Afterwards::nothing();
        loop {
            let next = {
                let mut state = self.state();
                let next = self.next(&mut state);
                if next.is_none() {
                    state.serving = false;
                    if state.queued.is_empty() {
                        if state.queued.capacity() > BACKLOG {
                            (state.queue, state.queued) = Default::default();
                        }
                        state.made_room(&mut afterwards);
                    }
                }
                next
            };
            let Some(begin) = next else { break };
            woke |= self.go_on(begin);
        }
        woke |= afterwards.wakes();
        afterwards.done();
        woke
    }

    /// The first of the queue, if there is room for it.
    fn next(&self, state: &mut ExecutorState<J, T, E>) -> Option<Begin<J, E>> {
        while self.has_room(state.in_flight) {
            let id = state.queue.pop_front()?;
            // Of cancelled ones, only the id is left.
            if let Some(submission) = state.queued.remove(&id) {
                state.slots.advance(id, Phase::Submitting);
                return Some(Self::place(state, id, submission));
            }
        }
        None
    }

    /// Adds a started job to the next poll. `Some`: it was cancelled before. Also returns whether to wake the polling task.
    pub(super) fn arrive(state: &mut ExecutorState<J, T, E>, id: JobId, job: J) -> (Option<J>, bool) {
        if !state.slots.advance(id, Phase::Polling) {
            return (Some(job), false);
        }
        make_room(&mut state.fresh, 1);
        state.fresh.push(StartedJob { id, job });
        // Polled at the end of a burst, or when the jobs have doubled: a poll for every few would be quadratic.
        let polling = state.slots.count(Phase::Polling);
        if !state.starting.is_empty() && state.fresh.len() < polling.div_ceil(2) {
            return (None, false);
        }
        // The task sleeps in spite of a new job if that was cancelled.
        let wakes = !state.arrived || polling == 1;
        state.arrived = true;
        (None, wakes)
    }
}

/// What to do without the lock for a submission with a place.
enum Begin<J, E> {
    Nothing,
    /// Another starter is needed.
    Starter,
    Submission(JobId, Submission<J, E>),
}

/// Fails the job of a closure that exceeds its timeout. The closure goes on, unless it still waits for a thread.
async fn watch<J, T, E>(helper: Helper<J, T, E>, id: JobId, mut closure: JoinHandle<()>, until: Instant) {
    if Limited::new(&mut closure, Some(until)).await.is_none() {
        helper.0.finish(id, Err(PollFailure::SubmitTimedOut));
        closure.abort();
    }
}

/// The place of a running submission, freed also if the task is dropped.
struct SubmissionPlace<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    jobs: Arc<Jobs<J, T, E>>,
    id: JobId,
    /// On a thread, which cannot be awaited.
    thread: bool,
}

impl<J, T, E> SubmissionPlace<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    /// `None`: it timed out.
    fn submitted(self, outcome: Option<Result<Result<J, E>, String>>) {
        let failure = match outcome {
            Some(Ok(Ok(job))) => {
                // Cancelled or shut down: dropped without the lock.
                let (back, wakes) = Jobs::arrive(&mut self.jobs.state(), self.id, job);
                if wakes {
                    self.jobs.wake.notify_one();
                }
                drop(back);
                return;
            }
            Some(Ok(Err(error))) => PollFailure::Submit(error),
            Some(Err(message)) => PollFailure::Panicked(message),
            None => PollFailure::SubmitTimedOut,
        };
        self.jobs.finish(self.id, Err(failure));
    }
}

impl<J, T, E> Drop for SubmissionPlace<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    fn drop(&mut self) {
        self.jobs.left(self.id, self.thread);
    }
}
