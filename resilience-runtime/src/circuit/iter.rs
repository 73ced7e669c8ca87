use std::fmt;

use super::permit::AsyncPermit;
use super::{CircuitBreaker, CircuitOpen};

impl CircuitBreaker {
    /// Guards an iterator of results, if the circuit admits it. The first error item is a failure, the end is a
    /// success, and dropping the iterator early is neither. A panic in `next` is a failure. Items after an error are
    /// passed through.
    ///
    /// While half-open, the whole iteration is the probe, so [`probe_timeout`](crate::CircuitConfig::probe_timeout)
    /// must be longer than the iteration.
    ///
    /// ```
    /// use resilience::{CircuitBreaker, CircuitConfig, CircuitOpen};
    /// use std::io::{self, BufRead};
    ///
    /// static DISK: CircuitBreaker = CircuitBreaker::new("disk", CircuitConfig::new());
    ///
    /// fn lines(log: impl BufRead) -> Result<impl Iterator<Item = io::Result<String>>, CircuitOpen> {
    ///     DISK.guard_iter(|| log.lines())
    /// }
    ///
    /// let lines: io::Result<Vec<_>> = lines(&b"one\ntwo"[..])?.collect();
    /// assert_eq!(lines.unwrap(), ["one", "two"]);
    /// # Ok::<(), CircuitOpen>(())
    /// ```
    ///
    /// # Errors
    /// If the circuit rejects the call. The iterator is not created then.
    pub fn guard_iter<I, T, E>(
        &self,
        make: impl FnOnce() -> I,
    ) -> Result<GuardedIter<'_, I::IntoIter>, CircuitOpen>
    where
        I: IntoIterator<Item = Result<T, E>>,
        E: fmt::Debug,
    {
        // A panic while the iterator is created is a failure.
        let permit = self.try_acquire()?;
        let iter = make().into_iter();
        Ok(GuardedIter { permit: Some(permit.into_async()), iter })
    }
}

/// An iterator guarded by a circuit: created by [`CircuitBreaker::guard_iter`].
#[must_use = "an iterator does nothing until it is consumed"]
pub struct GuardedIter<'a, I> {
    permit: Option<AsyncPermit<'a>>,
    iter: I,
}

impl<I, T, E> Iterator for GuardedIter<'_, I>
where
    I: Iterator<Item = Result<T, E>>,
    E: fmt::Debug,
{
    type Item = Result<T, E>;

    fn next(&mut self) -> Option<Self::Item> {
        let Some(permit) = &mut self.permit else { return self.iter.next() };
        let item = permit.watch(|| self.iter.next());
        match &item {
            Some(Ok(_)) => {}
            None => {
                if let Some(permit) = self.permit.take() {
                    permit.ended().success();
                }
            }
            Some(Err(error)) => {
                if let Some(permit) = self.permit.take() {
                    permit.ended().failed(error, |error, line| line.debug(error));
                }
            }
        }
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.iter.size_hint()
    }
}

impl<I> fmt::Debug for GuardedIter<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedIter").field("permit", &self.permit).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::CircuitConfig;

    type Item = Result<u8, &'static str>;

    fn breaker() -> CircuitBreaker {
        CircuitBreaker::new("feed", CircuitConfig::new().failure_threshold(2))
    }

    /// Takes at most this number of items. `None` in `items` is a panic.
    fn run(breaker: &CircuitBreaker, items: &[Option<Item>], most: usize) -> Vec<Item> {
        let items = || items.iter().map(|item| item.expect("an item"));
        breaker.guard_iter(items).map_or_else(|_| Vec::new(), |items| items.take(most).collect())
    }

    #[test]
    fn an_error_item_is_a_failure_and_what_follows_passes_through() {
        let breaker = breaker();
        let items = [Ok(1), Err("torn"), Err("torn"), Ok(2)];
        assert_eq!(run(&breaker, &items.map(Some), 9), items);
        assert_eq!(breaker.failure_count(), 1, "an iterator fails once");
        run(&breaker, &[Some(Err("torn again"))], 9);
        assert_eq!(breaker.last_failure().as_deref(), Some("torn again"));
        assert_eq!(run(&breaker, &[Some(Ok(1))], 9), [], "refused");
    }

    #[test]
    fn the_end_is_a_success_and_an_early_drop_is_nothing() {
        let breaker = breaker();
        breaker.try_acquire().unwrap().failure();
        run(&breaker, &[Some(Ok(1)), Some(Ok(2))], 1);
        assert_eq!(breaker.failure_count(), 1);
        run(&breaker, &[Some(Ok(1)), Some(Ok(2))], 9);
        assert_eq!(breaker.failure_count(), 0);
    }

    #[test]
    fn an_early_drop_while_a_thread_panics_elsewhere_is_nothing() {
        let breaker = breaker();
        let panics = AssertUnwindSafe(|| {
            let mut items = breaker.guard_iter(|| [Item::Ok(1), Ok(2)]).unwrap();
            assert_eq!(items.next(), Some(Ok(1)));
            panic!("not in the iterator");
        });
        assert!(catch_unwind(panics).is_err());
        assert_eq!(breaker.failure_count(), 0);
    }

    #[test]
    fn an_iterator_that_panics_fails_once() {
        let breaker = breaker();
        let mut items = [None, None, Some(Item::Ok(1))].into_iter();
        let items = || std::iter::from_fn(move || items.next().map(|item| item.expect("an item")));
        let mut items = breaker.guard_iter(items).unwrap();
        let mut next = || catch_unwind(AssertUnwindSafe(|| items.next())).ok();
        assert_eq!([next(), next(), next(), next()], [None, None, Some(Some(Ok(1))), Some(None)]);
        assert_eq!(
            breaker.failure_count(),
            1,
            "the second panic is no second failure, and the end no success"
        );
        assert_eq!(breaker.late_results(), 0);
    }

    #[test]
    fn a_panic_while_the_iterator_is_made_is_a_failure() {
        let breaker = breaker();
        let make = || -> Vec<Item> { panic!("no connection") };
        assert!(catch_unwind(AssertUnwindSafe(|| _ = breaker.guard_iter(make))).is_err());
        assert_eq!(breaker.failure_count(), 1);
    }

    #[test]
    #[cfg(feature = "testing")]
    fn a_whole_iteration_is_one_trial() {
        let clock = crate::testing::ManualClock::install();
        let breaker = breaker();
        run(&breaker, &[Some(Err("torn"))], 9);
        run(&breaker, &[Some(Err("torn"))], 9);
        clock.advance(CircuitConfig::DEFAULT_RECOVERY_TIMEOUT);
        let mut trial = breaker.guard_iter(|| [Item::Ok(1), Ok(2)]).unwrap();
        assert_eq!(trial.next(), Some(Ok(1)));
        assert!(breaker.guard_iter(|| [Item::Ok(1)]).is_err(), "the trial goes on");
        assert_eq!((trial.next(), trial.next()), (Some(Ok(2)), None));
        assert!(breaker.is_closed());
    }
}
