use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::permit::AsyncPermit;
use super::{CircuitBreaker, CircuitOpen};

impl CircuitBreaker {
    /// Guards a stream of results, if the circuit admits it (feature `stream`). The first error item is a failure,
    /// the end is a success, and dropping the stream early is neither. Items after an error are passed through.
    ///
    /// While half-open, the whole stream is the probe, so [`probe_timeout`](crate::CircuitConfig::probe_timeout) must
    /// be longer than it takes to read the stream.
    ///
    /// ```
    /// # use resilience::{CircuitBreaker, CircuitConfig, CircuitOpen};
    /// static FEED: CircuitBreaker = CircuitBreaker::new("feed", CircuitConfig::new());
    ///
    /// fn guarded<S>(rows: S) -> Result<impl futures_core::Stream<Item = Result<u32, String>>, CircuitOpen>
    /// where
    ///     S: futures_core::Stream<Item = Result<u32, String>>,
    /// {
    ///     FEED.guard_stream(|| rows)
    /// }
    /// ```
    ///
    /// # Errors
    /// If the circuit rejects the call. The stream is not created then.
    pub fn guard_stream<S, T, E>(&self, make: impl FnOnce() -> S) -> Result<GuardedStream<'_, S>, CircuitOpen>
    where
        S: Stream<Item = Result<T, E>>,
        E: fmt::Debug,
    {
        // A panic while the stream is created is a failure: it is on this thread, not in a future.
        let permit = self.try_acquire()?;
        let stream = make();
        Ok(GuardedStream { permit: Some(permit.into_async()), stream })
    }
}

pin_project! {
    /// A stream guarded by a circuit: created by [`CircuitBreaker::guard_stream`].
    ///
    /// ```
    /// use futures_core::Stream;
    /// use resilience::breaker::GuardedStream;
    /// use resilience::{CircuitBreaker, CircuitOpen};
    ///
    /// fn guard<S>(feed: &CircuitBreaker, rows: S) -> Result<GuardedStream<'_, S>, CircuitOpen>
    /// where
    ///     S: Stream<Item = Result<u32, String>>,
    /// {
    ///     feed.guard_stream(|| rows)
    /// }
    /// ```
    #[must_use = "a stream does nothing until it is polled"]
    pub struct GuardedStream<'a, S> {
        permit: Option<AsyncPermit<'a>>,
        #[pin]
        stream: S,
    }
}

impl<S, T, E> Stream for GuardedStream<'_, S>
where
    S: Stream<Item = Result<T, E>>,
    E: fmt::Debug,
{
    type Item = Result<T, E>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        let Some(permit) = this.permit else { return this.stream.poll_next(cx) };
        let polled = permit.watch(|| this.stream.poll_next(cx));
        match &polled {
            Poll::Pending | Poll::Ready(Some(Ok(_))) => {}
            Poll::Ready(None) => {
                if let Some(permit) = this.permit.take() {
                    permit.ended().success();
                }
            }
            Poll::Ready(Some(Err(error))) => {
                if let Some(permit) = this.permit.take() {
                    permit.ended().failed(error, |error, line| line.debug(error));
                }
            }
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

impl<S> fmt::Debug for GuardedStream<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedStream").field("permit", &self.permit).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Waker;

    use super::*;
    use crate::CircuitConfig;

    /// The items of an iterator. `None` is a panic.
    struct Items(std::vec::IntoIter<Option<Result<u8, &'static str>>>);

    impl Stream for Items {
        type Item = Result<u8, &'static str>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(self.0.next().map(|item| item.expect("an item")))
        }
    }

    fn breaker() -> CircuitBreaker {
        CircuitBreaker::new("feed", CircuitConfig::new().failure_threshold(2))
    }

    fn run(breaker: &CircuitBreaker, items: Vec<Option<Result<u8, &'static str>>>, most: usize) -> usize {
        let Ok(stream) = breaker.guard_stream(|| Items(items.into_iter())) else { return 0 };
        let mut stream = pin!(stream);
        let mut cx = Context::from_waker(Waker::noop());
        (0..most).take_while(|_| matches!(stream.as_mut().poll_next(&mut cx), Poll::Ready(Some(_)))).count()
    }

    #[test]
    fn an_error_item_is_a_failure_and_what_follows_passes_through() {
        let breaker = breaker();
        assert_eq!(run(&breaker, vec![Some(Ok(1)), Some(Err("torn")), Some(Err("torn")), Some(Ok(2))], 9), 4);
        assert_eq!(breaker.failure_count(), 1, "a stream fails once");
        run(&breaker, vec![Some(Err("torn"))], 9);
        assert_eq!(breaker.last_failure().as_deref(), Some("torn"));
        assert_eq!(run(&breaker, vec![Some(Ok(1))], 9), 0, "refused");
    }

    #[test]
    fn the_end_is_a_success_and_an_early_drop_is_nothing() {
        let breaker = breaker();
        breaker.try_acquire().unwrap().failure();
        run(&breaker, vec![Some(Ok(1)), Some(Ok(2))], 1);
        assert_eq!(breaker.failure_count(), 1);
        run(&breaker, vec![Some(Ok(1)), Some(Ok(2))], 9);
        assert_eq!(breaker.failure_count(), 0);
    }

    #[test]
    fn a_stream_that_panics_fails() {
        let breaker = breaker();
        let panics = std::panic::AssertUnwindSafe(|| run(&breaker, vec![None], 9));
        assert!(std::panic::catch_unwind(panics).is_err());
        assert_eq!(breaker.failure_count(), 1);
    }

    #[test]
    fn a_stream_that_panics_and_is_polled_again_has_failed_once() {
        let breaker = breaker();
        let mut stream =
            pin!(breaker.guard_stream(|| Items(vec![None, None, Some(Ok(1)), None].into_iter())).unwrap());
        let mut cx = Context::from_waker(Waker::noop());
        let mut poll = || {
            let polled = std::panic::AssertUnwindSafe(|| stream.as_mut().poll_next(&mut cx));
            std::panic::catch_unwind(polled).ok()
        };
        let polled = [poll(), poll(), poll(), poll()];
        assert_eq!(polled, [None, None, Some(Poll::Ready(Some(Ok(1)))), None]);
        assert_eq!(breaker.failure_count(), 1, "the second panic is no second failure");
        assert_eq!(poll(), Some(Poll::Ready(None)));
        assert_eq!(breaker.failure_count(), 1, "and the end no success");
        assert_eq!(breaker.late_results(), 0);
    }
}
