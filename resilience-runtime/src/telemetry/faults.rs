//! Faults that tests inject in place of a function's body.
//!
//! Requires the feature `testing`, and is only evaluated for sites whose word marks a fault.

use std::any::{Any, type_name};
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::SiteEntry;
use super::site::watch;
use crate::sleep::Wait;
use crate::time::Nanos;

/// A fault before the body, or in place of it.
#[derive(Clone)]
pub enum Fault {
    /// The body does not run. This creates its error.
    Error(Arc<dyn Fn() -> Box<dyn Any> + Send + Sync>),
    /// The body runs later.
    Latency(Duration),
    /// The body panics.
    Panic(&'static str),
}

/// A fault of this thread, until it is dropped.
#[derive(Debug)]
#[must_use = "the fault is removed when this is dropped"]
pub struct Injected {
    entry: &'static SiteEntry,
    /// The fault belongs to the thread.
    not_send: PhantomData<*const ()>,
}

thread_local! {
    /// The faults of this thread. The last one of a site applies.
    static FAULTS: RefCell<Vec<(&'static SiteEntry, Fault)>> = const { RefCell::new(Vec::new()) };
}

/// The sites that have faults in any thread, with one entry per fault.
static FAULTY: Mutex<Vec<&'static SiteEntry>> = Mutex::new(Vec::new());

impl SiteEntry {
    /// Injects the fault into calls of this thread.
    pub(crate) fn inject(&'static self, fault: Fault) -> Injected {
        FAULTS.with_borrow_mut(|faults| faults.push((self, fault)));
        let mut faulty = FAULTY.lock().unwrap_or_else(PoisonError::into_inner);
        faulty.push(self);
        self.watch(watch::FAULTY, true);
        Injected { entry: self, not_send: PhantomData }
    }
}

impl Drop for Injected {
    fn drop(&mut self) {
        let is_own = |entry: &SiteEntry| std::ptr::eq(entry, self.entry);
        // A thread that is ending has no faults.
        let _ = FAULTS.try_with(|faults| {
            let mut faults = faults.borrow_mut();
            if let Some(last) = faults.iter().rposition(|(entry, _)| is_own(entry)) {
                faults.remove(last);
            }
        });
        let mut faulty = FAULTY.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = faulty.iter().rposition(|entry| is_own(entry)) {
            faulty.remove(last);
        }
        self.entry.watch(watch::FAULTY, faulty.iter().any(|entry| is_own(entry)));
    }
}

/// The fault for a call that passes through these sites.
fn fault(entries: &[&'static SiteEntry]) -> Option<Fault> {
    if !entries.iter().any(|entry| entry.watches(watch::FAULTY)) {
        return None;
    }
    let is_met = |entry: &SiteEntry| entries.iter().any(|met| std::ptr::eq(entry, *met));
    let find = |faults: &RefCell<Vec<(&SiteEntry, Fault)>>| {
        faults.borrow().iter().rfind(|(entry, _)| is_met(entry)).map(|(_, fault)| fault.clone())
    };
    FAULTS.try_with(find).ok().flatten()
}

/// The wait before the body of a call that passes through these sites.
///
/// # Panics
/// If the fault is a panic.
#[must_use]
pub fn injected_latency(entries: &[&'static SiteEntry]) -> Option<Wait> {
    match fault(entries)? {
        Fault::Latency(latency) => Some(Wait(Nanos::of(latency))),
        Fault::Panic(message) => panic!("{message}"),
        Fault::Error(_) => None,
    }
}

/// The error in place of the body.
///
/// # Panics
/// If the fault's error has another type than the function's.
#[must_use]
pub fn injected_error<E: 'static>(entries: &[&'static SiteEntry]) -> Option<E> {
    let Fault::Error(make) = fault(entries)? else { return None };
    let error = make().downcast();
    assert!(error.is_ok(), "the injected fault is not a `{}`, which the function returns", type_name::<E>());
    error.ok().map(|error| *error)
}

/// For a function whose error type is generic or borrows.
///
/// # Panics
/// If the fault is an error.
pub fn no_injected_error(entries: &[&'static SiteEntry]) {
    let is_error = matches!(fault(entries), Some(Fault::Error(_)));
    assert!(!is_error, "an error is injected only where the function's error type is concrete and `'static`");
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(_) => f.write_str("Error"),
            Self::Latency(latency) => f.debug_tuple("Latency").field(latency).finish(),
            Self::Panic(message) => f.debug_tuple("Panic").field(message).finish(),
        }
    }
}
