//! The program's list of circuit sites.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::circuit::site::{CircuitEntry, CircuitSite, SiteTarget};
use crate::linked::{LINKED, list};
use crate::telemetry::SiteEntry;

list! {
    /// Every `#[circuit]` of the program.
    CIRCUITS: CircuitEntry
}

/// The sites that are not linked, in order of their first call: those of layers, and all if the linker keeps no list.
static ENTERED: Mutex<Vec<CircuitEntry>> = Mutex::new(Vec::new());

pub(super) fn enter(entry: CircuitEntry) {
    ENTERED.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
}

fn entries() -> impl Iterator<Item = CircuitEntry> {
    let entered = ENTERED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    CIRCUITS.iter().copied().chain(entered)
}

/// All sites, for the list of telemetry.
pub(crate) fn site_entries() -> impl Iterator<Item = &'static SiteEntry> {
    entries().map(|entry| match entry {
        CircuitEntry::Site(site) => site.entry(),
        CircuitEntry::Keyed(site) => site.entry(),
    })
}

/// The sites of one kind.
pub(super) fn sites<C: SiteTarget>() -> impl Iterator<Item = &'static CircuitSite<C>> {
    entries().filter_map(C::site)
}

/// The sites of one kind that share this name.
///
/// A linked list never grows, so it is searched once: the first call of each name finds its sites in an index. A layer
/// only adds a site for a name that no attribute has.
pub(super) fn sharing<C: SiteTarget>(name: &str) -> Vec<&'static CircuitSite<C>> {
    static BY_NAME: OnceLock<HashMap<&'static str, Vec<CircuitEntry>>> = OnceLock::new();
    if LINKED {
        let of_name = BY_NAME.get_or_init(by_name).get(name).map_or(&[][..], Vec::as_slice);
        of_name.iter().copied().filter_map(C::site).collect()
    } else {
        sites::<C>().filter(|site| site.shares() && site.name() == name).collect()
    }
}

fn by_name() -> HashMap<&'static str, Vec<CircuitEntry>> {
    let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
    for entry in CIRCUITS.iter().copied() {
        let (name, shares) = match entry {
            CircuitEntry::Site(site) => (site.name(), site.shares()),
            CircuitEntry::Keyed(site) => (site.name(), site.shares()),
        };
        if shares {
            by_name.entry(name).or_default().push(entry);
        }
    }
    by_name
}
