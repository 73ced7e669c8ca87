//! The signal of `cancel`, which ends attempts and waits.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::task::coop::unconstrained;

use super::{Pause, Wait};
use crate::callbacks::CancelFuture;
use crate::error::{Cancelled, Causes};
use crate::text::FirstLine;
use crate::time::Nanos;

pin_project! {
    /// The signal that ends a call. It is polled before each attempt and each wait, whenever these are polled.
    #[must_use]
    pub struct CancelSignal<C> {
        #[pin]
        signal: C,
        poll: fn(Pin<&mut C>, &mut Context<'_>) -> bool,
        is_set: bool,
        // Whether the current attempt has been polled.
        began: bool,
        causes: Causes,
    }
}

/// The state of a call when its signal ended it.
#[derive(Debug)]
pub struct Cancellation {
    /// Whether an attempt was running.
    began: bool,
    causes: Causes,
}

impl Cancellation {
    pub(crate) fn because(self, causes: Causes) -> Self {
        Self { causes, ..self }
    }

    /// The error of a call with this name, after this number of attempts that have ended.
    pub(crate) fn into_error(self, function: &'static str, ended: u32, elapsed: Nanos) -> Cancelled {
        let attempts = ended.saturating_add(self.began.into());
        Cancelled::new(function, attempts, elapsed.to_duration(), self.causes)
    }
}

/// Creates the state before the first attempt. Only this needs a future, so that the compiler reports anything else once.
#[inline]
pub fn cancel_signal<C: CancelFuture>(signal: C) -> CancelSignal<C> {
    // Outside of tokio's cooperative budget: a signal that has been given must not be overlooked because the task has used
    // up its budget.
    let poll =
        |signal: Pin<&mut C>, cx: &mut Context<'_>| Pin::new(&mut unconstrained(signal)).poll(cx).is_ready();
    CancelSignal { signal, poll, is_set: false, began: false, causes: Causes::default() }
}

impl<C> CancelSignal<C> {
    /// The attempt, or `None` when the signal has ended it. An attempt is not polled after the signal.
    #[inline]
    pub fn attempt<F>(mut self: Pin<&mut Self>, attempt: F) -> Cancellable<'_, C, F> {
        *self.as_mut().project().began = false;
        Cancellable { signal: self, attempt }
    }

    /// The wait, or less when the signal has ended it. The next attempt then does not begin.
    #[inline]
    pub fn wait(self: Pin<&mut Self>, wait: Wait) -> Cancellable<'_, C, Pause> {
        self.attempt(wait.into_future())
    }

    /// Keeps the text of an attempt's error. Replaces the one before.
    pub fn keep_error(self: Pin<&mut Self>, write: impl FnOnce(&mut FirstLine)) {
        self.project().causes.keep_error(write);
    }

    /// The state of the call that the signal has ended.
    #[must_use]
    pub fn cancellation(self: Pin<&mut Self>) -> Cancellation {
        let this = self.project();
        Cancellation { began: *this.began, causes: mem::take(this.causes) }
    }

    /// Polls the signal until it is set.
    fn is_set(self: Pin<&mut Self>, cx: &mut Context<'_>) -> bool {
        let this = self.project();
        if !*this.is_set {
            *this.is_set = (this.poll)(this.signal, cx);
        }
        *this.is_set
    }
}

pin_project! {
    /// An attempt or a wait that a signal ends.
    #[must_use]
    pub struct Cancellable<'s, C, F> {
        signal: Pin<&'s mut CancelSignal<C>>,
        #[pin]
        attempt: F,
    }
}

impl<C, F: Future> Future for Cancellable<'_, C, F> {
    type Output = Option<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.signal.as_mut().is_set(cx) {
            return Poll::Ready(None);
        }
        *this.signal.as_mut().project().began = true;
        this.attempt.poll(cx).map(Some)
    }
}

impl<C> fmt::Debug for CancelSignal<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelSignal").field("is_set", &self.is_set).finish_non_exhaustive()
    }
}

impl<C, F> fmt::Debug for Cancellable<'_, C, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancellable").field("signal", &self.signal).finish_non_exhaustive()
    }
}
