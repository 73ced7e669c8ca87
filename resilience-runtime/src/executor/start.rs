//! First polls of submissions. A submission that is ready at once needs no task; one that blocks its thread delays no other.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::PollFailure;
use super::catch::caught;
use super::failure::unsaid;
use super::jobs::{
    Afterwards, BACKLOG, BoxedSubmission, ExecutorState, Jobs, Life, RunningSubmission, Submission,
};
use super::slots::JobId;

/// A task that polls submissions for the first time, one after the other.
///
/// While one runs and more than one submission waits, another is scheduled for another worker, because any first poll may block.
/// So there are as many as the runtime has workers, and one more.
pub(super) struct Starter<J, T, E> {
    /// `None` at the end.
    jobs: Option<Arc<Jobs<J, T, E>>>,
    /// Scheduled, and counted in `standby`.
    stands_by: bool,
    /// It has been at the end of a worker's queue.
    queued: bool,
}

impl<J, T, E> Starter<J, T, E> {
    pub(super) const fn new(jobs: Arc<Jobs<J, T, E>>) -> Self {
        Self { jobs: Some(jobs), stands_by: true, queued: false }
    }
}

/// The next step of a starter.
enum StarterStep<J, E> {
    Start {
        id: JobId,
        future: BoxedSubmission<J, E>,
        is_over: bool,
    },
    /// Another starter is needed.
    Relay,
    /// The polling task must be woken.
    Wake,
    End,
}

impl<J, T, E> Future for Starter<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(jobs) = self.jobs.clone() else { return Poll::Ready(()) };
        // It may have been taken from the queue before the task in the worker's slot, or with other tasks that no idle worker
        // knows of.
        if !std::mem::replace(&mut self.queued, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        // Tokio's cooperative budget is twice that; the other half is left to the submissions.
        for _ in 0..BACKLOG {
            match self.step(&jobs) {
                StarterStep::Start { id, future, is_over } => {
                    if jobs.start_one(cx, id, future, is_over) {
                        return self.lets_others_run(&jobs, cx);
                    }
                }
                StarterStep::Wake => {
                    jobs.wake.notify_one();
                    return self.lets_others_run(&jobs, cx);
                }
                StarterStep::Relay => {
                    // The new task is in the slot of this worker from which no other worker steals, so it goes first, and this
                    // one goes to the queue: if the new one blocks, another worker takes this one.
                    jobs.spawn_starter();
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                StarterStep::End => {
                    self.jobs = None;
                    return Poll::Ready(());
                }
            }
        }
        if self.makes_room(&mut jobs.state()) {
            self.jobs = None;
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<J, T, E> Starter<J, T, E> {
    fn step(&mut self, jobs: &Jobs<J, T, E>) -> StarterStep<J, E> {
        let mut state = jobs.state();
        if std::mem::take(&mut self.stands_by) {
            state.standby -= 1;
        }
        if state.starting.len() > 1 && state.standby == 0 {
            // This one, and the one to be spawned.
            state.standby += 2;
            self.stands_by = true;
            return StarterStep::Relay;
        }
        // Started submissions must not wait for the last one.
        if state.starting.len() == 1 && !state.fresh.is_empty() && !state.arrived {
            state.arrived = true;
            return StarterStep::Wake;
        }
        let Some((id, future)) = state.starting.pop_front() else { return StarterStep::End };
        if state.starting.is_empty() && state.starting.capacity() > BACKLOG {
            // The burst is over.
            state.starting = VecDeque::new();
        }
        StarterStep::Start { id, future, is_over: state.slots.phase(id).is_none() }
    }

    /// Yields to the end of the queue, behind the tasks that it has woken or spawned.
    ///
    /// Such a task may be in this worker's slot, from which no other worker steals. The next first poll must not block before it.
    fn lets_others_run(&mut self, jobs: &Jobs<J, T, E>, cx: &Context<'_>) -> Poll<()> {
        let mut state = jobs.state();
        if state.starting.is_empty() {
            self.jobs = None;
            return Poll::Ready(());
        }
        state.standby += 1;
        self.stands_by = true;
        drop(state);
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Whether other starters go on. Otherwise this one stays scheduled.
    fn makes_room(&mut self, state: &mut ExecutorState<J, T, E>) -> bool {
        if state.standby > 0 || state.starting.is_empty() {
            return true;
        }
        state.standby += 1;
        self.stands_by = true;
        false
    }
}

impl<J, T, E> Jobs<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    /// Whether it has woken or spawned a task.
    fn start_one(
        self: &Arc<Self>,
        cx: &mut Context<'_>,
        id: JobId,
        mut future: BoxedSubmission<J, E>,
        is_over: bool,
    ) -> bool {
        // The timeout begins now, also if the first poll blocks.
        let until = self.submit_limit();
        let polled = if is_over { Poll::Ready(None) } else { first_poll(&mut future, cx) };
        let Poll::Ready(mut outcome) = polled else {
            self.state().running.insert(id, RunningSubmission::Starting);
            self.begin(id, Submission::Future(future), until);
            return true;
        };
        if let Err(message) = caught(|| drop(future)) {
            let ready = outcome.replace(Err(message));
            let _ = caught(|| drop(ready));
        }
        self.started(id, outcome)
    }

    /// Ends a submission at its first poll, or one that was cancelled before. Returns whether a task was woken or spawned.
    fn started(self: &Arc<Self>, id: JobId, outcome: Option<Submitted<J, E>>) -> bool {
        let mut woke = false;
        let job = match outcome {
            Some(Ok(Ok(job))) => Some(job),
            Some(Ok(Err(error))) => {
                woke = self.finish(id, Err(PollFailure::Submit(error)));
                None
            }
            Some(Err(message)) => {
                woke = self.finish(id, Err(PollFailure::Panicked(message)));
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
            woke |= self.serve();
        }
        if closed {
            self.ended.notify_waiters();
        }
        woke || wakes || closed
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

/// Dropped before its end only with the runtime: nothing can be started any more.
impl<J, T, E> Drop for Starter<J, T, E> {
    fn drop(&mut self) {
        let Some(jobs) = &self.jobs else { return };
        let mut afterwards = Afterwards::nothing();
        {
            let mut state = jobs.state();
            state.standby -= usize::from(self.stands_by);
            for id in state.give_up_starting(&mut afterwards) {
                state.finish(id, Err(Box::new(unsaid())), &mut afterwards);
            }
        }
        afterwards.done();
        jobs.ended.notify_waiters();
    }
}
