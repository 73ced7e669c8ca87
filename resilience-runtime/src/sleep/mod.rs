//! All waits of the library: a sync one, an async one, and one that ends an attempt.

mod blocking;
#[cfg(feature = "tokio")]
mod cancel;
mod cut;
#[cfg(feature = "tokio")]
mod limited;
#[cfg(feature = "tokio")]
mod pause;

#[cfg(feature = "tokio")]
pub use cancel::{CancelSignal, Cancellable, Cancellation, cancel_signal};
pub use cut::{Cut, RejectionHint};
#[cfg(feature = "tokio")]
pub use limited::{Limited, Telling};
#[cfg(feature = "tokio")]
pub use pause::Pause;

use crate::time::Nanos;

/// A wait to be made now: `wait.block()` or `wait.await`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Wait(pub(crate) Nanos);

#[cfg(feature = "tokio")]
impl IntoFuture for Wait {
    type Output = ();
    type IntoFuture = Pause;

    fn into_future(self) -> Pause {
        Pause::new(self.0)
    }
}
