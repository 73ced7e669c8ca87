//! The list of all sites.

use std::sync::{Mutex, PoisonError};

use super::linked::SITES;
use super::site::{Site, SiteEntry, watch};

/// Sites that the linker does not list, in the order of their first call.
static ENTERED: Mutex<Entered> = Mutex::new(Entered { sites: Vec::new(), watched: 0 });

struct Entered {
    sites: Vec<&'static SiteEntry>,
    /// Why all sites are watched.
    watched: u32,
}

/// All sites of the program, by name, file and line.
///
/// Those of attributes are there before their first call, those of function forms after it. (Where the target's linker keeps
/// no lists, as in WebAssembly, those of attributes appear after their first call as well.)
///
/// ```
/// for site in resilience::telemetry::sites() {
///     println!("{} {} {}:{}", site.kind(), site.name(), site.file(), site.line());
/// }
/// ```
pub fn sites() -> impl Iterator<Item = Site> {
    let mut sites: Vec<Site> = all().map(Site).collect();
    sites.sort_by_key(|site| (site.name(), site.file(), site.line(), site.kind().as_str()));
    sites.into_iter()
}

/// In no order.
pub(super) fn all() -> impl Iterator<Item = &'static SiteEntry> {
    let entered = lock().sites.clone();
    SITES.iter().copied().chain(entered)
}

/// Adds a site at its first call.
pub(super) fn enter(entry: &'static SiteEntry) {
    let mut entered = lock();
    entered.sites.push(entry);
    entry.watch(entered.watched, true);
    entry.watch(watch::UNLISTED, false);
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

fn lock() -> std::sync::MutexGuard<'static, Entered> {
    ENTERED.lock().unwrap_or_else(PoisonError::into_inner)
}
