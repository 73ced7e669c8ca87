//! What the owner of a fleet requests of its task.

use tokio::sync::oneshot;

pub(crate) enum Order {
    Override(Override),
    Shutdown(oneshot::Sender<()>),
}

/// An operator's command, and who waits for its answer.
pub(crate) struct Override {
    pub(crate) circuit: String,
    /// The state, its time in milliseconds, and why.
    pub(crate) args: [String; 3],
    pub(crate) answer: oneshot::Sender<Result<(), String>>,
}
