use std::task::Waker;

use tokio::task::AbortHandle;

use super::cancel_request::CancelRequest;
use super::catch::caught;
use super::polls::{Chunk, Released};
use super::slots::JobOutcome;
use super::submissions::Submission;

/// Work for after the lock is released: no user code runs under it, not even a destructor.
pub(super) struct Later<J, T, E> {
    /// Most steps have one action, which takes no allocation.
    first: Option<Action<T, E, J>>,
    others: Vec<Action<T, E, J>>,
    pub(super) released: Released<J>,
    /// Wakes the polling task.
    pub(super) polls: bool,
    /// Whether a task is woken.
    wakes: bool,
}

enum Action<T, E, J> {
    Wake(Waker),
    Abort(AbortHandle),
    Answer(CancelRequest, bool),
    DropWaker(Waker),
    DropOutcome(JobOutcome<T, E>),
    DropSubmission(Submission<J, E>),
    DropJob(J),
}

impl<J, T, E> Later<J, T, E> {
    pub(super) const fn nothing() -> Self {
        Self {
            first: None,
            others: Vec::new(),
            released: Released { jobs: Vec::new(), chunks: Vec::new() },
            polls: false,
            wakes: false,
        }
    }

    /// Whether a task will be woken.
    pub(super) const fn wakes(&self) -> bool {
        self.wakes || self.polls
    }

    pub(super) fn wake(&mut self, wakers: impl IntoIterator<Item = Waker>) {
        for waker in wakers {
            self.wakes = true;
            self.push(Action::Wake(waker));
        }
    }

    pub(super) fn abort(&mut self, task: Option<AbortHandle>) {
        if let Some(task) = task {
            self.push(Action::Abort(task));
        }
    }

    pub(super) fn answer(&mut self, request: CancelRequest, cancelled: bool) {
        self.wakes = true;
        self.push(Action::Answer(request, cancelled));
    }

    pub(super) fn drop_waker(&mut self, waker: Option<Waker>) {
        if let Some(waker) = waker {
            self.push(Action::DropWaker(waker));
        }
    }

    pub(super) fn drop_outcomes(&mut self, outcomes: impl IntoIterator<Item = JobOutcome<T, E>>) {
        for outcome in outcomes {
            self.push(Action::DropOutcome(outcome));
        }
    }

    pub(super) fn drop_submissions(&mut self, submissions: impl IntoIterator<Item = Submission<J, E>>) {
        for submission in submissions {
            self.push(Action::DropSubmission(submission));
        }
    }

    pub(super) fn drop_job(&mut self, job: J) {
        self.push(Action::DropJob(job));
    }

    fn push(&mut self, action: Action<T, E, J>) {
        if self.first.is_none() {
            self.first = Some(action);
        } else {
            self.others.push(action);
        }
    }

    /// Does all of it. A panic of user code does not affect the rest.
    pub(super) fn run(self) {
        if let Some(action) = self.first {
            action.run();
        }
        for action in self.others {
            action.run();
        }
        for job in self.released.jobs {
            let _ = caught(|| drop(job));
        }
        for chunk in self.released.chunks {
            drop_chunk(chunk);
        }
    }
}

impl<T, E, J> Action<T, E, J> {
    fn run(self) {
        let _ = caught(|| match self {
            Self::Wake(waker) => waker.wake(),
            Self::Abort(task) => task.abort(),
            Self::Answer(request, cancelled) => request.answer(cancelled),
            Self::DropWaker(waker) => drop(waker),
            Self::DropOutcome(outcome) => drop(outcome),
            Self::DropSubmission(submission) => drop(submission),
            Self::DropJob(job) => drop(job),
        });
    }
}

/// Two panics in one chunk would end the program.
fn drop_chunk<J>(mut chunk: Chunk<J>) {
    if let (true, Some(jobs)) = (std::mem::needs_drop::<J>(), std::sync::Arc::get_mut(&mut chunk)) {
        for job in jobs {
            let _ = caught(|| drop(job.take()));
        }
    }
}
