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
    /// Why all sites are watched.
    watched: u32,
}

/// Those of loops, in no order.
pub(super) fn all() -> impl Iterator<Item = &'static SiteEntry> {
    let entered = lock().sites.clone();
    SITES.iter().copied().chain(entered)
}

/// Adds a site at its first call.
pub(super) fn enter(entry: &'static SiteEntry) {
    let mut entered = lock();
    // Two threads may make the first call.
    if !entry.watches(watch::UNLISTED) {
        return;
    }
    entered.sites.push(entry);
    entry.watch(entered.watched, true);
    entry.watch(watch::UNLISTED, false);
}

impl SiteEntry {
    /// A circuit that was given is called here. Where the linker keeps no list, the site enters it now.
    #[inline]
    pub fn is_called(&'static self) {
        if !LINKED && self.watches(watch::UNLISTED) {
            enter(self);
        }
    }
}

/// Watches every site for a reason, or ends that. `on` is asked under the lock, so that the last change is the one that stays.
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

/// What is known of all sites, for those who change them.
pub(super) fn lock() -> MutexGuard<'static, Entered> {
    ENTERED.lock().unwrap_or_else(PoisonError::into_inner)
}
