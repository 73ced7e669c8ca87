use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::next_call::{Above, Limits, NextCall};
use super::store::{Pass, Store};
use crate::sleep::Cut;
#[cfg(feature = "testing")]
use crate::telemetry::{fault_in_place_of, injected_fault};
#[cfg(feature = "testing")]
use crate::test_scope;
use crate::text::{self, FirstLine};

/// A call that was admitted and has not reported yet.
#[derive(Clone, Copy)]
pub(super) struct Ticket<'a> {
    /// `None` once the call has reported: a future that panics reports before it is dropped.
    pub(super) store: Option<&'a Store>,
    pub(super) pass: Pass,
}

impl Ticket<'_> {
    /// Takes and returns the value, so that only the long path has to save it.
    #[inline]
    fn succeeded<T>(self, value: T) -> T {
        match self.store {
            Some(store) if !store.stayed_calm(self.pass) => succeeded(store, self.pass, value),
            _ => value,
        }
    }

    /// Returns the error, and whether it was counted.
    #[inline]
    fn failed<E>(self, error: E, write: impl FnOnce(&E, &mut FirstLine)) -> (E, bool) {
        match self.store {
            Some(store) => failed(store, self.pass, error, write),
            None => (error, false),
        }
    }

    pub(super) fn failed_with(self, text: Option<&str>) {
        if let Some(store) = self.store {
            store.failure(self.pass, text);
        }
    }

    fn cancelled(self) {
        if let Some(store) = self.store {
            store.cancelled(self.pass);
        }
    }
}

impl<'a> Ticket<'a> {
    /// The names under which tests inject faults.
    #[cfg(feature = "testing")]
    fn names(self) -> Vec<&'a str> {
        let store = self.store.filter(|_| test_scope::is_any_open());
        store.map(Store::names).unwrap_or_default()
    }

    /// None: macros that are built with the feature `testing` may look for faults where this library has none.
    #[cfg(not(feature = "testing"))]
    #[expect(clippy::unused_self, reason = "as with the feature")]
    const fn names(self) -> Vec<&'a str> {
        Vec::new()
    }
}

// Free functions, so that the arguments fit into registers. A method would take the ticket by address, and the short
// path would have to store it in memory too.

#[inline(never)]
fn succeeded<T>(store: &Store, pass: Pass, value: T) -> T {
    store.success(pass);
    value
}

/// Writes the text before any lock is taken, because this calls user code.
#[inline(never)]
fn failed<E>(store: &Store, pass: Pass, error: E, write: impl FnOnce(&E, &mut FirstLine)) -> (E, bool) {
    if !store.records_failures(pass) {
        store.failure(pass, None);
        return (error, false);
    }
    let unwritten = Unwritten(Ticket { store: Some(store), pass });
    let write = |line: &mut FirstLine| {
        write(&error, line);
        mem::forget(unwritten);
    };
    let is_counted = text::written(write, |text| store.failure(pass, Some(text)));
    (error, is_counted)
}

/// Counts a failure whose error panics while its text is written.
struct Unwritten<'a>(Ticket<'a>);

impl Drop for Unwritten<'_> {
    fn drop(&mut self) {
        self.0.failed_with(None);
    }
}

pub(super) const PANICKED: &str = "the call panicked";

/// An admitted call, which must report its outcome.
///
/// If it is dropped without a report, the call was cancelled: the place of a probe is released, and nothing is
/// counted. If it is dropped during a panic of the thread, the call failed.
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
pub struct Permit<'a>(pub(super) Ticket<'a>);

impl<'a> Permit<'a> {
    #[inline]
    pub(super) const fn new(store: &'a Store, pass: Pass) -> Self {
        Self(Ticket { store: Some(store), pass })
    }

    /// Reports a success.
    #[inline]
    pub fn success(self) {
        self.into_ticket().succeeded(());
    }

    /// Reports a failure.
    pub fn failure(self) {
        self.into_ticket().failed_with(None);
    }

    /// Reports a failure with this text. Its first line is kept, up to 512 bytes.
    pub fn failure_because(self, text: impl fmt::Display) {
        self.into_ticket().failed((), |(), line| line.display(text));
    }

    /// Like [`success`](Self::success), and returns the value.
    #[doc(hidden)]
    #[inline]
    pub fn succeeded<T>(self, value: T) -> T {
        self.into_ticket().succeeded(value)
    }

    /// Like [`failure_because`](Self::failure_because), with the error to return and a function that writes its text.
    #[doc(hidden)]
    #[inline]
    pub fn failed<E>(self, error: E, write: impl FnOnce(&E, &mut FirstLine)) -> E {
        self.into_ticket().failed(error, write).0
    }

    /// Like [`failed`](Self::failed), and returns whether the failure was counted. A late failure is not counted, and
    /// neither is a failure of a disabled circuit.
    #[doc(hidden)]
    #[inline]
    pub fn failed_counted<E>(self, error: E, write: impl FnOnce(&E, &mut FirstLine)) -> (E, bool) {
        self.into_ticket().failed(error, write)
    }

