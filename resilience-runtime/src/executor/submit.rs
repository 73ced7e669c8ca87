//! Getting jobs started: as many at once as the settings say.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::PollFailure;
use super::catch::{Caught, caught};
use super::jobs::{Afterwards, BoxedSubmission, Entry, Jobs, Life, Running, State, Submission};
use super::slots::{JobId, Phase, make_room};

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
            let begins = state.queued.is_empty() && self.has_room(state.in_flight);
            let phase = if begins { Phase::Submitting } else { Phase::Queued };
            let id = state.slots.insert(phase, group)?;
            state.metrics.submitted += 1;
            let begin = if begins {
                self.place(&mut state, id, submission)
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

    /// Whether a submission would begin at once, or be refused.
    pub(super) fn is_free(&self, state: &State<J, T, E>) -> bool {
        state.life != Life::Open || state.queued.is_empty() && self.has_room(state.in_flight)
    }

    /// A submission gets a place.
    fn place(&self, state: &mut State<J, T, E>, id: JobId, submission: Submission<J, E>) -> Begin<J, E> {
        state.in_flight += 1;
        match submission {
            Submission::Future(future) => {
                state.starting.push_back((id, future));
                // As many as can run at once: one submission that takes its time at first must not keep the others waiting.
                if state.starters < self.starters && state.starting.len() > state.starters * BACKLOG {
                    state.starters += 1;
                    return Begin::Starter;
                }
                Begin::Nothing
            }
            Submission::Blocking(_) => {
                state.threads += 1;
                state.running.insert(id, Running::Thread);
                Begin::Submission(id, submission)
            }
        }
    }

    fn go_on(self: &Arc<Self>, begin: Begin<J, E>) {
        match begin {
            Begin::Nothing => {}
            Begin::Starter => {
                let starter = Starter { jobs: Some(Arc::clone(self)) };
                if let Some(runtime) = &self.runtime {
                    drop(runtime.spawn(starter.run()));
                }
            }
            Begin::Submission(id, submission) => self.begin(id, submission),
        }
    }

    fn begin(self: &Arc<Self>, id: JobId, submission: Submission<J, E>) {
        let Some(runtime) = &self.runtime else { return };
        let place =
            Place { jobs: Arc::clone(self), id, thread: matches!(submission, Submission::Blocking(_)) };
        let task = match submission {
            Submission::Future(future) => {
                let task = async move {
                    let outcome = Caught::new(future).await;
                    place.submitted(outcome);
                };
                runtime.spawn(task).abort_handle()
            }
            Submission::Blocking(function) => {
                // It is not waited for: it tells of itself.
                drop(runtime.spawn_blocking(move || place.submitted(caught(function))));
                return;
            }
        };
        let is_over = {
            let mut state = self.state();
            // It may have come to its end by now.
            if let Some(running) = state.running.get_mut(&id) {
                *running = Running::Task(task.clone());
            }
            state.slots.phase(id).is_none()
        };
        // It was cancelled, or everything was, while it was being spawned.
        if is_over {
            task.abort();
        }
    }

    /// A submission has ended, in whatever way: the next one takes its place.
    fn left(self: &Arc<Self>, id: JobId, thread: bool) {
        let mut afterwards = Afterwards::nothing();
        let serves = {
            let mut state = self.state();
            state.running.remove(&id);
            state.threads -= usize::from(thread);
            // Its task was dropped before it could say anything.
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

    /// A place is free. Whether the queue has to be looked after.
    fn leave(&self, state: &mut State<J, T, E>) -> bool {
        state.in_flight -= 1;
        // Without a bound, nobody waits. A runtime that is shutting down drops what it is given at once, so that this is reached
        // again from within itself: whoever is at it goes on.
        self.settings.max_in_flight.is_some() && !std::mem::replace(&mut state.serving, true)
    }

    /// Gives the places that are free to the first of the queue.
    fn serve(self: &Arc<Self>) {
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
            self.go_on(begin);
        }
        afterwards.done();
    }

    /// The first of the queue, if there is room for it.
    fn next(&self, state: &mut State<J, T, E>) -> Option<Begin<J, E>> {
        while self.has_room(state.in_flight) {
            let id = state.queue.pop_front()?;
            // Those that were cancelled have left only their number.
            if let Some(submission) = state.queued.remove(&id) {
                state.slots.advance(id, Phase::Submitting);
                return Some(self.place(state, id, submission));
            }
        }
        None
    }

    /// What was submitted has ended well: the poll function is shown it. `Some`, if it was cancelled before. Whether the task that
    /// polls is to be woken.
    fn arrive(state: &mut State<J, T, E>, id: JobId, job: J) -> (Option<J>, bool) {
        if !state.slots.advance(id, Phase::Polling) {
            return (Some(job), false);
        }
        make_room(&mut state.fresh, 1);
        state.fresh.push(Entry { id, job });
        // A burst is shown when it is over, or has doubled what there is: a poll for every few would be quadratic.
        let polling = state.slots.count(Phase::Polling);
        if !state.starting.is_empty() && state.fresh.len() < polling.div_ceil(2) {
            return (None, false);
        }
        // It sleeps though it knows of an arrival, if what arrived was cancelled.
        let wakes = !state.arrived || polling == 1;
        state.arrived = true;
        (None, wakes)
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

/// So many submissions are left to one task that starts them.
const BACKLOG: usize = 64;

/// What is to be done, where no lock is held, for a submission that has got a place.
enum Begin<J, E> {
    Nothing,
    /// A task that starts submissions is missing.
    Starter,
    Submission(JobId, Submission<J, E>),
}

/// Polls submissions for the first time. One that is ready then needs no task of its own.
struct Starter<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    /// None, once there is nothing left to start.
    jobs: Option<Arc<Jobs<J, T, E>>>,
}

impl<J, T, E> Starter<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    async fn run(mut self) {
        // What a task may do before it has to let others run is counted by tokio; half of it is left to the submissions.
        while poll_fn(|cx| Poll::Ready((0..BACKLOG).all(|_| self.start_one(cx)))).await {
            tokio::task::yield_now().await;
        }
    }

    /// `false`: there was none.
    fn start_one(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(jobs) = &self.jobs else { return false };
        let (id, mut future, is_over) = {
            let mut state = jobs.state();
            let Some((id, future)) = state.starting.pop_front() else {
                state.starters -= 1;
                let wakes = !state.fresh.is_empty();
                state.arrived |= wakes;
                drop(state);
                if wakes {
                    jobs.wake.notify_one();
                }
                self.jobs = None;
                return false;
            };
            if state.starting.is_empty() && state.starting.capacity() > BACKLOG {
                // A burst is over.
                state.starting = VecDeque::new();
            }
            (id, future, state.slots.phase(id).is_none())
        };
        let polled = if is_over { Poll::Ready(None) } else { first_poll(&mut future, cx) };
        let Poll::Ready(mut outcome) = polled else {
            jobs.state().running.insert(id, Running::Starting);
            jobs.begin(id, Submission::Future(future));
            return true;
        };
        if let Err(message) = caught(|| drop(future)) {
            let ready = outcome.replace(Err(message));
            let _ = caught(|| drop(ready));
        }
        jobs.started(id, outcome);
        true
    }
}

type Submitted<J, E> = Result<Result<J, E>, String>;

fn first_poll<J, E>(
    future: &mut BoxedSubmission<J, E>,
    cx: &mut Context<'_>,
) -> Poll<Option<Submitted<J, E>>> {
    match caught(|| future.as_mut().poll(cx)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(result)) => Poll::Ready(Some(Ok(result))),
        Err(message) => Poll::Ready(Some(Err(message))),
    }
}

