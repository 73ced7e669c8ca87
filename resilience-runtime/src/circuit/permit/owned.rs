use std::fmt;
use std::mem;

use super::{PANICKED, Permit, Ticket, dropped};
use crate::circuit::next_call::Above;
use crate::circuit::store::Pass;
use crate::circuit::{CircuitOpen, CircuitRef};

/// A permit that owns its circuit, for futures that borrow nothing. Otherwise like [`AsyncPermit`](super::AsyncPermit).
#[must_use]
pub(crate) struct OwnedPermit<A: Above> {
    circuit: CircuitRef,
    pass: Pass,
    has_reported: bool,
    above: A,
}

impl<A: Above> OwnedPermit<A> {
    /// Requests a permit for a call that the layers `above` may drop.
    pub(crate) fn acquire(circuit: CircuitRef, above: A) -> Result<Self, CircuitOpen> {
        let permit = circuit.acquire_async()?;
        let pass = permit.0.pass;
        mem::forget(permit);
        Ok(Self { circuit, pass, has_reported: false, above })
    }

    /// Runs a part of the call, and records a panic in it as a failure.
    pub(crate) fn watch<T>(&mut self, part: impl FnOnce() -> T) -> T {
        let panics = Panics(self);
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
        Ticket { store: (!has_reported).then(|| self.circuit.store()), pass: self.pass }
    }
}

impl<A: Above> Drop for OwnedPermit<A> {
    fn drop(&mut self) {
        if !self.has_reported {
            dropped(Ticket { store: Some(self.circuit.store()), pass: self.pass }, &self.above);
        }
    }
}

impl<A: Above> fmt::Debug for OwnedPermit<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedPermit").field("circuit", &self.circuit.name()).finish_non_exhaustive()
    }
}

/// Only dropped by a panic.
struct Panics<'p, A: Above>(&'p mut OwnedPermit<A>);

impl<A: Above> Drop for Panics<'_, A> {
    #[cold]
    fn drop(&mut self) {
        self.0.take().failed_with(Some(PANICKED));
    }
}
