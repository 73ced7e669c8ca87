use std::sync::Arc;

use super::jobs::Jobs;

/// A task besides those of submissions, counted so that a shutdown waits for it.
pub(super) struct Helper<J, T, E>(pub(super) Arc<Jobs<J, T, E>>);

impl<J, T, E> Helper<J, T, E> {
    pub(super) fn of(jobs: &Arc<Jobs<J, T, E>>) -> Self {
        jobs.state().helpers += 1;
        Self(Arc::clone(jobs))
    }
}

impl<J, T, E> Drop for Helper<J, T, E> {
    fn drop(&mut self) {
        self.0.state().helpers -= 1;
        self.0.ended.notify_waiters();
    }
}
