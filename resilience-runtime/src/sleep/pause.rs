use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::Sleep;

use crate::time::Nanos;

/// A wait in async code. The timer is boxed: waiting is the cold path, and the callers' futures stay small.
#[must_use]
pub struct Pause(State);

enum State {
    /// No time to wait: let others run once, without a timer.
    Yield,
    Timer(Pin<Box<Sleep>>),
    Over,
}

impl Pause {
    #[cold]
    pub(super) fn new(wait: Nanos) -> Self {
        Self(if wait.is_zero() {
            State::Yield
        } else {
            State::Timer(Box::pin(tokio::time::sleep(wait.to_duration())))
        })
    }
}

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            State::Yield => {
                self.0 = State::Over;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            State::Timer(timer) => timer.as_mut().poll(cx),
            State::Over => Poll::Ready(()),
        }
    }
}

impl fmt::Debug for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pause").finish_non_exhaustive()
    }
}
