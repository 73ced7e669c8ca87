use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::{Instant, Sleep, sleep_until};

use super::Cut;
use crate::clock::on_timer;
use crate::time::Nanos;

pin_project! {
    /// An attempt that is dropped when its time is up: the output is then `None`.
    ///
    /// The timer is only created if the attempt is not ready at once. It runs outside of tokio's cooperative budget:
    /// an attempt that uses up the budget must not prevent the check of its limit.
    #[must_use]
    pub struct Limited<F> {
        #[pin]
        attempt: F,
        until: Option<Instant>,
        #[pin]
        timer: Option<Unconstrained<Sleep>>,
    }
}

impl<F> Limited<F> {
    #[inline]
    pub(crate) fn new(attempt: F, until: Option<Instant>) -> Self {
        Self { attempt, until, timer: None }
    }

    /// The attempt.
    #[cfg(feature = "tower")]
    pub(crate) fn attempt(self: Pin<&mut Self>) -> Pin<&mut F> {
        self.project().attempt
    }

    /// Replaces the limit.
    #[cfg(feature = "tower")]
    pub(crate) fn restart(self: Pin<&mut Self>, until: Option<Instant>) {
        let mut this = self.project();
        this.timer.set(None);
        *this.until = until;
    }

    /// Informs inner circuits if `limit` drops the attempt. A `limit` of zero is a total limit, of which they are not
    /// informed.
    #[inline]
    pub(crate) fn telling(self, cut: &Cut, limit: Nanos) -> Telling<'_, F> {
        Telling { limited: self, cut, limit }
    }
}

pin_project! {
    /// An attempt that informs inner circuits of its limit.
    #[must_use]
    pub struct Telling<'c, F> {
        #[pin]
        limited: Limited<F>,
        cut: &'c Cut,
        limit: Nanos,
    }
}

impl<F: Future> Future for Telling<'_, F> {
    type Output = Option<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = this.limited.poll(cx);
        // Set before the attempt is dropped: the caller drops it as soon as this returns.
        if matches!(polled, Poll::Ready(None)) {
            this.cut.mark(*this.limit);
        }
        polled
    }
}

impl<F> fmt::Debug for Telling<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telling").field("limited", &self.limited).finish_non_exhaustive()
    }
}

impl<F: Future> Future for Limited<F> {
    type Output = Option<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        #[cfg(feature = "testing")]
        let polled = crate::test_scope::polled_until(*this.until, || this.attempt.poll(cx));
        #[cfg(not(feature = "testing"))]
        let polled = this.attempt.poll(cx);
        if let Poll::Ready(output) = polled {
            return Poll::Ready(Some(output));
        }
        let Some(until) = *this.until else { return Poll::Pending };
        poll_timer(this.timer, until, cx).map(|()| None)
    }
}

/// Not inlined, because it is the same for every attempt.
fn poll_timer(
    mut timer: Pin<&mut Option<Unconstrained<Sleep>>>,
    until: Instant,
    cx: &mut Context<'_>,
) -> Poll<()> {
    #[cfg(feature = "testing")]
    if crate::clock::has_skipped(until) {
        return Poll::Ready(());
    }
    if timer.is_none() {
        timer.set(Some(unconstrained(sleep_until(on_timer(until)))));
    }
    match timer.as_pin_mut() {
        Some(timer) => timer.poll(cx),
        None => Poll::Pending,
    }
}

impl<F> fmt::Debug for Limited<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limited").field("until", &self.until).finish_non_exhaustive()
    }
}
