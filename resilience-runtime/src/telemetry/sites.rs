//! The list of all sites.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::site::{SiteEntry, watch};
use crate::linked::{LINKED, list};

list! {
    /// The sites of every attribute in the program.
    SITES: &'static SiteEntry
}

/// Sites that the linker does not list, in the order of their first call.
static ENTERED: Mutex<Entered> = Mutex::new(Entered { sites: Vec::new(), watched: 0 });

pub(super) struct Entered {
    sites: Vec<&'static SiteEntry>,
    /// The reasons for which all sites are observed.
    watched: u32,
}

/// The sites of loops, in no particular order.
pub(super) fn all() -> impl Iterator<Item = &'static SiteEntry> {
    let entered = lock().sites.clone();
    SITES.iter().copied().chain(entered)
}

/// Adds a site at its first call.
pub(super) fn enter(entry: &'static SiteEntry) {
    let mut entered = lock();
    // Two threads may make the first call at the same time.
    if !entry.watches(watch::UNLISTED) {
        return;
    }
    entered.sites.push(entry);
    entry.watch(entered.watched, true);
    entry.watch(watch::UNLISTED, false);
}

impl SiteEntry {
    /// Called for a function with `breaker = ..`. If the linker keeps no list, this adds the site.
    #[inline]
    pub fn is_called(&'static self) {
        if !LINKED && self.watches(watch::UNLISTED) {
            enter(self);
        }
    }
}

/// Sets or clears a reason to observe every site. `on` is called under the lock, so that the last change wins.
pub(super) fn watch_all(reason: u32, on: impl FnOnce() -> bool) {
    let mut entered = lock();
    let on = on();
    if on {
        entered.watched |= reason;
    } else {
        entered.watched &= !reason;
    }
    for entry in SITES.iter().chain(&entered.sites) {
        entry.watch(reason, on);
    }
}

/// Locks the list of sites, for changes to all of them.
pub(super) fn lock() -> MutexGuard<'static, Entered> {
    ENTERED.lock().unwrap_or_else(PoisonError::into_inner)
}
