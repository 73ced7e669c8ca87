//! Async attempts that report when they are polled.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::calls::CallNumber;
use super::nesting;

pin_project! {
    /// An attempt of a call. While it is polled, calls on this thread are inside of it.
    #[must_use]
    pub struct UnderWay<F> {
        #[pin]
        attempt: F,
        call: Option<CallNumber>,
    }
}

impl<F> UnderWay<F> {
    /// For a call with this number, if it is observed.
    #[inline]
    pub(super) fn new(attempt: F, call: Option<CallNumber>) -> Self {
        Self { attempt, call }
    }
}

#[cfg(feature = "tower")]
impl<F> UnderWay<F> {
    /// The attempt.
    pub(crate) fn attempt(self: Pin<&mut Self>) -> Pin<&mut F> {
        self.project().attempt
    }
}

impl<F: Future> Future for UnderWay<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        match *this.call {
            None => this.attempt.poll(cx),
            Some(call) => poll_told(this.attempt, call, cx),
        }
    }
}

#[cold]
#[inline(never)]
fn poll_told<F: Future>(attempt: Pin<&mut F>, call: CallNumber, cx: &mut Context<'_>) -> Poll<F::Output> {
    nesting::enters(call);
    // After a panic, the call ends at once and is removed from the thread's stack.
    let polled = attempt.poll(cx);
    nesting::leaves(call);
    polled
}

impl<F> fmt::Debug for UnderWay<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnderWay").finish_non_exhaustive()
    }
}
