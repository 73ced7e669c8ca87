use std::task::Waker;

use tokio::task::AbortHandle;

use super::cancel_request::CancelRequest;
use super::catch::caught;
use super::polls::Released;
use super::slots::JobOutcome;
use super::submissions::Submission;

/// Work for after the lock is released: no user code runs under it, not even a destructor.
pub(super) struct Later<J, T, E> {
    /// Most steps have one action at most, which takes no allocation.
    first: Option<Action<J, T, E>>,
    more: Option<Box<More<J, T, E>>>,
    /// Wakes the polling task.
    pub(super) polls: bool,
    /// An action wakes a task.
    wakes: bool,
}

pub(super) enum Action<J, T, E> {
    Wake(Waker),
    Abort(AbortHandle),
    Answer(CancelRequest, bool),
    DropWaker(Waker),
    DropOutcome(JobOutcome<T, E>),
    DropSubmission(Submission<J, E>),
    DropJob(J),
}

struct More<J, T, E> {
    actions: Vec<Action<J, T, E>>,
    released: Released<J>,
}

impl<J, T, E> Later<J, T, E> {
    pub(super) const fn nothing() -> Self {
        Self { first: None, more: None, polls: false, wakes: false }
    }

    /// Whether a task will be woken.
    pub(super) const fn wakes(&self) -> bool {
        self.wakes || self.polls
    }

    #[inline]
    pub(super) fn extend(&mut self, actions: impl IntoIterator<Item = Action<J, T, E>>) {
        for action in actions {
            self.push(action);
        }
    }

    #[inline(never)]
    pub(super) fn push(&mut self, action: Action<J, T, E>) {
        self.wakes |= matches!(action, Action::Wake(_) | Action::Answer(..));
        if self.first.is_none() {
            self.first = Some(action);
        } else {
            self.more().actions.push(action);
        }
    }

    /// Values of jobs that are done.
    pub(super) fn released(&mut self) -> &mut Released<J> {
        &mut self.more().released
    }

    fn more(&mut self) -> &mut More<J, T, E> {
        let none = || Box::new(More { actions: Vec::new(), released: Released::default() });
        self.more.get_or_insert_with(none)
    }

    /// Does all of it. A panic of user code does not affect the rest.
    #[inline]
    pub(super) fn run(self) {
        if self.first.is_some() || self.more.is_some() {
            self.run_all();
        }
    }

    #[inline(never)]
    fn run_all(self) {
        if let Some(action) = self.first {
            action.run();
        }
        let Some(more) = self.more else { return };
        for action in more.actions {
            action.run();
        }
        for job in more.released.jobs {
            let _ = caught(|| drop(job));
        }
        drop(more.released.chunks);
    }
}

impl<J, T, E> Action<J, T, E> {
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