    /// Reports that the call was dropped because it took longer than `limit`. This is a failure with a text that
    /// names the limit.
    #[doc(hidden)]
    pub fn timed_out<E>(self, error: E, limit: Duration) -> (E, bool) {
        self.into_ticket().failed(error, |_, line| line.timed_out(limit))
    }

    /// The error that a test has injected in place of the call's.
    #[inline]
    #[cfg_attr(not(feature = "testing"), expect(clippy::unused_self, reason = "only tests inject errors"))]
    pub(super) fn injected_error<E: 'static>(&self) -> Option<E> {
        #[cfg(feature = "testing")]
        return fault_in_place_of(&[], &[&self.names()]);
        #[cfg(not(feature = "testing"))]
        None
    }

    /// Applies the fault of a test to a call that is not a function of this library: a wait or a panic.
    #[cfg(feature = "testing")]
    #[inline]
    pub(super) fn meet_fault(&self) {
        if let Some(fault) = injected_fault(&[], &[&self.names()]) {
            fault.block().no_body();
        }
    }

    /// The names under which tests inject faults.
    #[doc(hidden)]
    #[must_use]
    pub fn names(&self) -> Vec<&'a str> {
        self.0.names()
    }

    /// Returns a query for how the circuit treats the next call, for use after this call has reported.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub fn next_call(&self) -> NextCall<'a> {
        NextCall::new(self.0.store)
    }

    /// Reports neither success nor failure.
    pub fn ignore(self) {
        let Ticket { store, pass } = self.into_ticket();
        if let Some(store) = store {
            store.ignored(pass);
        }
    }

    /// Converts the permit for a call that runs in parts: a stream or an iterator.
    pub(super) fn into_async(self) -> AsyncPermit<'a> {
        AsyncPermit(self.into_ticket(), ())
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
            self.0.failed_with(Some(PANICKED));
        } else {
            self.0.cancelled();
        }
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug("Permit", &self.0, f)
    }
}

/// A permit in a future. A future may also be dropped by an unrelated panic of the thread, so only a panic in
/// [`poll`](Self::poll) is a failure. Every drop is a cancellation, unless the time limit in `Above` is its cause.
#[must_use]
pub struct AsyncPermit<'a, A: Above = ()>(pub(super) Ticket<'a>, A);

impl<'a> AsyncPermit<'a> {
    #[inline]
    pub(super) const fn new(store: &'a Store, pass: Pass) -> Self {
        Self(Ticket { store: Some(store), pass }, ())
    }

    /// Declares that a time limit of an outer layer may drop the call too, as recorded in `cut`. `ANSWERS`: the
    /// circuit has a fallback.
    #[inline]
    pub fn under<const ANSWERS: bool>(self, cut: &Cut) -> AsyncPermit<'a, Limits<'_, ANSWERS>> {
        let ticket = self.0;
        mem::forget(self);
        AsyncPermit(ticket, Limits(cut))
    }
}

impl<'a, A: Above> AsyncPermit<'a, A> {
    /// The names under which tests inject faults.
    #[must_use]
    pub fn names(&self) -> Vec<&'a str> {
        self.0.names()
    }

    /// Polls the call.
    #[inline]
    pub fn poll<F: Future + ?Sized>(&mut self, future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.watch(|| future.poll(cx))
    }

    /// Runs a part of the call, and records a panic in it as a failure.
    #[inline]
    pub(super) fn watch<T>(&mut self, part: impl FnOnce() -> T) -> T {
        let panics = Panics(&mut self.0);
        let done = part();
        mem::forget(panics);
        done
    }

    /// Returns the permit of the finished call, to report its outcome.
    #[inline]
    pub fn ended(self) -> Permit<'a> {
        let ticket = self.0;
        mem::forget(self);
        Permit(ticket)
    }
}

impl<A: Above> Drop for AsyncPermit<'_, A> {
    #[inline]
    fn drop(&mut self) {
        if A::ONLY_CALLER {
            self.0.cancelled();
        } else {
            dropped(self.0, &self.1);
        }
    }
}

/// Not inlined, because it is the same for every function.
#[cold]
#[inline(never)]
pub(super) fn dropped<A: Above>(ticket: Ticket<'_>, above: &A) {
    let Some(limit) = above.limit() else { return ticket.cancelled() };
    ticket.failed((), |(), line| line.timed_out(limit));
    above.tell(NextCall::new(ticket.store));
}

impl<A: Above> fmt::Debug for AsyncPermit<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug("AsyncPermit", &self.0, f)
    }
}

fn debug(name: &str, ticket: &Ticket<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.debug_struct(name).field("circuit", &ticket.store.map(Store::name)).finish_non_exhaustive()
}

/// Only dropped by a panic.
struct Panics<'p, 'a>(&'p mut Ticket<'a>);

impl Drop for Panics<'_, '_> {
    #[cold]
    fn drop(&mut self) {
        Ticket { store: self.0.store.take(), pass: self.0.pass }.failed_with(Some(PANICKED));
    }
}
