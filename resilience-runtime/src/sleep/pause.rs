use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

#[cfg(feature = "testing")]
use crate::test_scope;
use crate::time::Nanos;

/// A wait in async code. It is boxed, because waiting is the cold path: the callers' futures stay small, and so does
/// their drop code. `None`: the wait is zero, and the task yields once, without a timer.
#[must_use]
pub struct Pause(Option<Boxed>);

type Boxed = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

impl Pause {
    #[inline(never)]
    pub(super) fn new(wait: Nanos) -> Self {
        #[cfg(feature = "testing")]
        if crate::clock::by_hand::wait(wait) || !wait.is_never() && skip(wait) {
            return Self(None);
        }
        match wait.limit() {
            Some(Duration::ZERO) => Self(None),
            Some(wait) => Self(Some(Box::pin(tokio::time::sleep(wait)))),
            // Tokio would wake the task after thirty years.
            None => Self(Some(Box::pin(std::future::pending()))),
        }
    }
}

/// Skips a wait in a test scope that skips waits, up to the time at which its attempt is dropped.
#[cfg(feature = "testing")]
fn skip(wait: Nanos) -> bool {
    test_scope::skip(test_scope::within_limit(wait, crate::clock::now()))
}

impl Drop for Pause {
    #[inline]
    fn drop(&mut self) {
        if let Some(boxed) = self.0.take() {
            release(boxed);
        }
    }
}

/// Cannot unwind, so that the drop code of a caller's future needs no cleanup and stays small.
#[allow(improper_ctypes_definitions, reason = "only Rust calls it")]
#[cold]
extern "C" fn release(boxed: Boxed) {
    drop(boxed);
}

impl Future for Pause {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(boxed) = &mut self.0 {
            return boxed.as_mut().poll(cx);
        }
        self.0 = Some(Box::pin(Yielded));
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The task has yielded. Boxing a zero-sized type does not allocate.
struct Yielded;

impl Future for Yielded {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

impl fmt::Debug for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pause").finish_non_exhaustive()
    }
}