impl<J, T, E> Jobs<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    /// A submission has ended at its first poll, or was cancelled before.
    fn started(self: &Arc<Self>, id: JobId, outcome: Option<Submitted<J, E>>) {
        let job = match outcome {
            Some(Ok(Ok(job))) => Some(job),
            Some(Ok(Err(error))) => {
                self.finish(id, Err(PollFailure::Submit(error)));
                None
            }
            Some(Err(message)) => {
                self.finish(id, Err(PollFailure::Panicked(message)));
                None
            }
            None => None,
        };
        let (serves, back, wakes, closed) = {
            let mut state = self.state();
            let (back, wakes) = job.map_or((None, false), |job| Self::arrive(&mut state, id, job));
            (self.leave(&mut state), back, wakes, state.life != Life::Open)
        };
        if wakes {
            self.wake.notify_one();
        }
        if let Some(job) = back {
            let _ = caught(|| drop(job));
        }
        if serves {
            self.serve();
        }
        if closed {
            self.ended.notify_waiters();
        }
    }
}

impl<J, T, E> Drop for Starter<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    /// It is dropped before its end only together with the runtime: nothing can be started any more.
    fn drop(&mut self) {
        let Some(jobs) = &self.jobs else { return };
        let mut afterwards = Afterwards::nothing();
        {
            let mut state = jobs.state();
            state.starters -= 1;
            for id in state.give_up_starting(&mut afterwards) {
                state.finish(id, Err(Box::new(unsaid())), &mut afterwards);
            }
        }
        afterwards.done();
        jobs.ended.notify_waiters();
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
    /// On a thread, which cannot be waited for.
    thread: bool,
}

impl<J, T, E> Place<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    fn submitted(self, outcome: Submitted<J, E>) {
        let failure = match outcome {
            Ok(Ok(job)) => {
                // Cancelled, or shut down: then it is dropped behind the lock.
                let (back, wakes) = Jobs::arrive(&mut self.jobs.state(), self.id, job);
                if wakes {
                    self.jobs.wake.notify_one();
                }
                drop(back);
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
        self.jobs.left(self.id, self.thread);
    }
}
