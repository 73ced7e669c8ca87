use std::sync::Arc;

use tokio::sync::watch;

/// A call of the cancel function. The first answer counts, and all waiters get it.
#[derive(Clone)]
pub(super) struct CancelRequest(Arc<watch::Sender<Option<bool>>>);

impl CancelRequest {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }

    /// Wakes tasks: not to be called under the lock.
    pub(super) fn answer(&self, cancelled: bool) {
        self.0.send_if_modified(|answer| {
            let is_first = answer.is_none();
            answer.get_or_insert(cancelled);
            is_first
        });
    }

    /// Waits for the answer: whether the job was cancelled.
    pub(super) async fn answered(&self) -> bool {
        let mut answer = self.0.subscribe();
        // The channel cannot be closed: `self` sends to it.
        answer.wait_for(Option::is_some).await.is_ok_and(|answer| *answer == Some(true))
    }
}

/// Answers `false` if the runtime drops the task of the request.
pub(super) struct CancelRequestGuard(pub(super) CancelRequest);

impl Drop for CancelRequestGuard {
    fn drop(&mut self) {
        self.0.answer(false);
    }
}
