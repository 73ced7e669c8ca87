use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::time::Nanos;

/// A wait in async code. It is boxed, because waiting is the cold path: the callers' futures stay small, and so does the
/// code that drops them.
#[must_use]
pub struct Pause(Option<Boxed>);

type Boxed = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

impl Pause {
    #[inline(never)]
    pub(super) fn new(wait: Nanos) -> Self {
        #[cfg(feature = "testing")]
        if crate::clock::by_hand::wait(wait) {
            return Self(Some(Box::pin(Yield(false))));
        }
        Self(Some(match wait.limit() {
            Some(Duration::ZERO) => Box::pin(Yield(false)),
            Some(wait) => Box::pin(tokio::time::sleep(wait)),
            // Tokio would wake it after thirty years.
            None => Box::pin(std::future::pending()),
        }))
    }
}

impl Drop for Pause {
    #[inline]
    fn drop(&mut self) {
        if let Some(boxed) = self.0.take() {
            release(boxed);
        }
    }
}

/// Cannot unwind, so that the code that drops a caller's future has nothing to clean up, and stays small.
#[allow(improper_ctypes_definitions, reason = "only Rust calls it")]
#[cold]
extern "C" fn release(boxed: Boxed) {
    drop(boxed);
}

impl Future for Pause {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            Some(boxed) => boxed.as_mut().poll(cx),
            None => Poll::Ready(()),
        }
    }
}

/// No time to wait: others are let run once, without a timer.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl fmt::Debug for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pause").finish_non_exhaustive()
    }
}
