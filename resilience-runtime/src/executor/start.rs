//! First polls of submissions. A submission that is ready at once needs no task; one that blocks its thread delays no other.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::watch;

use super::catch::caught;
use super::later::Later;
use super::place::{SubmissionPlace, dropped, submitted};
use super::shared::Shared;
use super::slots::JobId;
use super::state::{ExecutorState, Submitted};
use super::submissions::Submission;

/// A task that polls submissions for the first time, one after the other.
///
/// While one runs and more than one submission waits, another is scheduled for another worker, because any first poll may block.
/// So there are as many as the runtime has workers, and one more.
pub(super) struct Starter<J, T, E> {
    shared: Arc<Shared<J, T, E>>,
    /// The submission to be polled next.
    first: Option<First<J, E>>,
    /// Scheduled, and counted in `standby`.
    stands_by: bool,
    /// It has been at the end of a worker's queue.
    queued: bool,
    ended: bool,
    /// A shutdown waits for it.
    _running: watch::Receiver<bool>,
}

/// A submission before its first poll.
struct First<J, E> {
    id: JobId,
    future: Submission<J, E>,
    /// Its job is done.
    is_over: bool,
}

/// As many first polls run in a row before the starter yields.
const BACKLOG: usize = 64;

/// The next step of a starter.
enum StarterStep {
    /// The first poll of a submission.
    Poll,
    /// Another starter is needed.
    Relay,
    /// Other tasks must run first.
    Yield,
    End,
}

/// What became of the last submission.
enum FirstPoll<J, E> {
    /// `None`: its job was done before.
    Ended(JobId, Option<Submitted<J, E>>),
    /// It has become a task.
    Spawned,
}

impl<J, T, E> Starter<J, T, E> {
    pub(super) fn new(shared: Arc<Shared<J, T, E>>) -> Self {
        let running = shared.closing.subscribe();
        Self { shared, first: None, stands_by: true, queued: false, ended: false, _running: running }
    }
}

impl<J, T, E> Starter<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    /// Ends the last submission and takes the next, in one step under the lock. `enough`: it has taken its share.
    fn step(&mut self, last: Option<FirstPoll<J, E>>, enough: bool) -> StarterStep {
        let Self { shared, first, stands_by, .. } = self;
        let (step, has_begun) = shared.with(|state, later| {
            state.submissions.standby -= usize::from(std::mem::take(stands_by));
            let yields = match last {
                Some(FirstPoll::Ended(id, outcome)) => {
                    state.end_submission(id, outcome, later);
                    later.wakes()
                }
                Some(FirstPoll::Spawned) => true,
                None => false,
            };
            let step = next(first, state, later, yields, enough);
            // Itself, and the one to be spawned.
            *stands_by = matches!(step, StarterStep::Relay | StarterStep::Yield);
            state.submissions.standby +=
                usize::from(*stands_by) + usize::from(matches!(step, StarterStep::Relay));
            (step, state.submissions.has_begun())
        });
        if has_begun {
            shared.spawn_begun();
        }
        step
    }

    fn first_poll(&mut self, cx: &mut Context<'_>) -> Option<FirstPoll<J, E>> {
        let First { id, future, is_over } = self.first.as_mut()?;
        let id = *id;
        if *is_over {
            let _ = caught(|| self.first = None);
            return Some(FirstPoll::Ended(id, None));
        }
        // The timeout begins now, also if the first poll blocks.
        let until = self.shared.submit_limit();
        let polled = caught(|| future.as_mut().poll(cx));
        let future = self.first.take()?.future;
        let outcome = match polled {
            Ok(Poll::Ready(outcome)) => submitted(Ok(outcome)),
            Ok(Poll::Pending) => {
                self.shared.spawn(SubmissionPlace::new(Arc::clone(&self.shared), id), future, until);
                return Some(FirstPoll::Spawned);
            }
            Err(message) => submitted(Err(message)),
        };
        Some(FirstPoll::Ended(id, Some(dropped(future, outcome))))
    }
}

/// The next step, after the last submission.
fn next<J, T, E>(
    first: &mut Option<First<J, E>>,
    state: &mut ExecutorState<J, T, E>,
    later: &mut Later<J, T, E>,
    yields: bool,
    enough: bool,
) -> StarterStep {
    let submissions = &mut state.submissions;
    match submissions.starting() {
        0 => return StarterStep::End,
        _ if enough && submissions.standby > 0 => return StarterStep::End,
        // A task that was woken or spawned may be in this worker's slot, from which no other worker steals. The next first
        // poll must not block before it.
        _ if yields || enough => return StarterStep::Yield,
        2.. if submissions.standby == 0 => return StarterStep::Relay,
        // Started submissions must not wait for the last one.
        1 if state.polls.unpolled() > 0 && !state.polls.arrived => {
            (state.polls.arrived, later.polls) = (true, true);
            return StarterStep::Yield;
        }
        _ => {}
    }
    let Some((id, future)) = submissions.start() else { return StarterStep::End };
    *first = Some(First { id, future, is_over: state.jobs.phase(id).is_none() });
    StarterStep::Poll
}

impl<J, T, E> Future for Starter<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // It may have been taken from the queue before the task in the worker's slot, or with other tasks that no idle worker
        // knows of.
        if !std::mem::replace(&mut self.queued, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut last = None;
        // Tokio's cooperative budget is twice that; the other half is left to the submissions.
        for polls in 0..=BACKLOG {
            match self.step(last.take(), polls == BACKLOG) {
                StarterStep::Poll => last = self.first_poll(cx),
                StarterStep::Relay => {
                    // The new task is in the slot of this worker from which no other worker steals, so it goes first, and this
                    // one goes to the queue: if the new one blocks, another worker takes this one.
                    self.shared.spawn_starter();
                    break;
                }
                StarterStep::Yield => break,
                StarterStep::End => {
                    self.ended = true;
                    return Poll::Ready(());
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<J, T, E> Shared<J, T, E>
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    /// A starter that is counted in `standby`.
    pub(super) fn spawn_starter(self: &Arc<Self>) {
        if let Some(runtime) = &self.runtime {
            drop(runtime.spawn(Starter::new(Arc::clone(self))));
        }
    }
}

/// Dropped before its end only with the runtime: nothing can be started any more.
impl<J, T, E> Drop for Starter<J, T, E> {
    fn drop(&mut self) {
        if !self.ended {
            self.shared.close();
        }
    }
}
