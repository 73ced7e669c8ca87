use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::CircuitBreaker;
use super::core::{Cause, Effect, Pass, Report};

/// A call that was let in, and has not reported yet.
#[derive(Clone, Copy)]
pub(super) struct Ticket<'a> {
    breaker: &'a CircuitBreaker,
    pass: Pass,
}

impl<'a> Ticket<'a> {
    #[inline]
    pub(super) const fn new(breaker: &'a CircuitBreaker, pass: Pass) -> Self {
        Self { breaker, pass }
    }

    /// The value goes along on the long way, and is not kept aside for it on the short one.
    #[inline]
    fn succeeded<T>(self, value: T) -> T {
        if self.breaker.stayed_calm(self.pass) { value } else { succeeded(self.breaker, self.pass, value) }
    }

    /// As the value, so the error.
    #[inline]
    fn failed<E>(self, error: E, cause: impl FnOnce(&E) -> Cause) -> E {
        if failed(self.breaker, self.pass) == Effect::NeedsCause {
            return failed_because(self.breaker, self.pass, error, cause);
        }
        error
    }

    #[cold]
    #[inline(never)]
    fn came_to_nothing(self) {
        // What counts as nothing has no cause.
        let _ = self.breaker.exit(self.pass, Report::Nothing, None);
    }
}

// Functions, whose arguments fit into registers: a method of the ticket would take it by its address, and then it
// would have to have one, also on the way that never comes here.

#[inline(never)]
fn succeeded<T>(breaker: &CircuitBreaker, pass: Pass, value: T) -> T {
    succeeded_watched(breaker, pass);
    value
}

/// Not generic: a program's successes share this code.
#[inline(never)]
fn succeeded_watched(breaker: &CircuitBreaker, pass: Pass) {
    if !breaker.succeeds_quietly(pass) && breaker.result(pass, false) == Effect::NeedsCause {
        breaker.settle(pass, Report::Success, &breaker.slow_cause());
    }
}

/// Not generic, as above.
#[inline(never)]
fn failed(breaker: &CircuitBreaker, pass: Pass) -> Effect {
    breaker.result(pass, true)
}

/// Asks for the cause, now that it is needed, with no lock held: it is the user's code that writes it.
#[cold]
#[inline(never)]
fn failed_because<E>(breaker: &CircuitBreaker, pass: Pass, error: E, cause: impl FnOnce(&E) -> Cause) -> E {
    let unwritten = Unwritten(Ticket { breaker, pass });
    let cause = cause(&error);
    mem::forget(unwritten);
    breaker.settle(pass, Report::Failure, &cause);
    error
}

/// An error whose text panics is a failure all the same.
struct Unwritten<'a>(Ticket<'a>);

impl Drop for Unwritten<'_> {
    fn drop(&mut self) {
        self.0.breaker.settle(self.0.pass, Report::Failure, &None);
    }
}

const PANICKED: &str = "the call panicked";

/// A call that was let in: tell it how the call ended.
///
/// Dropped without a word, it was cancelled: a trial's place is free again, and nothing is counted. Dropped while the
/// thread panics, it is a failure.
///
/// ```
/// use resilience::{CircuitBreaker, CircuitConfig};
///
/// let breaker = CircuitBreaker::new("queue", CircuitConfig::new().failure_threshold(2));
/// breaker.try_acquire()?.failure_because("full");
/// breaker.try_acquire()?.ignore();
/// drop(breaker.try_acquire()?);
/// assert_eq!(breaker.failure_count(), 1);
/// breaker.try_acquire()?.success();
/// assert_eq!(breaker.failure_count(), 0);
/// # Ok::<(), resilience::CircuitOpen>(())
/// ```
#[must_use = "a permit that is dropped at once counts as a call that was cancelled"]
pub struct Permit<'a>(Ticket<'a>);

impl<'a> Permit<'a> {
    #[inline]
    pub(super) const fn new(ticket: Ticket<'a>) -> Self {
        Self(ticket)
    }

    /// The call succeeded.
    #[inline]
    pub fn success(self) {
        self.into_ticket().succeeded(());
    }

    /// The call failed.
    pub fn failure(self) {
        self.into_ticket().failed((), |()| None);
    }

    /// The call failed, and this is what it said: read only if it opens the circuit.
    pub fn failure_because(self, cause: impl fmt::Display) {
        self.into_ticket().failed((), |()| Some(super::text::written(format_args!("{cause}")).into()));
    }

    /// As [`success`](Self::success), with the value that comes back.
    #[doc(hidden)]
    #[inline]
    pub fn succeeded<T>(self, value: T) -> T {
        self.into_ticket().succeeded(value)
    }

    /// As [`failure_because`](Self::failure_because), with the error that comes back, and its text that is yet to be
    /// written.
    #[doc(hidden)]
    #[inline]
    pub fn failed<E>(self, error: E, text: impl FnOnce(&E) -> Arc<str>) -> E {
        self.into_ticket().failed(error, |error| Some(text(error)))
    }

    /// The call is to count as nothing at all.
    pub fn ignore(self) {
        self.into_ticket().came_to_nothing();
    }

    /// The call goes on in a future.
    #[cfg(feature = "stream")]
    pub(super) fn into_future(self) -> AsyncPermit<'a> {
        AsyncPermit(self.into_ticket())
    }

    #[inline]
    fn into_ticket(self) -> Ticket<'a> {
        let ticket = self.0;
        mem::forget(self);
        ticket
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.failed((), |()| Some(PANICKED.into()));
        } else {
            self.0.came_to_nothing();
        }
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("circuit", &self.0.breaker.name()).finish_non_exhaustive()
    }
}

/// A permit in a future. A future is also dropped while a thread panics for reasons of its own, so that only a panic
/// in the future itself, in [`poll`](Self::poll), is a failure; every drop is a cancellation.
#[must_use]
pub struct AsyncPermit<'a>(Ticket<'a>);

impl<'a> AsyncPermit<'a> {
    #[inline]
    pub(super) const fn new(ticket: Ticket<'a>) -> Self {
        Self(ticket)
    }

    /// Polls what was let in.
    #[inline]
    pub fn poll<F: Future + ?Sized>(&mut self, future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.watch(|| future.poll(cx))
    }

    /// Runs a part of the call.
    #[inline]
    pub(super) fn watch<T>(&mut self, part: impl FnOnce() -> T) -> T {
        let panics = Panics(&mut self.0);
        let done = part();
        mem::forget(panics);
        done
    }

    /// The call has ended, and is yet to be judged.
    #[inline]
    pub fn ended(self) -> Permit<'a> {
        let ticket = self.0;
        mem::forget(self);
        Permit(ticket)
    }
}

impl Drop for AsyncPermit<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.came_to_nothing();
    }
}

impl fmt::Debug for AsyncPermit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncPermit").field("circuit", &self.0.breaker.name()).finish_non_exhaustive()
    }
}

/// Dropped in one way only: by a panic.
struct Panics<'p, 'a>(&'p mut Ticket<'a>);

/// Where those report who have reported already, so that nobody else has to ask whether they have. It never opens, and
/// so has nothing to tell.
static REPORTED: CircuitBreaker =
    CircuitBreaker::new("reported", super::CircuitConfig::new().failure_threshold(u32::MAX));

impl Drop for Panics<'_, '_> {
    #[cold]
    fn drop(&mut self) {
        let spent = Ticket::new(&REPORTED, Pass::calm(super::word::Word::first(0)));
        mem::replace(self.0, spent).failed((), |()| Some(PANICKED.into()));
    }
}
