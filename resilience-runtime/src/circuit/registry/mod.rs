//! Every `#[circuit]` of the program, in a list that the linker writes: complete before the first call.
//!
//! Where the target's linker keeps no such lists (WebAssembly, for one), a site enters itself at its first call.

mod conflict;
// The targets that linkme knows; it fails to compile for all others.
#[cfg_attr(
    not(any(
        target_os = "none",
        target_os = "linux",
        target_os = "macos",
        target_os = "ios",
        target_os = "tvos",
        target_os = "android",
        target_os = "fuchsia",
        target_os = "illumos",
        target_os = "freebsd",
        target_os = "openbsd",
        target_os = "psp",
        target_os = "uefi",
        target_os = "windows",
    )),
    path = "unlinked.rs"
)]
mod linked;
mod view;

use std::sync::{Mutex, PoisonError};

pub use self::conflict::{CircuitConflict, CircuitConflicts};
pub use self::linked::CIRCUITS;
pub(super) use self::linked::LINKED;
pub use self::view::{CircuitRef, Circuits, circuits};
use super::site::{CircuitSite, KeyedSite, Kind};

/// A line of the list.
#[derive(Clone, Copy, Debug)]
pub enum CircuitEntry {
    /// One circuit.
    Site(&'static CircuitSite),
    /// One circuit per key.
    Keyed(&'static KeyedSite),
}

/// What could not be linked, in order of the first call.
static ENTERED: Mutex<Vec<CircuitEntry>> = Mutex::new(Vec::new());

pub(super) fn enter(entry: CircuitEntry) {
    ENTERED.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
}

fn entries() -> impl Iterator<Item = CircuitEntry> {
    let entered =
        if LINKED { Vec::new() } else { ENTERED.lock().unwrap_or_else(PoisonError::into_inner).clone() };
    CIRCUITS.iter().copied().chain(entered)
}

/// Those of one kind.
pub(super) fn sites<C: Kind>() -> impl Iterator<Item = &'static CircuitSite<C>> {
    entries().filter_map(C::site)
}
