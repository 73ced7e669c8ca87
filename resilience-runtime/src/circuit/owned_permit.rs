use std::fmt;
use std::mem;

use super::next_call::Above;
use super::permit::{PANICKED, Permit, Ticket, dropped};
use super::store::{Pass, Store};
use super::{CircuitOpen, CircuitRef};

/// A permit that owns its circuit, for futures that borrow nothing. Otherwise like `AsyncPermit`.
#[must_use]
pub(crate) struct OwnedPermit<A: Above> {
    circuit: CircuitRef,
    pass: Pass,
    has_reported: bool,
    above: A,
    /// The state for the scope of a test, which may end before the call does.
    #[cfg(feature = "testing")]
    in_scope: Option<&'static Store>,
}

impl<A: Above> OwnedPermit<A> {
    /// Requests a permit for a call that the layers `above` may drop.
    pub(crate) fn acquire(circuit: CircuitRef, above: A) -> Result<Self, CircuitOpen> {
        #[cfg(feature = "testing")]
        let in_scope = circuit.store_in_scope();
        #[cfg(feature = "testing")]
        let pass = in_scope.unwrap_or(&circuit.store).enter()?;
        #[cfg(not(feature = "testing"))]
        let pass = circuit.store.enter()?;
        Ok(Self {
            circuit,
            pass,
            has_reported: false,
            above,
            #[cfg(feature = "testing")]
            in_scope,
        })
    }

    fn store(&self) -> &Store {
        #[cfg(feature = "testing")]
        if let Some(store) = self.in_scope {
            return store;
        }
        &self.circuit.store
    }

    /// Runs a part of the call, and records a panic in it as a failure.
    pub(crate) fn watch<T>(&mut self, part: impl FnOnce() -> T) -> T {
        let panics = PanicGuard(self);
        let done = part();
        mem::forget(panics);
        done
    }

    /// Returns the permit of the finished call, to report its outcome.
    pub(crate) fn ended(&mut self) -> Permit<'_> {
        Permit(self.take())
    }

    /// The ticket. The next one reports nothing.
    fn take(&mut self) -> Ticket<'_> {
        let has_reported = mem::replace(&mut self.has_reported, true);
        Ticket { store: (!has_reported).then(|| self.store()), pass: self.pass }
    }
}

impl<A: Above> Drop for OwnedPermit<A> {
    fn drop(&mut self) {
        if !self.has_reported {
            dropped(Ticket { store: Some(self.store()), pass: self.pass }, &self.above);
        }
    }
}

impl<A: Above> fmt::Debug for OwnedPermit<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedPermit").field("circuit", &self.circuit.name()).finish_non_exhaustive()
    }
}

/// Only dropped by a panic.
struct PanicGuard<'p, A: Above>(&'p mut OwnedPermit<A>);

impl<A: Above> Drop for PanicGuard<'_, A> {
    #[cold]
    fn drop(&mut self) {
        self.0.take().failed_with(Some(PANICKED));
    }
}
